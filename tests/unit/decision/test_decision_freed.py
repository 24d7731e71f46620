"""What was let go, or paid, while a dispute stood counts as soon as its last day is over, wherever anybody is."""

from __future__ import annotations

from story import TOKYO, Story, at, credited, disputed, invoice, local

from dunning_engine.decision.freed import freed
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldLifted, HoldPlaced

STEPS = "steps: [{step: one, when: 3 days after due, send: email one}]"
DISPUTE = HoldPlaced(HoldReason.DISPUTE, "INV-1", until="2026-03-05")


def test_a_case_without_an_ended_dispute_is_left_as_it_is():
    """Also while the dispute stands, with other holds that end, and with a dispute that has no last day."""
    for facts in ((), (DISPUTE,), (HoldPlaced(HoldReason.HARDSHIP, until="2026-03-05"),), (disputed("INV-1"),)):
        story = Story(STEPS).tell("2026-03-03", *facts)
        now = "2026-03-05 23:59" if DISPUTE in facts else "2026-04-01"
        assert freed(story.case, story.policy, at(now)) is story.case


def test_the_dispute_ends_with_its_last_day():
    """At midnight after it; what was credited meanwhile then lowers the invoice."""
    story = Story(STEPS, invoice(), invoice("INV-2", "100.00")).tell("2026-03-03", DISPUTE, credited("300.00"))
    assert [r.open for r in story.case.receivables] == [24_000, 0]

    found = freed(story.case, story.policy, at("2026-03-06"))

    assert [local(hold.end) for hold in found.holds] == ["2026-03-06 00:00"]
    assert [r.open for r in found.receivables] == [4_000, 0]


def test_a_dispute_that_was_lifted_before_is_over_already():
    story = Story(STEPS).tell("2026-03-03", DISPUTE)
    story.tell("2026-03-04", HoldLifted(HoldReason.DISPUTE, "INV-1"))
    assert freed(story.case, story.policy, at("2026-04-01")) is story.case


def test_the_day_is_over_where_it_ends_last():
    """A debtor in Tokyo is ahead of New York: the creditor's midnight counts."""
    story = Story(STEPS, zones=(TOKYO,)).tell("2026-03-03", DISPUTE)
    assert freed(story.case, story.policy, at("2026-03-05 23:59")) is story.case
    assert [local(hold.end) for hold in freed(story.case, story.policy, at("2026-03-06")).holds] == ["2026-03-06 00:00"]
