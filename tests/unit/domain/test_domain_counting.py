"""Day counts and roundings: the figures that courts, governments and tools print for the same debt."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from dunning_engine.domain.counting import (
    DAILY_FIRST,
    HALF_EVEN,
    ONCE,
    PUBLISHED_DAILY,
    DayCount,
    Rounding,
    Step,
)
from dunning_engine.kernel.calendar import day_of


@pytest.mark.parametrize(
    ("day_count", "first", "last", "pieces"),
    [
        (DayCount.ACTUAL_365, "2024-02-01", "2024-02-29", ((29, 365),)),
        (DayCount.ACTUAL_360, "2024-02-01", "2024-02-29", ((29, 360),)),
        (DayCount.ACTUAL_ACTUAL, "2024-02-01", "2024-02-29", ((29, 366),)),
        (DayCount.ACTUAL_ACTUAL, "2023-12-31", "2025-01-02", ((1, 365), (366, 366), (2, 365))),
        (DayCount.THIRTY_360, "2026-02-01", "2026-02-28", ((28, 360),)),
        (DayCount.THIRTY_360, "2026-02-01", "2026-03-31", ((60, 360),)),
        (DayCount.THIRTY_360, "2026-03-31", "2026-03-31", ((0, 360),)),
        (DayCount.THIRTY_360, "2025-06-16", "2026-06-15", ((360, 360),)),
    ],
)
def test_days_are_parts_of_years(day_count, first, last, pieces):
    """Both ends count; in months of 30 days the 31st adds nothing."""
    assert day_count.pieces(day_of(first), day_of(last)) == pieces


def interest(rounding, minor, percent, days, basis=365):
    return rounding.whole(rounding.amount(Fraction(minor), Decimal(percent), ((days, basis),)))


@pytest.mark.parametrize(
    ("rounding", "minor"),
    [(ONCE, 1164), (HALF_EVEN, 1164), (DAILY_FIRST, 1150), (PUBLISHED_DAILY, 1150)],
)
def test_the_example_of_the_british_government_in_each_rounding(rounding, minor):
    """1,000 at 8.5 percent for 50 days: 23.29 pence a day become 23, or 0.023 percent."""
    assert interest(rounding, 100_000, "8.5", 50) == minor


def test_a_published_daily_percentage_is_used_as_it_was_published():
    """Ireland, 8 percent: 0.022 percent a day, by the authority's own figure or by ours."""
    assert interest(PUBLISHED_DAILY, 100_000, "8.00", 30) == 660
    assert interest(Rounding(Step.PUBLISHED, daily_percent=Decimal("0.0219")), 100_000, "8.00", 30) == 657
    assert interest(Rounding(Step.PUBLISHED, places=5), 100_000, "8.00", 30) == 658


@pytest.mark.parametrize(
    ("value", "up", "even"),
    [("0.5", 1, 0), ("1.5", 2, 2), ("2.4999", 2, 2), ("-0.5", -1, 0), ("-1.5", -2, -2), ("0", 0, 0)],
)
def test_where_a_half_goes(value, up, even):
    """Away from zero by default, as people learn it; to the even unit where that is asked for."""
    assert (ONCE.whole(Fraction(value)), HALF_EVEN.whole(Fraction(value))) == (up, even)
