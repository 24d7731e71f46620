"""Where a case stands: what is owed and overdue, which receivable leads, why it waits and for how long it did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import (
    ANN,
    LOS_ANGELES,
    TOKYO,
    Story,
    at,
    credited,
    disputed,
    held,
    invoice,
    paid,
    policy,
    promised,
    released,
    settled_dispute,
)

from dunning_engine.decision.conditions import holds, objection, words
from dunning_engine.decision.opening import misfit
from dunning_engine.decision.standing import stand
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HostFact, OptedOut, PlanBroken
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import parse_date
from dunning_engine.policy.model import Lead, OnLeadPaid
from dunning_engine.policy.phrases import CONDITION

PLAIN = "steps: [{step: one, when: 3 days after due, send: email one}]"
THREE = (
    invoice("INV-1", "100.00", due="2026-03-02"),
    invoice("INV-2", "250.00", due="2026-03-10"),
    invoice("INV-3", "50.00", due="2026-03-20"),
)


def day(text):
    return parse_date(text).toordinal()


def standing(story, when, **changes):
    return stand(story.case, replace(story.policy, **changes), story.at(when))


# What is owed --------------------------------------------------------------------------------------------------------


def test_amounts_follow_the_day():
    """Open, undisputed and overdue amounts as of the day; an invoice is overdue from the day after its due date."""
    story = Story(PLAIN, *THREE).tell("2026-03-01", disputed("INV-2"))
    on_due, after = standing(story, "2026-03-02 23:59"), standing(story, "2026-03-15")
    assert (on_due.open, on_due.balance, on_due.overdue, on_due.overdue_count, on_due.days_overdue) == (
        40000,
        15000,
        0,
        0,
        0,
    )
    assert (after.open, after.balance, after.overdue, after.overdue_count, after.days_overdue) == (
        40000,
        15000,
        10000,
        1,
        13,
    )
    assert [receivable.number for receivable in after.free] == ["INV-1", "INV-3"]


def test_a_dispute_of_everything_leaves_nothing_free():
    """A dispute that names no invoice holds all of them."""
    found = standing(Story(PLAIN, *THREE).tell("2026-03-01", disputed()), "2026-03-15")
    assert (list(found.free), found.balance, found.paused) == ([], 0, ("disputed",))


def test_a_dispute_of_a_part_of_the_debt_does_not_pause():
    """The case pauses when no undisputed receivable is left."""
    story = Story(PLAIN, *THREE[:2]).tell("2026-03-01", disputed("INV-1"))
    assert standing(story, "2026-03-15").paused == ()
    assert standing(story.tell("2026-03-16", disputed("INV-2")), "2026-03-16").paused == ("disputed",)
    assert standing(story.tell("2026-03-17", settled_dispute("INV-2")), "2026-03-17").paused == ()


def test_what_is_within_tolerance_counts_as_paid():
    """An open amount up to the tolerance of its currency settles the case."""
    story = Story("tolerance: 1.00 USD\n" + PLAIN).tell("2026-03-10", paid("239.00"))
    assert standing(story, "2026-03-10").settled
    assert not standing(Story(PLAIN).tell("2026-03-10", paid("239.00")), "2026-03-10").settled


@pytest.mark.parametrize(("rule", "number"), [(Lead.OLDEST, "INV-1"), (Lead.NEWEST, "INV-3"), (Lead.LARGEST, "INV-2")])
def test_the_lead_is_the_overdue_receivable_that_the_policy_names(rule, number):
    """Oldest, newest or largest; one alone leads whatever the rule, and what is not overdue leads only alone."""
    story = Story(PLAIN, *THREE)
    assert standing(story, "2026-04-01", lead=rule).lead.number == number
    assert standing(story, "2026-03-05", lead=rule).lead.number == "INV-1"
    assert standing(story, "2026-02-05", lead=rule).lead.number == "INV-1"


def test_a_run_of_the_ladder_ends_with_a_cure():
    """A receivable belongs to the run of the one before where that was still unpaid when it fell due."""
    story = Story(PLAIN, *THREE).tell("2026-03-12", paid("350.00"))
    assert standing(story, "2026-03-25").cycle == "INV-3"
    late = Story(PLAIN, *THREE).tell("2026-03-12", paid("100.00")).tell("2026-03-22", paid("250.00"))
    assert standing(late, "2026-03-25").cycle == "INV-1"
    assert standing(Story(PLAIN, *THREE), "2026-03-25").cycle == "INV-1"


def test_an_early_payment_begins_no_run():
    """What was paid before it fell due lets the next invoice begin its own run."""
    story = Story(PLAIN, *THREE).tell("2026-02-20", paid("100.00"))
    assert standing(story, "2026-03-15").cycle == "INV-2"


def test_each_lead_may_have_a_run_of_its_own():
    """Under `on_lead_paid: restart` the ladder begins anew with every lead."""
    story = Story(PLAIN, *THREE).tell("2026-03-12", paid("100.00"))
    assert standing(story, "2026-03-15").cycle == "INV-1"
    assert standing(story, "2026-03-15", on_lead_paid=OnLeadPaid.RESTART).cycle == "INV-2"


def test_what_is_not_overdue_has_a_run_of_its_own():
    """An older, disputed debt does not lend its rung to an invoice that is not due yet."""
    story = Story(PLAIN, *THREE).tell("2026-03-05", disputed("INV-1"))
    assert standing(story, "2026-03-10").cycle == "INV-2"
    assert standing(story, "2026-03-11").cycle == "INV-1"


def test_what_has_no_receivable_leads_to_nothing():
    """When everything is paid nothing leads."""
    found = standing(Story(PLAIN).tell("2026-03-10", paid()), "2026-03-11")
    assert (found.lead, found.cycle, found.days_overdue, found.settled) == (None, "", 0, True)


# Reasons to wait -----------------------------------------------------------------------------------------------------


def test_a_case_waits_for_what_the_policy_lists():
    """A plan and a promise let the case wait where `pause_while` says so; a manual hold and a dispute always do."""
    strict = "pause_while: [promise open, plan on track]\n" + PLAIN
    for text, reasons in ((strict, ("on hold", "plan on track", "promise open")), (PLAIN, ("on hold",))):
        story = Story(text).tell("2026-03-05", held(), held(HoldReason.PLAN), promised("240.00", "2026-03-20"))
        assert standing(story, "2026-03-06").paused == reasons


def test_a_hold_is_in_force_up_to_its_end():
    """Once it is known a hold holds, also by a clock that was set back to before it; when it is lifted it has ended."""
    story = Story(PLAIN).tell("2026-03-05 09:00", held()).tell("2026-03-06 09:00", released())
    instants = ("5 08:59", "5 09:00", "6 08:59", "6 09:00")
    assert [bool(standing(story, f"2026-03-0{when}").holds) for when in instants] == [True, True, True, False]


@pytest.mark.parametrize(
    ("payments", "ended", "broken"),
    [
        ((), "2026-03-11", True),
        ((("2026-03-08 12:00", "240.00"),), "2026-03-08 12:00", False),
        ((("2026-03-06", "100.00"), ("2026-03-10 23:00", "140.00")), "2026-03-10 23:00", False),
        ((("2026-03-06", "100.00"),), "2026-03-11", True),
        ((("2026-03-04", "240.00"), ("2026-03-11", "240.00")), "2026-03-11", True),
    ],
)
def test_whether_a_promise_was_kept_follows_from_payments(payments, ended, broken):
    """A promise is kept at the payment that makes it whole, and broken once its last day is over."""
    story = Story("pause_while: [promise open]\n" + PLAIN, invoice(amount="999.00"))
    story.tell("2026-03-05", promised("240.00", "2026-03-10"))
    for when, amount in payments:
        story.tell(when, paid(amount))
    before, after = standing(story, at(ended) - 60), standing(story, ended)
    assert (before.paused, after.paused) == (("promise open",), ())
    assert after.promise_broken is broken


def test_a_promise_ends_in_the_latest_zone():
    """The last day of a promise is over when it is over for creditor and debtor."""
    text = "pause_while: [promise open]\ntime: {zone: Asia/Tokyo}\n" + PLAIN
    story = Story(text, zones=(LOS_ANGELES, TOKYO)).tell("2026-03-05", promised("240.00", "2026-03-20"))
    assert standing(story, "2026-03-06").changes[-1] == at("2026-03-21", LOS_ANGELES)


def test_a_plan_is_broken_until_another_one_is_agreed():
    """`plan broken` is a fact that a new plan takes back."""
    story = Story(PLAIN).tell("2026-03-05", held(HoldReason.PLAN)).tell("2026-03-20", PlanBroken())
    assert standing(story, "2026-03-20").plan_broken
    assert not standing(story.tell("2026-03-25", held(HoldReason.PLAN)), "2026-03-25").plan_broken


@pytest.mark.parametrize(
    ("reason", "word"), [(HoldReason.BANKRUPTCY, "bankrupt"), (HoldReason.DECEASED, "deceased"), (HoldReason.CEASE, "")]
)
def test_what_ends_a_case(reason, word):
    """Bankruptcy and death end a case where `stop_when` lists them."""
    story = Story("stop_when: [bankrupt, deceased]\n" + PLAIN).tell("2026-03-05", held(reason))
    assert standing(story, "2026-03-05").stopped == word
    assert standing(story, "2026-03-05", stop_when=frozenset()).stopped == ""


def test_opting_out_of_every_channel_ends_a_case():
    """`opted out` means that no channel of the policy is left."""
    text = "stop_when: [opted out]\nsteps: [{step: one, when: 3 days after due, send: [email one, sms two]}]"
    story = Story(text).tell("2026-03-05", OptedOut(Channel.EMAIL))
    assert standing(story, "2026-03-05").stopped == ""
    assert standing(story.tell("2026-03-05", OptedOut(Channel.SMS)), "2026-03-05").stopped == "opted out"


# The clock -----------------------------------------------------------------------------------------------------------


def test_days_of_holds_stop_the_clock():
    """From the day a hold began up to the day it ended; what overlaps or touches counts once."""
    story = Story(PLAIN).tell("2026-03-05", held()).tell("2026-03-08", released())
    story.tell("2026-03-07", disputed()).tell("2026-03-10", settled_dispute())
    story.tell("2026-03-20", held())
    found = standing(story, "2026-03-25").held
    assert found == ((day("2026-03-05"), day("2026-03-10")), (day("2026-03-20"), day("2026-03-25")))


def test_only_the_lead_s_dispute_stops_its_clock():
    """A dispute of another invoice does not stop the ladder's clock."""
    story = Story(PLAIN, *THREE).tell("2026-03-05", disputed("INV-2"))
    assert standing(story, "2026-03-15").held == ()
    story.tell("2026-03-20", disputed("INV-1")).tell("2026-03-22", settled_dispute("INV-1"))
    assert standing(story, "2026-03-25").held == ((day("2026-03-20"), day("2026-03-22")),)


def test_plans_and_promises_stop_the_clock_where_they_pause():
    """What does not let the case wait does not stop its clock; nor does what silences it."""
    facts = (held(HoldReason.PLAN), promised("240.00", "2026-03-07"), held(HoldReason.CEASE))
    pausing = Story("pause_while: [promise open, plan on track]\n" + PLAIN).tell("2026-03-05", *facts)
    pausing.tell("2026-03-12", PlanBroken())
    assert standing(pausing, "2026-03-15").held == ((day("2026-03-05"), day("2026-03-12")),)
    assert standing(Story(PLAIN).tell("2026-03-05", *facts), "2026-03-15").held == ()


# Conditions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phrase", "true"),
    [
        ("balance at least 350.00", True),
        ("balance at least 350.01", False),
        ("balance below 350.00", False),
        ("overdue amount at least 100.00", True),
        ("overdue amount below 100.00", False),
        ("at least 1 invoice overdue", True),
        ("at least 2 invoices overdue", False),
        ("at least 3 days overdue", True),
        ("at least 4 days overdue", False),
        ("debtor is consumer", True),
        ("debtor is business", False),
        ("country is US", True),
        ("country is DE", False),
        ("currency is USD", True),
        ("currency is EUR", False),
        ("language is en", True),
        ("language is de", False),
        ("reachable by email", True),
        ("reachable by sms", False),
        ("opted out of sms", True),
        ("opted out of email", False),
        ("one sent", True),
        ("one opened", False),
        ("promise broken", False),
        ("plan broken", False),
        ("fact vip is true", True),
        ("fact vip is false", False),
    ],
)
def test_each_condition_asks_one_thing(phrase, true):
    """A condition is true or false of the case as it stands."""
    condition = CONDITION.parse(phrase)
    story = Story(PLAIN, *THREE[:2]).tell("2026-03-01", OptedOut(Channel.SMS), HostFact("vip", "true"))
    story.look("2026-03-05 10:00")
    assert holds(condition, story.case, standing(story, "2026-03-05 10:00")) is true
    assert words(condition) == phrase


def test_what_nobody_knows_is_not_true():
    """Without a language or country no question about it is answered with yes."""
    story = Story(PLAIN, debtor=replace(ANN, language=None, country=None))
    for phrase in ("language is en", "country is US", "fact vip is true"):
        assert not holds(CONDITION.parse(phrase), story.case, standing(story, "2026-03-05"))


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (
            "only_if: [debtor is consumer, balance at least 500.00]",
            "its condition “balance at least 500.00” does not hold",
        ),
        ("only_if_any: [debtor is business, country is US]", ""),
        ("only_if_any: [debtor is business, country is DE]", "none of its conditions “only_if_any” holds"),
        ("unless: [debtor is business, country is US]", "its exception “country is US” holds"),
        ("unless: debtor is business", ""),
    ],
)
def test_a_step_says_what_keeps_it_from_being_taken(conditions, why):
    """All of `only_if`, one of `only_if_any`, none of `unless`."""
    story = Story(PLAIN.replace("send:", f"{conditions}, send:"))
    assert objection(story.policy.steps[0], story.case, standing(story, "2026-03-05")) == why


def test_days_overdue_ripen_by_themselves():
    """A step that is passed over because it is too early is looked at again on the day on which it is not."""
    text = """
        steps:
          - {step: one, when: 3 days after due, send: email one, only_if: at least 10 days overdue}
          - {step: two, when: 60 days after due, send: email two}
        """
    assert list(Story(text).follow("2026-02-01", "2026-04-01")) == ["2026-03-12 00:00"]
    chase = text.replace("send: email one,", "send: email one, cadence: every 2 days until two,").replace(
        "only_if:", "only_if_any:"
    )
    chase = chase.replace("at least 10 days overdue", "[at least 10 days overdue, fact vip is true]")
    story = Story(chase).tell("2026-02-02", HostFact("vip", "true"))
    out = story.follow("2026-02-01", "2026-03-13", [("2026-03-06", HostFact("vip", "false"))])
    assert list(out) == ["2026-03-05 10:00", "2026-03-12 00:00"]


# Opening -------------------------------------------------------------------------------------------------------------


def test_a_policy_says_what_it_is_for():
    """`applies_to` is tested once, of one receivable: the first condition that fails is named."""
    one = policy("applies_to: [debtor is consumer, currency is USD, balance at least 25.00]\n" + PLAIN)
    assert misfit(one, ANN, invoice(), at("2026-02-01")) == ""
    assert misfit(one, ANN, invoice(amount="24.99"), at("2026-02-01")) == "balance at least 25.00"
    assert misfit(policy(PLAIN), ANN, invoice(amount="0.01"), at("2026-02-01")) == ""


def test_credit_lowers_the_balance_that_conditions_see():
    """A credit note counts like money."""
    story = Story(PLAIN).tell("2026-03-05", credited("200.00"))
    assert standing(story, "2026-03-05").balance == 4000
