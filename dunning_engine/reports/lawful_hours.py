"""When may this person be reached? Every stretch of some days, open or closed, with the rules that close it.

The gate is asked at the edges of its rules only: where hours open and close in any zone, at midnights, where a fact
begins or ends, and at every instant that an answer names. Between two edges no answer changes, so that a month costs
some hundred questions and its stretches are exact to the second.

A requirement that lacks a fact refuses at every hour. Painted, it would hide everything else: such rules are listed as
what has to be known (`lacks`), and the map shows what clocks, calendars, frequencies and the person's own word leave.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.gate import GateRule, GateRules, gate
from dunning_engine.compliance.prerequisites import holds
from dunning_engine.compliance.verdict import Cleared, Deferred, Reason
from dunning_engine.domain.contacts import ContactLog
from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.domain.limits import (
    BlockedChannel,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    Limit,
    Prerequisites,
    RefusedAddress,
    Spacing,
    Together,
)
from dunning_engine.domain.questions import Question, Unit
from dunning_engine.kernel.calendar import day_start, earliest_reading, local_day, moment, resolve, set_back
from dunning_engine.reports.law_facts import questions_of

if TYPE_CHECKING:
    from dunning_engine.compliance.situation import Situation
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.kernel.calendar import Day, Instant, Minute

DAY_MINUTES: Final = 1440
INSTANTS: Final = 10**8
"""Numbers in records of the docket beyond this are instants; below lie days and minutes."""


class Because(Enum):
    """What kind of reason closes a stretch; the value is how legends call it."""

    CLOCK = "hours of the day"
    REST_DAY = "rest day or holiday"
    OFTEN = "contacted often enough"
    WISH = "the person's own wish"
    STOP = "no contact for now"
    UNKNOWN = "where they are is not known"


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What is asked: may this action go out, at any time of these days? `zone` is the one in which days are shown."""

    action: ProposedAction
    situation: Situation
    rules: GateRules
    zone: str
    first: Day
    days: int

    @property
    def start(self) -> Instant:
        return day_start(self.first, self.zone)

    @property
    def end(self) -> Instant:
        return day_start(self.first + self.days, self.zone)


@dataclass(frozen=True, slots=True)
class Closing:
    """One rule that closes a stretch: what it says, what kind of reason it is, and until when it does."""

    reason: Reason
    because: Because

    @property
    def until(self) -> Instant | None:
        return self.reason.until


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` up to, and without, `end` nothing changes; without closings it is open."""

    start: Instant
    end: Instant
    closings: tuple[Closing, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.closings

    @property
    def longest(self) -> Closing:
        """The rule for which one waits longest; those without an end first."""
        return max(self.closings, key=lambda one: (one.until is None, one.until or 0))


@dataclass(frozen=True, slots=True)
class Lack:
    """A requirement that nobody can answer yet, and the facts that it needs."""

    reason: Reason
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LawfulHours:
    """The answer: stretches that follow each other without a gap, what has to be known, and what a message must carry.

    `opens` is the first open instant after the last day where that one ends closed; `None` where nobody knows one.
    """

    enquiry: Enquiry
    stretches: tuple[Stretch, ...]
    lacks: tuple[Lack, ...]
    duties: tuple[str, ...]
    opens: Instant | None

    @property
    def days(self) -> tuple[Day, ...]:
        return tuple(range(self.enquiry.first, self.enquiry.first + self.enquiry.days))

    @property
    def closers(self) -> tuple[tuple[str, Because], ...]:
        """The rules that close anything, in the order of kinds and of first appearance."""
        met = dict.fromkeys((one.reason.rule, one.because) for s in self.stretches for one in s.closings)
        return tuple(sorted(met, key=lambda key: list(Because).index(key[1])))

    def of_day(self, day: Day) -> tuple[Stretch, ...]:
        """The stretches of a day, cut at its midnights and where clocks are moved in it."""
        zone = self.enquiry.zone
        moved = clocks_moved(day, zone)
        cuts = [day_start(day, zone), *([moved] if moved is not None else []), day_start(day + 1, zone)]
        return tuple(part for a, b in pairwise(cuts) for part in self._within(a, b))

    def _within(self, start: Instant, end: Instant) -> Iterator[Stretch]:
        for stretch in self.stretches:
            if stretch.start < end and start < stretch.end:
                yield replace(stretch, start=max(start, stretch.start), end=min(end, stretch.end))

    def next_open(self, instant: Instant) -> Instant | None:
        """The first open instant from one on, as far as the map knows it."""
        found = next((max(s.start, instant) for s in self.stretches if s.is_open and s.end > instant), None)
        return self.opens if found is None else found


def lawful_hours(enquiry: Enquiry) -> LawfulHours:
    """Ask the gate at every edge of the days, and put equal neighbours together."""
    watch = _Watch(enquiry)
    stretches: list[Stretch] = []
    edges = list(_edges(enquiry))
    heapify(edges)
    now = heappop(edges)
    while now < enquiry.end:
        closings = watch.at(now)
        for one in closings:
            if one.until is not None:
                heappush(edges, one.until)
        following = _after(edges, now, enquiry.end)
        if stretches and stretches[-1].closings == closings:
            stretches[-1] = replace(stretches[-1], end=following)
        else:
            stretches.append(Stretch(now, following, closings))
        now = following
    lacks = tuple(watch.lacks.values())
    return LawfulHours(enquiry, tuple(stretches), lacks, watch.duties(), watch.opening(enquiry.end))


def _after(edges: list[Instant], now: Instant, end: Instant) -> Instant:
    while edges and edges[0] <= now:
        heappop(edges)
    return min(edges[0], end) if edges else end


class _Watch:
    """The gate's answers at instants, with the rules that speak at that instant itself."""

    def __init__(self, enquiry: Enquiry) -> None:
        self.enquiry = enquiry
        self.single: Mapping[str, tuple[GateRule, GateRules]] = {
            rule.id: (rule, GateRules((rule,))) for rule in enquiry.rules
        }
        self.lacks: dict[str, Lack] = {}
        contacts = enquiry.situation.contacts.contacts
        self._times = [contact.at for contact in contacts]
        self._logs: dict[int, ContactLog] = {}

    def at(self, now: Instant) -> tuple[Closing, ...]:
        """Every rule that closes an instant."""
        situation = self._known(now)
        verdict = gate(self.enquiry.action, situation, self.enquiry.rules, now)
        if isinstance(verdict, Cleared):
            return ()
        found = (self._closing(rule, situation, now) for rule in dict.fromkeys(r.rule for r in verdict.reasons))
        return tuple(closing for closing in found if closing is not None)

    def _closing(self, name: str, situation: Situation, now: Instant) -> Closing | None:
        """One rule's word at an instant: a verdict names also those that would speak only later."""
        if name not in self.single:
            return None
        rule, alone = self.single[name]
        verdict = gate(self.enquiry.action, situation, alone, now)
        if isinstance(verdict, Cleared):
            return None
        until = verdict.until if isinstance(verdict, Deferred) else None
        reason = replace(next(r for r in verdict.reasons if r.rule == name), until=until)
        limit = rule.limit(now)
        if until is None and isinstance(limit, Prerequisites) and (facts := _lacking(limit, situation, now)):
            self.lacks.setdefault(name, Lack(reason, facts))
            return None
        return Closing(reason, because(limit, reason.code))

    def _known(self, now: Instant) -> Situation:
        """The situation with the contacts that lie before an instant."""
        count = bisect_right(self._times, now)
        if count not in self._logs:
            self._logs[count] = ContactLog(self.enquiry.situation.contacts.contacts[:count])
        return self.enquiry.situation._replace(contacts=self._logs[count])

    def duties(self) -> tuple[str, ...]:
        """What the text of a message has to carry, by the rules that stand at the start."""
        now = self.enquiry.start
        found: dict[str, None] = {}
        for rule, alone in self.single.values():
            if isinstance(rule.limit(now), Carries):
                verdict = gate(self.enquiry.action, self._known(now), alone, now)
                found.update(dict.fromkeys(verdict.action.obligations if isinstance(verdict, Cleared) else ()))
        return tuple(found)

    def opening(self, now: Instant) -> Instant | None:
        """The first open instant from one on, whatever facts are lacking."""
        rules = GateRules(rule for rule in self.enquiry.rules if rule.id not in self.lacks)
        verdict = gate(self.enquiry.action, self._known(now), rules, now)
        if isinstance(verdict, Cleared):
            return now
        return verdict.until if isinstance(verdict, Deferred) else None


def _lacking(limit: Prerequisites, situation: Situation, now: Instant) -> tuple[str, ...]:
    """The unknown facts that could still content a requirement; none where a known fact stands against it."""
    if any(holds(question, situation, now) is True for question in limit.refuses):
        return ()
    if any(holds(question, situation, now) is False for question in limit.needs):
        return ()
    hopeful = [ones for ones in limit.any_of if all(holds(one, situation, now) is not False for one in ones)]
    if limit.any_of and not hopeful:
        return ()
    unknown = [one for one in limit.needs if holds(one, situation, now) is None]
    for ones in hopeful:  # of several ways only the next step of each: what it asks for then, its answer will tell
        unknown += [one for one in ones if holds(one, situation, now) is None][:1]
    return tuple(dict.fromkeys(fact for one in unknown for fact in (one.fact, one.other) if fact))


def because(limit: Limit | None, code: str) -> Because:
    """What kind of reason a rule gives."""
    if code in ("TIME_UNDETERMINED", "PLACE_UNDETERMINED"):
        return Because.UNKNOWN
    match limit:
        case Hours():
            return Because.REST_DAY if code == "PUBLIC_HOLIDAY" else Because.CLOCK
        case ClosedDays():
            return Because.REST_DAY
        case ContactLimit() | Together() | Spacing() | CoolingOff():
            return Because.OFTEN
        case InconvenientTimes() | InconvenientPlaces() | BlockedChannel() | RefusedAddress():
            return Because.WISH
        case _:
            return Because.STOP


# Edges: the instants at which an answer may change --------------------------------------------------------------------


def _edges(enquiry: Enquiry) -> frozenset[Instant]:
    situation = enquiry.situation
    limits = [value.limit for rule in enquiry.rules for value in rule.values]
    zones = {enquiry.zone, situation.zone, "UTC", *situation.zones}
    zones |= {limit.zone for limit in limits if isinstance(limit, Hours) and limit.zone}
    minutes = _minutes(limits, situation)
    facts = list(_instants(situation))
    spans = {question.count * 60 for question in _questions(enquiry.rules) if question.unit is Unit.MINUTES}
    found = {
        enquiry.start,
        *(edge for zone in zones for edge in _of_zone(zone, minutes, enquiry)),
        *(fact + span for fact in facts for span in (0, 1, *(span + 1 for span in spans))),
        *(contact.at for contact in situation.contacts),
    }
    return frozenset(edge for edge in found if enquiry.start <= edge < enquiry.end)


def _of_zone(zone: str, minutes: Iterable[Minute], enquiry: Enquiry) -> Iterator[Instant]:
    for day in range(local_day(enquiry.start, zone), local_day(enquiry.end, zone) + 1):
        start = day_start(day, zone)
        yield start
        if (again := set_back(start, day_start(day + 1, zone), zone)) is not None:
            yield again
        for minute in minutes:
            yield earliest_reading(day, minute, zone)
            yield resolve(day, minute, zone)


def _minutes(limits: Iterable[Limit], situation: Situation) -> frozenset[Minute]:
    """Minutes of a day at which something opens or closes."""
    spans = [span for limit in limits if isinstance(limit, Hours) for span in _windows(limit)]
    records = (*situation.docket.get("inconvenient_times", ()), *situation.docket.get("time_consents", ()))  # type: ignore[misc]
    spans += [(record.first, record.last) for record in records]
    return frozenset(minute for first, last in spans for minute in (first, last + 1) if minute < DAY_MINUTES)


def _windows(limit: Hours) -> Iterator[tuple[Minute, Minute]]:
    yield from limit.windows
    for _weekday, windows in limit.weekdays:
        yield from windows


def _instants(situation: Situation) -> Iterator[Instant]:
    """Instants on the docket."""
    for term, value in situation.docket.items():
        sort = TERMS[term].sort
        if sort is Sort.HAPPENED and isinstance(value, int):
            yield value
        elif sort is Sort.RECORDS and isinstance(value, tuple):
            yield from (each for record in value for each in record if isinstance(each, int) and each > INSTANTS)


def _questions(rules: Iterable[GateRule]) -> Iterator[Question]:
    for rule in rules:
        yield from (*rule.when, *rule.unless)
        for value in rule.values:
            if isinstance(value.limit, Prerequisites):
                yield from questions_of(value.limit)


# Days as people read them ---------------------------------------------------------------------------------------------


def minutes_of(stretch: Stretch, zone: str) -> tuple[Minute, Minute]:
    """The minutes of its day at which a part of a day begins and ends; a minute that has begun is not open any more."""
    start, end = moment(stretch.start, zone), moment(stretch.end - 1, zone)
    begun = start.hour * 60 + start.minute + (start.second > 0)
    return begun, end.hour * 60 + end.minute + 1


def clocks_move(day: Day, zone: str) -> int:
    """By how many minutes the clocks of a day are set forward; less than zero: back."""
    return DAY_MINUTES - (day_start(day + 1, zone) - day_start(day, zone)) // 60


def clocks_moved(day: Day, zone: str) -> Instant | None:
    """The instant of a day at which its clocks are moved; mostly none."""
    before, after = day_start(day, zone), day_start(day + 1, zone)
    usual = moment(before, zone).utcoffset()
    if moment(after, zone).utcoffset() == usual:
        return None
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if moment(middle, zone).utcoffset() == usual else (before, middle)
    return after


def ahead(zone: str, other: str, instant: Instant) -> int:
    """By how many minutes the clocks of another zone are ahead."""
    offsets = [moment(instant, name).utcoffset() for name in (zone, other)]
    return (
        int((offsets[1] - offsets[0]).total_seconds() // 60) if offsets[0] is not None and offsets[1] is not None else 0
    )


def clock(minute: Minute) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def open_spans(report: LawfulHours, day: Day) -> tuple[str, ...]:
    """The open spans of a day by their first and last minute: `08:01–20:59`."""
    zone = report.enquiry.zone
    spans = [minutes_of(part, zone) for part in report.of_day(day) if part.is_open]
    return tuple(f"{clock(first)}–{clock(end - 1)}" for first, end in spans if first < end)


def day_words(day: Day) -> str:
    return f"{date.fromordinal(day):%a %d %b}"
