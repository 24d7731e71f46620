"""The facts that hosts of the simulator record, made of a plan's words and the case as it stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import (
    CreditNoteIssued,
    Fact,
    HoldLifted,
    HoldPlaced,
    OptedIn,
    OptedOut,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PromiseMade,
    ReceivableAdded,
)
from dunning_engine.domain.ledger_events import ReversalKind
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.calendar import moment
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant

_HELD = {"dispute-one": HoldReason.DISPUTE, "dispute-part": HoldReason.DISPUTE}


def fact_of(kind: str, given: Any, case: Case, number: int, now: Instant) -> Fact:
    """A fact about a case; `number` makes it one of its own."""
    name = f"f{number}"
    open_now = sum(r.open for r in case.receivables)
    share = Money.of_minor(
        max(1, max(open_now, 10_000) * (given or 1) // 100 if isinstance(given, int) else 1), case.currency
    )
    match kind:
        case "pay":
            return PaymentReceived(Money.of_minor(max(1, open_now), case.currency), source="bank", event_id=name)
        case "part":
            return PaymentReceived(share, source="bank", event_id=name)
        case "credit":
            return CreditNoteIssued(share, source="shop", event_id=name)
        case "refund" | "chargeback":
            return PaymentReversed(share, source="bank", event_id=name, kind=ReversalKind(kind))
        case "promise":
            return PromiseMade(share, moment(now, "UTC").date() + timedelta(days=given % 9))
        case "hold":
            return _hold(given, case, name)
        case "lift":
            return HoldLifted(_HELD.get(given) or HoldReason[given.upper()], note=name)
        case "opt-out":
            return OptedOut(Channel(given))
        case "opt-in":
            return OptedIn(Channel(given))
        case "invoice":
            due = moment(now, "UTC").date()
            return ReceivableAdded(invoice(f"N{number}", given, case.currency, due))
        case _:
            return PaymentFailed(source="bank", event_id=name)


def _hold(reason: str, case: Case, note: str) -> HoldPlaced:
    first = case.receivables[0]
    match reason:
        case "dispute-one":
            return HoldPlaced(HoldReason.DISPUTE, first.number, note=note)
        case "dispute-part":
            part = Money.of_minor(max(1, first.amount // 3), case.currency)
            return HoldPlaced(HoldReason.DISPUTE, first.number, note=note, amount=part)
        case _:
            return HoldPlaced(HoldReason[reason.upper()], note=note)


def invoice(number: str, minor: int, currency: str, due: date) -> Invoice:
    """An invoice that was issued two weeks before it is due."""
    return Invoice(number, Money.of_minor(minor, currency), due=due, issued=due - timedelta(days=14))
