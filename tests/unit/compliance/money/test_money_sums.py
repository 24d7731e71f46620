"""Fixed sums at their edges, and how they meet further costs."""

from __future__ import annotations

import pytest

from dunning_engine.compliance.money.sums import fixed_sum, interest_base, recoverable_costs
from dunning_engine.domain.parties import PartyKind
from dunning_engine.engine.money_shelf import load_pack
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

BUSINESS, CONSUMER = PartyKind.BUSINESS, PartyKind.CONSUMER


@pytest.mark.parametrize(
    ("name", "debt", "expected"),
    [
        ("uk/late-payment", "0.01 GBP", "40"),
        ("uk/late-payment", "999.99 GBP", "40"),
        ("uk/late-payment", "1000.00 GBP", "70"),
        ("uk/late-payment", "9999.99 GBP", "70"),
        ("uk/late-payment", "10000.00 GBP", "100"),
        ("ie/late-payment", "1000.00 EUR", "40"),
        ("ie/late-payment", "1000.01 EUR", "70"),
        ("ie/late-payment", "10000.00 EUR", "70"),
        ("ie/late-payment", "10000.01 EUR", "100"),
        ("eu/late-payment", "99999.00 EUR", "40"),
        ("de/verzug", "12.00 EUR", "40"),
        ("at/ugb-456", "12.00 EUR", "40"),
        ("fr/l441-10", "12.00 EUR", "40"),
    ],
)
def test_the_sum_of_each_statute_at_its_edges(name, debt, expected):
    """At exactly 1,000 a British debt has left the lowest band, an Irish one has not."""
    amount, currency = debt.split()
    assert fixed_sum(load_pack(name), Money(amount, currency), BUSINESS) == Money(expected, currency)


@pytest.mark.parametrize("name", ["uk/late-payment", "de/verzug", "at/ugb-456"])
def test_consumers_owe_no_fixed_sum(name):
    """Also where the statute gives interest against them."""
    pack = load_pack(name)
    assert fixed_sum(pack, Money("5000", pack.currency), CONSUMER) == Money(0, pack.currency)


@pytest.mark.parametrize(("debt", "running"), [("5000", False), ("0", True), ("-1", True)])
def test_without_interest_or_without_a_debt_there_is_no_sum(debt, running):
    """It comes with the interest, once that runs."""
    assert not fixed_sum(load_pack("uk/late-payment"), Money(debt, "GBP"), BUSINESS, running=running)


def test_a_debt_of_another_currency_falls_into_no_band():
    """Which day's exchange rate would decide is not ours to guess."""
    with pytest.raises(UsageError, match=r"the bands of uk/late-payment are in GBP: what 1,500.00 EUR falls into"):
        fixed_sum(load_pack("uk/late-payment"), Money("1500", "EUR"), BUSINESS)


@pytest.mark.parametrize(("costs", "together"), [("147.56", "147.56"), ("25.00", "40.00"), ("0", "40.00")])
def test_the_sum_counts_towards_the_costs(costs, together):
    """It is part of them, never added to them."""
    assert recoverable_costs(Money("40", "EUR"), Money(costs, "EUR")) == Money(together, "EUR")


def test_there_is_no_interest_on_interest():
    """1,050 owed, 50 of it interest: 1,000 bears interest."""
    assert interest_base(Money("1050", "EUR"), Money("50", "EUR")) == Money("1000", "EUR")
