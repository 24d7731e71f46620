"""What is told of actions on their way out, and what of it changes a case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dunning_engine.domain.case import Case, evolve
from dunning_engine.domain.deliveries import DeliveryState, attempt_of
from dunning_engine.domain.events import ActionCleared, DeliveryArmed, Event, ReceiptKind, ReceiptRecorded, Recorded
from dunning_engine.domain.outgoing import DeliveryCrossed, DeliveryGivenUp, DeliveryRequeued, NotLeft
from dunning_engine.kernel.errors import UsageError
from dunning_engine.testing.store_samples import NOON, opened, row

ACTION = row("reminder").action


def after(*events: Event) -> Case:
    """The case of a cleared action, after some more."""
    case = opened().case
    for event in (ActionCleared(ACTION), *events):
        case = evolve(case.id, case, Recorded(case.seq + 1, NOON, NOON, event))
    return case


DOUBT = ReceiptRecorded(ACTION.id, ReceiptKind.UNCERTAIN)


def test_what_did_not_leave_waits_again() -> None:
    """Its next attempt is the contact that it was."""
    doubted = after(DeliveryArmed(ACTION.id), DOUBT)
    told = after(DeliveryArmed(ACTION.id), DOUBT, NotLeft(ACTION.id, "Ida Moor"))
    assert attempt_of(doubted.deliveries[ACTION.id]) == f"{ACTION.id}#2"
    assert attempt_of(told.deliveries[ACTION.id]) == ACTION.id
    assert told.deliveries[ACTION.id].state is DeliveryState.CLEARED


def test_a_word_that_comes_after_the_receipt_changes_nothing() -> None:
    """It was sent."""
    sent = (DeliveryArmed(ACTION.id), DOUBT, ReceiptRecorded(ACTION.id, ReceiptKind.SENT))
    before, told = after(*sent), after(*sent, NotLeft(ACTION.id, "Ida Moor"))
    assert replace(told, seq=before.seq) == before


def test_a_receiver_that_knows_an_action_makes_one_contact_of_two_armings() -> None:
    """One that does not makes two."""
    for known, contacts in ((True, 1), (False, 2)):
        case = after(DeliveryArmed(ACTION.id), DOUBT, DeliveryArmed(ACTION.id, 2, known=known))
        assert len(case.contacts) == contacts


def test_what_crossed_stands_with_the_delivery() -> None:
    """Every reason, in order."""
    case = after(DeliveryArmed(ACTION.id), DeliveryCrossed(ACTION.id, "disputed"), DeliveryCrossed(ACTION.id, "paid"))
    assert case.deliveries[ACTION.id].crossed == ("disputed", "paid")


def test_giving_up_says_nothing_of_the_debtor() -> None:
    """The case stays as it was."""
    armed = after(DeliveryArmed(ACTION.id))
    told = after(
        DeliveryArmed(ACTION.id),
        DeliveryGivenUp(ACTION.id, 8, "busy"),
        DeliveryRequeued(ACTION.id, "Ida Moor", "mended"),
    )
    assert replace(told, seq=armed.seq) == armed


@pytest.mark.parametrize("event", [DeliveryCrossed("x", "paid"), DeliveryGivenUp("x", 8, ""), NotLeft("x", "Ida")])
def test_an_unknown_action_is_refused(event: Event) -> None:
    """Nothing is told of what is not there."""
    with pytest.raises(UsageError, match="has no action x"):
        after(event)


@pytest.mark.parametrize("kind", [DeliveryRequeued, NotLeft])
def test_people_say_who_they_are(kind: type) -> None:
    """An empty name is nobody's word."""
    with pytest.raises(UsageError, match="says who they are"):
        kind("x", " ")
