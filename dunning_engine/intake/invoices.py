"""What one line says about an invoice: the debt, a credit note, a payment, a dispute; the same for every source."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import CreditNoteIssued, HoldLifted, HoldPlaced, PaymentReceived
from dunning_engine.domain.facts import FactPhrase
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.intake.model import SOURCE, DatedFact, Finding, IncomingInvoice, Line, Row, Unfit
from dunning_engine.kernel.calendar import LocalDate
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.money import Money


def row_of(line: Line, creditor: Party | None = None) -> Row:
    """The row of a line; `ValueError` where its values do not fit together.

    A negative amount is a credit note, about the invoice in `credits` where that is known.
    """
    values = line.values
    amount = _money("amount", values["amount"], values["currency"])
    if amount.minor <= 0:
        return Row(values["invoice"], None, _credit_note(line, -amount), line.file, line.number)
    if "due" not in values:
        raise ValueError("the due date is empty, and no invoice goes in without it")
    invoice = Invoice(
        values["invoice"],
        amount,
        due=values["due"],
        issued=values.get("issued"),
        creditor=values.get("creditor", ""),
        ready=values.get("ready", True),
    )
    incoming = IncomingInvoice(
        debtor=values["debtor"],
        invoice=invoice,
        policy=values.get("policy"),
        creditor=creditor,
        paid=_paid(values, amount),
        disputed=values.get("disputed"),
        file=line.file,
        line=line.number,
    )
    return Row(invoice.number, incoming, (*_payment(line, incoming), *_dispute(line, amount)), line.file, line.number)


def paid_in_all(number: str) -> str:
    """How the identity of a payment begins that a line of an invoice tells: its amount is the total paid so far."""
    return f"invoice {number} paid "


def doubts(row: Row) -> list[Finding]:
    """What went in but looks wrong."""
    if row.incoming is None:
        message = f"{row.number} is over nothing: left out"
        return [] if row.facts else [Finding(row.file, row.line, message, Severity.NOTE)]
    invoice = row.incoming.invoice
    if invoice.issued is not None and invoice.due < invoice.issued:
        message = f"invoice {row.number} is due on {invoice.due}, before it was issued on {invoice.issued}"
        return [Finding(row.file, row.line, message, Severity.WARNING)]
    return []


def _money(key: str, amount: Decimal, currency: str) -> Money:
    text = f"{amount:f}"
    try:
        return Money(text, currency)
    except ValueError as error:
        raise Unfit(key, text, str(error)) from None


def _credit_note(line: Line, amount: Money) -> tuple[DatedFact, ...]:
    date = line.values.get("issued") or line.values.get("due")
    if not amount:
        return ()
    if date is None:
        raise ValueError("a credit note needs the day on which it was issued")
    number, invoice = line.values["invoice"], line.values.get("credits")
    identity = f"credit note {number} of {amount.amount:f}"
    fact = CreditNoteIssued(amount, invoice, SOURCE, identity)
    return (_fact(line, date, fact, identity, invoice),)


def _payment(line: Line, incoming: IncomingInvoice) -> tuple[DatedFact, ...]:
    paid = incoming.paid
    if not paid:
        return ()
    invoice, date = line.values["invoice"], line.values["paid_on"]
    identity = f"{paid_in_all(invoice)}{paid.amount:f} on {date}"
    return (_fact(line, date, PaymentReceived(paid, invoice, SOURCE, identity), identity, invoice),)


def _paid(values: Mapping[str, Any], amount: Money) -> Money | None:
    """What was paid in all; a day without an amount means the whole."""
    paid: Decimal | None = values.get("paid_amount")
    if paid is None:
        return amount if "paid_on" in values else None
    if paid < 0:
        raise ValueError(f"the paid amount {paid} is negative: a reversal is told by the table of facts")
    if paid and "paid_on" not in values:
        raise ValueError(f"{paid} was paid, but the day of the payment is empty")
    return _money("paid_amount", paid, amount.currency)


def _dispute(line: Line, amount: Money) -> tuple[DatedFact, ...]:
    """A dispute from the issue date until the invoice is settled."""
    if not line.values.get("disputed"):
        return ()
    if "issued" not in line.values:
        raise ValueError("a disputed invoice needs its issue date: the dispute counts from there")
    invoice, start = line.values["invoice"], line.values["issued"]
    placed = HoldPlaced(HoldReason.DISPUTE, invoice, by=SOURCE)
    opened = _fact(line, start, placed, f"invoice {invoice} disputed from {start}", invoice)
    paid = _paid(line.values, amount)
    if paid is None or paid < amount:
        return (opened,)
    end = max(start, line.values["paid_on"])
    identity = f"invoice {invoice} disputed until {end}"
    return opened, _fact(line, end, HoldLifted(HoldReason.DISPUTE, invoice, by=SOURCE), identity, invoice)


def _fact(
    line: Line,
    date: LocalDate,
    fact: FactPhrase | PaymentReceived | CreditNoteIssued,
    identity: str,
    invoice: str | None,
) -> DatedFact:
    return DatedFact(
        date=date,
        fact=fact,
        event_id=identity,
        debtor=line.values["debtor"],
        invoice=invoice,
        file=line.file,
        line=line.number,
    )
