"""What statutes give a creditor, through a policy: fixed sums by size, points above the base, and who owes neither."""

from __future__ import annotations

from fractions import Fraction

import pytest
from story import Story

from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money

CLAIM = """
time: {{zone: UTC}}
interest: {pack}
steps:
  - {{step: claim, when: {days} days after due, charge: [statutory fixed sum, interest to date]}}
"""


def charged(pack, country, amount, *, due, looked, days=20, kind="business"):
    party = getattr(Party, kind)("x", country=country)
    story = Story(CLAIM.format(pack=pack, days=days), Invoice("X", Money(*amount.split()), due=due, issued=due),
                  debtor=party, opened=due)  # fmt: skip
    story.look(f"{looked} 23:00")
    return {a.charge.rule: a.charge.amount for a in story.case.charges}


def naive(minor, percent, days):
    """Simple interest of some days, a half up."""
    return int(Fraction(minor) * Fraction(str(percent)) / 100 * days / 365 + Fraction(1, 2))


@pytest.mark.parametrize(
    ("amount", "fixed"),
    [("999.99 GBP", 4000), ("1000.00 GBP", 7000), ("9999.99 GBP", 7000), ("10000.00 GBP", 10000)],
)
def test_the_british_act_by_the_size_of_the_debt(amount, fixed):
    """8 points above the 3.75 of 31 December 2025, twenty days."""
    minor = int(amount.replace(".", "").split()[0])
    found = charged("uk/late-payment", "GB", amount, due="2026-01-10", looked="2026-01-30")
    assert found == {"statutory fixed sum": fixed, "interest to date": naive(minor, 11.75, 20)}


@pytest.mark.parametrize(
    ("pack", "country", "percent"),
    [("de/verzug", "DE", 10.27), ("eu/late-payment", "NL", 10.15), ("fr/l441-10", "FR", 12.15)],
)
def test_the_continent_asks_forty_euro_and_points_above_its_base(pack, country, percent):
    """Of the first half of 2026: 1.27 + 9 in Germany, 2.15 + 8 by the directive, 2.15 + 10 in France."""
    found = charged(pack, country, "1000.00 EUR", due="2026-01-10", looked="2026-01-30")
    assert found == {"statutory fixed sum": 4000, "interest to date": naive(100_000, percent, 20)}


def test_a_german_consumer_owes_five_points_and_no_fixed_sum():
    found = charged("de/verzug", "DE", "1000.00 EUR", due="2026-01-10", looked="2026-01-30", kind="consumer")
    assert found == {"interest to date": naive(100_000, 6.27, 20)}
