"""Laws of statutory interest that hold for every debt, every stretch of days and every day count."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.compliance.money.interest import Charge, interest
from dunning_engine.compliance.money.pack import Course
from dunning_engine.compliance.money.rates import HalfYear, Rate, RateMissing
from dunning_engine.compliance.money.start import Deal, Reading, payment_day
from dunning_engine.domain.counting import HALF_EVEN, ONCE, DayCount, Rounding, Step
from dunning_engine.domain.parties import PartyKind
from dunning_engine.engine.money_shelf import load_pack, load_tables, pack_names
from dunning_engine.kernel.money import Money

FIRST, LAST = date(2025, 1, 1).toordinal(), date(2026, 6, 30).toordinal()
AUSTRIA = load_tables()["at-base"].with_rows(
    Rate(date(year, month, 1).toordinal(), Decimal("1.00") + year % 5) for year in (2025, 2026) for month in (1, 7)
)
TABLES = {**load_tables(), "at-base": AUSTRIA}
PACKS = st.sampled_from([load_pack(name) for name in pack_names()])
DAYS = st.integers(FIRST, LAST)
DAY_COUNTS = st.sampled_from(DayCount)
ROUNDINGS = st.builds(Rounding, st.sampled_from(Step), st.sampled_from([ONCE.ties, HALF_EVEN.ties]))


@st.composite
def charges(draw, payments=2):
    """A business debt with part payments, over days that every table knows."""
    principal = draw(st.integers(1, 10**9))
    paid, left = [], principal
    for _ in range(draw(st.integers(0, payments))):
        part = draw(st.integers(0, left))
        left -= part
        paid.append((draw(DAYS), Money.of_minor(part, "EUR")))
    first, through = sorted((draw(DAYS), draw(DAYS)))
    return Charge(Money.of_minor(principal, "EUR"), PartyKind.BUSINESS, first, through, paid=tuple(paid))


@given(PACKS, charges(), DAY_COUNTS)
def test_segments_follow_each_other_and_add_up(pack, charge, day_count):
    """No day is lost, none counts twice; the whole is the sum of its parts."""
    found = interest(pack, charge, TABLES, day_count=day_count)
    assert found.days == charge.through - charge.first + 1
    assert found.segments[0].first == charge.first
    assert found.segments[-1].last == charge.through
    assert all(one.last + 1 == other.first for one, other in zip(found.segments, found.segments[1:], strict=False))
    assert found.exact == sum(segment.exact for segment in found.segments)


@given(PACKS, charges(), DAY_COUNTS)
def test_every_day_alone_comes_to_the_same(pack, charge, day_count):
    """An oracle that knows nothing of segments: one day after the other, each at its own rate on its own base."""
    found = interest(pack, charge, TABLES, day_count=day_count)
    rule = pack.rate_rule(charge.debtor)
    total = Fraction()
    for day in range(charge.first, charge.through + 1):
        asked = charge.first if pack.interest.course is Course.FROZEN else day
        percent = Fraction(rule.percent + TABLES[rule.over].at(asked).percent)
        parts = sum((Fraction(days, basis) for days, basis in day_count.pieces(day, day)), Fraction())
        total += Fraction(charge.open_on(day).minor, 100) * percent / 100 * parts
    assert found.exact == total


@given(PACKS, charges())
def test_a_frozen_debt_has_one_rate(pack, charge):
    """And a floating one has one rate a half-year."""
    found = interest(pack, charge, TABLES)
    if pack.interest.course is Course.FROZEN:
        assert len({segment.percent for segment in found.segments}) == 1
    for segment in found.segments:
        if pack.interest.course is Course.FLOATING:
            assert segment.reference_date == TABLES[pack.rate_rule(charge.debtor).over].reference_date(segment.last)


@given(PACKS, charges(), DAY_COUNTS, ROUNDINGS)
def test_more_days_are_never_less_interest(pack, charge, day_count, rounding):
    """The same debt, a day less."""
    shorter = Charge(charge.principal, charge.debtor, charge.first, charge.through - 1, paid=charge.paid)
    long, short = (interest(pack, c, TABLES, day_count=day_count, rounding=rounding) for c in (charge, shorter))
    assert long.exact >= short.exact >= 0
    assert long.amount >= short.amount


@given(PACKS, charges(), DAY_COUNTS)
def test_rounding_once_differs_by_half_a_minor_unit_at_most(pack, charge, day_count):
    for rounding in (ONCE, HALF_EVEN):
        found = interest(pack, charge, TABLES, day_count=day_count, rounding=rounding)
        assert abs(Fraction(found.amount.minor) - found.exact * 100) <= Fraction(1, 2)


@given(PACKS, charges(payments=0), st.integers(1, 9))
def test_interest_is_proportional_to_the_debt(pack, charge, times):
    """Twice the debt, twice the interest, before it is rounded."""
    larger = Charge(Money.of_minor(charge.principal.minor * times, "EUR"), charge.debtor, charge.first, charge.through)
    assert interest(pack, larger, TABLES).exact == interest(pack, charge, TABLES).exact * times


@given(
    st.sampled_from(sorted(load_tables())), st.integers(date(2018, 1, 1).toordinal(), date(2030, 12, 31).toordinal())
)
def test_a_table_answers_with_the_row_of_its_half_year_or_not_at_all(name, day):
    """It never takes a neighbour."""
    table = load_tables()[name]
    if table.knows(HalfYear.of(day)):
        assert table.at(day).day == table.reference_date(day)
    else:
        with pytest.raises(RateMissing, match=name):
            table.at(day)


@pytest.mark.parametrize("name", ["uk/late-payment", "eu/late-payment", "ie/late-payment", "de/verzug"])
@given(
    facts=st.builds(
        Deal,
        invoiced=DAYS,
        performed=st.none() | DAYS,
        agreed_day=st.none() | DAYS,
        public=st.booleans(),
        express=st.booleans(),
        unfair=st.booleans(),
    )
)
def test_the_safe_reading_is_never_the_earlier_one(name, facts):
    """By at most a day, and never later than what was agreed."""
    terms = load_pack(name).payment
    safe, literal = payment_day(terms, facts, Reading.SAFE), payment_day(terms, facts, Reading.STATUTE)
    assert 0 <= safe.last_day - literal.last_day <= 1
    if facts.agreed_day is not None:
        assert safe.last_day <= facts.agreed_day
