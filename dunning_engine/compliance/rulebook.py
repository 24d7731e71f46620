"""Rulebooks: law as dated, cited data. A rule says whom it binds, what it asks, since when, and where that is written.

Rulebooks are read from the JSON that `tools/rulebooks.py` compiles from `rulebooks/**.yaml`; nothing parses YAML when
an engine starts. The limits inside are the same values that policies use for their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    Limit,
    Per,
)
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.kernel.calendar import Day, parse_date
from dunning_engine.kernel.errors import UsageError


class RuleKind(Enum):
    """How hard a rule is. The gate denies on all three and says which it was."""

    PROHIBITION = "prohibition"
    PRESUMPTION = "presumption"
    REQUIREMENT = "requirement"


class Confidence(Enum):
    """How well the rule's source was read."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    HOUSE = "house"
    """A number of our own where the law gives none; never law."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a rule stands."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Binds:
    """Whom a rule binds; empty means everybody or everything. `slots` are those of steps: (`reminder`, its slot)."""

    collectors: frozenset[Collector] = frozenset()
    debtors: frozenset[PartyKind] = frozenset()
    channels: frozenset[Channel] = frozenset()
    slots: frozenset[tuple[str, str]] = frozenset()

    def fits(self, collector: Collector, debtor: PartyKind, channel: Channel, slot: tuple[str, str]) -> bool:
        return (
            (not self.channels or channel in self.channels)
            and (not self.debtors or debtor in self.debtors)
            and (not self.collectors or collector in self.collectors)
            and (not self.slots or slot in self.slots)
        )


EVERYBODY: Final = Binds()


@dataclass(frozen=True, slots=True)
class DatedValue:
    """What a rule asks from a day on."""

    since: Day
    limit: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: `says` in one sentence, `values` by the day they take effect, oldest first."""

    id: str
    kind: RuleKind
    says: str
    binds: Binds
    values: tuple[DatedValue, ...]
    citation: Citation
    confidence: Confidence

    def at(self, day: Day) -> Limit | None:
        """What the rule asks on a day; `None` before it took effect."""
        found = None
        for value in self.values:
            if value.since <= day:
                found = value.limit
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules of one regime, as of the day its sources were read."""

    name: str
    title: str
    state_of: Day
    rules: tuple[Rule, ...]


def rulebook_of(data: Mapping[str, Any]) -> Rulebook:
    """A rulebook from its compiled JSON."""
    return Rulebook(
        name=data["rulebook"],
        title=data["title"],
        state_of=_day(data["state_of"]),
        rules=tuple(_rule(data["rulebook"], rule) for rule in data["rules"]),
    )


def _rule(book: str, data: Mapping[str, Any]) -> Rule:
    binds = data.get("binds", {})
    return Rule(
        id=f"{book}/{data['rule']}",
        kind=RuleKind(data["kind"]),
        says=data["says"],
        binds=Binds(
            collectors=frozenset(map(Collector, binds.get("collectors", ()))),
            debtors=frozenset(map(PartyKind, binds.get("debtors", ()))),
            channels=frozenset(map(Channel, binds.get("channels", ()))),
        ),
        values=tuple(
            sorted((DatedValue(_day(day), limit_of(value)) for day, value in data["since"].items()), key=_since)
        ),
        citation=Citation(data["citation"]["text"], data["citation"].get("url", "")),
        confidence=Confidence(data["confidence"]),
    )


def _since(value: DatedValue) -> Day:
    return value.since


def _day(text: str) -> Day:
    return parse_date(text).toordinal()


def limit_of(data: Mapping[str, Any]) -> Limit:
    """A limit from its JSON form, which names its kind by its only key."""
    ((kind, value),) = data.items()
    match kind:
        case "open_hours":
            return Hours((_open_window(value["after"], value["before"]),))
        case "contacts":
            return ContactLimit(
                count=value["count"],
                days=value["days"],
                channels=_channels(value),
                per=Per(value["per"]),
                counting=Counting(value["counting"]),
            )
        case "cooling_off":
            return CoolingOff(days=value["days"], channels=_channels(value), per=Per(value["per"]))
        case "blocked_channels":
            return BlockedChannel()
        case "blocked_person":
            return BlockedPerson(frozenset(map(HoldReason, value)))
        case _:
            raise UsageError(f"{kind!r} is no kind of limit that this version knows")


def _channels(value: Mapping[str, Any]) -> frozenset[Channel]:
    return frozenset(map(Channel, value.get("channels", ())))


def _open_window(after: str, before: str) -> tuple[int, int]:
    """The whole minutes inside an open interval: open (08:00, 21:00) is 08:01 to 20:59."""
    return _minute(after) + 1, _minute(before) - 1


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def named(books: Iterable[Rulebook], names: Iterable[str]) -> tuple[Rulebook, ...]:
    """The rulebooks of some names, in that order."""
    by_name = {book.name: book for book in books}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise UsageError(f"no rulebook is called {', '.join(missing)}; there are {', '.join(sorted(by_name))}")
    return tuple(by_name[name] for name in names)
