"""Why a case is closed whose debt was settled in several ways."""

from __future__ import annotations

from story import Story, paid, usd

from dunning_engine.domain.ledger_events import InvoiceCancelled, WrittenOff

LADDER = "steps: [{step: reminder, when: 5 days after due, send: email reminder}]"


def closed(*facts):
    story = Story(LADDER)
    for when, fact in facts:
        story.tell(when, fact)
    story.decided("2026-04-01")
    return story.case.closed_as


def test_what_was_paid_after_a_part_was_let_go_is_paid():
    """The write-off of a part settles nothing: the payment of the rest did."""
    assert closed(("2026-03-10", WrittenOff(usd("40.00"), by="ida")), ("2026-03-20", paid("200.00"))) == "paid"


def test_what_was_given_up_in_the_end_is_written_off():
    """Some of it had been paid before."""
    assert closed(("2026-03-10", paid("200.00")), ("2026-03-20", WrittenOff(by="ida"))) == "written off"


def test_what_was_cancelled_is_neither():
    assert closed(("2026-03-10", InvoiceCancelled("INV-1"))) == "cancelled"
