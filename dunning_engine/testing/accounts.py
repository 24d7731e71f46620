"""A case told anew from its stream by the simplest means: what monitors hold against what the core says.

Nothing here is shared with the core on purpose: sums are sums over events, holds are what was placed and not lifted,
contacts are what was armed. Slow and obvious.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import (
    ContactMade,
    CreditNoteIssued,
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
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    DiscountWithdrawn,
    InvoiceCancelled,
    InvoiceCorrected,
    WrittenOff,
)

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Channel
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.testing.rehearsal import Rehearsal


_TakenBack = PaymentReversed | CreditNoteCancelled | DiscountWithdrawn


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


def charged(case: Case) -> int:
    """Charges that stand, in minor units, without what of them has lapsed."""
    return sum(a.charge.amount - a.lapsed for a in case.charges if a.lapsed or not a.void)


def came_in(events: Iterable[Recorded]) -> int:
    """Payments and credits less what went back; money with an outside identity counts once."""
    total, seen = 0, set()
    for recorded in events:
        event = recorded.event
        if isinstance(
            event, PaymentReceived | CreditNoteIssued | DiscountGranted | _TakenBack | WrittenOff | CreditApplied
        ):
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


def standing_holds(events: Iterable[Recorded]) -> set[tuple[HoldReason, str | None]]:
    """Holds that were placed and not lifted, with the invoice that each is about."""
    standing: set[tuple[HoldReason, str | None]] = set()
    for recorded in events:
        match recorded.event:
            case HoldPlaced(reason, invoice, channel=None, amount=None):
                standing.add((reason, invoice))
            case HoldLifted(reason, invoice):
                standing = {hold for hold in standing if hold[0] is not reason or invoice not in (None, hold[1])}
            case PlanBroken():
                standing = {hold for hold in standing if hold[0] is not HoldReason.PLAN}
            case _:
                pass
    return standing


def refused_channels(events: Iterable[Recorded]) -> set[Channel]:
    """Channels of which the debtor has opted out and not in again."""
    refused: set[Channel] = set()
    for recorded in events:
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
