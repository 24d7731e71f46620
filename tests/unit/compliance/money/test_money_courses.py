"""Rates of interest over time, as policies ask for them: by a statute or by a contract that follows a reference rate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from dunning_engine.compliance.money.courses import PackStatute
from dunning_engine.domain.parties import PartyKind
from dunning_engine.domain.statutes import RateUnknown
from dunning_engine.engine.money_shelf import ShippedStatutes
from dunning_engine.kernel.calendar import parse_date


def day(text):
    return parse_date(text).toordinal()


def test_a_contract_follows_its_reference_rate_into_each_half_year():
    """Whoever owes: the points are agreed."""
    above = ShippedStatutes().above("de-base", Decimal(4))
    assert above.citation == above.table.source.text
    first, second = above.periods(PartyKind.CONSUMER, day("2025-05-01"), day("2025-08-31"))
    assert (first.first, first.last, second.first, second.last) == (
        day("2025-05-01"),
        day("2025-06-30"),
        day("2025-07-01"),
        day("2025-08-31"),
    )
    for period in (first, second):
        assert period.percent == above.table.at(period.first).percent + 4


def test_there_is_nothing_above_a_rate_that_nobody_publishes():
    """The policy is told by name which ones there are."""
    assert ShippedStatutes().above("xx-base", Decimal(4)) is None


def test_a_day_without_a_published_rate_has_none():
    """Nothing is guessed."""
    above = ShippedStatutes().above("de-base", Decimal(4))
    with pytest.raises(RateUnknown):
        above.periods(PartyKind.BUSINESS, day("1950-01-01"), day("1950-02-01"))


def test_a_rate_that_stands_in_the_law_needs_no_reference_rate():
    """One period with the rate of the law."""
    statute = ShippedStatutes().statute("de/verzug")
    rules = tuple(replace(rule, over="") for rule in statute.pack.interest.rates)
    fixed = PackStatute(replace(statute.pack, interest=replace(statute.pack.interest, rates=rules)), {})
    (period,) = fixed.periods(PartyKind.BUSINESS, day("2025-05-01"), day("2025-08-31"))
    assert period.percent == statute.pack.rate_rule(PartyKind.BUSINESS).percent
