"""What the house itself keeps back: an action whose notice has not gone out, a debt that is elsewhere, a retry too many."""

from __future__ import annotations

from textwrap import dedent

from story import Story, at, paid, promised, returned, usd

from dunning_engine.decision.decision import Armed, Withdrawn
from dunning_engine.domain.agency_events import AgencyCollected, AgencyReturned
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import PaymentFailed

UTILITY = """
    steps:
      - {step: warning, when: 5 days after due, send: letter warning}
      - {step: off, when: 6 days after due, restrict: service after warning and 14 days}
"""
AGENCY = """
    steps:
      - {step: agency, when: 5 days after due, hand_off: agency acme}
      - {step: late, when: 20 days after due, send: email late}
"""
RETRIES = "steps: [{step: again, when: 1 failed payment, retry: payment, cadence: every 1 day up to 9 times}]"


def reasons(verdicts):
    return [reason.rule for verdict in verdicts for reason in verdict.reasons]


# Notices ---------------------------------------------------------------------------------------------------------------


def test_a_restriction_follows_its_notice_by_the_days_that_the_policy_gives():
    """It waits until they are over, and comes then."""
    story = Story(UTILITY)
    assert story.look("2026-03-07 12:00") == ["warning: letter warning"]
    decision = story.decide("2026-03-08 12:00")
    assert reasons(decision.deferred) == ["policy/notice"]
    assert decision.next_look == at("2026-03-21 10:00")
    assert story.look("2026-03-21 12:00") == ["off: restrict service"]


def test_without_its_notice_nothing_is_restricted():
    """A letter that came back has told nobody."""
    story = Story(UTILITY, arrives="bounced")
    story.look("2026-03-07 12:00")
    assert reasons(story.decide("2026-03-30 12:00").blocked) == ["policy/notice"]


def test_a_notice_without_days_only_has_to_come_first():
    """The same day will do."""
    story = Story(UTILITY.replace(" and 14 days", ""))
    story.look("2026-03-07 12:00")
    assert story.look("2026-03-08 12:00") == ["off: restrict service"]


def test_what_was_restricted_is_given_back_while_a_promise_is_open():
    """Where the policy says so, without a step."""
    rules = "restore_when: [promise open]\npause_while: [promise open]\n" + dedent(UTILITY)
    story = Story(rules)
    story.follow("2026-03-07", "2026-03-22")
    story.tell("2026-03-23", promised("240.00", "2026-03-30"))
    assert story.look("2026-03-23 12:00") == ["off: restore service"]


# A debt that is with an agency -----------------------------------------------------------------------------------------


def test_a_debt_that_is_with_an_agency_is_not_collected_by_two():
    """Until it comes back."""
    story = Story(AGENCY)
    assert story.look("2026-03-07 12:00") == ["agency: hand off agency acme"]
    assert reasons(story.decide("2026-03-23 12:00").blocked) == ["house/placed"]
    story.tell("2026-03-24", AgencyReturned("acme"))
    assert story.look("2026-03-25 12:00") == ["late: email late"]


def test_what_stands_in_the_step_of_the_hand_off_goes_with_it():
    """The letter that says so is no collecting beside the agency."""
    text = "steps: [{step: agency, when: 5 days after due, hand_off: agency acme, send: email moved}]"
    story = Story(text)
    first, letter = sorted(
        story.decided("2026-03-07 12:00").cleared, key=lambda one: one.action.action.spec.reaches_debtor
    )
    story.deliver(first.action.action, "2026-03-07 12:00")
    assert isinstance(story.admit(letter.action.action, "2026-03-07 12:01"), Armed)
    story.deliver(letter.action.action, "2026-03-07 12:01")
    assert {d.way for d in story.case.deliveries.values()} == {"agency", "email"}


def test_an_agency_is_not_told_twice_that_a_debt_is_paid():
    """The recall that is on its way is enough."""
    story = Story(AGENCY)
    story.look("2026-03-07 12:00")
    story.tell("2026-03-10", paid())
    (recall,) = story.decided("2026-03-10 12:00").cleared
    assert recall.action.action.spec.words == "recall agency acme"
    assert not story.decided("2026-03-10 12:01").events


def test_a_recall_that_is_not_needed_any_more_stays_in_the_house():
    """The money went back before it left."""
    story = Story(AGENCY)
    story.look("2026-03-07 12:00")
    story.tell("2026-03-10", paid())
    (recall,) = story.decided("2026-03-10 12:00").cleared
    assert not isinstance(story.admit(recall.action.action, "2026-03-10 12:01"), Withdrawn)
    story.tell("2026-03-10 12:02", returned("240.00"))
    assert story.admit(recall.action.action, "2026-03-10 12:03").why == "it is not needed any more"


def test_money_that_came_past_the_agency_is_told():
    """What came through it, it knows."""
    story = Story(AGENCY)
    story.look("2026-03-07 12:00")
    story.tell("2026-03-09", AgencyCollected(usd("40.00"), usd("4.00"), "acme"))
    assert story.look("2026-03-09 12:00") == []
    story.tell("2026-03-10", paid("100.00"))
    assert story.look("2026-03-10 12:00") == ["agency: tell agency acme of payment"]
    assert story.look("2026-03-10 12:01") == []


def test_a_paid_debt_is_taken_back():
    """Once, and then nobody collects it."""
    story = Story(AGENCY)
    story.look("2026-03-07 12:00")
    story.tell("2026-03-10", paid())
    assert story.look("2026-03-10 12:00") == ["agency: recall agency acme"]
    assert story.look("2026-03-11 12:00") == []


# Retries ---------------------------------------------------------------------------------------------------------------


def test_what_will_never_be_approved_is_not_tried():
    """The scheme's own rule is quoted."""
    story = Story(RETRIES).tell("2026-03-03", PaymentFailed(decline=Decline.HARD, scheme=Scheme.VISA))
    assert reasons(story.decide("2026-03-03 12:00").blocked) == ["cards/retries/visa-never"]


def test_a_direct_debit_is_presented_again_at_most_twice():
    """The third time has to wait until the first is a month ago."""
    story = Story(RETRIES).tell("2026-03-03", PaymentFailed(scheme=Scheme.SEPA))
    assert story.look("2026-03-03 12:00") == ["again: retry payment"]
    assert story.look("2026-03-04 12:00") == ["again: retry payment"]
    decision = story.decide("2026-03-05 12:00")
    assert reasons(decision.deferred) == ["cards/retries/sepa-in-30-days"]
    assert decision.deferred[0].until == at("2026-04-02 13:00")
