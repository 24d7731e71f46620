"""What a policy means as a whole: names that lead nowhere, steps that can never be taken, times that exclude each other.

Each check is a row of `CHECKS` and looks at the parts that are fine. What only follows from a mistake that is already
reported is not reported again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from typing import Protocol

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.limits import DAY_MINUTES, WEEKDAYS
from dunning_engine.kernel.calendar import BusinessCalendar, CalendarError, zone
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity, suggest
from dunning_engine.kernel.spans import Span
from dunning_engine.kernel.spans import Unit as SpanUnit
from dunning_engine.kernel.yamltext import Mapping, Scalar
from dunning_engine.policy.document import PolicyDraft, StepDraft
from dunning_engine.policy.model import Anchor, AnchorKind, Condition, Test
from dunning_engine.policy.phrases import RESERVED_NAMES
from dunning_engine.policy.shape import Shape
from dunning_engine.policy.source import Path, Source

ACTION_KEYS = ("send", "call", "hand_off")
CONDITION_KEYS = ("only_if", "only_if_any", "unless")

KNOWN_LATER = frozenset({Test.STEP_OUTCOME, Test.PROMISE_BROKEN, Test.PLAN_BROKEN})
"""Questions that have no answer before a case is open."""

ONE_VALUE = frozenset({Test.DEBTOR_KIND, Test.COUNTRY, Test.CURRENCY, Test.LANGUAGE})
"""Questions with one answer, so that two different ones are never true together."""

_DAYS = {SpanUnit.DAY: 1, SpanUnit.WEEK: 7}


class CalendarNames(Protocol):
    """The business calendars that exist; `ports.sources.CalendarSource` is one."""

    def calendar(self, name: str) -> BusinessCalendar | None:
        """The calendar, or None where the name means nothing."""

    def names(self) -> tuple[str, ...]:
        """Every name it knows, for "did you mean"."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A step named by another step: in which value, and whether it may name the step it stands in."""

    name: str
    path: Path
    itself: bool = False
    later: bool = False


class Reading:
    """A file as far as it fits, as the checks see it."""

    def __init__(self, shape: Shape, calendars: CalendarNames) -> None:
        self.draft: PolicyDraft = shape.draft
        self.source: Source = shape.source
        self.calendars = calendars
        self.reported = shape.reported
        self.steps: tuple[StepDraft, ...] = shape.draft.steps
        self.position = {step.step: number for number, step in reversed([*enumerate(self.steps)]) if step.step}
        self.rumoured = frozenset(_texts(shape.whole, self.steps))

    def lacks(self, *path: str | int) -> bool:
        """Whether a key was not written at all, rather than written with a mistake."""
        return self.source.node(path) is None and path not in self.reported

    def step_at(self, name: str) -> StepDraft | None:
        number = self.position.get(name)
        return None if number is None else self.steps[number]


def _texts(whole: Source, steps: Sequence[StepDraft]) -> Iterator[str]:
    """Everything written in steps whose name could not be read: one of the texts may be that name."""
    for number, step in enumerate(steps):
        node = whole.node(("steps", number))
        if step.step is None and isinstance(node, Mapping):
            yield from (value.text for _, value in node.entries if isinstance(value, Scalar))


def _warning(code: str, message: str, place: Place) -> Diagnostic:
    return Diagnostic(code, message, place, Severity.WARNING)


def _on(number: int, *rest: str | int) -> Path:
    return ("steps", number, *rest)


# Names ----------------------------------------------------------------------------------------------------------------


def _reserved_names(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.step in RESERVED_NAMES:
            message = f'"{step.step}" cannot be the name of a step: it is a word of the language'
            yield Diagnostic("DUN303", message, reading.source.place(_on(number, "step")))


def _repeated_names(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.step is not None and (first := reading.position[step.step]) != number:
            line = reading.source.place(_on(first, "step")).line
            message = f'a step called "{step.step}" stands in line {line} already'
            yield Diagnostic("DUN304", message, reading.source.place(_on(number, "step")))


def _mentions(number: int, step: StepDraft) -> Iterator[Mention]:
    if step.when is not None and step.when.step is not None:
        yield Mention(step.when.step, _on(number, "when"))
    if step.cadence is not None and step.cadence.until is not None:
        yield Mention(step.cadence.until, _on(number, "cadence"), later=True)
    for at, proof in enumerate(step.requires):
        yield Mention(proof.step, _on(number, "requires", at))
    for path, condition in _conditions(number, step):
        if condition.test is Test.STEP_OUTCOME:
            yield Mention(condition.name, path, itself=step.cadence is not None)


def _conditions(number: int, step: StepDraft) -> Iterator[tuple[Path, Condition]]:
    for key, conditions in zip(CONDITION_KEYS, (step.only_if, step.only_if_any, step.unless), strict=True):
        for at, condition in enumerate(conditions):
            yield _on(number, key, at), condition


def _references(reading: Reading) -> Iterator[Diagnostic]:
    names = tuple(reading.position)
    for number, step in enumerate(reading.steps):
        for mention in _mentions(number, step):
            place = reading.source.word(mention.path, mention.name)
            if mention.name in reading.position:
                yield from _out_of_order(reading, number, mention, place)
            elif mention.name not in reading.rumoured:
                likely = suggest(mention.name, names)
                yield Diagnostic("DUN301", f'there is no step "{mention.name}"', place, suggestion=likely, accepted=names)


def _out_of_order(reading: Reading, number: int, mention: Mention, place: Place) -> Iterator[Diagnostic]:
    named = reading.position[mention.name]
    if named == number and not mention.itself:
        yield Diagnostic("DUN302", f'the step "{mention.name}" refers to itself', place)
    elif named > number and not mention.later:
        message = f'"{mention.name}" comes later: a step can only refer to steps above it'
        yield Diagnostic("DUN302", message, place)
    elif named < number and mention.later:
        yield Diagnostic("DUN302", f'"{mention.name}" comes earlier: "until" names a step below this one', place)


def _first_has_no_previous(reading: Reading) -> Iterator[Diagnostic]:
    first = reading.steps[0].when if reading.steps else None
    if first is not None and first.kind is AnchorKind.AFTER_PREVIOUS:
        message = "the first step has no previous one: count from the due date or from the issue date"
        yield Diagnostic("DUN302", message, reading.source.word(_on(0, "when"), "previous"))


def _expiry(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.when is None or step.when.kind is not AnchorKind.AFTER_EXPIRY or step.when.step is None:
            continue
        named = reading.position.get(step.when.step)
        if named is not None and reading.lacks(*_on(named, "deadline")):
            message = f'"{step.when.step}" never expires: it has no deadline'
            yield Diagnostic("DUN305", message, reading.source.word(_on(number, "when"), step.when.step))


def _grace(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.when is not None and step.when.kind is AnchorKind.AFTER_GRACE and reading.lacks("grace"):
            message = 'the policy has no grace that could end: write "grace: 3 business days", or count from the due date'
            yield Diagnostic("DUN306", message, reading.source.word(_on(number, "when"), "grace"))


# Time -----------------------------------------------------------------------------------------------------------------


def _zone(reading: Reading) -> Iterator[Diagnostic]:
    if reading.lacks("time", "zone") and reading.lacks("time"):
        message = "no time zone is named, so days are counted in UTC: write time: {zone: Europe/Berlin} or your own"
        yield Diagnostic("DUN309", message, reading.source.place(("policy",)), Severity.NOTE)
    try:
        zone(reading.draft.time.zone)
    except CalendarError:
        message = f'there is no time zone "{reading.draft.time.zone}"'
        likely = suggest(reading.draft.time.zone, _zones())
        examples = ("America/New_York", "Europe/Berlin", "UTC")
        yield Diagnostic("DUN307", message, reading.source.place(("time", "zone")), suggestion=likely, accepted=examples)


def _zones() -> list[str]:
    """Every zone of the `tzdata` package, which is where `kernel.calendar` finds their rules."""
    return resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()


def _business_days(reading: Reading) -> Iterator[Diagnostic]:
    name = reading.draft.time.business_days
    if name != "none" and reading.calendars.calendar(name) is None:
        names = reading.calendars.names()
        message = f'there is no business calendar "{name}"'
        place = reading.source.place(("time", "business_days"))
        yield Diagnostic("DUN308", message, place, suggestion=suggest(name, names), accepted=names)


def _quiet_hours(reading: Reading) -> Iterator[Diagnostic]:
    quiet = reading.draft.quiet_hours
    if quiet is None:
        return
    place = reading.source.place(("quiet_hours",))
    if quiet.start == quiet.end:
        yield Diagnostic("DUN310", "these quiet hours cover the whole day: no contact could ever be made", place)
        return
    send_at = reading.draft.time.send_at
    if not any(first <= send_at <= last for first, last in quiet.open_hours.windows):
        message = (
            f"contacts are due at {_clock(send_at)}, within the quiet hours {_clock(quiet.start)} to "
            f"{_clock(quiet.end)}: each one will wait until {_clock(quiet.end)}"
        )
        path: Path = ("time", "send_at") if reading.source.node(("time", "send_at")) else ("quiet_hours",)
        yield _warning("DUN311", message, reading.source.place(path))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _quiet_days(reading: Reading) -> Iterator[Diagnostic]:
    if set(WEEKDAYS) <= set(reading.draft.quiet_days):
        message = "these quiet days cover the whole week: no contact could ever be made"
        yield Diagnostic("DUN310", message, reading.source.key(("quiet_days",)))


# Steps ----------------------------------------------------------------------------------------------------------------


def _no_steps(reading: Reading) -> Iterator[Diagnostic]:
    if not reading.steps and ("steps",) not in reading.reported:
        yield Diagnostic("DUN312", "a policy needs at least one step", reading.source.place(("steps",)))


def _no_action(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        broken = any(path[:2] == _on(number) for path in reading.reported)
        if not broken and not (step.send or step.call or step.hand_off):
            message = f'the step "{step.step}" does nothing: give it "send", "call" or "hand_off"'
            yield Diagnostic("DUN313", message, reading.source.place(_on(number, "step")), accepted=ACTION_KEYS)


def _same_channel(reading: Reading) -> Iterator[Diagnostic]:
    """Two actions of one step that reach the debtor in the same way on the same day."""
    for number, step in enumerate(reading.steps):
        seen: set[object] = set()
        for key, choices in zip(ACTION_KEYS, (step.send, step.call, step.hand_off), strict=True):
            for at, choice in enumerate(choices):
                way = _way(choice[0])
                if way in seen:
                    yield _warning("DUN314", f"this step has {way} already", reading.source.place(_on(number, key, at)))
                seen.add(way)


def _way(spec: ActionSpec) -> str:
    words = {"email": "an email", "sms": "an sms", "call": "a call", "letter": "a letter"}
    return words[spec.channel.value] if spec.channel else "a hand-off"


def _cadence(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        place = reading.source.place(_on(number, "cadence"))
        if step.cadence is not None and step.hand_off:
            yield Diagnostic("DUN315", "a case is handed off once: a step with hand_off has no cadence", place)
        if step.cadence is not None and step.when is not None and step.when.before_or_on_due:
            message = "this step ends the day after due: write the repetition as a step after the due date"
            yield _warning("DUN316", message, place)


def _deadline(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.deadline is None:
            continue
        place = reading.source.place(_on(number, "deadline"))
        if step.when is not None and step.when.before_or_on_due:
            yield Diagnostic("DUN317", "nothing is overdue yet when this step is taken: it cannot set a deadline", place)
        elif step.hand_off and not (step.send or step.call):
            yield Diagnostic("DUN317", "a hand-off tells the debtor nothing: it cannot set a deadline", place)


def _too_late(reading: Reading) -> Iterator[Diagnostic]:
    """Steps before the due date that stand below steps after it."""
    dated = [(number, step.when) for number, step in enumerate(reading.steps) if step.when is not None]
    for (above, earlier), (number, when) in pairwise(dated):
        if when.before_or_on_due and not earlier.before_or_on_due:
            message = (
                f'steps are taken in the order of the file, and "{reading.steps[above].step}" above is due later: '
                "this step would never be taken"
            )
            yield Diagnostic("DUN318", message, reading.source.place(_on(number, "when")))


def _within_grace(reading: Reading) -> Iterator[Diagnostic]:
    grace = reading.draft.grace
    for number, step in enumerate(reading.steps):
        if grace is not None and step.when is not None and step.when.kind is AnchorKind.AFTER_DUE:
            if _surely_within(step.when, grace):
                message = f"this day lies within the grace of {grace}: the step will wait until grace ends"
                yield _warning("DUN319", message, reading.source.place(_on(number, "when")))


def _surely_within(when: Anchor, grace: Span) -> bool:
    span = when.span
    if span is None:
        return False
    if span.unit is grace.unit:
        return span.count <= grace.count
    return span.unit in _DAYS and span.count * _DAYS[span.unit] <= grace.count * _DAYS.get(grace.unit, 1)


# Conditions and lists -------------------------------------------------------------------------------------------------


def _known_later(reading: Reading) -> Iterator[Diagnostic]:
    for at, condition in enumerate(reading.draft.applies_to):
        if condition.test in KNOWN_LATER:
            message = "nobody can know this before a case is open: move the condition to a step"
            yield Diagnostic("DUN320", message, reading.source.place(("applies_to", at)))


def _never_true(reading: Reading) -> Iterator[Diagnostic]:
    always = [(("applies_to", at), condition) for at, condition in enumerate(reading.draft.applies_to)]
    yield from _contradictions(reading, always, [])
    for number, step in enumerate(reading.steps):
        wanted = [(_on(number, "only_if", at), condition) for at, condition in enumerate(step.only_if)]
        yield from _contradictions(reading, wanted, always)
        for at, condition in enumerate(step.unless):
            if condition in step.only_if:
                message = "the same condition stands in only_if: this step is never taken"
                yield Diagnostic("DUN321", message, reading.source.place(_on(number, "unless", at)))


def _contradictions(
    reading: Reading, conditions: Sequence[tuple[Path, Condition]], given: Sequence[tuple[Path, Condition]]
) -> Iterator[Diagnostic]:
    held = list(given)
    for path, condition in conditions:
        if other := next((place for place, before in held if _exclude(before, condition)), None):
            line = reading.source.place(other).line
            message = f"this is never true together with the condition in line {line}"
            yield Diagnostic("DUN321", message, reading.source.place(path))
        held.append((path, condition))


def _exclude(one: Condition, other: Condition) -> bool:
    if one.test is not other.test:
        return False
    if one.test in ONE_VALUE:
        return one.value != other.value
    if one.test is Test.HOST_FACT:
        return one.name == other.name and one.value != other.value
    if one.amount is None or other.amount is None or one.below is other.below:
        return False
    upper, lower = (one, other) if one.below else (other, one)
    return upper.amount.units <= lower.amount.units


def _repeated_items(reading: Reading) -> Iterator[Diagnostic]:
    for path, values in _lists(reading):
        for at, value in enumerate(values):
            if value in values[:at]:
                yield _warning("DUN322", "this stands in the list already", reading.source.place((*path, at)))
    currencies = [money.currency for money in reading.draft.tolerance]
    for at, currency in enumerate(currencies):
        if currency in currencies[:at]:
            message = f"there is a tolerance in {currency} already"
            yield Diagnostic("DUN323", message, reading.source.place(("tolerance", at)))


def _lists(reading: Reading) -> Iterator[tuple[Path, tuple[object, ...]]]:
    for key in ("regulated_as", "law", "applies_to", "contact_limits", "quiet_days", "pause_while", "stop_when"):
        yield (key,), getattr(reading.draft, key)
    for number, step in enumerate(reading.steps):
        for key in (*CONDITION_KEYS, "requires"):
            yield _on(number, key), getattr(step, key)


CHECKS: tuple[Callable[[Reading], Iterable[Diagnostic]], ...] = (
    _reserved_names,
    _repeated_names,
    _references,
    _first_has_no_previous,
    _expiry,
    _grace,
    _zone,
    _business_days,
    _quiet_hours,
    _quiet_days,
    _no_steps,
    _no_action,
    _same_channel,
    _cadence,
    _deadline,
    _too_late,
    _within_grace,
    _known_later,
    _never_true,
    _repeated_items,
)


def meaning(shape: Shape, calendars: CalendarNames) -> Iterator[Diagnostic]:
    """Everything that is wrong or doubtful in what fits."""
    reading = Reading(shape, calendars)
    for check in CHECKS:
        yield from check(reading)
