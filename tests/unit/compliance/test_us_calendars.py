"""The two calendars of the United States: what is a holiday in each, and under which name it answers."""

from __future__ import annotations

from dunning_engine.compliance import periods
from dunning_engine.kernel.calendar import day_of


def test_the_legal_calendar_has_the_days_of_the_statute():
    """Independence Day 2026 is a Saturday; the Friday before is a working day by the words of the rules."""
    calendar = periods.legal_calendar()
    assert calendar.name == "us-federal"
    assert calendar.is_holiday(day_of("2026-07-04"))
    assert calendar.is_working(day_of("2026-07-03"))


def test_the_observed_calendar_has_the_days_off_as_well():
    calendar = periods.observed_calendar()
    assert calendar.name == "us-federal-observed"
    assert calendar.is_holiday(day_of("2026-07-04"))
    assert calendar.is_holiday(day_of("2026-07-03"))
    assert calendar.is_working(day_of("2026-07-02"))
