"""Lawful hours worked out: the gate asked at the edges of its rules, and equal neighbours put together.

Edges are where hours open and close in any zone, midnights, where a fact begins or ends, and every instant that an
answer names. Between two of them no answer changes, so that a month costs some hundred questions and its stretches are
exact to the second.

A requirement that lacks a fact refuses at every hour. Painted, it would hide everything else: such rules are listed as
what has to be known (`lacks`), and the map shows what clocks, calendars, frequencies and the person's own word leave.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.gate import GateRule, GateRules, gate
from dunning_engine.compliance.prerequisites import holds
from dunning_engine.compliance.verdict import Cleared, Deferred
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
    RestAfterPromise,
    Spacing,
    Together,
)
from dunning_engine.domain.parties import may_be_in
from dunning_engine.domain.questions import Question, Unit
from dunning_engine.kernel.calendar import day_start, earliest_reading, local_day, moment, resolve, set_back
from dunning_engine.reports.lawful_hours import DAY_MINUTES, Because, Closing, Enquiry, Lack, LawfulHours, Stretch

if TYPE_CHECKING:
    from dunning_engine.compliance.situation import Situation
    from dunning_engine.kernel.calendar import Instant, Minute

HOUR: Final = 3600
INSTANTS: Final = 10**8
"""Numbers in records of the docket beyond this are instants; below lie days and minutes."""


def lawful_hours(enquiry: Enquiry) -> LawfulHours:
    """Ask the gate at every edge of the days, and put equal neighbours together."""
    enquiry = replace(enquiry, rules=GateRules(rule for rule in enquiry.rules if may_speak(rule, enquiry)))
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


def may_speak(rule: GateRule, enquiry: Enquiry) -> bool:
    """Whether a rule can bind this person, collector, channel and place at all."""
    situation, key = enquiry.situation, enquiry.action.key
    channel = enquiry.action.spec.channel
    who = (situation.collector, situation.debtor.kind, channel, situation.regulators, (key.step, key.slot))
    there = not rule.place or may_be_in(situation.places, rule.place)
    return there and rule.offstage is (channel is None) and rule.binds.fits(*who)


def _after(edges: list[Instant], now: Instant, end: Instant) -> Instant:
    while edges and edges[0] <= now:
        heappop(edges)
    return min(edges[0], end) if edges else end


class _Watch:
    """The gate's answer at instants: each rule asked alone, since a verdict names also rules that speak only later.

    A rule that waits is not asked again before the instant that it named, unless something new is known by then.
    """

    def __init__(self, enquiry: Enquiry) -> None:
        self.enquiry = enquiry
        self.single: Mapping[str, tuple[GateRule, GateRules]] = {
            rule.id: (rule, GateRules((rule,))) for rule in enquiry.rules
        }
        self.lacks: dict[str, Lack] = {}
        contacts = enquiry.situation.contacts.contacts
        self._times = [contact.at for contact in contacts]
        self._news = sorted({*self._times, *_instants(enquiry.situation)})
        self._logs: dict[int, ContactLog] = {}
        self._waiting: dict[str, tuple[int, Closing]] = {}

    def at(self, now: Instant) -> tuple[Closing, ...]:
        """Every rule that closes an instant."""
        situation, news = self._known(now), bisect_right(self._news, now)
        found = []
        for name in self.single:
            since, closing = self._waiting.get(name, (-1, None))
            if closing is None or since != news or closing.until is None or closing.until <= now:
                closing = self._closing(name, situation, now)
                if closing is not None:
                    self._waiting[name] = news, closing
                else:
                    self._waiting.pop(name, None)
            if closing is not None:
                found.append(closing)
        return tuple(found)

    def _closing(self, name: str, situation: Situation, now: Instant) -> Closing | None:
        """One rule's word at an instant."""
        rule, alone = self.single[name]
        verdict = gate(self.enquiry.action, situation, alone, now)
        if isinstance(verdict, Cleared):
            return None
        until = verdict.until if isinstance(verdict, Deferred) else None
        reason = next(r for r in verdict.reasons if r.rule == name)
        limit = rule.limit(now)
        if until is None and isinstance(limit, Prerequisites) and (facts := _lacking(limit, situation, now)):
            self.lacks.setdefault(name, Lack(reason, facts))
            return None
        return Closing(replace(reason, until=until, facts=()), because(limit, reason.code), reason.facts)

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
        case ContactLimit() | Together() | Spacing() | CoolingOff() | RestAfterPromise():
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
    zones = set({_clocks(zone, enquiry): zone for zone in sorted(zones)}.values())
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


def _clocks(zone: str, enquiry: Enquiry) -> tuple[object, ...]:
    """What a zone's clocks do in these days: zones that do the same have the same edges."""
    return tuple(moment(at, zone).utcoffset() for at in range(enquiry.start, enquiry.end + HOUR * 3, HOUR * 3))


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
                yield from value.limit.questions
