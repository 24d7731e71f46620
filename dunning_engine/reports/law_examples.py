"""Worked examples of a rule of law, dated and made by asking the gate: what is refused, until when, what is allowed.

An example is never written by hand. Facts are laid out so that the rule speaks, the gate is asked about the rule alone,
and its answer is what is shown; so an example cannot say something else than what the engine does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.docket import InconvenientTime
from dunning_engine.domain.limits import (
    DAY_MINUTES,
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
    OpenChallenge,
    Prerequisites,
    RefusedAddress,
    Retries,
    Spacing,
    Together,
)
from dunning_engine.reports.law_bench import ASKED, Bench, Example, Line, example, then
from dunning_engine.reports.law_papers import NOON, papers, prerequisites
from dunning_engine.reports.law_terms import plural

if TYPE_CHECKING:
    from dunning_engine.domain.docket import Fact
    from dunning_engine.kernel.calendar import Day, LocalDate

MORNING: Final = 10 * 60
FEWEST_LISTED: Final = 4
"""So many contacts are listed one by one; more are told together."""


# Examples by kind of limit --------------------------------------------------------------------------------------------


def examples(bench: Bench) -> tuple[Example, ...]:
    """Some examples of what a rule asks since its newest date; none where it asks nothing that can be shown alone."""
    match bench.rule.values[-1].limit:
        case Hours() as hours:
            found = _hours(bench, hours)
        case ClosedDays():
            found = _holiday(bench)
        case ContactLimit() as limit:
            found = _frequency(bench, limit)
        case Together(parts):
            found = _together(bench, parts)
        case Spacing(minutes):
            found = _spacing(bench, minutes)
        case CoolingOff():
            found = _rest(bench)
        case Prerequisites() as limit:
            found = prerequisites(bench, limit)
        case Carries() | OpenChallenge() | BureauNotice() as limit:
            found = papers(bench, limit)
        case Retries() as limit:
            found = _retries(bench, limit)
        case _:
            found = _wishes(bench)
    return tuple(example for example in found if example.lines)


def _retries(bench: Bench, limit: Retries) -> Iterator[Example]:
    first = bench.at(bench.monday, NOON)
    tries = tuple(first + at * 60 for at in range(limit.count))
    asked = bench.ask(tries[-1] + 3600, "one more attempt", tries=tries)
    noun = "attempt" if limit.count == 1 else "attempts"
    began = Line(first, f"{limit.count} further {noun}, a minute apart")
    yield example(bench, f"{limit.count} {noun} and one more", began, *then(bench, asked, tries=tries))


def _hours(bench: Bench, limit: Hours) -> Iterator[Example]:
    week = [bench.monday + ahead for ahead in range(7)]
    usual = next(day for day in week if limit.on(day))
    first, last = limit.on(usual)[0]
    edges = [minute for minute in (first - 1, first, last, last + 1) if 0 <= minute < DAY_MINUTES]
    yield example(bench, "the edges of a day", *(bench.ask(bench.at(usual, minute)) for minute in edges))
    if bench.elsewhere:
        zones = (bench.zone, bench.elsewhere)
        tried = [bench.ask(bench.at(usual, minute), zones=zones) for minute in (first, last)]
        asked = next((line for line in tried if line.answer == "refused"), tried[0])
        yield example(
            bench, f"somebody who may be in {bench.elsewhere} as well", *then(bench, asked, zones=zones), zones=zones
        )
    other = next((day for day in week if limit.on(day) != limit.on(usual)), None)
    if other is not None:
        minutes = [limit.on(other)[0][0] - 1, limit.on(other)[-1][1]] if limit.on(other) else [12 * 60]
        yield example(bench, "a day of other hours", *(bench.ask(bench.at(other, minute)) for minute in minutes))


def _holiday(bench: Bench) -> Iterator[Example]:
    days = range(bench.monday, bench.monday + 400)
    asked = (bench.ask(bench.at(day, 12 * 60)) for day in days)
    closed = next((line for line in asked if line.answer == "refused"), None)
    if closed is not None:
        yield example(bench, "the next such day", *then(bench, closed))


def _history(bench: Bench, limit: ContactLimit, start: Day) -> list[Contact]:
    """As many contacts as a limit allows: one a day, or some in a day where there are more of them than days."""
    a_day = -(-limit.count // min(limit.days, limit.count))
    first = limit.since_conversation
    channel = next(c for c in (bench.channel, *ASKED) if c is not None and c in (limit.channels or ASKED))
    return [
        Contact(
            at=bench.at(start + at // a_day, MORNING + at % a_day * 60),
            channel=channel,
            outcome=Outcome.CONVERSATION if first and not at else _counted(limit),
            line=line_of(limit),
        )
        for at in range(limit.count)
    ]


def line_of(limit: ContactLimit) -> str:
    return max(limit.lines, default="")


def _counted(limit: ContactLimit) -> Outcome:
    if limit.counted:
        return min(limit.counted, key=lambda outcome: outcome.value)
    return next(o for o in (Outcome.MESSAGE, Outcome.CONVERSATION, Outcome.ATTEMPTED) if o not in limit.uncounted)


def _frequency(bench: Bench, limit: ContactLimit) -> Iterator[Example]:
    start = bench.monday if limit.counting is not Counting.MONTH else _first_monday(bench.monday)
    line: dict[str, Fact | None] = {"line": line_of(limit)} if line_of(limit) else {}
    if not limit.count:
        yield example(bench, "whatever was before", bench.ask(bench.at(start, MORNING), docket=line))
        return
    history = _history(bench, limit, start)
    later = history[-1].at + 3600
    again = f"one more {bench.noun}"
    last = bench.ask(history[-1].at, f"{bench.noun} number {limit.count}", contacts=history[:-1], docket=line)
    refused = bench.ask(later, again, contacts=history, docket=line)
    told = list(_told(history[:-1], bench.noun))
    title = f"{limit.count} {plural(bench.noun) if limit.count > 1 else bench.noun} and one more"
    yield example(bench, title, *told, last, *then(bench, refused, contacts=history, docket=line))
    if limit.uncounted:
        missed = min(limit.uncounted, key=lambda outcome: outcome.value)
        others = [*history[:-1], replace(history[-1], outcome=missed)]
        asked = bench.ask(later, again, contacts=others, docket=line)
        happened = Line(history[-1].at, f"{bench.noun}: {missed.value}")
        yield example(bench, f"the same, where the last is not counted ({missed.value})", *told, happened, asked)


def _first_monday(day: Day) -> Day:
    """The first Monday of the month after a day."""
    then_ = date.fromordinal(day)
    first: LocalDate = (then_.replace(day=1) + timedelta(32)).replace(day=1)
    return first.toordinal() + (1 - first.toordinal()) % 7


def _told(history: list[Contact], noun: str) -> Iterator[Line]:
    """What happened: each contact, or the first and the last where they are many."""
    if len(history) <= FEWEST_LISTED:
        yield from (Line(contact.at, noun) for contact in history)
        return
    yield Line(history[0].at, f"{noun} number 1, and so on")
    yield Line(history[-1].at, f"{noun} number {len(history)}")


def _together(bench: Bench, parts: tuple[ContactLimit, ...]) -> Iterator[Example]:
    histories = [_history(bench, part, bench.monday) for part in parts]
    contacts = [contact for history in histories for contact in history]
    later = max(contact.at for contact in contacts) + 3600
    told = [Line(history[-1].at, f"the last of {len(history)} by {history[-1].channel.value}") for history in histories]
    refused = bench.ask(later, f"one more {bench.noun}", contacts=contacts)
    yield example(bench, "each of them used up", *told, *then(bench, refused, contacts=contacts))
    less = bench.ask(later, f"one more {bench.noun}", contacts=contacts[:-1])
    yield example(bench, "one contact less", less)


def _spacing(bench: Bench, minutes: int) -> Iterator[Example]:
    first = bench.at(bench.monday, MORNING)
    assert bench.channel is not None
    contacts = [Contact(first, bench.channel)]
    refused = bench.ask(first + minutes * 60, contacts=contacts)
    yield example(bench, "one after the other", Line(first, bench.noun), *then(bench, refused, contacts=contacts))


def _rest(bench: Bench) -> Iterator[Example]:
    spoke = bench.at(bench.monday, 15 * 60)
    assert bench.channel is not None
    contacts = [Contact(spoke, bench.channel, outcome=Outcome.CONVERSATION)]
    refused = bench.ask(bench.at(bench.monday + 1, MORNING), contacts=contacts)
    yield example(bench, "after a conversation", Line(spoke, "conversation"), *then(bench, refused, contacts=contacts))
    if bench.elsewhere:
        zones = (bench.zone, bench.elsewhere)
        asked = bench.ask(refused.at, zones=zones, contacts=contacts)
        lines = (Line(spoke, "conversation"), *then(bench, asked, zones=zones, contacts=contacts))
        yield example(bench, f"somebody who may be in {bench.elsewhere} as well", *lines, zones=zones)


def _wishes(bench: Bench) -> Iterator[Example]:
    """What the person asked for, or a reason that silences everything: without it, and with it."""
    now = bench.at(bench.monday, 12 * 60)
    limit = bench.rule.values[-1].limit
    yield example(bench, "nothing in the way", bench.ask(now))
    assert bench.channel is not None
    if isinstance(limit, BlockedChannel):
        yield example(
            bench, f"after a request to stop {plural(bench.noun)}", bench.ask(now, opted_out=frozenset({bench.channel}))
        )
    elif isinstance(limit, BlockedPerson):
        for reason in sorted(limit.reasons, key=lambda one: one.value):
            yield example(bench, f"with {reason.value} in force", bench.ask(now, holds=frozenset({reason})))
    elif isinstance(limit, RefusedAddress):
        docket: Mapping[str, Fact] = {"address": "a@example.com", "refused_addresses": frozenset({"a@example.com"})}
        yield example(bench, "to an address that was refused", bench.ask(now, docket=docket))
    elif isinstance(limit, InconvenientTimes):
        docket = {"inconvenient_times": (InconvenientTime(frozenset(), 12 * 60, 13 * 60 - 1),)}
        asked = bench.ask(now, docket=docket)
        yield example(
            bench, "somebody who asked not to be reached from 12:00 to 13:00", *then(bench, asked, docket=docket)
        )
    elif isinstance(limit, InconvenientPlaces):
        docket = {"inconvenient_places": frozenset({"work"}), "line": "work"}
        yield example(bench, "at work, where it does not suit", bench.ask(now, docket=docket))
