"""Promises, plans and holds of a part: what became of them follows from days and money."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest
from story import Story, at, invoice, paid, policy, promised, returned, usd

from dunning_engine.decision.conditions import holds
from dunning_engine.decision.plans import InstalmentState, PlanState
from dunning_engine.decision.promises import PromiseState
from dunning_engine.decision.standing import stand
from dunning_engine.decision.waiting import resumptions
from dunning_engine.domain.arrangements import DisputeOutcome, HoldReason
from dunning_engine.domain.case import evolve
from dunning_engine.domain.events import (
    DisputeAnswered,
    HoldLifted,
    HoldPlaced,
    PaymentReversed,
    PlanBroken,
    PromiseMade,
    Recorded,
)
from dunning_engine.domain.ledger_events import ReversalKind, WrittenOff
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.plans import PlanAgreed, PlanOffered, instalments
from dunning_engine.kernel.calendar import parse_date

STEPS = "steps: [{step: reminder, when: 3 days after due, send: email reminder}]"
WAITS = "pause_while: [promise open, plan on track]\n" + STEPS


def standing(story, when):
    return stand(story.case, story.policy, at(when))


def state(story, when):
    return standing(story, when).waiting.promises[-1].state(at(when))


def test_a_promise_is_open_kept_partly_kept_or_broken():
    """What came in time says which; a promise of which a part came is broken as well."""
    story = Story("promises: {tolerance: 2 days}\n" + WAITS).tell("2026-03-03", promised("100.00", "2026-03-10"))
    assert state(story, "2026-03-12 12:00") is PromiseState.OPEN
    assert state(story, "2026-03-13 12:00") is PromiseState.BROKEN
    story.tell("2026-03-12", paid("60.00"))
    assert state(story, "2026-03-13 12:00") is PromiseState.PARTLY
    assert standing(story, "2026-03-13 12:00").promise_partly_kept
    assert standing(story, "2026-03-13 12:00").promises_broken == 1
    story.tell("2026-03-12 08:00", paid("40.00"))
    assert state(story, "2026-03-13 12:00") is PromiseState.KEPT


def test_the_clock_stands_still_while_disputed_parts_leave_nothing_to_ask():
    """The rest is paid, or the parts make the whole: the case waits, and its days do not count."""
    usual = HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=usd("140.00"))
    other = HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=usd("100.00"))
    lifted = HoldLifted(HoldReason.DISPUTE, "INV-1")
    days = (parse_date("2026-03-06").toordinal(), parse_date("2026-03-10").toordinal())
    for more in (paid("100.00", "INV-1"), other):
        story = Story(STEPS).tell("2026-03-04", usual)
        assert standing(story, "2026-03-05").held == ()
        story.tell("2026-03-06", more)
        assert standing(story, "2026-03-10").held == (days,)
        assert standing(story.tell("2026-03-10", lifted), "2026-03-20").held == (days,)
        running = Story("holds: {dispute: [continue, clock runs]}\n" + STEPS).tell("2026-03-04", usual)
        assert standing(running.tell("2026-03-06", more), "2026-03-10").held == ()


def test_each_cent_keeps_one_promise_the_earliest_first():
    """Two promises are kept by the money of both, in the order of their days, whichever was made first."""
    story = Story(WAITS).tell("2026-03-03", promised("120.00", "2026-03-20"), promised("120.00", "2026-03-10"))
    story.tell("2026-03-09", paid("120.00"))
    found = standing(story, "2026-03-22").waiting.promises
    states = {course.promise.by: course.state(at("2026-03-22")) for course in found}
    assert [states[day] for day in sorted(states)] == [PromiseState.KEPT, PromiseState.BROKEN]


def test_a_promise_whose_payment_bounces_after_its_day_is_broken():
    """A reversal takes the payment away as if it had never come; a refund later on does not."""
    story = Story(WAITS).tell("2026-03-03", promised("100.00", "2026-03-10")).tell("2026-03-09", paid("100.00"))
    refunded = PaymentReversed(usd("100.00"), kind=ReversalKind.REFUND)
    assert (
        state(
            Story(WAITS)
            .tell("2026-03-03", promised("100.00", "2026-03-10"))
            .tell("2026-03-09", paid("100.00"))
            .tell("2026-03-13", refunded),
            "2026-03-14",
        )
        is PromiseState.KEPT
    )
    assert state(story.tell("2026-03-13", returned("100.00")), "2026-03-14") is PromiseState.BROKEN


def test_what_is_written_off_keeps_no_promise():
    """The creditor gave it up; the debtor paid nothing of it."""
    story = Story(WAITS).tell("2026-03-03", promised("100.00", "2026-03-10"))
    story.tell("2026-03-05", WrittenOff(usd("100.00")))
    assert state(story, "2026-03-12 12:00") is PromiseState.BROKEN


def test_money_for_another_invoice_keeps_no_promise():
    """A promise for an invoice looks at what came for it, or for none."""
    story = Story(WAITS).tell("2026-03-03", PromiseMade(usd("50.00"), "2026-03-10", "INV-1"))
    assert standing(story, "2026-03-04").paused == ("promise open",)
    story.tell("2026-03-05", paid("50.00", "INV-2"))
    assert state(story, "2026-03-12") is PromiseState.BROKEN


def test_after_so_many_broken_promises_one_more_lets_nothing_wait():
    """It is on record, and the reason says why it does not count."""
    story = Story("promises: {at_most: 1 broken}\n" + WAITS).tell("2026-03-03", promised("10.00", "2026-03-04"))
    story.tell("2026-03-06", promised("10.00", "2026-03-20"))
    found = standing(story, "2026-03-07")
    assert found.paused == ()
    assert found.waiting.remarks == ("a promise is open and does not let it wait: 1 promise was broken before",)


def planned(story, when="2026-03-03", invoice=None):
    return story.tell(when, PlanAgreed(instalments(usd("240.00"), 3, "2026-03-10"), invoice))


def test_a_plan_is_on_track_until_an_instalment_is_missed():
    """The first missed one breaks it, unless the policy says otherwise; what was paid counts for the earliest."""
    story = planned(Story(WAITS)).tell("2026-03-09", paid("90.00"))
    course = standing(story, "2026-04-01").waiting.plans[0]
    assert course.plan.total == 24_000
    assert course.state(at("2026-04-01")) is PlanState.ON_TRACK
    assert [one.state for one in course.instalments] == [
        InstalmentState.PAID,
        InstalmentState.OPEN,
        InstalmentState.OPEN,
    ]
    assert course.instalments[1].paid == 1_000
    late = standing(story, "2026-04-12")
    assert late.plan_broken
    assert late.instalments_missed == 1
    assert late.paused == ()


def test_a_plan_that_is_paid_is_completed_and_money_that_went_back_undoes_it():
    """Completed is what stays so."""
    story = planned(Story(WAITS)).tell("2026-03-09", paid("240.00"))
    assert standing(story, "2026-03-10").waiting.plans[0].state(at("2026-03-10")) is PlanState.COMPLETED
    story.tell("2026-03-11", returned("240.00"))
    assert standing(story, "2026-03-12").plan_broken


def test_a_new_plan_takes_the_place_of_a_broken_one():
    """Also where somebody said that it was broken."""
    story = planned(Story(WAITS)).tell("2026-03-05", PlanBroken())
    assert standing(story, "2026-03-06").plan_broken
    planned(story, "2026-03-07")
    assert not standing(story, "2026-03-08").plan_broken
    assert standing(story, "2026-03-08").paused == ("plan on track",)
    story.tell("2026-03-08", HoldLifted(HoldReason.PLAN))
    assert standing(story, "2026-03-09").waiting.plans[1].state(at("2026-03-09")) is PlanState.OVER


def test_nothing_waits_for_an_offer():
    """That it was made is all that is kept."""
    story = Story(WAITS).tell("2026-03-03", PlanOffered(instalments(usd("240.00"), 3, "2026-03-10")))
    assert standing(story, "2026-03-04").paused == ()
    assert story.case.plan_offered_at == at("2026-03-03")


def test_a_disputed_part_and_the_rest_are_the_whole():
    """The rest leads, is claimed and is the balance; several parts add up."""
    story = Story(STEPS).tell("2026-03-03", HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=usd("40.00")))
    found = standing(story, "2026-03-04")
    assert (found.balance, found.open, [r.open for r in found.claimed]) == (20_000, 24_000, [20_000])
    story.tell("2026-03-04", HoldPlaced(HoldReason.DISPUTE, "INV-1", amount=usd("200.00")))
    assert standing(story, "2026-03-05").paused == ("disputed",)
    story.tell("2026-03-06", HoldLifted(HoldReason.DISPUTE, "INV-1", outcome="rejected"))
    assert standing(story, "2026-03-07").balance == 24_000
    assert {hold.outcome for hold in story.case.holds} == {DisputeOutcome.REJECTED}


def test_a_dispute_that_nobody_answers_is_unanswered_when_the_time_is_over():
    """And an answer in time, or late, ends that."""
    story = Story("disputes: {answer_within: 5 days}\n" + STEPS)
    story.tell("2026-03-03", HoldPlaced(HoldReason.DISPUTE, "INV-1"))
    before, after = standing(story, "2026-03-08"), standing(story, "2026-03-09")
    assert (before.dispute_unanswered, after.dispute_unanswered) == (False, True)
    assert after.waiting.remarks == ("a dispute is not answered, and the time for that is over",)
    assert at("2026-03-09") in before.changes
    story.tell("2026-03-10", DisputeAnswered("INV-1"))
    assert not standing(story, "2026-03-11").dispute_unanswered


def test_a_dispute_of_one_of_several_overdue_invoices_sets_nothing_back():
    """The ladder never stood still."""
    rules = policy("holds: {dispute: restart}\n" + STEPS)
    assert rules.arranged.terms("dispute").resume.value == "restart"
    story = Story("holds: {dispute: restart}\n" + STEPS, invoice(), invoice("INV-2"))
    story.tell("2026-03-04", HoldPlaced(HoldReason.DISPUTE, "INV-1")).tell(
        "2026-03-08", HoldLifted(HoldReason.DISPUTE, "INV-1")
    )
    assert resumptions(story.case, story.policy, at("2026-03-09")) == ()
    story.tell("2026-03-05", paid("240.00", "INV-2"))
    assert len(resumptions(story.case, story.policy, at("2026-03-09"))) == 1


def test_a_broken_promise_that_leads_to_a_step_sets_nothing_back():
    """The step is the answer to it, and the ladder does not restart besides."""
    steps = """
        steps:
          - {step: reminder, when: 3 days after due, send: email reminder}
          - {step: call, when: 20 days after due, call: broken}
    """
    rules = "holds: {promise: restart}\npromises: {then: call}\npause_while: [promise open]\n" + dedent(steps)
    story = Story(rules, invoice()).tell("2026-03-06", promised("100.00", "2026-03-10"))
    assert resumptions(story.case, story.policy, at("2026-03-12")) == ()


def test_a_broken_plan_that_leads_to_a_step_sets_nothing_back():
    """As with a promise."""
    steps = """
        steps:
          - {step: reminder, when: 3 days after due, send: email reminder}
          - {step: call, when: 20 days after due, call: broken}
    """
    rules = "holds: {plan: restart}\nplans: {then: call}\npause_while: [plan on track]\n" + dedent(steps)
    story = Story(rules, invoice())
    parts = instalments(usd("240.00"), 2, "2026-03-10")
    story.tell("2026-03-06", PlanAgreed(parts))
    assert resumptions(story.case, story.policy, at("2026-03-20")) == ()


@pytest.mark.parametrize(
    ("condition", "before", "after"),
    [
        ("promise partly kept", False, True),
        ("at least 1 promise broken", False, True),
        ("at least 2 promises broken", False, False),
    ],
)
def test_conditions_ask_what_became_of_promises(condition, before, after):
    """From the day on which the promise is broken."""
    rules = policy(STEPS.replace("send:", f"only_if: [{condition}], send:"))
    story = Story(rules).tell("2026-03-03", promised("100.00", "2026-03-04")).tell("2026-03-04", paid("40.00"))
    (asked,) = rules.steps[0].only_if
    for when, holding in (("2026-03-04 12:00", before), ("2026-03-06", after)):
        assert holds(asked, story.case, standing(story, when)) is holding


@pytest.mark.parametrize(("missed", "holding"), [("1 instalment", True), ("2 instalments", False)])
def test_conditions_ask_how_many_instalments_were_missed(missed, holding):
    """Counted at once."""
    rules = policy(STEPS.replace("send:", f"only_if: [at least {missed} missed], send:"))
    story = planned(Story(rules))
    (asked,) = rules.steps[0].only_if
    assert holds(asked, story.case, standing(story, "2026-03-12")) is holding


def test_the_clock_stands_still_under_a_standing_order():
    """From the day on which it was given until it ends, or until today."""
    story = Story(STEPS)
    first = parse_date("2026-03-03").toordinal()
    begun, ended = at("2026-03-03"), at("2026-03-08")
    order = StandingOrder(Scope.EVERYTHING, "", "eve", "the system moves", begun)
    story.case = replace(story.case, orders=(order,))
    assert standing(story, "2026-03-10").paused == ("on hold with everything (by eve: the system moves)",)
    assert standing(story, "2026-03-10").held == ((first, first + 7),)
    story.case = replace(story.case, orders=(replace(order, until=ended),))
    assert standing(story, "2026-03-10").paused == ()
    assert standing(story, "2026-03-10").held == ((first, first + 5),)


def test_a_hold_told_now_outlives_what_was_told_before_it():
    """A clock went back an hour: the lifting of before lies later, and yet it cannot have meant this hold."""
    story = Story("stop_when: [paid, bankrupt]\n" + STEPS).tell("2026-03-04 12:00", HoldLifted(HoldReason.BANKRUPTCY))
    story.tell("2026-03-04 11:00", HoldPlaced(HoldReason.BANKRUPTCY))
    assert standing(story, "2026-03-04 13:00").stopped
    story.tell("2026-03-04 11:30", HoldLifted(HoldReason.BANKRUPTCY))
    assert not standing(story, "2026-03-04 13:00").stopped


def test_a_hold_of_another_time_is_ended_by_what_was_told_before_it():
    """Word of a dispute comes after word of its end: facts come in any order."""
    story = Story("stop_when: [paid, bankrupt]\n" + STEPS).tell("2026-03-04", HoldLifted(HoldReason.BANKRUPTCY))
    placed = Recorded(story.seq + 1, at("2026-03-03"), at("2026-03-05"), HoldPlaced(HoldReason.BANKRUPTCY))
    story.case = evolve("case", story.case, placed)
    assert not standing(story, "2026-03-06").stopped
