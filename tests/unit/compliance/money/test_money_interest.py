"""Simple interest: frozen or floating, by segments, on what is open."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from dunning_engine.compliance.money.interest import Charge, interest, rate_on
from dunning_engine.compliance.money.pack import Course
from dunning_engine.compliance.money.rates import Rate, RateMissing
from dunning_engine.domain.counting import DAILY_FIRST, ONCE, DayCount
from dunning_engine.domain.parties import PartyKind
from dunning_engine.engine.money_shelf import load_pack, load_tables
from dunning_engine.kernel.calendar import day_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

BUSINESS, CONSUMER = PartyKind.BUSINESS, PartyKind.CONSUMER


def owed(
    name, principal, first, through, *, debtor=BUSINESS, currency="EUR", agreed=None, paid=(), tables=None, **more
):
    charge = Charge(
        Money(principal, currency),
        debtor,
        day_of(first),
        day_of(through),
        agreed=None if agreed is None else Decimal(agreed),
        paid=tuple((day_of(day), Money(amount, currency)) for day, amount in paid),
    )
    return interest(load_pack(name), charge, load_tables() if tables is None else tables, **more)


def rates(found):
    return [(segment.days, str(segment.percent)) for segment in found.segments]


def test_a_frozen_rate_stays_with_the_debt():
    """British interest that began in September 2025 does not follow Bank Rate down."""
    found = owed("uk/late-payment", "12000", "2025-09-02", "2026-10-08", currency="GBP")
    assert found.course is Course.FROZEN
    assert rates(found) == [(402, "12.25")]
    assert (found.amount, found.daily, found.days) == (Money("1619.01", "GBP"), Money("4.03", "GBP"), 402)
    assert found.segments[0].reference_date == day_of("2025-06-30")


def test_a_floating_rate_follows_the_half_years():
    """German interest over 1 July 2024 has two segments, each with the reference date of its own half-year."""
    found = owed("de/verzug", "10000", "2024-06-16", "2024-07-15")
    assert rates(found) == [(15, "12.62"), (15, "12.37")]
    assert [segment.reference_date for segment in found.segments] == [day_of("2024-01-01"), day_of("2024-07-01")]
    assert [round(segment.exact, 4) for segment in found.segments] == [Fraction("51.8630"), Fraction("50.8356")]
    assert found.amount == Money("102.70", "EUR")


def test_what_is_carried_says_how_the_figure_came_about():
    """Principal, segments with their bases, day count, rounding and the provisions behind both rate and table."""
    found = owed("ie/late-payment", "5000", "2024-12-10", "2025-02-07")
    assert found.principal == found.segments[0].base == Money("5000", "EUR")
    assert (found.day_count, found.rounding) == (DayCount.ACTUAL_365, ONCE)
    assert [citation.text for citation in found.citations] == [
        "S.I. No. 580/2012",
        "European Central Bank, key interest rates, main refinancing operations",
    ]
    assert found.annual == Money("612.50", "EUR")
    assert found.exact == Fraction(5000) * Fraction("12.25") / 100 * 60 / 365


def test_a_day_count_and_a_rounding_can_be_chosen():
    """Leap years weigh less by their true length; the daily figure may be rounded first."""
    leap = owed("de/verzug", "10000", "2024-06-16", "2024-07-15", day_count=DayCount.ACTUAL_ACTUAL)
    assert leap.amount == Money("102.42", "EUR")
    daily = owed("uk/late-payment", "1000", "2025-07-01", "2025-07-30", currency="GBP", rounding=DAILY_FIRST)
    assert daily.amount == Money("10.20", "GBP")


def test_interest_runs_on_what_is_open():
    """A part payment begins a segment on the first day that it spares."""
    found = owed("uk/late-payment", "1000", "2026-01-01", "2026-01-20", currency="GBP", paid=[("2026-01-11", "400")])
    assert [(segment.days, segment.base) for segment in found.segments] == [
        (10, Money("1000", "GBP")),
        (10, Money("600", "GBP")),
    ]
    assert found.annual == Money("70.50", "GBP")


def test_a_payment_before_the_first_day_or_after_the_last_makes_no_segment():
    """The first lowers the base from the beginning, the second comes too late to matter."""
    paid = [("2025-12-01", "400"), ("2026-03-01", "100")]
    found = owed("uk/late-payment", "1000", "2026-01-01", "2026-01-20", currency="GBP", paid=paid)
    assert [(segment.days, segment.base) for segment in found.segments] == [(20, Money("600", "GBP"))]


def test_a_debt_that_is_paid_in_full_bears_nothing_more():
    found = owed("uk/late-payment", "1000", "2026-01-01", "2026-01-20", currency="GBP", paid=[("2026-01-11", "1000")])
    assert found.segments[1].exact == 0
    assert not found.daily


def test_before_the_first_day_there_is_nothing():
    """As of the last day to pay no interest has run; no segment, no figure."""
    found = owed("uk/late-payment", "1000", "2026-02-01", "2026-01-31", currency="GBP")
    assert (found.segments, found.days, found.amount.minor, found.exact) == ((), 0, 0, 0)
    assert (found.daily, found.annual) == (Money(0, "GBP"), Money(0, "GBP"))


def test_who_is_not_bound_owes_nothing():
    """The British act speaks of commercial debts; a consumer owes none of its interest, and no citation is given."""
    found = owed("uk/late-payment", "500", "2026-01-01", "2026-06-30", currency="GBP", debtor=CONSUMER)
    assert (found.amount.minor, found.segments, found.citations) == (0, (), ())


def test_a_consumer_owes_less_in_germany_also_below_zero():
    """The base rate was -0.88 in 2022."""
    assert rates(owed("de/verzug", "2500", "2022-01-10", "2022-04-09", debtor=CONSUMER)) == [(90, "4.12")]
    assert rates(owed("de/verzug", "2500", "2022-01-10", "2022-04-09")) == [(90, "8.12")]


def test_a_rate_without_a_table_has_no_reference_date_and_no_half_years():
    """Austria's general rate, over a half-year that its table does not know."""
    found = owed("at/ugb-456", "1000", "2025-06-01", "2025-07-30", debtor=CONSUMER)
    assert rates(found) == [(60, "4")]
    assert found.segments[0].reference_date is None
    assert len(found.citations) == 1


def test_a_half_year_that_nobody_verified_stops_the_claim():
    """A floating rate asks for every half-year that it runs through; a frozen one only for the first."""
    with pytest.raises(RateMissing, match="de-base has no rate for 2026-H2"):
        owed("de/verzug", "1000", "2026-06-01", "2026-07-01")
    assert rates(owed("ie/late-payment", "1000", "2026-06-01", "2026-07-01")) == [(31, "10.15")]


def test_a_host_brings_its_own_table():
    """One that has the newest half-year."""
    newest = load_tables()["de-base"].with_rows([Rate(day_of("2026-07-01"), Decimal("1.00"))])
    found = owed("de/verzug", "1000", "2026-06-30", "2026-07-01", tables={"de-base": newest})
    assert rates(found) == [(1, "10.27"), (1, "10.00")]


def test_a_table_that_was_not_passed_is_named():
    with pytest.raises(UsageError, match="no table of reference rates is called ecb-mro; there are de-base"):
        owed("eu/late-payment", "1", "2026-01-01", "2026-01-02", tables={"de-base": load_tables()["de-base"]})


def test_the_rate_of_a_contract_goes_first():
    """It asks no table and does not float."""
    found = owed("de/verzug", "1000", "2026-06-30", "2026-07-01", agreed="6")
    assert rates(found) == [(2, "6")]
    assert len(found.citations) == 1


def test_a_french_contract_may_not_go_below_three_times_the_legal_rate():
    """5 percent is lifted to 3 times 2.62 in the first half of 2026; 9 percent may stay."""
    low = owed("fr/l441-10", "1000", "2025-12-31", "2026-01-01", agreed="5")
    assert rates(low) == [(1, "8.28"), (1, "7.86")]
    assert low.segments[1].reference_date == day_of("2026-01-01")
    assert "taux de l'intérêt légal" in low.citations[1].text
    assert rates(owed("fr/l441-10", "1000", "2026-01-01", "2026-01-02", agreed="9")) == [(2, "9")]


def test_the_rate_of_a_day_can_be_asked_alone():
    """What a letter says today."""
    charge = Charge(Money("1", "EUR"), BUSINESS, day_of("2024-12-10"), day_of("2025-01-31"))
    asked = [
        rate_on(load_pack(name), charge, day_of("2025-01-15"), load_tables())
        for name in ("ie/late-payment", "eu/late-payment")
    ]
    assert asked == [
        (Decimal("12.25"), day_of("2024-07-01")),
        (Decimal("11.15"), day_of("2025-01-01")),
    ]  # fmt: skip


@pytest.mark.parametrize(("principal", "paid"), [("-1.00", ()), ("100.00", ((0, Money("100.01", "EUR")),))])
def test_a_credit_bears_no_interest(principal, paid):
    with pytest.raises(UsageError, match="interest runs on a debt, not on a credit"):
        Charge(Money(principal, "EUR"), BUSINESS, 1, 2, paid=paid)


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1007"), ("KWD", "1006.849")])
def test_amounts_have_the_digits_of_their_currency(currency, amount):
    """Interest on yen is whole yen, on dinars thousandths."""
    found = owed("uk/late-payment", "100000", "2026-01-01", "2026-02-01", currency=currency, agreed="11.484375")
    assert found.amount == Money(amount, currency)
    assert round(found.exact, 3) == Fraction("1006.849")
