"""When interest begins: days to pay, their bounds, and German default."""

from __future__ import annotations

from datetime import date

import pytest

from dunning_engine.compliance.money.start import (
    Deal,
    Default,
    DefaultFacts,
    PaymentDay,
    Reading,
    default,
    longest_period,
    payment_day,
)
from dunning_engine.domain.parties import PartyKind
from dunning_engine.engine.money_shelf import load_pack
from dunning_engine.kernel.calendar import BusinessCalendar, day_of
from dunning_engine.kernel.errors import UsageError

UK = load_pack("uk/late-payment").payment
EU = load_pack("eu/late-payment").payment
DE = load_pack("de/verzug").payment
FR = load_pack("fr/l441-10").payment

WEEKDAYS = BusinessCalendar("weekdays")
BUSINESS, CONSUMER = PartyKind.BUSINESS, PartyKind.CONSUMER


def deal(**facts):
    return Deal(**{key: day_of(value) if isinstance(value, str) else value for key, value in facts.items()})


def last(terms, reading=Reading.SAFE, **facts):
    return date.fromordinal(payment_day(terms, deal(**facts), reading).last_day).isoformat()


# United Kingdom -------------------------------------------------------------------------------------------------------

MARCH = {"performed": "2026-03-02", "invoiced": "2026-03-05"}


@pytest.mark.parametrize(("reading", "day"), [(Reading.STATUTE, "2026-04-03"), (Reading.SAFE, "2026-04-04")])
def test_without_an_agreed_day_there_are_thirty_from_the_later_of_performance_and_notice(reading, day):
    """By the words the day of notice is the first of them; the safe reading leaves it out."""
    assert last(UK, reading, **MARCH) == day
    assert payment_day(UK, deal(**MARCH), reading).days == 30


def test_an_agreed_day_counts_also_after_sixty_days_if_it_is_fair():
    assert last(UK, **MARCH, agreed_day="2026-07-05") == "2026-07-05"
    assert last(UK, **MARCH, agreed_day="2026-03-20") == "2026-03-20"


@pytest.mark.parametrize(("reading", "day"), [(Reading.STATUTE, "2026-05-03"), (Reading.SAFE, "2026-05-04")])
def test_a_grossly_unfair_day_is_brought_back_to_sixty(reading, day):
    assert last(UK, reading, **MARCH, agreed_day="2026-07-05", unfair=True) == day


@pytest.mark.parametrize(
    ("facts", "day"),
    [
        ({"agreed_day": "2026-05-05"}, "2026-04-03"),
        ({"agreed_day": "2026-05-05", "express": True}, "2026-04-03"),
        ({"agreed_day": "2026-03-20"}, "2026-03-20"),
        ({}, "2026-04-03"),
    ],
)
def test_a_public_authority_has_thirty_days_whatever_was_agreed(facts, day):
    """An earlier agreed day stays."""
    assert last(UK, Reading.STATUTE, **MARCH, public=True, **facts) == day


# European Union -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "day"),
    [
        ({"invoiced": "2026-02-10"}, "2026-03-12"),
        ({"invoiced": "2026-02-10", "performed": "2026-02-20"}, "2026-03-22"),
        ({"invoiced": "2026-02-20", "performed": "2026-02-10"}, "2026-03-22"),
        ({"performed": "2026-02-10"}, "2026-03-12"),
    ],
)
def test_thirty_days_follow_the_invoice_or_later_goods(facts, day):
    """The day of receipt is not counted; where the invoice is uncertain, the goods decide."""
    assert last(EU, **facts) == last(EU, Reading.STATUTE, **facts) == day


def test_interest_runs_from_the_day_after():
    found = payment_day(EU, deal(invoiced="2026-02-10"))
    assert found == PaymentDay(day_of("2026-03-12"), 30)
    assert found.interest_from == day_of("2026-03-13")


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ({"agreed_days": 45}, 45),
        ({"agreed_days": 75}, 60),
        ({"agreed_days": 75, "express": True}, 75),
        ({"agreed_days": 75, "express": True, "unfair": True}, 60),
        ({"agreed_days": 45, "public": True}, 30),
        ({"agreed_days": 45, "public": True, "express": True}, 45),
        ({"agreed_days": 75, "public": True, "express": True}, 60),
        ({"agreed_day": "2026-04-26"}, 60),
    ],
)
def test_a_long_period_needs_an_express_and_fair_agreement(facts, days):
    """Sixty days between undertakings; thirty against a public authority, sixty if expressly agreed."""
    assert payment_day(EU, deal(invoiced="2026-02-10", **facts)).days == days


def test_an_agreed_day_without_a_beginning_stands():
    """How long the period was cannot be told, so nothing bounds it."""
    found = payment_day(EU, deal(agreed_day="2026-03-31"))
    assert found == PaymentDay(day_of("2026-03-31"))


def test_the_bound_of_a_period_can_be_asked_alone():
    assert longest_period(EU, deal()) == 60
    assert longest_period(UK, deal()) is None


@pytest.mark.parametrize("facts", [{}, {"agreed_days": 30}])
def test_without_a_beginning_there_is_no_day(facts):
    with pytest.raises(UsageError, match="say when the invoice or the goods were received"):
        payment_day(EU, deal(**facts))


def test_where_a_pack_knows_no_period_it_says_so():
    """France: only the day on the invoice."""
    assert last(FR, agreed_day="2026-03-31") == "2026-03-31"
    with pytest.raises(UsageError, match=r"knows no period where nothing was agreed \(Code de commerce"):
        payment_day(FR, deal(invoiced="2026-02-10"))


def test_a_public_authority_without_a_rule_of_its_own_is_treated_like_others():
    assert last(DE, invoiced="2026-02-10", public=True) == "2026-03-12"
    assert longest_period(DE, deal(public=True, unfair=True)) is None


# German default -------------------------------------------------------------------------------------------------------


def begins(calendar=WEEKDAYS, debtor=BUSINESS, **facts):
    days = {key: day_of(value) if isinstance(value, str) else value for key, value in facts.items()}
    found = default(DE, DefaultFacts(debtor=debtor, **days), calendar)
    return found and date.fromordinal(found.begins).isoformat()


def test_default_begins_after_thirty_days():
    """The day of receipt is not counted."""
    assert begins(invoiced="2026-01-05", due="2026-01-05") == "2026-02-05"
    assert begins(invoiced="2026-01-05") == "2026-02-05"


def test_the_thirty_days_begin_with_the_later_of_invoice_and_due_date():
    assert begins(invoiced="2026-01-05", due="2026-01-12") == "2026-02-12"
    assert begins(invoiced="2026-01-12", due="2026-01-05") == "2026-02-12"


def test_a_last_day_on_a_weekend_or_holiday_moves_on():
    """The thirtieth day is a Sunday: Monday is still in time."""
    facts = DefaultFacts(debtor=BUSINESS, invoiced=day_of("2026-01-30"))
    assert default(DE, facts, WEEKDAYS) == Default(day_of("2026-03-01"), day_of("2026-03-02"))
    holiday = BusinessCalendar("holiday", holidays_of=lambda _year: [date(2026, 3, 2)])
    assert begins(holiday, invoiced="2026-01-30") == "2026-03-04"


@pytest.mark.parametrize(("warned", "day"), [(False, None), (True, "2026-02-05")])
def test_a_consumer_has_to_have_been_warned(warned, day):
    assert begins(debtor=CONSUMER, invoiced="2026-01-05", warned=warned) == day


def test_a_day_fixed_by_the_calendar_needs_no_reminder():
    """Against a consumer too."""
    assert begins(debtor=CONSUMER, fixed_day="2026-03-31") == "2026-04-01"


def test_where_the_invoice_is_uncertain_the_goods_decide_against_a_business():
    """Against a consumer only the invoice does."""
    assert begins(performed="2026-01-05") == "2026-02-05"
    assert begins(debtor=CONSUMER, performed="2026-01-05", warned=True) is None


def test_a_reminder_begins_default_at_once():
    """Whatever comes first counts; a reminder is not moved off a weekend."""
    assert begins(debtor=CONSUMER, invoiced="2026-01-05", reminded="2026-01-17") == "2026-01-18"
    assert begins(invoiced="2026-01-05", reminded="2026-03-01") == "2026-02-05"


def test_without_facts_there_is_no_default():
    assert begins() is None
    assert begins(due="2026-01-05") is None


def test_a_pack_without_a_period_begins_no_default_by_itself():
    assert default(FR, DefaultFacts(debtor=BUSINESS, invoiced=day_of("2026-01-05")), WEEKDAYS) is None
