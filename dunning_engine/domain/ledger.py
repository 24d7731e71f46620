"""The ledger of a case: what its facts put down, and how it stands when they are played from the first to the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.allocation import Balanced, Books, balance, courses
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.charges import ChargeAccount
from dunning_engine.domain.deliveries import Change, DeliveryState
from dunning_engine.domain.events import (
    CreditNoteIssued,
    PaymentReceived,
    PaymentReversed,
    ReceivableAdded,
    Recorded,
)
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    ChargeRestored,
    ChargeReversed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    DiscountWithdrawn,
    InvoiceCancelled,
    InvoiceCorrected,
    ReversalKind,
    WrittenOff,
)
from dunning_engine.domain.readiness import unready
from dunning_engine.domain.receivables import Correction, Entry, EntryKind, Receivable
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.values import changed

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.kernel.money import Money

# How it stands --------------------------------------------------------------------------------------------------------

_PUT_DOWN: Final = frozenset({"receivables", "entries", "corrections", "holds", "charges", "terms"})
_OF_CHARGES: Final = _PUT_DOWN | {"deliveries", "charge_reversals"}


def needs_balance(case: Case, change: Change) -> bool:
    """Whether a change of a case may change how its ledger stands."""
    if case.charges:
        return not _OF_CHARGES.isdisjoint(change)
    return bool(case.entries or case.corrections) and not _PUT_DOWN.isdisjoint(change)


def balanced(case: Case) -> Case:
    """The case with its ledger played anew."""
    found = balance(books_of(case))
    return changed(
        case,
        {
            "receivables": found.receivables,
            "charges": found.charges,
            "entries": found.entries,
            "credit": found.credit,
            "unapplied": found.unapplied,
            "written_off": found.written_off,
            "recovered": found.recovered,
        },
    )


def books_of(case: Case, until: Instant | None = None) -> Books:
    """All that a case's ledger is played from; with `until` only what had happened before that instant."""
    books = Books(
        receivables=case.receivables,
        entries=case.entries,
        charges=case.charges,
        void=_void(case) if case.charges else {},
        corrections=case.corrections,
        disputes=[hold for hold in case.holds if hold.reason is HoldReason.DISPUTE] if case.holds else (),
        terms=case.terms,
        asked=_asked(case) if case.charges and case.corrections else {},
    )
    if until is None:
        return books
    return books._replace(
        receivables=[_untouched(receivable) for receivable in case.receivables],
        entries=[entry for entry in case.entries if entry.at < until],
        charges=[account for account in case.charges if account.at < until],
        corrections=[word for word in case.corrections if word.at < until],
    )


def ledger_at(case: Case, until: Instant) -> Balanced:
    """How the ledger of a case stood just before an instant, on what is known now; every invoice counts as there."""
    return balance(books_of(case, until))


def principal_courses(
    case: Case, besides: Callable[[Entry], bool] | None = None
) -> Mapping[str, tuple[tuple[Instant, int], ...]]:
    """The open principal of each invoice, with the instants at which it changed: the base of interest on daily balances.

    Entries that `besides` picks are left out.
    """
    books = books_of(case)
    kept = case.entries if besides is None else [entry for entry in case.entries if not besides(entry)]
    return courses(books._replace(entries=kept))


def _untouched(receivable: Receivable) -> Receivable:
    """A receivable as it was at first, before anything was paid on it or said about its amount."""
    amount = receivable.amount if receivable.billed is None else receivable.billed
    return replace(receivable, amount=amount, open=amount, settled_at=None, billed=None, cancelled_at=None, written=0)


_NEVER_WENT: Final = {
    DeliveryState.CANCELLED: "the notice that carried it was cancelled",
    DeliveryState.BLOCKED: "the notice that carried it was blocked",
    DeliveryState.REFUSED: "the notice that carried it was not approved",
}


def _void(case: Case) -> dict[str, str]:
    """Charges that are not owed: taken back by somebody, or carried by a notice that never went out."""
    void = dict(case.charge_reversals)
    for account in case.charges:
        carrier = case.deliveries.get(account.charge.action)
        if carrier is not None and carrier.armed_at is None and carrier.state in _NEVER_WENT:
            void.setdefault(account.charge.id, _NEVER_WENT[carrier.state])
    return void


def _asked(case: Case) -> dict[str, tuple[str, ...]]:
    """The invoices over which the notice was that carried a charge of the case."""
    carriers = ((a.charge.id, case.deliveries.get(a.charge.action)) for a in case.charges if a.charge.invoice is None)
    return {charge: carrier.invoices for charge, carrier in carriers if carrier is not None}


# One function per event: what it puts down ----------------------------------------------------------------------------


def _receivable_added(case: Case, event: ReceivableAdded, recorded: Recorded) -> Change:
    invoice = event.invoice
    if case.receivable(invoice.number) is not None:
        return {}
    currency = currency_of(case, invoice.amount, f"invoice {invoice.number}")
    added = Receivable(
        number=invoice.number,
        amount=invoice.amount.minor,
        issued=invoice.issued.toordinal() if invoice.issued else _utc_day(recorded.at),
        due=invoice.due.toordinal(),
        added_at=recorded.at,
        open=invoice.amount.minor,
    )
    receivables = tuple(sorted((*case.receivables, added), key=lambda r: (r.due, r.number)))
    change: Change = {"currency": currency, "receivables": receivables}
    if invoice.creditor != case.creditor:
        change["creditor"] = _creditor(case, invoice)
    if not invoice.ready and f"ready {invoice.number}" not in case.told:
        change["unready"] = unready(case, invoice.number, ready=False)
    return change


def _creditor(case: Case, invoice: Invoice) -> str:
    """Whose invoices a case holds, which its first one decides."""
    if case.receivables:
        whose = f"of {case.creditor}" if case.creditor else "of no named creditor"
        raise UsageError(
            f"invoice {invoice.number} is {invoice.creditor or 'nobody'}'s, case {case.id} holds those {whose}: "
            "open a case per creditor"
        )
    return invoice.creditor


def _utc_day(at: Instant) -> int:
    return at // 86_400 + 719_163


def currency_of(case: Case, amount: Money, what: str) -> str:
    """The currency of the case, which its first amount decides; another one is refused."""
    return _same_currency(case, amount.currency, what)


def _same_currency(case: Case, currency: str, what: str) -> str:
    if case.currency not in ("", currency):
        raise UsageError(f"{what} is in {currency}, case {case.id} in {case.currency}: open a case per currency")
    return currency


def entry_key(source: str, event_id: str, seq: int) -> str:
    """What an entry is known by: its outside identity, or the number of its event."""
    return f"{source}:{event_id}" if event_id else f"#{seq}"


_Identified = (
    PaymentReceived
    | CreditNoteIssued
    | PaymentReversed
    | CreditNoteCancelled
    | CreditApplied
    | DiscountGranted
    | DiscountWithdrawn
    | WrittenOff
)


def _entered(case: Case, event: _Identified, recorded: Recorded, kind: EntryKind, amount: int, **more: Any) -> Change:
    """A line of the ledger; one with an outside identity that is known already changes nothing."""
    if case.seen_entry(event.source, event.event_id):
        return {}
    change: Change = {}
    if event.amount is not None:
        change["currency"] = currency_of(case, event.amount, f"{event.amount}")
    key = entry_key(event.source, event.event_id, recorded.seq)
    entry = Entry(recorded.at, amount, event.invoice, key, kind, **more)
    return {**change, "entries": (*case.entries, entry)}


def _payment(case: Case, event: PaymentReceived, recorded: Recorded) -> Change:
    return _entered(case, event, recorded, EntryKind.PAYMENT, event.amount.minor, held=event.unapplied)


def _credit_note(case: Case, event: CreditNoteIssued, recorded: Recorded) -> Change:
    return _entered(case, event, recorded, EntryKind.CREDIT_NOTE, event.amount.minor, held=event.unapplied)


def _reversed(case: Case, event: PaymentReversed, recorded: Recorded) -> Change:
    kind = EntryKind.REFUND if event.kind is ReversalKind.REFUND else EntryKind.REVERSAL
    return _entered(case, event, recorded, kind, -event.amount.minor, about=event.payment)


def _credit_cancelled(case: Case, event: CreditNoteCancelled, recorded: Recorded) -> Change:
    return _entered(case, event, recorded, EntryKind.CREDIT_CANCELLED, -event.amount.minor)


def _credit_applied(case: Case, event: CreditApplied, recorded: Recorded) -> Change:
    return _entered(case, event, recorded, EntryKind.APPLIED, event.amount.minor)


def _discounted(case: Case, event: DiscountGranted, recorded: Recorded) -> Change:
    return _entered(case, event, recorded, EntryKind.DISCOUNT, event.amount.minor)


def _discount_withdrawn(case: Case, event: DiscountWithdrawn, recorded: Recorded) -> Change:
    kind = EntryKind.DISCOUNT_WITHDRAWN
    return _entered(case, event, recorded, kind, -event.amount.minor, about=event.discount)


def _written_off(case: Case, event: WrittenOff, recorded: Recorded) -> Change:
    return _entered(case, event, recorded, EntryKind.WRITE_OFF, 0 if event.amount is None else event.amount.minor)


def _corrected(case: Case, event: InvoiceCorrected, recorded: Recorded) -> Change:
    change: Change = {}
    if event.amount is not None:
        change["currency"] = currency_of(case, event.amount, f"the correction of invoice {event.number}")
    word = Correction(
        recorded.at,
        event.number,
        None if event.amount is None else event.amount.minor,
        None if event.due is None else event.due.toordinal(),
        None if event.issued is None else event.issued.toordinal(),
    )
    return {**change, **_said(case, word)}


def _cancelled(case: Case, event: InvoiceCancelled, recorded: Recorded) -> Change:
    return _said(case, Correction(recorded.at, event.number, 0))


def _said(case: Case, word: Correction) -> Change:
    """One more word about an invoice; the same one again says nothing new."""
    if word in case.corrections:
        return {}
    return {"corrections": tuple(sorted((*case.corrections, word), key=_order))}


def _order(word: Correction) -> tuple[Any, ...]:
    return word.at, word.number, *(-1 if part is None else part for part in (word.amount, word.due, word.issued))


def _charge_assessed(case: Case, event: ChargeAssessed, recorded: Recorded) -> Change:
    charge = event.charge
    known = next((account for account in case.charges if account.charge.id == charge.id), None)
    if known is not None and known.at <= recorded.at:
        return {}
    change: Change = {}
    if charge.currency:
        change["currency"] = _same_currency(case, charge.currency, f"charge {charge.id}")
    account = ChargeAccount(charge, recorded.at, charge.amount)
    others = (other for other in case.charges if other is not known)
    return {**change, "charges": tuple(sorted((*others, account), key=_asked_at))}  # of one instant: as they were told


def _asked_at(account: ChargeAccount) -> Instant:
    return account.at


def _charge_reversed(case: Case, event: ChargeReversed, _recorded: Recorded) -> Change:
    """A charge is taken back, even one that is not known yet."""
    why = event.why or "it was reversed"
    return {"charge_reversals": {**case.charge_reversals, event.charge_id: why}}


def _charge_restored(case: Case, event: ChargeRestored, _recorded: Recorded) -> Change:
    return {"charge_reversals": {k: why for k, why in case.charge_reversals.items() if k != event.charge_id}}


OF_LEDGER: Final[Mapping[type, Callable[[Case, Any, Recorded], Change]]] = {
    ReceivableAdded: _receivable_added,
    PaymentReceived: _payment,
    CreditNoteIssued: _credit_note,
    PaymentReversed: _reversed,
    CreditNoteCancelled: _credit_cancelled,
    CreditApplied: _credit_applied,
    DiscountGranted: _discounted,
    DiscountWithdrawn: _discount_withdrawn,
    WrittenOff: _written_off,
    InvoiceCorrected: _corrected,
    InvoiceCancelled: _cancelled,
    ChargeAssessed: _charge_assessed,
    ChargeReversed: _charge_reversed,
    ChargeRestored: _charge_restored,
}
