"""What a message says of how often its invoices were written about (OCA-11 of the peers)."""

from __future__ import annotations

from dataclasses import replace

from templates_support import CALL, CREDITOR, MAIL, NOW, action, case, policy

from dunning_engine.domain.actions import ActionKey
from dunning_engine.domain.events import ActionCleared, DeliveryArmed, ReceiptKind, ReceiptRecorded
from dunning_engine.engine.rendering import context


def gone(spec, occurrence, *invoices):
    """The events of an action that went out about some invoices."""
    key = ActionKey("INV-1", "reminder", occurrence, spec.slot)
    sent = replace(action(spec, occurrence=occurrence, invoices=invoices), key=key, id=key.action_id("case-17"))
    return (
        ActionCleared(sent),
        DeliveryArmed(sent.id),
        ReceiptRecorded(sent.id, ReceiptKind.SENT),
    )


def test_a_joint_message_has_the_number_of_the_invoice_that_was_written_about_most():
    """Two e-mails about the first invoice and none about the second: this is the third; calls do not count."""
    owed = case(*gone(MAIL, 1, "INV-1"), *gone(MAIL, 2, "INV-1"), *gone(CALL, 3, "INV-1", "INV-2"))
    told = context(action(occurrence=4), owed, policy(), CREDITOR, NOW)
    assert [item["reminder"] for item in told["invoices"]] == [3, 1]
    assert told["action"]["reminder"] == 3
