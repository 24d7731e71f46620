"""Invoices that are not ready yet, and whose they are."""

from __future__ import annotations

import pytest

from dunning_engine.domain.case import fold
from dunning_engine.domain.events import CaseOpened, PolicyRef, ReceivableAdded, Recorded
from dunning_engine.domain.parties import Party
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

OPENED = CaseOpened(Party.business("ann"), PolicyRef("p", 1, "h"))


def invoice(number="A", **more):
    return ReceivableAdded(Invoice(number, Money("10.00", "EUR"), due="2026-03-01", **more))


def folded(*told):
    """The case after an opening and events at instants."""
    stream = [(0, OPENED), *told]
    return fold("case", [Recorded(seq, at, at, event) for seq, (at, event) in enumerate(stream, 1)])


def test_a_draft_waits_until_it_is_ready():
    draft = (1, invoice(ready=False))
    assert folded(draft).unready == {"A"}
    assert folded(draft, (2, InvoiceReadied("A"))).unready == frozenset()
    assert folded((2, InvoiceReadied("A")), draft).unready == frozenset()


def test_the_latest_word_stands_whenever_it_came():
    early, late = (2, InvoiceReadied("A", ready=False)), (3, InvoiceReadied("A"))
    assert folded((1, invoice()), early, late).unready == folded((1, invoice()), late, early).unready == frozenset()


def test_a_case_holds_the_invoices_of_one_creditor():
    assert folded((1, invoice(creditor="north"))).creditor == "north"
    with pytest.raises(UsageError, match="invoice B is nobody's, case case holds those of north: open a case per"):
        folded((1, invoice(creditor="north")), (2, invoice("B")))
    with pytest.raises(UsageError, match="invoice B is south's, case case holds those of no named creditor"):
        folded((1, invoice()), (2, invoice("B", creditor="south")))


def test_words_about_readiness_are_checked():
    with pytest.raises(UsageError, match="pass its number"):
        InvoiceReadied("")
    with pytest.raises(UsageError, match="pass ready=True or ready=False"):
        InvoiceReadied("A", ready="yes")
