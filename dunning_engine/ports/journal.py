"""The send journal port: what is about to be handed over and what came of it, kept apart from the store.

A database that is restored from a backup forgets what was sent since. Whoever compares it with the journal knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant


class Mark(Enum):
    """What one line of the journal says."""

    BEGUN = "begun"
    """An action is armed in the store and goes to its adapter now."""
    ENDED = "ended"
    """The adapter has answered."""
    SEEN = "seen"
    """The store had decided about everything up to this instant."""
    EPOCH = "epoch"
    """An operator let the store go on after it was restored."""
    TRIMMED = "trimmed"
    """Lines were taken out here, none of them newer or of a later epoch than this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One line; `fence` is that of the arming, `outcome` how the adapter's answer is called, `epoch` that of the store."""

    mark: Mark
    at: Instant
    tenant: str
    epoch: int
    action_id: str = ""
    case_id: str = ""
    way: str = ""
    fence: int = 0
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """The lines behind a place of the journal, the place behind the last whole one, and the numbers of those that are damaged.

    `starts` are the places of the lines.
    """

    lines: tuple[JournalLine, ...]
    end: int
    damaged: tuple[int, ...] = ()
    starts: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Older:
    """The lines at the beginning of a journal up to a place, and for each of their tenants the one that is to stay of them."""

    place: int
    marks: tuple[JournalLine, ...] = ()


class SendJournal(Protocol):
    """Lines that are only ever added. Safe to be used by several threads and processes."""

    def identity(self) -> str:
        """Which journal this is; empty where there is none yet."""

    def begin(self) -> str:
        """Make the journal where there is none; its identity."""

    def write(self, line: JournalLine, *, durable: bool = False) -> None:
        """Add a line; with `durable` it outlives a loss of power from here on. Raises `ForeignError` where it cannot."""

    def read(self, start: int = 0) -> Pages | None:
        """The lines from a place on; `None` where the journal is shorter than that, or not there."""

    def older(self, before: Instant, *, place: int | None = None) -> Older:
        """What stands before the first line that is not older than an instant, or not before a place; never the last line."""

    def trim(self, older: Older) -> int:
        """Take lines at the beginning out; how many bytes. Places stay what they were, and others go on writing."""

    def close(self) -> None:
        """Let go of the file."""
