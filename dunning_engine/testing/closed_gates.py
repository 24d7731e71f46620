"""Why nothing may be armed, told from the events of a case alone: paid, closed, held, disputed, opted out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.domain.events import HoldLifted, PaymentReversed, ReceivableAdded, StatusChanged
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    CreditNoteCancelled,
    DiscountWithdrawn,
    InvoiceCorrected,
)
from dunning_engine.domain.verbs import Do
from dunning_engine.policy.model import Stop
from dunning_engine.testing.accounts import charged, disputed_part, owed, refused_channels, standing_holds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.events import Recorded
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy

_OF_ALL: Final = (HoldReason.MANUAL, HoldReason.DISPUTE, HoldReason.BANKRUPTCY, HoldReason.DECEASED)
_REOPENING: Final = (
    PaymentReversed,
    ReceivableAdded,
    CreditNoteCancelled,
    DiscountWithdrawn,
    InvoiceCorrected,
    HoldLifted,
)
_TOLD_BY_HOLDS: Final = frozenset({Stop.BANKRUPT.value, Stop.DECEASED.value})
"""What closes a case for as long as a hold stands, and may end by itself."""
_OF_CONTACTS: Final = (HoldReason.CEASE, HoldReason.ATTORNEY)


def forbidding(events: Sequence[Recorded], action: ProposedAction, policy: Policy, at: Instant) -> Iterator[str]:
    """What in some events forbids to arm an action; what demands nothing may always go, a charge where it is owed."""
    if action.spec.do is Do.CHARGE:
        owing = charged(events)
        yield from (f"its charge {charge.id} is not owed" for charge in action.charges if charge.id not in owing)
    elif not action.spec.verb.quiet:
        yield from closing(events, action, policy, at)


def needless_fees(events: Sequence[Recorded]) -> Iterator[str]:
    """Fees of the policy that were charged when everything was paid: what was charged before a payment stays owed after it."""
    for number, recorded in enumerate(events):
        match recorded.event:
            case ChargeAssessed(Charge(kind=ChargeKind.FEE) as fee) if fee.step:
                before = events[:number]
                if owed(before) + sum(charged(before).values()) <= 0:
                    yield f"event {recorded.seq} charges {fee.id}: nothing is owed"
            case _:
                pass


def closing(events: Sequence[Recorded], action: ProposedAction, policy: Policy, at: Instant) -> Iterator[str]:
    """What in some events forbids an action that demands something; nothing where it may go."""
    left = owed(events) + sum(charged(events).values())
    if left <= policy.tolerance.get(action.currency, 0):
        yield "nothing is owed"
    if _closed(events):
        yield "the case is closed"
    if action.spec.channel in refused_channels(events):
        yield "the debtor opted out of the channel"
    known = max((r.recorded_at for r in events), default=at)  # a clock that went back opens nothing again
    yield from held(events, action, policy, max(at, known))


def _closed(events: Sequence[Recorded]) -> bool:
    """Whether the last look closed the case, and nothing was told since that opens it again at the next."""
    for recorded in reversed(events):
        if isinstance(recorded.event, _REOPENING):
            return False
        if isinstance(recorded.event, StatusChanged):
            return recorded.event.status == CaseStatus.CLOSED.value and recorded.event.why not in _TOLD_BY_HOLDS
    return False


def held(events: Sequence[Recorded], action: ProposedAction, policy: Policy, at: Instant) -> Iterator[str]:
    """What in some events lets an action wait at an instant: holds on the case or its channel, disputes."""
    holds = standing_holds(events, at, policy.zone)
    reasons = (*_OF_ALL, *(_OF_CONTACTS if action.spec.channel is not None else ()))
    for reason in reasons:
        if (reason, None, None, None) in holds:
            yield f"a hold stands: {reason.value}"
    for hold in holds:
        if hold.channel is not None and hold.channel is action.spec.channel:
            yield f"its channel waits: {hold.reason.value}"
    for number in action.invoices:
        if disputed_part(holds, number) is None:
            yield f"{number} is in dispute"
