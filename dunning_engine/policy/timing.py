"""Times that cannot work: zones and calendars that do not exist, hours that leave nothing, days that come too late."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from dunning_engine.domain.limits import WEEKDAYS
from dunning_engine.kernel.calendar import CalendarError, zone
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity, suggest
from dunning_engine.kernel.spans import Span, Unit
from dunning_engine.policy.model import Anchor, AnchorKind
from dunning_engine.policy.reading import Reading, choices_of, on, warning
from dunning_engine.policy.source import Path

SURELY_LATER = frozenset({AnchorKind.AFTER_DUE, AnchorKind.AFTER_GRACE, AnchorKind.MONTH_END})
"""Anchors that lie after the due date, whatever else happens."""

_DAYS = {Unit.DAY: 1, Unit.WEEK: 7}


def time_zone(reading: Reading) -> Iterator[Diagnostic]:
    if reading.lacks("time", "zone") and ("time",) not in reading.reported:
        message = "no time zone is named, so days are counted in UTC: write time: {zone: Europe/Berlin} or your own"
        yield Diagnostic("DUN309", message, reading.source.place(("policy",)), Severity.NOTE)
    yield from unknown_zone(reading.draft.time.zone, reading.source.place(("time", "zone")))


def unknown_zone(name: str, place: Place) -> Iterator[Diagnostic]:
    """A zone that is none."""
    try:
        zone(name)
    except CalendarError:
        yield Diagnostic(
            "DUN307",
            f'there is no time zone "{name}"',
            place,
            suggestion=suggest(name, _zones()),
            accepted=("America/New_York", "Europe/Berlin", "UTC"),
            examples=True,
        )


def _zones() -> list[str]:
    """Every zone of the `tzdata` package, which is where `kernel.calendar` finds their rules."""
    return resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()


def business_days(reading: Reading) -> Iterator[Diagnostic]:
    name = reading.draft.time.business_days
    if name != "none" and reading.calendars.calendar(name) is None:
        names = reading.calendars.names()
        message = f'there is no business calendar "{name}"'
        place = reading.source.place(("time", "business_days"))
        yield Diagnostic("DUN308", message, place, suggestion=suggest(name, names), accepted=names)


def quiet_hours(reading: Reading) -> Iterator[Diagnostic]:
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
        yield warning("DUN311", message, reading.source.place(path))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def quiet_days(reading: Reading) -> Iterator[Diagnostic]:
    if set(WEEKDAYS) <= set(reading.draft.quiet_days):
        message = "these quiet days cover the whole week: no contact could ever be made"
        yield Diagnostic("DUN310", message, reading.source.key(("quiet_days",)))


def cadence(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        place = reading.source.place(on(number, "cadence"))
        once = next((choice[0] for _, _, choice in choices_of(step) if choice[0].verb.once), None)
        if step.cadence is not None and once is not None:
            message = f"{once.verb.noun} is made once in a case: a step with {once.do.value} has no cadence"
            yield Diagnostic("DUN315", message, place)
        if step.cadence is not None and step.when is not None and step.when.before_or_on_due:
            message = "this step ends the day after due: write the repetition as a step after the due date"
            yield warning("DUN316", message, place)


def deadline(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.deadline is None:
            continue
        place = reading.source.place(on(number, "deadline"))
        if step.when is not None and step.when.before_or_on_due:
            message = "nothing is overdue yet when this step is taken: set the deadline at a step after the due date"
            yield Diagnostic("DUN317", message, place)
            continue
        done = [choice[0] for _, _, choice in choices_of(step)]
        if done and not any(spec.reaches_debtor for spec in done):
            message = f"{done[0].verb.noun} tells the debtor nothing: set the deadline at a step that sends or calls"
            yield Diagnostic("DUN317", message, place)


def too_late(reading: Reading) -> Iterator[Diagnostic]:
    """Steps up to the due date that stand below a step after it: they lapse before it is taken."""
    later = None
    for number, when in reading.anchors():
        if when.before_or_on_due and later is not None:
            message = f'steps are taken in file order, and "{later}" above is due later: this step is never taken'
            yield Diagnostic("DUN318", message, reading.source.place(on(number, "when")))
        if when.kind in SURELY_LATER:
            later = reading.steps[number].step


def within_grace(reading: Reading) -> Iterator[Diagnostic]:
    grace = reading.draft.grace
    for number, when in reading.anchors():
        if grace is not None and _surely_within(when, grace):
            message = f"this day lies within the grace of {grace}: the step will wait until grace ends"
            yield warning("DUN319", message, reading.source.place(on(number, "when")))


def _surely_within(when: Anchor, grace: Span) -> bool:
    span = when.span
    if span is None or when.kind is not AnchorKind.AFTER_DUE:
        return False
    if span.unit is grace.unit:
        return span.count <= grace.count
    return span.unit in _DAYS and span.count * _DAYS[span.unit] <= grace.count * _DAYS.get(grace.unit, 1)
