"""What left without the store's knowledge: when it comes up again it is taken for handed over, and not handed over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.domain.consequences import consequences
from dunning_engine.domain.events import DeliveryArmed, Event, ReceiptKind, ReceiptRecorded
from dunning_engine.engine.writing import changed, write
from dunning_engine.kernel.calendar import iso
from dunning_engine.ports.adapter import Bounced, Retry, Sent, Uncertain
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Outcome
    from dunning_engine.ports.guards import Left
    from dunning_engine.ports.store import HeldCase, OutboxRow, Transaction

_KINDS: Final = {
    "delivered": ReceiptKind.DELIVERED,
    "sent": ReceiptKind.SENT,
    "bounced": ReceiptKind.BOUNCED,
}


def outcome_word(outcome: Outcome) -> str:
    """How the journal calls an adapter's answer."""
    match outcome:
        case Sent(delivered=delivered):
            return "delivered" if delivered else "sent"
        case Bounced():
            return "bounced"
        case Retry():
            return "retry"
        case Uncertain():
            return "uncertain"
        case never:
            assert_never(never)


def gone_before(tx: Transaction, held: HeldCase, row: OutboxRow, left: Left, now: Instant) -> ReceiptRecorded:
    """Record that an action went out at the time that the journal tells, and what came of it; in the arming transaction.

    Before the case knew of the action it cannot have happened to it: then it counts from now.
    """
    kind = _KINDS.get(left.outcome, ReceiptKind.UNCERTAIN)
    delivery = held.case.deliveries[row.id]
    at = left.at if delivery.cleared_at is not None and delivery.cleared_at <= left.at <= now else now
    note = f"the send journal knows of it: {left.outcome} at {iso(left.at)}; the store had not heard of it"
    receipt = ReceiptRecorded(row.id, kind, note=note)
    events: list[Event] = [receipt, *consequences(row.action, kind)]
    if row.state is not OutboxState.ARMED:
        events.insert(0, DeliveryArmed(row.id, row.attempts + 1))
    gone = replace(row, state=OutboxState.ARMED, fence=max(row.fence, left.fence), changed_at=now)
    tx.move(gone, fence=row.fence)
    write(tx, [changed(held.case.id, held.case, [(at, event) for event in events], now=now, next_look=now)], now=now)
    tx.drop_left(row.id)
    return receipt
