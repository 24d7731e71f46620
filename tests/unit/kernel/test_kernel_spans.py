"""Spans of time: read, printed, and applied to days with and without a clock that stands still."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.kernel.calendar import EVERY_DAY, BusinessCalendar, day_of
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.spans import SPAN, Span, Unit, add, add_months, before, month_end

CALENDAR = BusinessCalendar("test", holidays_of=lambda year: [date(year, 1, 1), date(year, 12, 25)])
START = st.integers(day_of("2024-01-01"), day_of("2030-12-31"))
COUNTS = st.integers(1, 60)


@st.composite
def held_days(draw):
    """A day and sorted, disjoint stretches of held days around it."""
    day = draw(START)
    edges = sorted(draw(st.sets(st.integers(day - 30, day + 90), max_size=8)))
    return day, tuple(zip(edges[::2], edges[1::2], strict=False))


def is_held(day, held):
    return any(start <= day < end for start, end in held)


@given(unit=st.sampled_from(Unit), count=st.integers(1, 9999))
def test_a_span_reads_back_what_it_prints(unit, count):
    """One spelling for each."""
    span = Span(count, unit)
    assert SPAN.parse(str(span)) == span


@pytest.mark.parametrize(
    ("text", "printed"), [("1 days", "1 day"), ("3 business day", "3 business days"), ("2 week", "2 weeks")]
)
def test_the_plural_is_forgiven_and_mended(text, printed):
    """Both spellings are read, one is printed."""
    assert str(SPAN.parse(text)) == printed


def test_a_span_of_nothing_is_refused():
    """Zero days would be the day itself."""
    assert isinstance(SPAN.parse("0 days"), Misfit)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(14), "2026-03-16"),
        (Span(2, Unit.WEEK), "2026-03-16"),
        (Span(3, Unit.BUSINESS_DAY), "2026-03-05"),
        (Span(5, Unit.BUSINESS_DAY), "2026-03-09"),
        (Span(1, Unit.MONTH), "2026-04-02"),
    ],
)
def test_the_start_is_day_zero(span, expected):
    """From Monday 2 March 2026: a grace of 3 business days lasts through Thursday the 5th."""
    assert add(day_of("2026-03-02"), span, CALENDAR) == day_of(expected)


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2026-01-31", 2, "2026-03-31"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
    ],
)
def test_months_clamp_to_the_end_of_a_shorter_one(start, months, expected):
    """The last day stays a last day, and nothing spills into the next month."""
    assert add_months(day_of(start), months) == day_of(expected)


@pytest.mark.parametrize(
    ("day", "end"), [("2026-02-10", "2026-02-28"), ("2028-02-29", "2028-02-29"), ("2026-12-01", "2026-12-31")]
)
def test_a_month_ends_on_its_last_day(day, end):
    """Also in leap years."""
    assert month_end(day_of(day)) == day_of(end)


@given(situation=held_days(), count=COUNTS, unit=st.sampled_from([Unit.DAY, Unit.WEEK]))
def test_a_clock_that_stands_still_moves_the_end_by_the_days_held(situation, count, unit):
    """Against a walk day by day in which a held day does not count."""
    day, held = situation
    left = count * (7 if unit is Unit.WEEK else 1) + is_held(day, held)
    end = day
    while left:
        end += 1
        left -= not is_held(end, held)
    assert add(day, Span(count, unit), CALENDAR, held) == end


@given(situation=held_days(), count=COUNTS)
def test_held_working_days_do_not_count(situation, count):
    """Against a walk day by day in which only working days count, and of them only those that are not held."""
    day, held = situation
    left = count + (CALENDAR.is_working(day) and is_held(day, held))
    end = day
    while left:
        end += 1
        left -= CALENDAR.is_working(end) and not is_held(end, held)
    assert add(day, Span(count, Unit.BUSINESS_DAY), CALENDAR, held) == end


@given(situation=held_days(), count=COUNTS)
def test_without_weekends_a_business_day_is_a_day(situation, count):
    """Both ways of counting agree where every day is a working day, held days included."""
    day, held = situation
    assert add(day, Span(count, Unit.BUSINESS_DAY), EVERY_DAY, held) == add(day, Span(count), EVERY_DAY, held)


@given(situation=held_days(), count=st.integers(1, 6))
def test_a_month_is_moved_by_the_days_held(situation, count):
    """The end lies on no held day, and as many days later as were held until then."""
    day, held = situation
    end = add(day, Span(count, Unit.MONTH), CALENDAR, held)
    assert not is_held(end, held)
    assert end == add_months(day, count) + sum(is_held(d, held) for d in range(day, end))


@given(situation=held_days(), count=COUNTS, unit=st.sampled_from(Unit))
def test_holding_the_clock_never_brings_the_end_forward(situation, count, unit):
    """A reason to wait is never a reason to hurry."""
    day, held = situation
    span = Span(count, unit)
    ends = [add(day, span, CALENDAR, held[:some]) for some in range(len(held) + 1)]
    assert ends == sorted(ends)


@given(day=START, count=COUNTS)
def test_counting_back_business_days_agrees_with_walking(day, count):
    """The day itself is day 0, as in the other direction."""
    left, expected = count, day
    while left:
        expected -= 1
        left -= CALENDAR.is_working(expected)
    assert before(day, Span(count, Unit.BUSINESS_DAY), CALENDAR) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [(Span(5), "2026-03-26"), (Span(1, Unit.WEEK), "2026-03-24"), (Span(1, Unit.MONTH), "2026-02-28")],
)
def test_counting_back_days_weeks_and_months(span, expected):
    """From 31 March 2026; months clamp in this direction too."""
    assert before(day_of("2026-03-31"), span, CALENDAR) == day_of(expected)


@pytest.mark.parametrize("written", ["10 workdays", "10 working days", "10 working-days", "10 business-days", "10 BD"])
def test_other_names_of_business_days(written):
    """Who writes of working days is never offered calendar days."""
    misfit = SPAN.parse(written)
    assert isinstance(misfit, Misfit)
    assert misfit.suggestion == "10 business days"
