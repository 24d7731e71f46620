"""Charges that no message carries: what charges nothing this time counts as taken, and the ladder goes on."""

from __future__ import annotations

from story import Story, invoice, local

from dunning_engine.domain.approval_events import ApprovalGranted
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.ledger_events import ChargeOmitted

MONTHLY = """
fees:
  monthly: {fixed: 5.00, once: per month}
applies_to: [debtor is business]
steps:
  - {step: fee, when: 1 day after due, cadence: every 10 days, charge: fee monthly}
"""
ONE = invoice("INV-1", "100.00", due="2026-03-02", issued="2026-02-01")


def charged(story):
    return [(a.charge.rule, a.charge.amount) for a in story.case.charges if not a.void]


def test_an_occurrence_that_charges_nothing_counts_as_taken():
    """Once a month, asked every ten days: the ones between are passed over, and the next month is charged."""
    story = Story(MONTHLY, ONE)
    charges = story.follow("2026-03-03", "2026-05-05")
    assert list(charges) == ["2026-03-03 10:00", "2026-04-02 10:00", "2026-05-02 10:00"]
    assert len(charged(story)) == 3


def test_what_charged_nothing_is_on_record_once():
    """The event names the action and why; a second look adds none, and says when the next one comes."""
    story = Story(MONTHLY, ONE)
    story.look("2026-03-03 10:00")
    decision = story.decided("2026-03-13 10:00")
    (omitted,) = [event for event in decision.events if isinstance(event, ChargeOmitted)]
    assert omitted.action.key.occurrence == 2
    assert "once per month" in omitted.why
    assert local(decision.next_look) == "2026-03-23 10:00"
    assert story.case.deliveries[omitted.action.id].state is DeliveryState.OMITTED
    again = story.decide("2026-03-13 10:00")
    assert (again.events, local(again.next_look)) == ((), "2026-03-23 10:00")


def test_what_is_counted_from_it_comes_all_the_same():
    """A fee that was charged by an earlier step keeps nothing waiting that comes after."""
    text = """
    fees:
      opening: {fixed: 5.00, once: per case}
    applies_to: [debtor is business]
    steps:
      - {step: first, when: 1 day after due, charge: fee opening}
      - {step: second, when: 5 days after due, charge: fee opening}
      - {step: third, when: 5 days after second, send: email third}
    """
    story = Story(text, ONE)
    assert story.follow("2026-03-03", "2026-04-01")["2026-03-12 10:00"] == ["third: email third"]
    assert len(charged(story)) == 1


def test_each_ladder_passes_over_its_own():
    """Under `lead: each` the same holds for every receivable."""
    story = Story(f"lead: each\n{MONTHLY}", ONE, invoice("INV-2", "50.00", due="2026-03-05", issued="2026-02-01"))
    story.follow("2026-03-03", "2026-05-01")
    assert [d.key.cycle for d in story.case.deliveries.values() if d.state is DeliveryState.OMITTED]
    assert local(story.decide("2026-05-01").next_look) is not None


def test_of_two_charges_the_one_that_is_made_is_not_made_again():
    """While the other still waits for a person."""
    text = """
    fees:
      one: {fixed: 5.00, once: per case}
      other: {fixed: 7.00, once: per case}
    applies_to: [debtor is business]
    steps:
      - {step: fees, when: 1 day after due, charge: [fee one, fee other], approval: clerk}
    """
    story = Story(text, ONE)
    story.look("2026-03-03 10:00")
    (first, digest), (second, _) = ((d.id, d.digest) for d in story.case.deliveries.values())
    story.tell("2026-03-03 10:01", ApprovalGranted(first, digest, "eve"))
    story.look("2026-03-03 10:05")
    story.look("2026-03-03 10:10")
    assert charged(story) == [("fee one", 500)]
    assert story.case.deliveries[second].state is DeliveryState.AWAITING
