"""What money says where it cannot tell, word for word, and which of two numbers of a statute it takes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from test_money_pack import data

from dunning_engine.compliance.money.interest import Charge, interest
from dunning_engine.compliance.money.pack import pack_of
from dunning_engine.compliance.money.rates import Rate, table_of
from dunning_engine.compliance.money.start import Deal, Default, DefaultFacts, default, payment_day
from dunning_engine.domain.counting import DAILY_FIRST, ONCE, PUBLISHED_DAILY
from dunning_engine.domain.parties import PartyKind
from dunning_engine.engine.money_shelf import load_pack, load_tables
from dunning_engine.kernel.calendar import BusinessCalendar, day_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

EU = load_pack("eu/late-payment").payment
DE = load_pack("de/verzug").payment


def test_a_beginning_that_nobody_knows_is_asked_for():
    with pytest.raises(UsageError) as error:
        payment_day(EU, Deal())
    assert str(error.value) == "no day was agreed: say when the invoice or the goods were received"


def test_a_public_authority_has_the_days_of_its_own_rule():
    """Also where others have more."""
    terms, received = replace(EU, public=21), day_of("2026-02-10")
    assert payment_day(terms, Deal(invoiced=received, public=True)).days == 21
    assert payment_day(terms, Deal(invoiced=received)).days == 30


def test_a_reminder_is_the_last_day_itself_by_both_counts():
    """On a Saturday too."""
    day = day_of("2026-01-17")
    found = default(DE, DefaultFacts(debtor=PartyKind.CONSUMER, reminded=day), BusinessCalendar("weekdays"))
    assert found == Default(day, day)


@pytest.mark.parametrize("rounding", [ONCE, DAILY_FIRST, PUBLISHED_DAILY])
def test_no_days_bear_exactly_nothing(rounding):
    """A fraction like every other amount before it is rounded."""
    assert repr(rounding.amount(Fraction(100), Decimal(8), ())) == "Fraction(0, 1)"


def test_every_table_that_there_is_is_named_where_one_is_missing():
    tables = {name: load_tables()["de-base"] for name in ("b", "a")}
    charge = Charge(Money("1", "EUR"), PartyKind.BUSINESS, 739_000, 739_001)
    with pytest.raises(UsageError) as error:
        interest(load_pack("eu/late-payment"), charge, tables)
    assert str(error.value) == "no table of reference rates is called ecb-mro; there are a, b"


def test_a_pack_and_a_table_are_read_whole():
    """The sums of the bands too, and the title of the rate."""
    bands = pack_of(data({"below": "10.00", "sum": "1.00"}, {"sum": "3.00"})).fixed.bands
    assert [band.sum for band in bands] == [Money("1", "EUR"), Money("3", "EUR")]
    found = table_of({
        "table": "t", "title": "A rate", "unit": "percent", "read_on": "first_day", "last_verified": "2026-H1",
        "source": {"text": "A bank", "url": "https://bank.example"}, "rates": {},
    })  # fmt: skip
    assert found.title == "A rate"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Deal(invoiced=[]), "the day of the invoice is"),
        (lambda: Deal(performed=[]), "the day of performance is"),
        (lambda: Deal(agreed_day=[]), "the agreed day is"),
        (lambda: DefaultFacts(debtor="business", fixed_day=[]), "the day that the contract fixes is"),
        (lambda: DefaultFacts(debtor="business", due=[]), "the due date is"),
        (lambda: DefaultFacts(debtor="business", invoiced=[]), "the day of the invoice is"),
        (lambda: DefaultFacts(debtor="business", performed=[]), "the day of performance is"),
        (lambda: DefaultFacts(debtor="business", reminded=[]), "the day of the reminder is"),
        (
            lambda: Charge(Money("1", "EUR"), "business", 1, 2, paid=[([], Money("1", "EUR"))]),
            "the day of a part payment is",
        ),
    ],
)
def test_a_day_that_cannot_be_read_is_called_by_what_it_is(make, words):
    with pytest.raises(UsageError) as refused:
        make()
    assert str(refused.value).startswith(f"{words} [], which is no date")


@pytest.mark.parametrize("days", [0, 1])
def test_no_days_to_pay_may_be_agreed(days):
    """Payment at once is a period like others."""
    deal = Deal(invoiced="2026-02-10", agreed_days=days)
    assert payment_day(EU, deal).last_day == day_of("2026-02-10") + days


def test_days_in_the_wrong_order_are_told():
    with pytest.raises(UsageError) as refused:
        Charge(Money("1", "EUR"), PartyKind.BUSINESS, day_of("2026-01-10"), day_of("2026-01-08"))
    assert str(refused.value) == (
        "interest from 2026-01-10 through 2026-01-08 would end before it begins: pass the first day, then the last one; "
        "there is nothing to ask for before interest runs"
    )


def test_the_day_of_a_rate_that_cannot_be_read_is_called_so():
    with pytest.raises(UsageError) as refused:
        Rate([], Decimal(1))
    assert str(refused.value).startswith("the day of a rate is [], which is no date")
