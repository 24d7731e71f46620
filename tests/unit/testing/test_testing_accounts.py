"""The naive accounts that the monitors hold against the ledger."""

from __future__ import annotations

from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.case import fold
from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    CaseOpened,
    DeliveryArmed,
    PolicyRef,
    ReceivableAdded,
    Recorded,
)
from dunning_engine.domain.ledger_events import ChargeAssessed, InvoiceCancelled
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money
from dunning_engine.testing.accounts import charged

NOTICE = ProposedAction(
    id="n",
    key=ActionKey("1", "chase", 1, "email"),
    case_id="c",
    debtor_id="ann",
    spec=ActionSpec(Do.SEND, "overdue", Channel.EMAIL),
    planned_at=0,
    invoices=("A", "B"),
    amount=200,
    currency="EUR",
)


def owed_after(*cancelled, carried=True, then=()):
    """The charges that are owed after a notice over A and B with a fee, and what happened then."""
    fee = Charge(id="fee", kind=ChargeKind.FEE, amount=5, action="n" if carried else "")
    invoices = [ReceivableAdded(Invoice(name, Money("1.00", "EUR"), due="2026-03-01")) for name in "AB"]
    events = [*invoices, ActionCleared(NOTICE), ChargeAssessed(fee), *map(InvoiceCancelled, cancelled), *then]
    recorded = [Recorded(seq, seq, seq, event) for seq, event in enumerate(events, 1)]
    owed = charged(recorded)
    party = Party.consumer("ann", email="ann@example.com", country="DE", zone="Europe/Berlin")
    case = fold("c", [Recorded(0, 0, 0, CaseOpened(party, PolicyRef("p", 1, "h"), ())), *recorded])
    assert {account.charge.id for account in case.charges if account.open} == owed.keys()
    return owed


def test_a_charge_of_the_case_lives_as_long_as_one_invoice_of_its_notice():
    assert owed_after() == owed_after("A") == {"fee": 5}
    assert owed_after("A", "B") == {}


def test_a_charge_that_no_notice_carries_was_made_for_the_case():
    assert owed_after("A", "B", carried=False) == {"fee": 5}


def test_a_charge_is_owed_once_its_notice_may_have_gone():
    armed, cancelled = DeliveryArmed("n"), ActionCancelled("n", "disputed")
    assert owed_after(then=[cancelled]) == {}
    assert owed_after(then=[armed]) == owed_after(then=[armed, cancelled]) == {"fee": 5}


def test_a_notice_that_is_put_off_after_its_arming_did_not_leave():
    armed, cancelled = DeliveryArmed("n"), ActionCancelled("n", "paid")
    put_off, blocked = ActionDeferred(NOTICE, 99, ("quiet",), ("at night",)), ActionBlocked(NOTICE, ("law",), ("no",))
    assert owed_after(then=[armed, put_off, cancelled]) == owed_after(then=[armed, blocked]) == {}
    assert owed_after(then=[armed, put_off, ActionCleared(NOTICE), armed, cancelled]) == {"fee": 5}
