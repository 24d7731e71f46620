"""What a policy means as a whole.

Each check is a row of `CHECKS` and looks at the parts that are fine. What only follows from a mistake that is already
reported is not reported again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.statutes import NO_STATUTES, Statutes
from dunning_engine.kernel.diagnostics import Diagnostic
from dunning_engine.policy import arranging, deeds, meaning_money, references, timing
from dunning_engine.policy.ledger import about_terms
from dunning_engine.policy.model import Condition, Lead, Test
from dunning_engine.policy.reading import (
    ACTION_KEYS,
    CONDITION_KEYS,
    CalendarNames,
    Reading,
    choices_of,
    conditions_of,
    does,
    on,
    warning,
)
from dunning_engine.policy.segments import about_segments, parts_of
from dunning_engine.policy.shape import Shape
from dunning_engine.policy.source import Path, Source

KNOWN_LATER = frozenset({
    Test.STEP_OUTCOME, Test.PROMISE_BROKEN, Test.PROMISE_PARTLY, Test.PROMISES_BROKEN, Test.PLAN_BROKEN,
    Test.INSTALMENTS_MISSED, Test.DISPUTE_UNANSWERED, Test.PROPOSAL_UNANSWERED,
})  # fmt: skip
"""Questions that have no answer before a case is open."""

ONE_VALUE = frozenset({
    Test.DEBTOR_KIND, Test.COUNTRY, Test.REGION, Test.CURRENCY, Test.LANGUAGE, Test.GROUP, Test.RISK
})  # fmt: skip
"""Questions with one answer, so that two different ones are never true together."""


def _no_steps(reading: Reading) -> Iterator[Diagnostic]:
    if not reading.steps and ("steps",) not in reading.reported:
        yield Diagnostic("DUN312", "a policy needs at least one step", reading.source.place(("steps",)))


def _no_action(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        broken = any(path[:2] == on(number) for path in reading.reported)
        if not broken and not does(step):
            message = f'the step "{step.step}" does nothing: give it an action, such as "send" or "charge"'
            yield Diagnostic("DUN313", message, reading.source.place(on(number, "step")), accepted=ACTION_KEYS)


def _same_channel(reading: Reading) -> Iterator[Diagnostic]:
    """Two actions of one step that reach the debtor in the same way on the same day."""
    for number, step in enumerate(reading.steps):
        seen: set[object] = set()
        for key, at, choice in choices_of(step):
            way = _way(choice[0])
            if way in seen:
                noun = _noun(choice[0])
                yield warning("DUN314", f"this step has {noun} already", reading.source.place(on(number, key, at)))
            seen.add(way)


def _way(spec: ActionSpec) -> str:
    """What a step does only once: reach the debtor by one channel, or what a case has only one of."""
    if spec.channel is not None:
        return f"{spec.way} {spec.to}"
    return spec.verb.noun if spec.verb.once else spec.words


def _noun(spec: ActionSpec) -> str:
    if spec.channel is None or spec.channel is Channel.CALL:
        return spec.verb.noun
    return f"{'an' if spec.way[0] in 'aeos' else 'a'} {spec.way}"


def _known_later(reading: Reading) -> Iterator[Diagnostic]:
    for at, condition in enumerate(reading.draft.applies_to):
        parts = reading.draft.segments.get(condition.name, ()) if condition.test is Test.SEGMENT else ()
        if any(one.test in KNOWN_LATER for one in (condition, *parts)):
            message = "nobody can know this before a case is open: move the condition to a step"
            yield Diagnostic("DUN320", message, reading.source.place(("applies_to", at)))


def _segments(reading: Reading) -> Iterator[Diagnostic]:
    draft = reading.draft
    asked: list[tuple[Path, Condition]] = [
        (("applies_to", at), condition) for at, condition in enumerate(draft.applies_to)
    ]
    asked += [pair for number, step in enumerate(reading.steps) for pair in conditions_of(number, step)]
    yield from about_segments(draft.segments, asked, reading.source, reading.reported)
    for name in draft.segments:
        inside = [(path, condition) for path, condition in parts_of(draft.segments) if path[1] == name]
        yield from contradictions(reading.source, inside, [])


def _never_true(reading: Reading) -> Iterator[Diagnostic]:
    always = [(("applies_to", at), condition) for at, condition in enumerate(reading.draft.applies_to)]
    yield from contradictions(reading.source, always, [])
    always = [given for given in always if given[1].amount is None]  # payments lower what was owed at the opening
    for number, step in enumerate(reading.steps):
        wanted = [(on(number, "only_if", at), condition) for at, condition in enumerate(step.only_if)]
        yield from contradictions(reading.source, wanted, always)
        held = [*always, *wanted]
        for at, condition in enumerate(step.unless):
            if other := next((place for place, before in held if implies(before, condition)), None):
                line = reading.source.place(other).line
                message = f"this is always true with the condition in line {line}: the step is never taken"
                if condition in step.only_if:
                    message = "the same condition stands in only_if: this step is never taken"
                yield Diagnostic("DUN321", message, reading.source.place(on(number, "unless", at)))
        if step.only_if_any and all(any(exclude(one, other) for _, one in held) for other in step.only_if_any):
            message = "none of these is ever true together with the other conditions: the step is never taken"
            yield Diagnostic("DUN321", message, reading.source.key(on(number, "only_if_any")))


def contradictions(
    source: Source, conditions: Sequence[tuple[Path, Condition]], given: Sequence[tuple[Path, Condition]]
) -> Iterator[Diagnostic]:
    """Conditions of a list, all of which have to be true, that never are together with one before them."""
    held = list(given)
    for path, condition in conditions:
        if other := next((place for place, before in held if exclude(before, condition)), None):
            line = source.place(other).line
            message = f"this is never true together with the condition in line {line}"
            yield Diagnostic("DUN321", message, source.place(path))
        held.append((path, condition))


def exclude(one: Condition, other: Condition) -> bool:
    """Whether two conditions are never true together."""
    if one.test is not other.test:
        return False
    if one.test in ONE_VALUE:
        return one.value != other.value
    if one.test is Test.HOST_FACT:
        return one.name == other.name and one.value != other.value
    if one.amount is None or other.amount is None or one.below is other.below or one.currency != other.currency:
        return False
    upper, lower = (one.amount, other.amount) if one.below else (other.amount, one.amount)
    return upper.units <= lower.units


def implies(one: Condition, other: Condition) -> bool:
    """Whether the second condition is true wherever the first one is."""
    if one == other:
        return True
    if replace(one, amount=None, count=0) != replace(other, amount=None, count=0):
        return False
    if one.amount is not None and other.amount is not None:
        return one.amount.units <= other.amount.units if one.below else one.amount.units >= other.amount.units
    return one.test in (Test.DAYS_OVERDUE, Test.OVERDUE_COUNT, Test.PROPOSAL_UNANSWERED) and one.count >= other.count


def _repeated_items(reading: Reading) -> Iterator[Diagnostic]:
    for path, values in _lists(reading):
        for at, value in enumerate(values):
            if value in values[:at]:
                yield warning("DUN322", "this stands in the list already", reading.source.place((*path, at)))
    for key, amounts in (("tolerance", reading.draft.tolerance), ("minimum", reading.draft.minimum)):
        currencies = [money.currency for money in amounts]
        for at, currency in enumerate(currencies):
            if currency in currencies[:at]:
                message = f"there is a {key} in {currency} already"
                yield Diagnostic("DUN323", message, reading.source.place((key, at)))


def _lists(reading: Reading) -> Iterator[tuple[Path, tuple[object, ...]]]:
    for key in ("regulated_as", "law", "applies_to", "contact_limits", "quiet_days", "pause_while", "stop_when"):
        yield (key,), getattr(reading.draft, key)
    for name, conditions in reading.draft.segments.items():
        yield ("segments", name), conditions
    for number, step in enumerate(reading.steps):
        for key in (*CONDITION_KEYS, "requires"):
            yield on(number, key), getattr(step, key)


def _idle_lead(reading: Reading) -> Iterator[Diagnostic]:
    """Words about the receivable that leads, where no receivable leads another."""
    if reading.draft.lead is Lead.EACH and not reading.lacks("on_lead_paid"):
        message = "this changes nothing: with `lead: each` every invoice has a ladder of its own"
        yield warning("DUN370", message, reading.source.key(("on_lead_paid",)))


CHECKS: tuple[Callable[[Reading], Iterable[Diagnostic]], ...] = (
    references.reserved_names,
    references.repeated_names,
    references.references,
    references.led_to,
    references.first_has_no_previous,
    references.expiry,
    timing.time_zone,
    timing.business_days,
    timing.quiet_hours,
    timing.quiet_days,
    timing.cadence,
    timing.deadline,
    timing.too_late,
    timing.within_grace,
    *deeds.CHECKS,
    _no_steps,
    _no_action,
    _same_channel,
    _segments,
    _known_later,
    _never_true,
    _repeated_items,
    about_terms,
    *meaning_money.CHECKS,
    *arranging.CHECKS,
    _idle_lead,
)


def meaning(shape: Shape, calendars: CalendarNames, statutes: Statutes = NO_STATUTES) -> Iterator[Diagnostic]:
    """Everything that is wrong or doubtful in what fits."""
    reading = Reading(shape, calendars, statutes)
    for check in CHECKS:
        yield from check(reading)
