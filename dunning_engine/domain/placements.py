"""Whether a debt is with an agency, and what the agency said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyCollected, AgencyReturned
from dunning_engine.domain.deliveries import Change, Delivery, DeliveryState
from dunning_engine.domain.events import PaymentReceived
from dunning_engine.domain.ledger import OF_LEDGER, entry_key
from dunning_engine.domain.verbs import Do

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Recorded
    from dunning_engine.kernel.calendar import Instant


class AgencyWord(Enum):
    """What an agency said."""

    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    COLLECTED = "collected"


@dataclass(frozen=True, slots=True)
class AgencyMark:
    """One word of an agency; amounts in minor units, `entry` the money in the case that it is about."""

    at: Instant
    seq: int
    told: AgencyWord
    agency: str = ""
    amount: int = 0
    commission: int = 0
    entry: str = ""


DONE: Final = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})


def done(case: Case, do: Do) -> Iterable[Delivery]:
    """The actions of a verb that have left the house and did not come back."""
    return (d for d in case.deliveries.values() if d.do is do and d.state in DONE)


def placed(case: Case) -> Delivery | None:
    """The hand-off by which the debt is with an agency now; `None` where it is not, or has come back."""
    latest = max(done(case, Do.HAND_OFF), key=_left, default=None)
    if latest is None or any(_left(recall) >= _left(latest) for recall in done(case, Do.RECALL)):
        return None
    back = any(mark.told is AgencyWord.RETURNED and mark.at >= _left(latest) for mark in case.agency_marks)
    return None if back else latest


def _left(delivery: Delivery) -> Instant:
    assert delivery.sent_at is not None
    return delivery.sent_at


def _marked(case: Case, mark: AgencyMark) -> Change:
    return {"agency_marks": tuple(sorted((*case.agency_marks, mark), key=lambda m: (m.at, m.seq)))}


def _acknowledged(case: Case, event: AgencyAcknowledged, recorded: Recorded) -> Change:
    return _marked(case, AgencyMark(recorded.at, recorded.seq, AgencyWord.ACKNOWLEDGED, event.agency))


def _returned(case: Case, event: AgencyReturned, recorded: Recorded) -> Change:
    return _marked(case, AgencyMark(recorded.at, recorded.seq, AgencyWord.RETURNED, event.agency))


def _collected(case: Case, event: AgencyCollected, recorded: Recorded) -> Change:
    """What the debtor paid to the agency is paid."""
    paid = PaymentReceived(event.amount, None, event.source, event.event_id)
    change = OF_LEDGER[PaymentReceived](case, paid, recorded)
    if not change:
        return {}
    commission = 0 if event.commission is None else event.commission.minor
    entry = entry_key(event.source, event.event_id, recorded.seq)
    mark = AgencyMark(
        recorded.at, recorded.seq, AgencyWord.COLLECTED, event.agency, event.amount.minor, commission, entry
    )
    return {**change, **_marked(case, mark)}


OF_PLACEMENTS: Final[Mapping[type, Callable[[Case, Any, Recorded], Change]]] = {
    AgencyAcknowledged: _acknowledged,
    AgencyReturned: _returned,
    AgencyCollected: _collected,
}
