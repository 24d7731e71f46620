"""A ledger's export read again: its lines tell how an invoice stands, so what is new is the difference to what is known.

`paid_amount` is the total so far, and a later line with more (or less) brings the rest as a payment (or takes it back).
`disputed` that went from yes to no, or back, is a fact of the day of the run. Only what lines of invoices told before is
compared: payments from tables of events, banks and people are other facts, and stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldLifted, HoldPlaced, PaymentReceived, PaymentReversed
from dunning_engine.intake.invoices import paid_in_all
from dunning_engine.intake.model import SOURCE
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Fact, Recorded
    from dunning_engine.domain.receivables import Entry
    from dunning_engine.intake.model import IncomingInvoice


@dataclass(frozen=True, slots=True)
class Total:
    """What the line of an invoice says was paid in all, nothing included; `event_id` is its word."""

    amount: Money
    invoice: str
    event_id: str


def total_of(event: object) -> Total | None:
    """The total of a line, where this is one rather than a payment by itself."""
    match event:
        case PaymentReceived(amount, str(number), _, event_id) if event_id.startswith(paid_in_all(number)):
            return Total(amount, number, event_id)
        case _:
            return None


def told_before(case: Case, number: str) -> list[Entry]:
    """What lines told of the payments of an invoice so far, oldest first."""
    key = f"{SOURCE}:{paid_in_all(number)}"
    return [entry for entry in case.entries if entry.invoice == number and entry.key.startswith(key)]


def rest_of(total: Total, before: Sequence[Entry]) -> PaymentReceived | PaymentReversed | None:
    """What a line's total adds to those before it; `None` where it tells nothing new."""
    rest = total.amount.minor - sum(entry.amount for entry in before)
    if rest == 0:
        return None
    amount = Money.of_minor(abs(rest), total.amount.currency)
    event_id = f"{total.event_id}, entry {len(before) + 1}" if before else total.event_id
    kind = PaymentReceived if rest > 0 else PaymentReversed
    return kind(amount, total.invoice, SOURCE, event_id)


def nothing_paid(incoming: IncomingInvoice) -> Total | None:
    """The total of a line that says that nothing is paid."""
    if incoming.paid is None or incoming.paid:
        return None
    number = incoming.invoice.number
    return Total(incoming.paid, number, f"{paid_in_all(number)}nothing")


def turned(incoming: IncomingInvoice, case: Case, history: Iterable[Recorded]) -> Fact | None:
    """The dispute that a line opens or ends today because lines said otherwise before.

    Their first word counts from the issue date, and from today as well where somebody closed a dispute since.
    """
    word, number = None, incoming.invoice.number
    for recorded in history:
        match recorded.event:
            case HoldPlaced(HoldReason.DISPUTE, of, by) | HoldLifted(HoldReason.DISPUTE, of, by) if (of, by) == (
                number,
                SOURCE,
            ):
                word = recorded.event
    if isinstance(word, HoldPlaced):
        return HoldLifted(HoldReason.DISPUTE, number, by=SOURCE) if incoming.disputed is False else None
    settled = incoming.paid is not None and incoming.paid >= incoming.invoice.amount
    if not incoming.disputed or settled or _in_dispute(case, number):
        return None
    return HoldPlaced(HoldReason.DISPUTE, number, by=SOURCE)


def _in_dispute(case: Case, number: str) -> bool:
    return any(h.reason is HoldReason.DISPUTE and h.invoice in (None, number) and h.end is None for h in case.holds)


def silent(incoming: IncomingInvoice, case: Case) -> str | None:
    """A word of warning where a line says nothing of payments that an earlier export told."""
    paid = sum(entry.amount for entry in told_before(case, incoming.invoice.number))
    if incoming.paid is not None or not paid:
        return None
    return (
        f"{incoming.file}:{incoming.line}: invoice {incoming.invoice.number} says nothing of the "
        f"{Money.of_minor(paid, case.currency)} that an earlier export told as paid: they stay, unless its paid amount is 0"
    )


def was_disputed(incoming: IncomingInvoice, case: Case) -> bool:
    """Whether a line's word on a dispute has one to be compared with."""
    number = incoming.invoice.number
    return incoming.disputed is not None and any(
        mark.hold.reason is HoldReason.DISPUTE and mark.hold.invoice == number for mark in case.marks
    )
