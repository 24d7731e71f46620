"""Events of money in words, as timelines and stories tell them."""

from __future__ import annotations

import pytest

from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyCollected, AgencyReturned
from dunning_engine.domain.charges import Charge
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import CreditNoteIssued, PaymentFailed, PaymentReceived, PaymentReversed, PlanBroken
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    ChargeReversed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    InvoiceCancelled,
    InvoiceCorrected,
    WrittenOff,
)
from dunning_engine.domain.money_words import money_words
from dunning_engine.domain.offers import Offer, OfferKind, OfferMade
from dunning_engine.kernel.money import Money

FIVE = Money("5.00", "EUR")
INTEREST = Charge(
    id="i-1", kind="interest", amount=185, invoice="A", rule="interest to date", rate="8 %", days=35, currency="EUR"
)
OFFER = Offer(id="o", kind=OfferKind.DISCOUNT, rule="discount of 2 % within 10 days of issue", amount=98, until=739_700)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (PaymentReceived(FIVE, "A"), ("payment", "5.00 EUR for A")),
        (PaymentReceived(FIVE, unapplied=True), ("payment", "5.00 EUR, for nothing yet")),
        (CreditNoteIssued(FIVE), ("credit", "5.00 EUR")),
        (PaymentReversed(FIVE), ("reversal", "5.00 EUR")),
        (PaymentReversed(FIVE, kind="refund"), ("refund", "5.00 EUR")),
        (PaymentReversed(FIVE, kind="chargeback", payment="tx-1"), ("chargeback", "5.00 EUR of payment tx-1")),
        (PaymentReversed(FIVE, kind="bounced payment"), ("bounced", "5.00 EUR")),
        (CreditNoteCancelled(FIVE, "A"), ("cancelled", "a credit note of 5.00 EUR for A")),
        (CreditApplied(FIVE, "A"), ("applied", "5.00 EUR of credit for A")),
        (DiscountGranted(FIVE, why="early"), ("discount", "5.00 EUR: early")),
        (DiscountGranted(FIVE), ("discount", "5.00 EUR")),
        (WrittenOff(FIVE, "A", "bea", "moved away"), ("written off", "5.00 EUR for A by bea: moved away")),
        (WrittenOff(), ("written off", "all that is open")),
        (PaymentFailed(), ("declined", "a payment was tried and failed")),
        (PaymentFailed(decline=Decline.HARD, scheme=Scheme.VISA), ("declined", "a payment was tried and failed: hard, visa")),
        (
            ChargeAssessed(INTEREST),
            ("charge", "interest of 1.85 EUR for A (interest to date: 8 % a year for 35 days)"),
        ),
        (ChargeAssessed(Charge(id="f", kind="fee", amount=5)), ("charge", "fee of 5 minor units")),
        (ChargeReversed("f", "bea", "goodwill"), ("reversed", "charge f by bea: goodwill")),
        (
            InvoiceCorrected("A", FIVE, due="2026-04-01", issued="2026-03-01", by="bea"),
            ("corrected", "A: over 5.00 EUR, due 2026-04-01, issued 2026-03-01 by bea"),
        ),
        (InvoiceCorrected("A", due="2026-04-01"), ("corrected", "A: due 2026-04-01")),
        (InvoiceCancelled("A", note="twice"), ("cancelled", "invoice A: twice")),
        (OfferMade(OFFER), ("offer", "discount of 2 % within 10 days of issue, until 2026-03-25")),
        (AgencyAcknowledged("acme", "A-1"), ("agency", "acme has the debt under A-1")),
        (AgencyReturned(note="gone"), ("agency", "it gives the debt back: gone")),
        (AgencyCollected(FIVE, Money("1.00", "EUR"), "acme"), ("collected", "5.00 EUR by acme, of which it keeps 1.00 EUR")),
        (AgencyCollected(FIVE), ("collected", "5.00 EUR by the agency")),
        (PlanBroken(), ("PlanBroken", "")),
    ],
)  # fmt: skip
def test_money_is_told_in_words(event, words):
    assert money_words(event) == words
