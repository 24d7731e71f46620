"""Rulebooks: law as dated, cited data. A rule says whom it binds, what it asks, since when, and where that is written.

Rulebooks are read from the JSON that `tools/rulebooks.py` compiles from `rulebooks/**.yaml`; nothing parses YAML when
an engine starts. The limits inside are the same values that policies use for their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    Limit,
    OpenChallenge,
    Per,
    Prerequisites,
    RefusedAddress,
    Retries,
    Spacing,
    Together,
    Windows,
)
from dunning_engine.domain.parties import Channel, Collector, PartyKind, with_push
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel.calendar import BusinessCalendar, Day, parse_date
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
    """Whom a rule binds; empty means everybody or everything. `slots` are those of steps: (`reminder`, its slot).

    `regulators` names supervisors (`fca`); such a rule binds only who is regulated by one of them.
    """

    collectors: frozenset[Collector] = frozenset()
    debtors: frozenset[PartyKind] = frozenset()
    channels: frozenset[Channel] = frozenset()
    regulators: frozenset[str] = frozenset()
    slots: frozenset[tuple[str, str]] = frozenset()

    def fits(
        self,
        collector: Collector,
        debtor: PartyKind,
        channel: Channel | None,
        regulators: frozenset[str],
        slot: tuple[str, str],
    ) -> bool:
        return (
            (not self.channels or channel in self.channels)
            and (not self.debtors or debtor in self.debtors)
            and (not self.collectors or collector in self.collectors)
            and (not self.regulators or not self.regulators.isdisjoint(regulators))
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
    """One rule: `says` in one sentence, `values` by the day they take effect, oldest first.

    `code` is the word by which other systems know the breach. It speaks where every question of `when` is answered
    with yes, and stays silent where one of `unless` is. `offstage` rules are about acts that reach no debtor, such as
    a report to a bureau. `conflict` says which readings differ and which one stands here.
    """

    id: str
    kind: RuleKind
    says: str
    code: str = ""
    binds: Binds
    when: tuple[Question, ...] = ()
    unless: tuple[Question, ...] = ()
    offstage: bool = False
    values: tuple[DatedValue, ...]
    citation: Citation
    confidence: Confidence
    conflict: str = ""

    def at(self, day: Day) -> Limit | None:
        """What the rule asks on a day; `None` before it took effect."""
        found = None
        for value in self.values:
            if value.since <= day:
                found = value.limit
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """The rules of one regime, as of the day its sources were read.

    `place` is where the debtor must be for it to bind (`US-MA`; empty: anywhere). `includes` names rulebooks that are
    asked with it; with `place_needed` nothing is lawful while nobody knows the debtor's place.
    """

    name: str
    title: str
    state_of: Day
    rules: tuple[Rule, ...]
    place: str = ""
    includes: tuple[str, ...] = ()
    place_needed: bool = False
    calendars: Mapping[str, BusinessCalendar] = field(default_factory=dict, compare=False)

    @property
    def holidays(self) -> frozenset[str]:
        """The calendars whose holidays its rules name; whoever loads a rulebook puts them into `calendars`."""
        limits = [value.limit for rule in self.rules for value in rule.values]
        return frozenset(limit.calendar for limit in limits if isinstance(limit, ClosedDays) and limit.calendar)


def rulebook_of(data: Mapping[str, Any]) -> Rulebook:
    """A rulebook from its compiled JSON."""
    return Rulebook(
        name=data["rulebook"],
        title=data["title"],
        state_of=_day(data["state_of"]),
        rules=tuple(_rule(data["rulebook"], rule) for rule in data["rules"]),
        place=data.get("place", ""),
        includes=tuple(data.get("includes", ())),
        place_needed=data.get("place_needed", False),
    )


def _rule(book: str, data: Mapping[str, Any]) -> Rule:
    binds = data.get("binds", {})
    return Rule(
        id=f"{book}/{data['rule']}",
        kind=RuleKind(data["kind"]),
        says=data["says"],
        code=data.get("code", ""),
        binds=Binds(
            collectors=frozenset(map(Collector, binds.get("collectors", ()))),
            debtors=frozenset(map(PartyKind, binds.get("debtors", ()))),
            channels=with_push(frozenset(map(Channel, binds.get("channels", ())))),
            regulators=frozenset(binds.get("regulators", ())),
        ),
        when=tuple(map(_question, data.get("when", ()))),
        unless=tuple(map(_question, data.get("unless", ()))),
        offstage=data.get("offstage", False),
        values=tuple(
            sorted((DatedValue(_day(day), limit_of(value)) for day, value in data["since"].items()), key=_since)
        ),
        citation=Citation(data["citation"]["text"], data["citation"].get("url", "")),
        confidence=Confidence(data["confidence"]),
        conflict=data.get("conflict", ""),
    )


def _question(data: Mapping[str, Any]) -> Question:
    return Question(
        op=Op(data["op"]),
        fact=data["fact"],
        words=tuple(data.get("words", ())),
        count=data.get("count", 0),
        unit=Unit(data.get("unit", "days")),
        other=data.get("other", ""),
    )


def _since(value: DatedValue) -> Day:
    return value.since


def _day(text: str) -> Day:
    return parse_date(text).toordinal()


def limit_of(data: Mapping[str, Any]) -> Limit:
    """A limit from its JSON form, which names its kind by its only key. Raises `UsageError` for a kind it does not know."""
    ((kind, value),) = data.items()
    if kind not in _LIMITS:
        raise UsageError(f"{kind!r} is no kind of limit that this version knows")
    return _LIMITS[kind](value)


def _hours(value: Mapping[str, Any]) -> Hours:
    windows: dict[int, Windows] = {}
    for window in value["windows"]:
        for weekday in window["days"]:
            windows[weekday] = (*windows.get(weekday, ()), _open_window(window["after"], window["before"]))
    week = [tuple(sorted(windows.get(weekday, ()))) for weekday in range(7)]
    usual = max(week, key=week.count)
    others = tuple((weekday, its) for weekday, its in enumerate(week) if its != usual)
    return Hours(usual, others, value.get("zone", ""), open_edges=True)


def _contacts(value: Mapping[str, Any]) -> ContactLimit:
    return ContactLimit(
        count=value["count"],
        days=value["days"],
        channels=_channels(value),
        per=Per(value["per"]),
        counting=Counting(value["counting"]),
        counted=_outcomes(value, "counted"),
        uncounted=_outcomes(value, "uncounted"),
        lines=frozenset(value.get("lines", ())),
        replies=value.get("replies", True),
        consented=value.get("consented", True),
        since_conversation=value.get("since_conversation", False),
        unanswered=value.get("unanswered", False),
    )


def _rest(value: Mapping[str, Any]) -> CoolingOff:
    return CoolingOff(value["days"], _channels(value), Per(value["per"]), value.get("day_itself", False))


def _prerequisites(value: Mapping[str, Any]) -> Prerequisites:
    return Prerequisites(
        needs=tuple(map(_question, value.get("needs", ()))),
        any_of=tuple(tuple(map(_question, questions)) for questions in value.get("any_of", ())),
        refuses=tuple(map(_question, value.get("refuses", ()))),
    )


_LIMITS: Final[Mapping[str, Callable[[Any], Limit]]] = {
    "open_hours": _hours,
    "holidays": lambda value: ClosedDays(holidays=True, calendar=value["calendar"]),
    "contacts": _contacts,
    "together": lambda value: Together(tuple(map(_contacts, value))),
    "spacing": lambda value: Spacing(value["minutes"], _channels(value)),
    "cooling_off": _rest,
    "blocked_channels": lambda _: BlockedChannel(),
    "blocked_addresses": lambda _: RefusedAddress(),
    "blocked_person": lambda value: BlockedPerson(frozenset(map(HoldReason, value))),
    "inconvenient_times": lambda _: InconvenientTimes(),
    "inconvenient_places": lambda _: InconvenientPlaces(),
    "prerequisites": _prerequisites,
    "carries": lambda value: Carries(tuple(value)),
    "open_challenge": lambda _: OpenChallenge(),
    "bureau_notice": lambda value: BureauNotice(value["days"]),
    "retries": lambda value: Retries(value["count"], value["hours"]),
}


def _channels(value: Mapping[str, Any]) -> frozenset[Channel]:
    return with_push(frozenset(map(Channel, value.get("channels", ()))))


def _outcomes(value: Mapping[str, Any], key: str) -> frozenset[Outcome]:
    return frozenset(map(Outcome, value.get(key, ())))


def _open_window(after: str, before: str) -> tuple[int, int]:
    """The whole minutes inside an open interval: open (08:00, 21:00) is 08:01 to 20:59; seconds are `open_edges`."""
    return _minute(after) + 1, _minute(before) - 1


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def named(books: Iterable[Rulebook], names: Iterable[str]) -> tuple[Rulebook, ...]:
    """The rulebooks of some names, in that order, each followed by those that it includes."""
    by_name = {book.name: book for book in books}
    missing = [name for name in names if name not in by_name]
    if missing:
        raise UsageError(f"no rulebook is called {', '.join(missing)}; there are {', '.join(sorted(by_name))}")
    found: dict[str, Rulebook] = {}
    for name in names:
        found.update({each: by_name[each] for each in (name, *by_name[name].includes)})
    return tuple(found.values())
