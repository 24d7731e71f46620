"""What a person agreed to, for how long, and what time and facts do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from story import ANN, Story, local, paid

from dunning_engine.decision.approvals import approve
from dunning_engine.decision.decision import Withdrawn
from dunning_engine.domain.events import (
    ActionBlocked,
    ApprovalGranted,
    ApprovalRequested,
    DebtorUpdated,
    OptedIn,
    OptedOut,
)
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
