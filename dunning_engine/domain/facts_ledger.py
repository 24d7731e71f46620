"""The words in which people write facts of a ledger: charges, corrections, cancellations, write-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final

from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.events import CreditNoteIssued, Fact, PaymentReceived, PaymentReversed
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    ChargeReversed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    InvoiceCancelled,
    InvoiceCorrected,
    ReversalKind,
    WrittenOff,
)
from dunning_engine.kernel.grammar import Form, Slot
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.slots import AMOUNT, DATE

NUMBER: Slot[str] = Slot("an invoice number", r"[^\s,]+", str, str, "INV-1042")
CHARGE: Slot[str] = Slot("the name of a charge", r"[^\s,]+", str, str, "late-1")

SUMS: Final[Mapping[str, Callable[..., Fact]]] = {
    "payment": PaymentReceived,
    "credit note": CreditNoteIssued,
    "reversal": PaymentReversed,
    "refund": partial(PaymentReversed, kind=ReversalKind.REFUND),
    "chargeback": partial(PaymentReversed, kind=ReversalKind.CHARGEBACK),
    "bounced payment": partial(PaymentReversed, kind=ReversalKind.BOUNCED),
    "cancelled credit note": CreditNoteCancelled,
    "unapplied payment": partial(PaymentReceived, unapplied=True),
    "unapplied credit note": partial(CreditNoteIssued, unapplied=True),
    "applied credit": CreditApplied,
    "discount": DiscountGranted,
    "write-off": WrittenOff,
}
"""The event of each word for a sum of money."""


class Told(Enum):
    """What was told of an item of a ledger; the value is the pattern of the phrase."""

    FEE = "fee {name} of {amount}"
    FEE_ON = "fee {name} of {amount} for {invoice}"
    INTEREST = "interest {name} of {amount}"
    INTEREST_ON = "interest {name} of {amount} for {invoice}"
    FIXED_SUM = "fixed sum {name} of {amount}"
    FIXED_SUM_ON = "fixed sum {name} of {amount} for {invoice}"
    REVERSED = "charge {name} reversed"
    CORRECTED = "invoice {invoice} corrected to {amount}"
    DUE = "invoice {invoice} due {day}"
    ISSUED = "invoice {invoice} issued {day}"
    CANCELLED = "invoice {invoice} cancelled"
    WRITTEN_OFF = "written off"


@dataclass(frozen=True, slots=True)
class LedgerWord:
    """A fact of a ledger in the currency of its case."""

    told: Told
    name: str = ""
    amount: Decimal = Decimal(0)
    invoice: str | None = None
    day: date | None = None


_KINDS: Final = {
    Told.FEE: ChargeKind.FEE,
    Told.FEE_ON: ChargeKind.FEE,
    Told.INTEREST: ChargeKind.INTEREST,
    Told.INTEREST_ON: ChargeKind.INTEREST,
    Told.FIXED_SUM: ChargeKind.FIXED_SUM,
    Told.FIXED_SUM_ON: ChargeKind.FIXED_SUM,
}


def ledger_event(word: LedgerWord, currency: str, source: str, event_id: str) -> Fact:
    """The event that a phrase tells in a case of this currency."""
    number = word.invoice or ""
    match word.told:
        case Told.REVERSED:
            return ChargeReversed(word.name)
        case Told.CORRECTED:
            return InvoiceCorrected(number, Money(word.amount, currency))
        case Told.DUE:
            return InvoiceCorrected(number, due=word.day)
        case Told.ISSUED:
            return InvoiceCorrected(number, issued=word.day)
        case Told.CANCELLED:
            return InvoiceCancelled(number)
        case Told.WRITTEN_OFF:
            return WrittenOff(source=source, event_id=event_id)
        case told:
            minor = Money(word.amount, currency).minor
            charge = Charge(id=word.name, kind=_KINDS[told], amount=minor, invoice=word.invoice, currency=currency)
            return ChargeAssessed(charge)


_SLOTS: Final[Mapping[str, Slot[Any]]] = {"name": CHARGE, "amount": AMOUNT, "invoice": NUMBER, "day": DATE}


def _form(told: Told) -> Form[Any]:
    slots = {name: slot for name, slot in _SLOTS.items() if f"{{{name}}}" in told.value}

    def make(**parts: Any) -> LedgerWord:
        if "amount" in parts and not parts["amount"]:
            raise ValueError("a sum of nothing is no fact")
        return LedgerWord(told, **parts)

    def take(value: object) -> Mapping[str, Any] | None:
        if not isinstance(value, LedgerWord) or value.told is not told:
            return None
        return {name: getattr(value, name) for name in slots}

    return Form(told.value, slots=slots, make=make, take=take)


LEDGER_FORMS: Final[tuple[Form[Any], ...]] = tuple(_form(told) for told in Told)
