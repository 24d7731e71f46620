"""Arrangements as commands of an engine."""

from __future__ import annotations

import pytest
from engine_house import POLICY

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import PaymentFailed
from dunning_engine.domain.plans import PlanAgreed, instalments
from dunning_engine.engine.arranging import beyond_offer
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.policy.arranged import PlanBounds
from dunning_engine.policy.model import Amount


def test_holds_promises_and_plans_are_recorded(house):
    """Each command is one fact."""
    case = house.opens()
    money = Money("10.00", house.engine.case(case).currency)
    house.engine.hold(case, "hardship", until="2027-01-01", by="Ida")
    house.engine.promise(case, money, "2027-01-01")
    house.engine.offer_plan(case, instalments(money, 2, "2027-01-01"))
    house.engine.agree_plan(case, instalments(money, 2, "2027-01-01"), by="Ida")
    house.engine.answer_dispute(case)
    house.engine.release(case, HoldReason.HARDSHIP)
    found = house.engine.case(case)
    assert [hold.end is not None for hold in found.holds] == [True]
    assert (len(found.promises), len(found.plans)) == (1, 1)


@pytest.mark.parametrize(
    ("count", "every", "bounds", "words"),
    [
        (4, "month", PlanBounds(3), "more than the 3"),
        (3, "month", PlanBounds(3, least=Amount(1_000_000)), "less than the policy offers"),
        (3, "month", PlanBounds(3, "week"), "further apart than a week"),
        (3, "week", PlanBounds(3), ""),
    ],
)
def test_what_goes_beyond_an_offer_is_said(count, every, bounds, words):
    """More parts, smaller parts, parts further apart."""
    plan = PlanAgreed(instalments(Money("90.00", "EUR"), count, "2026-03-01", every=every))
    said = beyond_offer(plan, bounds)
    assert (words in said) if words else (said == "")


@pytest.mark.parametrize(
    "written",
    [
        "plans: {{offer: {0}}}\nsteps:",
        "steps:\n  - {{step: demand, when: 40 days after due, send: email demand, offer: {0}}}",
    ],
)
def test_a_plan_beyond_every_offer_needs_somebody_who_approved_it(house, written):
    """Whoever records it, and wherever the policy offers plans."""
    offer = "plan of up to 3 monthly instalments of at least 20.00"
    house.follows(POLICY.replace("steps:", written.format(offer)))
    case = house.opens()
    fits, beyond = (PlanAgreed(instalments(Money("90.00", "EUR"), n, "2026-04-01")) for n in (3, 4))
    for act in (house.engine.record, lambda one, plan: house.engine.agree_plan(one, plan.instalments)):
        with pytest.raises(UsageError, match="more than the 3 that the policy offers: name the person who approved it"):
            act(case, beyond)
    house.engine.record(case, fits)
    house.engine.agree_plan(case, beyond.instalments, approved_by="Ida")
    assert len(house.engine.case(case).plans) == 2


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PlanAgreed(()), "pass a list of Instalment"),
        (lambda: instalments(Money("1.00", "EUR"), 2, "2026-03-01", every="day"), 'pass "month" or "week"'),
        (lambda: instalments(Money("0.01", "EUR"), 2, "2026-03-01"), "has 2 instalments"),
        (
            lambda: instalments(Money("5.00", "EUR"), 2, "2026-03-01", first_payment=Money("5.00", "EUR")),
            "leaves nothing",
        ),
        (
            lambda: PlanAgreed(
                (
                    *instalments(Money("1.00", "EUR"), 1, "2026-03-01"),
                    *instalments(Money("1.00", "USD"), 1, "2026-03-01"),
                )
            ),
            "several currencies",
        ),
    ],
)
def test_plans_that_cannot_be_are_refused(make, words):
    """With what to pass instead."""
    with pytest.raises(UsageError, match=words):
        make()


def test_why_a_payment_failed_is_said_in_known_words(house):
    """Text that nobody knows would bind no scheme's limit."""
    case = house.opens()
    with pytest.raises(UsageError, match=r"as in Decline.SOFT and Scheme.VISA"):
        house.engine.record(case, PaymentFailed(decline="soft", scheme="visa"))
