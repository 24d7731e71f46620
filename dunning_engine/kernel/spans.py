"""Symbolic spans of time: "3 business days", "2 weeks", "1 month", applied to a day by a calendar."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from dunning_engine.kernel.grammar import Form, Grammar, Slot
from dunning_engine.kernel.slots import COUNT

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import BusinessCalendar, Day


class Unit(Enum):
    """What a span counts."""

    DAY = "day"
    BUSINESS_DAY = "business day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """A number of days, business days, weeks or months."""

    count: int
    unit: Unit = Unit.DAY

    def __str__(self) -> str:
        return SPAN.show(self)


Days: TypeAlias = "tuple[tuple[Day, Day], ...]"
"""Sorted, disjoint stretches of days, each from its first day up to and without its end."""


def add(day: Day, span: Span, calendar: BusinessCalendar, held: Days = ()) -> Day:
    """The day on which a span that starts on `day` (day 0) is over, not counting the days in `held`.

    Months clamp to the last day of a shorter month. Held days are what "the clock stops" means: the end moves on by
    as many days of the span's kind as were held, the first day included, and never falls on a held day.
    """
    if span.unit is Unit.BUSINESS_DAY:
        return _business(day, span.count, calendar, held)
    target = add_months(day, span.count) if span.unit is Unit.MONTH else day + span.count * _LENGTH[span.unit]
    for start, end in held:
        if end > day and max(start, day) <= target:
            target += end - max(start, day)
    return target


def before(day: Day, span: Span, calendar: BusinessCalendar) -> Day:
    """The day that lies a span before another one."""
    if span.unit is Unit.BUSINESS_DAY:
        for _ in range(span.count):
            day = calendar.previous(day - 1)
        return day
    return add_months(day, -span.count) if span.unit is Unit.MONTH else day - span.count * _LENGTH[span.unit]


def add_months(day: Day, months: int) -> Day:
    """The same day of the month some months on, or that month's last day."""
    start = date.fromordinal(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])).toordinal()


def month_end(day: Day) -> Day:
    """The last day of a day's month."""
    start = date.fromordinal(day)
    return start.replace(day=monthrange(start.year, start.month)[1]).toordinal()


def _business(day: Day, count: int, calendar: BusinessCalendar, held: Days) -> Day:
    target = calendar.after(day, count)
    for start, end in held:
        if end > day and start <= target:
            count += calendar.between(max(start, day), end)
            target = calendar.after(day, count)
    return target


_LENGTH = {Unit.DAY: 1, Unit.WEEK: 7}


_EXAMPLES = {Unit.DAY: "14", Unit.BUSINESS_DAY: "10", Unit.WEEK: "2", Unit.MONTH: "1"}


def _form(unit: Unit) -> Form[Span]:
    return Form(
        "{n} " + unit.value + "[s]",
        slots={"n": COUNT},
        make=lambda n: Span(n, unit),
        take=lambda span: {"n": span.count} if span.unit is unit else None,
        examples={"n": _EXAMPLES[unit]},
    )


SPAN: Grammar[Span] = Grammar("a span of time", tuple(map(_form, Unit)))
SPAN_SLOT: Slot[Span] = Slot.of(SPAN)
