"""What a person agreed to, for how long, and what time and facts do to it."""

from __future__ import annotations

from story import Story, local

from dunning_engine.domain.events import ActionBlocked, ApprovalGranted, ApprovalRequested, OptedIn, OptedOut
from dunning_engine.domain.parties import Channel

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
