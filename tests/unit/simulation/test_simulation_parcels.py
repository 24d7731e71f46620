"""Cases that travel to another process arrive as they were."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldPlaced, OptedOut, PaymentReceived
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.casework import CasePlan
from dunning_engine.engine.loading import load_policy
from dunning_engine.intake.model import IncomingInvoice
from dunning_engine.kernel.money import Money
from dunning_engine.simulation.parcels import packed, unpacked

POLICY = Path(__file__).parents[3] / "policies" / "eu-business.yaml"


def test_what_arrives_is_what_was_sent() -> None:
    policy = load_policy(POLICY)
    firm = Party.business("firm", name="Müller & Söhne", email="a@example.com", country="DE", zone="Europe/Berlin")
    invoice = Invoice("INV-1", Money("100.00", "EUR"), due=date(2026, 3, 2), issued=date(2026, 2, 2))
    incoming = IncomingInvoice(debtor=firm.id, invoice=invoice, paid=Money("1.00", "EUR"), file="a.csv", line=7)
    facts = [
        (None, OptedOut(Channel.CALL)),
        (date(2026, 3, 5), HoldPlaced(HoldReason.DISPUTE, "INV-1")),
        (date(2026, 3, 9), PaymentReceived(invoice.amount, "INV-1", "bank", "tx-1")),
    ]
    plan = CasePlan("firm/EUR", policy, firm, "EUR", [incoming], list(facts))

    (arrived,) = unpacked(packed([plan]), {policy.hash: policy})

    assert arrived == plan
    assert arrived.policy is policy
    assert arrived.invoices[0].line == 7
    assert hash(arrived.facts[2][1]) == hash(facts[2][1])
