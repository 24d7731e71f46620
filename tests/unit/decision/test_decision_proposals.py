"""Whether a proposal was left without an answer: `proposal unanswered for 14 days`, in conditions of later steps."""

from __future__ import annotations

import pytest
from story import Story, at, held, invoice, local, released

from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ReceiptKind, ReceiptRecorded

MEDIATION = """
steps:
  - {step: offer, when: 5 days after due, propose: mediation by email mediate}
  - {step: claim, when: 2 days after offer, send: letter claim, only_if: proposal unanswered for 14 days}
"""
OFFERED = {"2026-03-07 10:00": ["offer: propose mediation by email mediate"]}


def news(story, kind):
    """What the debtor said to the latest proposal."""
    proposal = list(story.case.deliveries.values())[-1]
    return ReceiptRecorded(proposal.id, ReceiptKind(kind))


def test_after_so_many_days_without_an_answer_the_step_is_taken():
    """The proposal of the seventh is unanswered for fourteen days on the twenty-first, and that is looked at."""
    assert Story(MEDIATION).follow("2026-03-01", "2026-06-01") == OFFERED | {
        "2026-03-21 00:00": ["claim: letter claim"]
    }


@pytest.mark.parametrize("answer", ["answered", "accepted", "declined"])
def test_an_answer_ends_the_waiting(answer):
    story = Story(MEDIATION)
    story.follow("2026-03-01", "2026-03-08")
    story.tell("2026-03-10", news(story, answer))
    assert story.follow("2026-03-10", "2026-06-01") == {}
    assert story.decide("2026-03-10").next_look is None


def test_until_then_the_next_look_is_the_day_on_which_it_is_known():
    story = Story(MEDIATION)
    story.follow("2026-03-01", "2026-03-08")
    decision = story.decide("2026-03-12")
    assert local(decision.next_look) == "2026-03-21 00:00"
    assert "its condition “proposal unanswered for 14 days” does not hold" in decision.explain()


def test_what_came_back_is_no_proposal():
    """Nobody could answer it."""
    story = Story(MEDIATION, arrives="bounced")
    story.follow("2026-03-01", "2026-06-01")
    assert [d.state for d in story.case.deliveries.values()] == [DeliveryState.BOUNCED]


def test_days_on_which_the_case_waits_do_not_count():
    """Nobody has to answer while there is a hold: its ten days come on top."""
    facts = [("2026-03-10", held()), ("2026-03-20", released())]
    assert Story(MEDIATION).follow("2026-03-01", "2026-06-01", facts) == OFFERED | {
        "2026-03-31 00:00": ["claim: letter claim"]
    }
    story = Story(MEDIATION)
    story.follow("2026-03-01", "2026-03-12", facts[:1])
    assert story.decide("2026-03-12").next_look is None


def test_the_kind_of_a_proposal_may_be_named():
    """Mediation was answered; arbitration, proposed later, was not."""
    text = """
    steps:
      - {step: mild, when: 5 days after due, propose: mediation by email mediate}
      - {step: hard, when: 3 days after mild, propose: arbitration by email arbitrate}
      - {step: one, when: 1 day after hard, send: email one, only_if: mediation unanswered for 1 day}
      - {step: two, when: 2 days after hard, send: email two, only_if: arbitration unanswered for 4 days}
      - {step: three, when: 3 days after hard, send: email three, only_if: proposal unanswered for 9 days}
    """
    story = Story(text)
    story.follow("2026-03-01", "2026-03-08")
    story.tell("2026-03-08", news(story, "declined"))
    told = story.follow("2026-03-08", "2026-06-01")
    assert told == {
        "2026-03-10 10:00": ["hard: propose arbitration by email arbitrate"],
        "2026-03-14 00:00": ["two: email two"],
        "2026-03-19 00:00": ["three: email three"],
    }


def test_an_exception_is_looked_at_when_it_comes_true():
    """The reminder that waits for its hour is dropped as soon as nobody has answered for two days."""
    text = MEDIATION.replace("only_if: proposal unanswered for 14 days", "unless: proposal unanswered for 2 days")
    text = text.replace("2 days after offer", "1 day after offer").replace("claim}", "claim}")
    story = Story(text)
    story.follow("2026-03-01", "2026-03-07 11:00")
    assert local(story.decide("2026-03-07 11:00").next_look) == "2026-03-08 10:00"
    assert local(story.decided("2026-03-08 10:00").next_look) == "2026-03-09 00:00"


def test_a_segment_may_ask_it():
    text = "segments: {silent: proposal unanswered for 14 days}\n" + MEDIATION.replace(
        "proposal unanswered for 14 days", "segment is silent"
    )
    assert list(Story(text).follow("2026-03-01", "2026-06-01")) == ["2026-03-07 10:00", "2026-03-21 00:00"]


def test_each_ladder_has_its_own_proposals():
    """Under `lead: each` the proposal about one invoice says nothing about the other."""
    story = Story(f"lead: each\n{MEDIATION}", invoice("INV-1"), invoice("INV-2", "50.00", due="2026-03-12"))
    assert list(story.follow("2026-03-01", "2026-06-01")) == [
        "2026-03-07 10:00",
        "2026-03-17 10:00",
        "2026-03-21 00:00",
        "2026-03-31 00:00",
    ]
    assert at("2026-03-21") < at("2026-03-31")
