"""Reasons to wait as hosts tell them, and as people read them; pauses of many cases at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dunning_engine.domain.agency_events import AgencyCollected
from dunning_engine.domain.arrangements import Clock, DisputeOutcome, HoldReason, Resume
from dunning_engine.domain.case import fold
from dunning_engine.domain.events import CaseOpened, HoldLifted, HoldPlaced, PolicyRef, Recorded
from dunning_engine.domain.facts import parse_fact
from dunning_engine.domain.facts_waiting import hold_words, plan_words
from dunning_engine.domain.ladder_events import NoticeCancelled
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.plans import Instalment, PlanAgreed, PlanOffered, instalments
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.money import Money

OPENED = Recorded(1, 0, 0, CaseOpened(Party.consumer("ann"), PolicyRef("p", 1, "ab" * 32)))


def eur(amount):
    return Money(amount, "EUR")


# What hosts may say ----------------------------------------------------------------------------------------------------


def test_words_of_a_hold_may_be_given_as_text():
    """Hosts that read JSON need no enumeration."""
    hold = HoldPlaced("hold", until="2026-05-01", channel="call", resume="restart", clock="clock runs")
    assert (hold.reason, hold.channel, hold.resume, hold.clock) == (
        HoldReason.MANUAL,
        Channel.CALL,
        Resume.RESTART,
        Clock.RUNS,
    )


def test_only_a_dispute_of_an_invoice_has_a_part():
    """What else waits, waits as a whole."""
    for reason, invoice in ((HoldReason.MANUAL, "INV-1"), (HoldReason.DISPUTE, None)):
        with pytest.raises(UsageError, match="name the invoice whose part is disputed"):
            HoldPlaced(reason, invoice, amount=eur("40.00"))


def test_only_a_dispute_has_an_outcome():
    """A hold that ends says nothing of who was right."""
    with pytest.raises(UsageError, match="only a dispute has an outcome"):
        HoldLifted(HoldReason.MANUAL, outcome=DisputeOutcome.UPHELD)


@pytest.mark.parametrize("given", [[], "INV-1", [eur("10.00")]])
def test_a_plan_is_made_of_instalments(given):
    """The refusal says how to make them."""
    with pytest.raises(UsageError, match=r"pass a list of Instalment\(amount, due\)"):
        PlanAgreed(given)


def test_a_plan_has_one_currency():
    """A case knows no other."""
    with pytest.raises(UsageError, match="agree a plan per currency"):
        PlanAgreed([Instalment(eur("10.00"), "2026-04-01"), Instalment(Money("10.00", "USD"), "2026-05-01")])


@pytest.mark.parametrize(
    ("count", "more", "why"),
    [
        (3, {"every": "day"}, 'pass "month" or "week"'),
        (0, {}, "pass a whole number of parts above zero"),
        (2.0, {}, "pass a whole number of parts above zero"),
        (3, {"first_payment": eur("100.00")}, "leaves nothing of"),
        (3, {"first_payment": Money("10.00", "USD")}, "leaves nothing of"),
    ],
)
def test_an_amount_that_cannot_be_split_is_refused(count, more, why):
    """There is always something to pay in each part."""
    with pytest.raises(UsageError, match=why):
        instalments(eur("100.00"), count, "2026-04-01", **more)


def test_a_first_payment_comes_before_the_instalments():
    """Together they are the amount to the cent."""
    plan = PlanAgreed(instalments(eur("100.00"), 3, "2026-01-31", first_payment=eur("10.00")))
    assert [str(one.amount) for one in plan.instalments] == ["10.00 EUR", "30.00 EUR", "30.00 EUR", "30.00 EUR"]
    assert plan.total == eur("100.00")


@pytest.mark.parametrize("commission", [eur("60.00"), Money("5.00", "USD")])
def test_an_agency_keeps_no_more_than_it_collected(commission):
    """And in the same currency."""
    with pytest.raises(UsageError, match=r"is more than the 50\.00 EUR that was collected"):
        AgencyCollected(eur("50.00"), commission)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("agency collected 0.00", "an agency that collected nothing is no fact"),
        ("agency collected 50.00 commission 60.00", "a commission of 60.00 is more than was collected"),
    ],
)
def test_what_an_agency_cannot_have_collected_is_told(words, why):
    """Where the fact is read, as where it is built."""
    found = parse_fact(words)
    assert isinstance(found, Misfit)
    assert why in found.message


def test_a_notice_that_nobody_knows_cannot_be_cancelled():
    """The fold refuses what no action stands for."""
    with pytest.raises(UsageError, match="has no action a-1"):
        fold("ann/EUR", [OPENED, Recorded(2, 1, 1, NoticeCancelled("a-1", "eve", "a mistake"))])


# As people read it -----------------------------------------------------------------------------------------------------

HOLDS = {
    "dispute for INV-1 over 40.00 EUR": HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=eur("40.00")),
    "hold, until 2026-05-01, restart, clock runs by Ida: asked": HoldPlaced(
        HoldReason.MANUAL, by="Ida", note="asked", until="2026-05-01", resume=Resume.RESTART, clock=Clock.RUNS
    ),
    "hold, contacts by call only": HoldPlaced(HoldReason.MANUAL, channel=Channel.CALL),
    "dispute for INV-1 as upheld": HoldLifted(HoldReason.DISPUTE, "INV-1", outcome=DisputeOutcome.UPHELD),
    "hold": HoldLifted(HoldReason.MANUAL),
}


@pytest.mark.parametrize("words", HOLDS)
def test_a_hold_in_words(words):
    """What is left out is not said."""
    assert hold_words(HOLDS[words]) == words


def test_a_plan_in_words():
    """How many parts, when, and what they come to."""
    plan = PlanAgreed(instalments(eur("150.00"), 3, "2026-04-01"), "INV-1")
    assert plan_words(plan) == "3 instalments from 2026-04-01 to 2026-06-01, 150.00 EUR in all for INV-1"
    once = PlanOffered(instalments(eur("150.00"), 1, "2026-04-01"))
    assert plan_words(once) == "1 instalment from 2026-04-01 to 2026-04-01, 150.00 EUR in all"


# Pauses of many cases --------------------------------------------------------------------------------------------------

STRIKE = StandingOrder(Scope.EVERYTHING, "", "eve", "strike", 0)


@pytest.mark.parametrize(
    ("order", "subject", "binds"),
    [
        (STRIKE, "everything", True),
        (replace(STRIKE, scope=Scope.DEBTOR, name="ann"), "debtor ann", True),
        (replace(STRIKE, scope=Scope.DEBTOR, name="bob"), "debtor bob", False),
        (replace(STRIKE, scope=Scope.POLICY, name="p"), "policy p", True),
        (replace(STRIKE, scope=Scope.POLICY, name="q"), "policy q", False),
    ],
)
def test_an_order_binds_what_it_names(order, subject, binds):
    """One debtor, every version of a policy, or all there is."""
    assert order.binds(fold("ann/EUR", [OPENED])) is binds
    assert order.words == f"on hold with {subject} (by eve: strike)"


def test_money_that_an_agency_tells_of_twice_counts_once():
    """Neither the payment nor the word of the agency is kept a second time."""
    told = AgencyCollected(eur("40.00"), source="acme", event_id="7")
    case = fold("case", (OPENED, Recorded(2, 5, 5, told)))
    again = fold("case", (Recorded(3, 6, 6, told),), case)
    assert (again.entries, again.agency_marks) == (case.entries, case.agency_marks)
    assert len(again.agency_marks) == 1
