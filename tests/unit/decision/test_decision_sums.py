"""Sums of fees and interest: figures that others published, and laws that hold for all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.decision.sums import Stretch, fee_sum, interest_sum, part, stretches
from dunning_engine.domain.counting import DayCount
from dunning_engine.domain.statutes import RatePeriod
from dunning_engine.policy.charges import Band, Bands, Fee
from dunning_engine.policy.model import Amount


def amount(text):
    return Amount.of(Decimal(text))


BANDS = (
    Band(amount("0"), amount("5.00"), Decimal(2)),
    Band(amount("50.00"), amount("3.00"), Decimal(4)),
)
bases = st.integers(0, 10**7)


@pytest.mark.parametrize(
    ("fee", "cents"),
    [
        (Fee(name="f", bands=BANDS, method=Bands.BY_BAND), 1300),
        (Fee(name="f", bands=BANDS), 900),
        (Fee(name="f", bands=(Band(amount("150.01"), amount("5.00")),), at_least=amount("6.00")), 0),
        (Fee(name="f", fixed=amount("5.00"), at_least=amount("6.00")), 600),
        (Fee(name="f", fixed=amount("50.00"), at_most=amount("40.00")), 4000),
        (Fee(name="f", fixed=amount("1.00"), percent=Decimal("0.5")), 175),
    ],
)
def test_fees_on_150(fee, cents):
    """Bands that add up, the one band that applies, below all bands, at least, at most, both sums."""
    assert fee_sum(fee, 15_000, "EUR") == cents


@given(bases, bases)
def test_more_is_never_charged_less_by_bands(one, other):
    """Each band adds to those below it."""
    fee = Fee(name="f", bands=BANDS, method=Bands.BY_BAND)
    assert (fee_sum(fee, one, "EUR") <= fee_sum(fee, other, "EUR")) or one > other


@given(bases, st.decimals("0.01", "100", places=2))
def test_a_part_is_never_more_than_the_whole(base, percent):
    assert 0 <= part(base, percent) <= base


def test_fifteen_days_at_ten_percent():
    """100.00 for 15 days at 10 %: 0.41."""
    assert interest_sum([Stretch(1, 15, 10_000, Decimal(10))], DayCount.ACTUAL_365) == 41


def test_days_are_cut_where_base_or_rate_change():
    """A payment on day 5 and a new rate on day 8 make three stretches; what is paid bears none."""
    rates = [RatePeriod(1, 7, Decimal(8)), RatePeriod(8, 20, Decimal(9))]
    found = list(stretches([(0, 100), (5, 60), (10, 0)], rates, 1, 20))
    assert [(one.first, one.last, one.base, one.percent) for one in found] == [
        (1, 4, 100, Decimal(8)),
        (5, 7, 60, Decimal(8)),
        (8, 9, 60, Decimal(9)),
    ]
    assert sum(one.days for one in found) == 9


@given(bases, st.decimals("0.01", "30", places=2), st.integers(730_000, 740_000), st.integers(1, 900), st.data())
def test_interest_of_a_period_is_that_of_its_parts(base, percent, first, days, data):
    """Cutting a period changes nothing: interest is exact until the end."""
    cut = data.draw(st.integers(1, days))
    last = first + days - 1
    whole = [Stretch(first, last, base, percent)]
    parts = [
        Stretch(first, first + cut - 1, base, percent),
        *([Stretch(first + cut, last, base, percent)] * (cut < days)),
    ]
    for count in (DayCount.ACTUAL_365, DayCount.ACTUAL_360, DayCount.ACTUAL_ACTUAL):
        assert interest_sum(whole, count) == interest_sum(parts, count) >= 0
