"""Actions: their words, and identities that nothing about them changes."""

from __future__ import annotations

import pytest

from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.parties import Channel


@pytest.mark.parametrize(
    ("spec", "words", "reaches"),
    [
        (ActionSpec(Do.SEND, "reminder", Channel.EMAIL, with_invoice=True), "email reminder", True),
        (ActionSpec(Do.SEND, "final-demand", Channel.LETTER, certified=True), "certified letter final-demand", True),
        (ActionSpec(Do.CALL, "reminder-script", Channel.CALL), "call reminder-script", True),
        (ActionSpec(Do.HAND_OFF, "acme-recovery"), "hand off agency acme-recovery", False),
    ],
)
def test_an_action_has_words(spec, words, reaches):
    """The words by which tests and reports call it; a hand-off is no contact."""
    assert (spec.words, spec.reaches_debtor) == (words, reaches)


def test_an_action_is_known_by_what_it_is():
    """Tenant, case, run, step, occurrence and slot make its identity, and each of them another one."""
    key = ActionKey("INV-1", "reminder", 1, "email")
    others = [
        ActionKey("INV-2", "reminder", 1, "email"),
        ActionKey("INV-1", "chase", 1, "email"),
        ActionKey("INV-1", "reminder", 2, "email"),
        ActionKey("INV-1", "reminder", 1, "sms"),
        ActionKey("INV-1", "reminder", 1, "email", "acme"),
    ]
    ids = {key.action_id("case-1"), key.action_id("case-2"), *(other.action_id("case-1") for other in others)}
    assert len(ids) == 7
    assert key.action_id("case-1") == ActionKey("INV-1", "reminder", 1, "email").action_id("case-1")


def test_without_a_tenant_an_identity_is_what_it_always_was():
    """Providers and stores know it: it may never change."""
    assert ActionKey("INV-1", "reminder", 1, "email").action_id("case-1") == "e84d0b29e27552f081dbe8c7412c0800"


def test_an_action_belongs_to_a_step():
    """The step of its key."""
    proposed = ProposedAction(
        id="a1",
        key=ActionKey("INV-1", "reminder", 1, "email"),
        case_id="case-1",
        debtor_id="ann",
        spec=ActionSpec(Do.SEND, "reminder", Channel.EMAIL),
        planned_at=0,
        invoices=("INV-1",),
        amount=100,
        currency="USD",
    )
    assert proposed.step == "reminder"
