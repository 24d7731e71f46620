"""How far a ladder has come: which of two actions for the same place counts, and what is climbed anew before the due date."""

from __future__ import annotations

from dataclasses import replace

from story import Story, held, invoice, released

from dunning_engine.decision.progress import StepProgress
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ReceiptKind, ReceiptRecorded


def test_of_two_revisions_that_both_count_what_went_out_is_the_one():
    """A later revision had put the same action off; whichever is read first, what was sent stands."""
    story = Story("steps: [{step: reminder, when: 3 days after due, send: email reminder}]")
    story.look("2026-03-05 10:00")
    (sent,) = story.case.deliveries.values()
    put_off = replace(sent, id="other", state=DeliveryState.DEFERRED)
    for first, second in ((sent, put_off), (put_off, sent)):
        progress = StepProgress()
        for delivery in (first, second):
            progress.add(delivery, away=delivery is sent)
        assert progress.actions(1) == {"email": sent}


def test_a_ladder_that_ends_before_the_due_date_is_climbed_anew_at_its_own_days():
    """A restart shifts nothing there: what comes before the due date keeps its days, and what has passed is due."""
    text = """
    holds: {manual: restart}
    steps:
      - {step: early, when: 10 days before due, send: email early}
      - {step: late, when: 2 days before due, send: email late}
    """
    story = Story(text)
    facts = [("2026-02-22", held()), ("2026-02-24", released())]
    assert story.follow("2026-02-15", "2026-04-01", facts) == {
        "2026-02-20 10:00": ["early: email early"],
        "2026-02-24 00:00": ["early: email early"],
        "2026-02-28 10:00": ["late: email late"],
    }


def test_what_came_back_by_one_way_does_not_go_along_by_it():
    """Under `lead: each` the level whose e-mail bounced takes its letter, though an e-mail goes out beside it."""
    text = """
    lead: each
    steps:
      - {step: one, when: 3 days after due, send: email one or else letter one}
      - {step: two, when: 10 days after one, send: email two}
    """
    story = Story(text, invoice("INV-1"), invoice("INV-2", "50.00", due="2026-03-11"))
    story.look("2026-03-05 10:00")
    (level,) = story.decided("2026-03-14 10:00").cleared
    story.arrives = "sent"
    story.deliver(level.action.action, "2026-03-14 10:00")
    story.tell("2026-03-15 09:00", ReceiptRecorded(level.action.id, ReceiptKind.BOUNCED))
    assert sorted(story.look("2026-03-15 10:00")) == ["one: letter one", "two: email two"]
