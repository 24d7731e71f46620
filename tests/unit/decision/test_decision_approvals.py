"""What a person agreed to, for how long, and what time and facts do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import ANN, Story, local, paid

from dunning_engine.decision.approvals import approve, refuse
from dunning_engine.decision.decision import Withdrawn
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRequested
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ActionBlocked, ActionCancelled, DebtorUpdated, OptedIn, OptedOut
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import UsageError

LETTER = """
steps:
  - {step: demand, when: 3 days after due, send: letter demand, approval: manager within 5 days}
"""
DUE = "2026-03-05 10:00"


def approved(story, when, by="mia"):
    """Say yes to everything that waits."""
    for request in story.decided(when).waiting:
        story.tell(when, ApprovalGranted(request.action.id, request.digest, by))
    return story


def test_the_end_of_an_approval_is_looked_at_where_its_action_was_blocked():
    """The debtor refused letters after the question: once the answer is too old it is asked again, without any new fact."""
    story = approved(Story(LETTER), DUE).tell(DUE, OptedOut(Channel.LETTER))
    decision = story.decided("2026-03-05 11:00")
    assert [type(event) for event in decision.events] == [ActionBlocked]
    assert local(decision.next_look) == "2026-03-10 11:00"
    assert story.decide("2026-03-10 10:59").events == ()
    assert [type(event) for event in story.decide("2026-03-10 11:00").events] == [ApprovalRequested]


def test_an_approval_that_still_stands_lets_go_what_was_blocked():
    """The debtor takes letters again: nobody is asked a second time."""
    story = approved(Story(LETTER), DUE).tell(DUE, OptedOut(Channel.LETTER))
    story.decided("2026-03-05 11:00")
    story.tell("2026-03-06 09:00", OptedIn(Channel.LETTER))
    assert story.look("2026-03-06 10:00") == ["demand: letter demand"]


def test_the_end_of_an_approval_is_looked_at_where_its_action_waits_longer():
    """The hours of a policy put it off past the end of the answer."""
    story = approved(
        Story(LETTER + "contact_limits: [1 letter in 30 days]\n").contacted("2026-03-04", Channel.LETTER), DUE
    )
    decision = story.decided("2026-03-05 11:00")
    assert decision.deferred
    assert local(decision.next_look) == "2026-03-10 11:00"


# What it was given for -------------------------------------------------------------------------------------------------


def test_an_answer_to_what_has_changed_since_it_was_read_is_refused():
    """The clerk read of 240.00; a part was paid and the question put again under the same identity."""
    story = Story(LETTER)
    (read,) = story.decided(DUE).waiting
    story.tell("2026-03-06", paid("40.00"))
    (now,) = story.decided("2026-03-06").waiting
    assert now.action.id == read.action.id
    answer = {"by": "mia", "role": "manager", "now": story.at("2026-03-06")}
    with pytest.raises(UsageError, match="has changed since it was read"):
        approve(story.case, story.policy, read.action.id, seen=read.digest, **answer)
    assert approve(story.case, story.policy, read.action.id, seen=now.digest, **answer).digest == now.digest


@pytest.mark.parametrize(
    "change", [{"address": ("2 Side Street",)}, {"name": "Ann Moor"}, {"language": "es"}], ids=lambda c: next(iter(c))
)
def test_another_address_or_name_or_language_voids_an_approval(change):
    """What somebody agreed to was a letter to that address, in those words."""
    story = approved(Story(LETTER), DUE)
    (letter,) = story.decided("2026-03-05 11:00").cleared
    story.tell("2026-03-05 11:01", DebtorUpdated(replace(ANN, **change)))
    action = letter.action.action
    assert story.admit(action, "2026-03-05 11:02") == Withdrawn(action, "what was approved has changed")


def test_a_telephone_number_says_nothing_about_a_letter():
    """The approval stands."""
    story = approved(Story(LETTER), DUE)
    story.tell("2026-03-05 10:30", DebtorUpdated(replace(ANN, phone="+12125550199")))
    assert story.look("2026-03-05 11:00") == ["demand: letter demand"]


# Two roles -------------------------------------------------------------------------------------------------------------

BOTH = LETTER.replace("approval: manager", "approval: manager and finance")


def says_yes(story, by, role, when="2026-03-06"):
    (waiting,) = [d for d in story.case.deliveries.values() if d.state is DeliveryState.AWAITING]
    story.tell(when, approve(story.case, story.policy, waiting.id, by=by, role=role, now=story.at(when)))
    return story


def both():
    story = Story(BOTH)
    (request,) = story.decided(DUE).waiting
    assert request.role == "manager and finance"
    return story


def test_an_action_of_two_roles_waits_for_both():
    """The first yes changes nothing but who is still asked; the order is theirs."""
    story = says_yes(both(), "flo", "finance")
    assert story.look("2026-03-06") == []
    assert story.decide("2026-03-06").events == ()
    assert says_yes(story, "mia", "manager").look("2026-03-06 10:00") == ["demand: letter demand"]


def test_one_person_does_not_speak_for_two_roles():
    story = says_yes(both(), "mia", "manager")
    with pytest.raises(UsageError, match="mia has agreed to letter demand for another role"):
        says_yes(story, "mia", "finance")
    with pytest.raises(UsageError, match="has the agreement of manager: it waits for finance"):
        says_yes(story, "max", "manager")
    with pytest.raises(UsageError, match="waits for the role manager and finance, not clerk"):
        says_yes(story, "cleo", "clerk")


def test_a_yes_of_one_ends_with_the_question():
    """The other did not answer in time: both are asked anew, and the first yes counts no more."""
    story = says_yes(both(), "mia", "manager")
    assert [type(event) for event in story.decided("2026-03-10 11:00").events] == [ApprovalRequested]
    says_yes(story, "flo", "finance", "2026-03-11")
    assert story.look("2026-03-11 10:00") == []
    assert says_yes(story, "mia", "manager", "2026-03-11").look("2026-03-11 10:00") == ["demand: letter demand"]


def test_another_amount_voids_the_yes_of_both():
    story = says_yes(both(), "mia", "manager")
    story.tell("2026-03-07", paid("40.00"))
    assert [type(event) for event in story.decided("2026-03-07").events] == [ApprovalRequested]
    assert story.case.deliveries[next(iter(story.case.deliveries))].awaits == ("manager", "finance")


def test_either_may_refuse():
    """Also after the other has agreed: the step is passed by."""
    story = says_yes(both(), "mia", "manager")
    (waiting,) = story.case.deliveries.values()
    no = refuse(story.case, story.policy, waiting.id, by="flo", role="finance", now=story.at("2026-03-06"))
    story.tell("2026-03-06", no)
    assert story.follow("2026-03-06", "2026-05-01") == {}


def test_half_an_agreement_is_none_where_the_action_was_taken_back():
    """It is asked about again, though the question has not expired."""
    story = says_yes(both(), "mia", "manager")
    (waiting,) = story.case.deliveries.values()
    story.tell("2026-03-06", ActionCancelled(waiting.id, "taken back"))
    assert [type(event) for event in story.decided("2026-03-06 12:00").events] == [ApprovalRequested]
