"""What hosts pass to the arithmetic of money: read where it can be read, refused with what to pass instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from dunning_engine.compliance.money.interest import Charge, interest
from dunning_engine.compliance.money.rates import Rate
from dunning_engine.compliance.money.start import Deal, DefaultFacts, payment_day
from dunning_engine.compliance.money.sums import fixed_sum
from dunning_engine.domain.parties import PartyKind
from dunning_engine.engine.money_shelf import load_pack, load_tables
from dunning_engine.kernel.calendar import day_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

DEBT = Money("1000.00", "EUR")
FIRST, LAST = day_of("2026-01-10"), day_of("2026-01-20")
BUSINESS = PartyKind.BUSINESS


def test_words_and_dates_are_read():
    """A charge in words is the one in values: the interest has its segments."""
    part = Money("40.00", "EUR")
    said = Charge(DEBT, "business", "2026-01-10", date(2026, 1, 20), "8.5", [["2026-01-15", part]])
    assert said == Charge(DEBT, BUSINESS, FIRST, LAST, Decimal("8.5"), ((day_of("2026-01-15"), part),))
    assert interest(load_pack("de/verzug"), replace(said, agreed=None), load_tables()).days == 11


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"debtor": "firm"},
            'the debtor of a charge is \'firm\': pass one of "consumer", "business", or the PartyKind',
        ),
        ({"first": 3.5}, "the first day that bears interest is 3.5, which is no date: pass date(2026, 3, 20)"),
        ({"through": None}, "the last day that bears interest is None, which is no date"),
        ({"through": "20 January"}, "20 January"),
        ({"through": FIRST - 2}, "interest from 2026-01-10 through 2026-01-08 would end before it begins: pass the"),
        ({"agreed": 8.5}, 'the rate of the contract is 8.5: pass percent a year as Decimal("2.15"), or as the text'),
        ({"principal": 1000}, 'the principal is 1000, which is no Money: pass Money("40.00", "EUR")'),
        ({"paid": (DEBT,)}, ': pass (day, Money("40.00", "EUR"))'),
        ({"paid": [(FIRST,)]}, "a part payment is (739626,): pass (day, Money"),
        ({"paid": [(FIRST, 40)]}, "a part payment is 40, which is no Money"),
        ({"paid": [("soon", DEBT)]}, "soon"),
    ],
)
def test_a_charge_that_cannot_be(change, words):
    with pytest.raises(UsageError) as refused:
        replace(Charge(DEBT, BUSINESS, FIRST, LAST), **change)
    assert words in str(refused.value)


@pytest.mark.parametrize("percent", ["2.15", Decimal("2.15")])
def test_a_rate_is_read(percent):
    assert Rate("2026-07-01", percent) == Rate(day_of("2026-07-01"), Decimal("2.15"))
    assert Rate(date(2026, 7, 1), 2).percent == Decimal(2)


@pytest.mark.parametrize("percent", [2.15, True, None, "two", "NaN", Decimal("Infinity")])
def test_a_rate_that_nobody_wrote_down(percent):
    """A float is not the number that was published."""
    with pytest.raises(UsageError) as refused:
        Rate(day_of("2026-07-01"), percent)
    assert str(refused.value) == (
        f'a rate is {percent!r}: pass percent a year as Decimal("2.15"), or as the text "2.15"'
    )


def test_days_of_a_deal_are_read():
    deal = Deal(invoiced="2026-02-10", performed=date(2026, 2, 1), agreed_days=14)
    assert payment_day(load_pack("eu/late-payment").payment, deal).last_day == day_of("2026-02-24")
    facts = DefaultFacts(debtor="consumer", due="2026-02-10", reminded="2026-03-01")
    assert (facts.debtor, facts.due, facts.reminded) == (PartyKind.CONSUMER, day_of("2026-02-10"), day_of("2026-03-01"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Deal(agreed_days=-1), "agreed_days is -1: pass a whole number, or the day itself as agreed_day"),
        (lambda: Deal(agreed_days="30"), "agreed_days is '30': pass a whole number"),
        (lambda: Deal(invoiced=[]), "the day of the invoice is [], which is no date"),
        (lambda: DefaultFacts(debtor="firm"), "the debtor in default is 'firm'"),
        (lambda: DefaultFacts(debtor=BUSINESS, reminded=1.0), "the day of the reminder is 1.0"),
        (lambda: fixed_sum(load_pack("de/verzug"), DEBT, "firm"), "the debtor of a fixed sum is 'firm'"),
    ],
)
def test_what_begins_interest_is_asked_for_in_words(make, words):
    with pytest.raises(UsageError) as refused:
        make()
    assert words in str(refused.value)


def test_a_fixed_sum_takes_the_word():
    assert fixed_sum(load_pack("de/verzug"), DEBT, "business") == Money("40.00", "EUR")
