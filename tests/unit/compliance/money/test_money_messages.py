"""What money says where it cannot tell, word for word, and which of two numbers of a statute it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dunning_engine.compliance.money.start import Deal, Default, DefaultFacts, default, payment_day
from dunning_engine.domain.parties import PartyKind
from dunning_engine.engine.money_shelf import load_pack
from dunning_engine.kernel.calendar import BusinessCalendar, day_of
from dunning_engine.kernel.errors import UsageError

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
