"""A case told anew from its stream by the simplest means: what monitors hold against what the core says.

Nothing here is shared with the core on purpose: sums are sums over events, holds are what was placed and not lifted,
contacts are what was armed. Slow and obvious.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from dunning_engine.domain.agency_events import AgencyCollected
from dunning_engine.domain.approval_events import ApprovalRefused, ApprovalRequested
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    ContactMade,
    CreditNoteIssued,
    DeliveryArmed,
    HoldLifted,
    HoldPlaced,
    OptedIn,
    OptedOut,
    PaymentReceived,
    PaymentReversed,
    PlanBroken,
    ReceivableAdded,
    Recorded,
)
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    ChargeReversed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    DiscountWithdrawn,
    InvoiceCancelled,
    InvoiceCorrected,
    WrittenOff,
)
from dunning_engine.kernel.calendar import local_day

if TYPE_CHECKING:
    from dunning_engine.domain.charges import Charge
    from dunning_engine.domain.parties import Channel
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.testing.rehearsal import Rehearsal


_TakenBack = PaymentReversed | CreditNoteCancelled | DiscountWithdrawn
_OF_LEDGERS = (
    PaymentReceived, AgencyCollected, CreditNoteIssued, DiscountGranted, PaymentReversed, CreditNoteCancelled,
    WrittenOff, CreditApplied, DiscountWithdrawn,
)  # fmt: skip


class Touch(NamedTuple):
    """One attempt to reach the debtor, for this case (`ours`) or another."""

    at: Instant
    channel: Channel
    ours: bool


def billed(events: Iterable[Recorded]) -> dict[str, int]:
    """What each invoice was over, in minor units: one that comes twice is one, and the newest word about it counts."""
    amounts: dict[str, int] = {}
    events = tuple(events)
    for recorded in events:
        if isinstance(recorded.event, ReceivableAdded):
            amounts.setdefault(recorded.event.invoice.number, recorded.event.invoice.amount.minor)
    words = sorted((r.at, r.event.amount.minor, r.event.number) for r in events if _changes_amount(r.event))
    amounts.update({number: amount for _at, amount, number in words if number in amounts})
    amounts.update(
        {r.event.number: 0 for r in events if isinstance(r.event, InvoiceCancelled) if r.event.number in amounts}
    )
    return amounts


def _changes_amount(event: object) -> TypeGuard[Any]:
    return isinstance(event, InvoiceCorrected) and event.amount is not None


def charged(events: Iterable[Recorded]) -> dict[str, int]:
    """Charges that are owed, in minor units: told once each, not taken back, and not on an invoice that is cancelled.

    One of the whole case was made for the invoices of its notice, and ends when all of them are cancelled. One that its
    notice was to carry is owed once the notice has gone out, or while it may still go.
    """
    events = tuple(events)
    first: dict[str, tuple[int, Charge]] = {}
    for recorded in events:
        if isinstance(recorded.event, ChargeAssessed):
            charge = recorded.event.charge
            known = first.get(charge.id)
            if known is None or recorded.at < known[0]:
                first[charge.id] = recorded.at, charge
    gone = {r.event.charge_id for r in events if isinstance(r.event, ChargeReversed)}
    cancelled = {r.event.number for r in events if isinstance(r.event, InvoiceCancelled)} & billed(events).keys()
    never = _never_went(events)
    return {
        name: charge.amount
        for name, (_at, charge) in first.items()
        if name not in gone and charge.action not in never and not _made_for(charge, events) <= cancelled
    }


def _made_for(charge: Charge, events: Iterable[Recorded]) -> set[str | None]:
    """The invoices for which a charge was made; one that nobody's notice carried was made for the case itself."""
    if charge.invoice is not None or not charge.action:
        return {charge.invoice}
    told = (r.event.action for r in events if isinstance(r.event, ActionCleared | ActionDeferred | ApprovalRequested))
    return {number for action in told if action.id == charge.action for number in action.invoices} or {None}


def _never_went(events: Iterable[Recorded]) -> set[str]:
    """Actions that were taken back, blocked or refused, and not handed over since they were last decided about.

    What is decided about once more after its arming certainly did not leave.
    """
    never: set[str] = set()
    armed: set[str] = set()
    for recorded in events:
        match recorded.event:
            case ActionCancelled(action_id) | ApprovalRefused(action_id):
                never.add(action_id)
            case ActionBlocked(action):
                never.add(action.id)
                armed.discard(action.id)
            case ActionCleared(action) | ActionDeferred(action) | ApprovalRequested(action):
                never.discard(action.id)
                armed.discard(action.id)
            case DeliveryArmed(action_id):
                armed.add(action_id)
            case _:
                pass
    return never - armed


def came_in(events: Iterable[Recorded]) -> int:
    """Payments and credits less what went back; money with an outside identity counts once."""
    total, seen = 0, set()
    for recorded in events:
        event = recorded.event
        if isinstance(event, _OF_LEDGERS):
            identity = (event.source, event.event_id) if event.event_id else recorded.seq
            if identity in seen or isinstance(event, WrittenOff | CreditApplied):
                seen.add(identity)
                continue
            seen.add(identity)
            total += -event.amount.minor if isinstance(event, _TakenBack) else event.amount.minor
    return total


def owed(events: Iterable[Recorded]) -> int:
    """What is left to pay of invoices, in minor units."""
    events = tuple(events)
    return sum(billed(events).values()) - came_in(events)


class Standing(NamedTuple):
    """A hold that stands: its reason, the invoice, the part of it (minor units) and the channel that it is about."""

    reason: HoldReason
    invoice: str | None = None
    part: int | None = None
    channel: Channel | None = None


def standing_holds(events: Iterable[Recorded], at: Instant, zone: str) -> set[Standing]:
    """Holds that were placed by an instant and neither lifted nor over with their last day."""
    events = tuple(events)
    today = local_day(at, zone)
    return {
        Standing(hold.reason, hold.invoice, None if hold.amount is None else hold.amount.minor, hold.channel)
        for placed in events
        if isinstance(hold := placed.event, HoldPlaced) and placed.at <= at
        if (hold.until is None or today <= hold.until) and not any(_ends(later, placed, at) for later in events)
    }


def _ends(later: Recorded, placed: Recorded, at: Instant) -> bool:
    """Whether an event ends a hold by an instant: at the very instant at which a hold began, what was told later.

    A hold that was told as of now outlives whatever was told before it.
    """
    if not (placed.at, placed.seq) < (later.at, later.seq) or later.at > at:
        return False
    if placed.at == placed.recorded_at and later.seq < placed.seq:
        return False
    hold: Any = placed.event
    match later.event:
        case HoldLifted(reason, invoice, channel=channel):
            return reason is hold.reason and invoice in (None, hold.invoice) and channel in (None, hold.channel)
        case PlanBroken():
            return hold.reason is HoldReason.PLAN
        case _:
            return False


def disputed_part(holds: Iterable[Standing], invoice: str) -> int | None:
    """How much of an invoice is in dispute, in minor units; `None` is all of it."""
    parts = [
        h.part for h in holds if h.reason is HoldReason.DISPUTE and h.channel is None and h.invoice in (None, invoice)
    ]
    whole = any(part is None for part in parts)
    return None if whole else sum(part for part in parts if part is not None)


def refused_channels(events: Iterable[Recorded]) -> set[Channel]:
    """Channels of which the debtor has opted out and not in again, by when they said so."""
    refused: set[Channel] = set()
    for recorded in sorted(events, key=lambda told: told.at):
        match recorded.event:
            case OptedOut(channel):
                refused.add(channel)
            case OptedIn(channel):
                refused.discard(channel)
            case _:
                pass
    return refused


def touches(stage: Rehearsal) -> Iterator[Touch]:
    """Every attempt to reach the debtor so far, whoever made it; what the debtor began is none."""
    for handed in stage.handed:
        if handed.action.spec.channel is not None:
            yield Touch(handed.at, handed.action.spec.channel, ours=True)
    for contact in stage.elsewhere:
        yield Touch(contact.at, contact.channel, ours=False)
    for recorded in stage.events:
        if isinstance(recorded.event, ContactMade) and not recorded.event.inbound:
            yield Touch(recorded.at, recorded.event.channel, ours=True)
