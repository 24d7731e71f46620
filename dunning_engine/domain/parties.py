"""The people of a case and how they may be reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import assert_never


class PartyKind(Enum):
    """Whether the law protects somebody as a private person."""

    CONSUMER = "consumer"
    BUSINESS = "business"


class Channel(Enum):
    """A way to reach a debtor."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"
    LETTER = "letter"

    @property
    def reaches_at_once(self) -> bool:
        """Whether the debtor notices when it arrives, so that clock rules bind it; a letter is opened when it suits."""
        return self is not Channel.LETTER


class Collector(Enum):
    """In whose name the debt is collected."""

    FIRST_PARTY = "first_party"
    """The creditor itself, in its own name; read as `first_party_in_default` from the first contact after the due date."""
    THIRD_PARTY = "third_party"
    """Somebody who collects for others: Regulation F and its kind bind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A debtor or creditor: who they are, where they may be, and the addresses at which they may be reached.

    Missing values are missing facts; the gate refuses what would need them. `country` is ISO 3166-1 alpha-2,
    `region` the ISO 3166-2 suffix (`CO` of US-CO), `zone` an IANA name, `phone` E.164, `language` BCP 47.
    """

    id: str
    kind: PartyKind
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: tuple[str, ...] = ()
    postal_code: str | None = None
    region: str | None = None
    country: str | None = None
    zone: str | None = None
    language: str | None = None

    @classmethod
    def consumer(cls, id: str, **facts: object) -> Party:  # noqa: A002 - the word that hosts read in their own tables
        """A private person."""
        return _party(PartyKind.CONSUMER, id, facts)

    @classmethod
    def business(cls, id: str, **facts: object) -> Party:  # noqa: A002 - the word that hosts read in their own tables
        """A firm, public body or trader."""
        return _party(PartyKind.BUSINESS, id, facts)

    def reachable(self, channel: Channel) -> bool:
        """Whether an address for the channel is known."""
        match channel:
            case Channel.EMAIL:
                return self.email is not None
            case Channel.SMS | Channel.CALL:
                return self.phone is not None
            case Channel.LETTER:
                return bool(self.address)
            case _:
                assert_never(channel)


def _party(kind: PartyKind, identity: str, facts: dict[str, object]) -> Party:
    return Party(id=identity, kind=kind, **facts)  # type: ignore[arg-type]  # a wrong field is Python's own TypeError


@dataclass(frozen=True, slots=True)
class ZoneHint:
    """One indication of where a debtor may be: its origin (`zone`, `phone`, `postal code`, …) and the zones it allows.

    No zones mean that the indication is there and cannot be read: a field post number, a library that is missing.
    """

    origin: str
    zones: tuple[str, ...]


def united(hints: tuple[ZoneHint, ...]) -> tuple[str, ...]:
    """Every zone in which the debtor may be, sorted: what is lawful must be lawful in all of them.

    A hint without zones says that the debtor may be somewhere that nobody can name; then no zone is known at all.
    """
    if any(not hint.zones for hint in hints):
        return ()
    return tuple(sorted({zone for hint in hints for zone in hint.zones}))
