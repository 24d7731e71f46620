"""What became of money, in a few words for people: the head of a line and what it says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyCollected, AgencyReturned
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import CreditNoteIssued, PaymentFailed, PaymentReceived, PaymentReversed
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
from dunning_engine.domain.offers import OfferMade
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.charges import Charge

_BACK = {
    ReversalKind.UNSAID: "reversal",
    ReversalKind.REFUND: "refund",
    ReversalKind.CHARGEBACK: "chargeback",
    ReversalKind.BOUNCED: "bounced",
}


def money_words(event: object) -> tuple[str, str]:
    """The head and the words of an event of a ledger or an agency; of any other its name, and no words."""
    match event:
        case PaymentReceived(amount, invoice):
            return "payment", f"{amount}{_of(invoice)}{_held(held=event.unapplied)}"
        case CreditNoteIssued(amount, invoice):
            return "credit", f"{amount}{_of(invoice)}{_held(held=event.unapplied)}"
        case PaymentReversed(amount, invoice, kind=kind, payment=payment):
            return _BACK[kind], f"{amount}{_of(invoice)}{f' of payment {payment}' if payment else ''}"
        case CreditNoteCancelled(amount, invoice):
            return "cancelled", f"a credit note of {amount}{_of(invoice)}"
        case CreditApplied(amount, invoice):
            return "applied", f"{amount} of credit{_of(invoice)}"
        case DiscountGranted(amount, invoice, why):
            return "discount", f"{amount}{_of(invoice)}{f': {why}' if why else ''}"
        case WrittenOff(amount, invoice, by, note):
            return "written off", f"{amount or 'all that is open'}{_of(invoice)}{_by(by, note)}"
        case PaymentFailed(decline=decline, scheme=scheme):
            return "declined", f"a payment was tried and failed{_failure(decline, scheme)}"
        case _:
            return _of_items(event)


def _of_items(event: object) -> tuple[str, str]:
    match event:
        case ChargeAssessed(charge):
            return "charge", charge_words(charge)
        case ChargeReversed(charge_id, by, why):
            return "reversed", f"charge {charge_id}{_by(by, why)}"
        case InvoiceCorrected(number, amount, due, issued, by, note):
            parts = (
                f"over {amount}" if amount else "",
                f"due {due}" if due else "",
                f"issued {issued}" if issued else "",
            )
            return "corrected", f"{number}: {', '.join(filter(None, parts))}{_by(by, note)}"
        case InvoiceCancelled(number, by, note):
            return "cancelled", f"invoice {number}{_by(by, note)}"
        case OfferMade(offer):
            return "offer", f"{offer.rule}, until {date.fromordinal(offer.until)}"
        case AgencyAcknowledged(agency, reference):
            return "agency", f"{agency or 'it'} has the debt{f' under {reference}' if reference else ''}"
        case AgencyReturned(agency, note):
            return "agency", f"{agency or 'it'} gives the debt back{f': {note}' if note else ''}"
        case AgencyCollected(amount, commission, agency):
            kept = f", of which it keeps {commission}" if commission is not None else ""
            return "collected", f"{amount} by {agency or 'the agency'}{kept}"
        case _:
            return type(event).__name__, ""


def charge_words(charge: Charge) -> str:
    """`interest of 1.85 EUR for INV-1: 8 % on 240.00 for 35 days`: the sum, and what it was worked out from."""
    sum_of = str(Money.of_minor(charge.amount, charge.currency)) if charge.currency else f"{charge.amount} minor units"
    days = f" for {charge.days} days" if charge.days else ""
    said = ": ".join(filter(None, (charge.rule, f"{charge.rate} a year{days}" if charge.rate else "")))
    return f"{charge.kind.value} of {sum_of}{_of(charge.invoice)}{f' ({said})' if said else ''}"


def _held(*, held: bool) -> str:
    return ", for nothing yet" if held else ""


def _failure(decline: Decline, scheme: Scheme) -> str:
    told = [one.value for one in (decline, scheme) if one not in (Decline.UNSAID, Scheme.UNSAID)]
    return f": {', '.join(told)}" if told else ""


def _of(invoice: str | None) -> str:
    return f" for {invoice}" if invoice else ""


def _by(by: str, note: str) -> str:
    return f"{f' by {by}' if by else ''}{f': {note}' if note else ''}"
