"""What a store answers about its audit log: links and heads of chains, what no anchor holds yet, and what it forgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dunning_engine.ports.chain import Kept
    from dunning_engine.ports.personal import Opening

DEFAULT_TENANT: Final = "default"
"""Whose everything is where nobody speaks of tenants."""


class Link(NamedTuple):
    """An event as stored, with its hash (`None`: from before there was a chain) and what stands apart of it."""

    event: Kept
    hash: str | None
    opening: Opening | None


class Head(NamedTuple):
    """The last link of a case: everything before it follows from it."""

    tenant: str
    case_id: str
    seq: int
    hash: str | None


class AuditLog(Protocol):
    """The part of a transaction that is about the chain of events rather than about what they say."""

    @property
    def tenant(self) -> str:
        """Whose cases these are."""

    def links(self, case_id: str) -> tuple[Link, ...]:
        """The chain of a case, oldest first."""

    def heads(self) -> Iterator[Head]:
        """The head of every case."""

    def unanchored(self, limit: int) -> list[Head]:
        """Heads that have moved since they were last in an anchor, in the order in which their cases were opened."""

    def anchored(self, heads: Iterable[Head]) -> None:
        """Note that an anchor holds these heads; a case that has moved on meanwhile stays unanchored."""

    def counted_on(self) -> Iterator[tuple[str, int]]:
        """Cases of which some anchor holds a head, each with the number of its event, as was noted."""

    def unsealed(self, limit: int) -> list[str]:
        """Cases from before there was a chain."""

    def seal(self, case_ids: Sequence[str]) -> None:
        """Take personal data out of the events of such cases and give them their hashes: once, and never again."""

    def forget(self, debtor_id: str) -> None:
        """Delete what identifies a debtor: values and salts of their events, messages to them, words about them.

        Snapshots are the caller's to write anew.
        """
