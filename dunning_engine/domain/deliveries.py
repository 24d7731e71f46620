"""What becomes of an action after it was decided: deferred, approved, cleared, armed, received; each told by an event.

A case keeps one `Delivery` for each action. The functions here answer what an event of an action changes in its case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dunning_engine.domain.actions import ActionKey, ProposedAction
from dunning_engine.domain.addressing import in_law
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested
from dunning_engine.domain.contacts import Contact
from dunning_engine.domain.docket import line_of
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    DeliveryArmed,
    ReceiptKind,
    ReceiptRecorded,
    Recorded,
)
from dunning_engine.domain.joining import LevelJoined
from dunning_engine.domain.ledger_events import ChargeOmitted
from dunning_engine.domain.outgoing import DeliveryCrossed, DeliveryGivenUp, DeliveryRequeued, NotLeft
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import VERBS, Do
from dunning_engine.kernel.calendar import Instant
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.values import Token, changed

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case

Change: TypeAlias = dict[str, Any]
"""The fields of a case that an event changes, with their new values."""


BOTH: Final = " and "
"""Between two roles that both have to agree."""


class DeliveryState(Token):
    """How far an action has come."""

    DEFERRED = "deferred"
    BLOCKED = "blocked"
    AWAITING = "awaiting approval"
    APPROVED = "approved"
    REFUSED = "refused"
    CLEARED = "cleared"
    ARMED = "armed"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    UNCERTAIN = "uncertain"
    CANCELLED = "cancelled"
    OMITTED = "omitted"
    """There was nothing to charge, and it counts as taken."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one action so far; instants are `None` until they come."""

    id: str
    key: ActionKey
    words: str
    channel: Channel | None
    state: DeliveryState
    planned_at: Instant
    changed_at: Instant
    certified: bool = False
    cleared_at: Instant | None = None
    armed_at: Instant | None = None
    sent_at: Instant | None = None
    delivered_at: Instant | None = None
    until: Instant | None = None
    rules: tuple[str, ...] = ()
    digest: str = ""
    outcomes: frozenset[str] = frozenset()
    invoices: tuple[str, ...] = ()
    expires: Instant | None = None
    """Until when the approval stands that was asked for or given."""
    do: Do = Do.SEND
    name: str = ""
    into: str = ""
    """The action in whose letter this level goes along, where it does."""
    to: str = ""
    """Who receives it, where that is not the debtor."""
    awaits: tuple[str, ...] = ()
    """The roles that still have to agree."""
    approvers: tuple[str, ...] = ()
    """Who agreed so far to the question that was put last."""
    crossed: tuple[str, ...] = ()
    """Why it would not have gone out any more, by facts that came when it may have been with its adapter already."""

    @property
    def way(self) -> str:
        """The way out of the house that it took."""
        return VERBS[self.do].way if self.channel is None else self.channel.value


_BLANK: Final = Delivery("", ActionKey("", "", 1, ""), "", None, DeliveryState.DEFERRED, 0, 0)
"""What a new delivery is made from."""


# One function per event: the fields of the case that it changes --------------------------------------------------------


def _proposed(case: Case, action: ProposedAction, state: DeliveryState, at: Instant, **more: Any) -> Change:
    earlier = case.deliveries.get(action.id)
    spec = action.spec
    delivery = changed(
        _BLANK,
        {
            "id": action.id,
            "key": action.key,
            "words": spec.words,
            "channel": spec.channel,
            "certified": spec.certified,
            "invoices": action.invoices,
            "do": spec.do,
            "to": spec.to,
            "name": spec.name,
            "state": state,
            "planned_at": earlier.planned_at if earlier else action.planned_at,
            "changed_at": at,
            "digest": earlier.digest if earlier else "",
            "expires": earlier.expires if earlier else None,
            **more,
        },
    )
    return _followed(case, delivery, action.levels)


def _deferred(case: Case, event: ActionDeferred, recorded: Recorded) -> Change:
    return _proposed(case, event.action, DeliveryState.DEFERRED, recorded.at, until=event.until, rules=event.rules)


def _blocked(case: Case, event: ActionBlocked, recorded: Recorded) -> Change:
    return _proposed(case, event.action, DeliveryState.BLOCKED, recorded.at, rules=event.rules)


def _approval_requested(case: Case, event: ApprovalRequested, recorded: Recorded) -> Change:
    return _proposed(
        case,
        event.action,
        DeliveryState.AWAITING,
        recorded.at,
        until=event.expires,
        digest=event.digest,
        expires=event.expires,
        awaits=tuple(event.role.split(BOTH)),
    )


def _cleared(case: Case, event: ActionCleared, recorded: Recorded) -> Change:
    return _proposed(case, event.action, DeliveryState.CLEARED, recorded.at, cleared_at=recorded.at)


def _omitted(case: Case, event: ChargeOmitted, recorded: Recorded) -> Change:
    return _proposed(case, event.action, DeliveryState.OMITTED, recorded.at, cleared_at=recorded.at)


def _moved(case: Case, action_id: str, state: DeliveryState, at: Instant, **more: Any) -> Change:
    return _followed(case, changed(_delivery(case, action_id), {"state": state, "changed_at": at, **more}))


def _approval_granted(case: Case, event: ApprovalGranted, recorded: Recorded) -> Change:
    """An answer to a question that no longer stands (another amount, already sent) is no agreement."""
    if not _asked(case, event.action_id) or case.deliveries[event.action_id].digest != event.digest:
        return {}
    delivery = case.deliveries[event.action_id]
    left = tuple(role for role in delivery.awaits if event.role and role != event.role)
    state = DeliveryState.AWAITING if left else DeliveryState.APPROVED
    approvers = (*delivery.approvers, event.by)
    return _moved(case, event.action_id, state, recorded.at, awaits=left, approvers=approvers)


def _approval_refused(case: Case, event: ApprovalRefused, recorded: Recorded) -> Change:
    stands = _asked(case, event.action_id)
    return _moved(case, event.action_id, DeliveryState.REFUSED, recorded.at) if stands else {}


def _asked(case: Case, action_id: str) -> bool:
    return _delivery(case, action_id).state is DeliveryState.AWAITING


def _delivery(case: Case, action_id: str) -> Delivery:
    delivery = case.deliveries.get(action_id)
    if delivery is None:
        raise UsageError(f"case {case.id} has no action {action_id}")
    return delivery


def attempt_of(delivery: Delivery) -> str:
    """Under which name the next attempt is a contact: what may have left before stays one of its own beside it."""
    return f"{delivery.id}#2" if ReceiptKind.UNCERTAIN.value in delivery.outcomes else delivery.id


def _armed(case: Case, event: DeliveryArmed, recorded: Recorded) -> Change:
    change = _moved(case, event.action_id, DeliveryState.ARMED, recorded.at, armed_at=recorded.at)
    channel = case.deliveries[event.action_id].channel
    attempt = event.action_id if event.known else attempt_of(case.deliveries[event.action_id])
    if channel is not None:
        change["contacts"] = case.contacts.attempted(
            Contact(
                recorded.at,
                channel,
                (case.id,),
                action_id=attempt,
                line=line_of(channel, case.docket),
                addressee=in_law(case.debtor, case.deliveries[event.action_id].to),
            )
        )
    return change


def _cancelled(case: Case, event: ActionCancelled, recorded: Recorded) -> Change:
    return _moved(case, event.action_id, DeliveryState.CANCELLED, recorded.at)


_RECEIPT_STATES = {
    ReceiptKind.SENT: DeliveryState.SENT,
    ReceiptKind.DELIVERED: DeliveryState.DELIVERED,
    ReceiptKind.BOUNCED: DeliveryState.BOUNCED,
    ReceiptKind.OPENED: DeliveryState.DELIVERED,
    ReceiptKind.ANSWERED: DeliveryState.DELIVERED,
    ReceiptKind.ACCEPTED: DeliveryState.DELIVERED,
    ReceiptKind.DECLINED: DeliveryState.DELIVERED,
    ReceiptKind.UNCERTAIN: DeliveryState.UNCERTAIN,
}
_RANK = {DeliveryState.UNCERTAIN: 1, DeliveryState.SENT: 2, DeliveryState.DELIVERED: 3, DeliveryState.BOUNCED: 4}


def _receipt(case: Case, event: ReceiptRecorded, recorded: Recorded) -> Change:
    """Receipts may overtake each other: the one that says most stays, and a bounce is never a delivery.

    News of a level that went along in another letter are news of that letter.
    """
    delivery = _delivery(case, _delivery(case, event.action_id).into or event.action_id)
    told = _RECEIPT_STATES[event.kind]
    state = max(told, delivery.state, key=lambda s: _RANK.get(s, 0))
    outcomes, sent_at, delivered_at = {event.kind.value}, delivery.sent_at, delivery.delivered_at
    if told in (DeliveryState.SENT, DeliveryState.DELIVERED):
        outcomes.add(ReceiptKind.SENT.value)
        sent_at = _earlier(sent_at, recorded.at)
    if told is DeliveryState.DELIVERED:
        outcomes.add(ReceiptKind.DELIVERED.value)
        delivered_at = _earlier(delivered_at, recorded.at)
    if event.kind in (ReceiptKind.ACCEPTED, ReceiptKind.DECLINED):
        outcomes.add(ReceiptKind.ANSWERED.value)
    return _moved(
        case,
        delivery.id,
        state,
        max(delivery.changed_at, recorded.at),
        outcomes=delivery.outcomes | outcomes,
        sent_at=sent_at,
        delivered_at=None if state is DeliveryState.BOUNCED else delivered_at,
    )


def _not_left(case: Case, event: NotLeft, recorded: Recorded) -> Change:
    """The action waits again as it did when it was cleared, and its next attempt is no contact more."""
    delivery = _delivery(case, event.action_id)
    if delivery.state is not DeliveryState.UNCERTAIN:
        return {}
    outcomes = delivery.outcomes - {ReceiptKind.UNCERTAIN.value}
    return _moved(case, delivery.id, DeliveryState.CLEARED, recorded.at, outcomes=outcomes)


def _crossed(case: Case, event: DeliveryCrossed, _recorded: Recorded) -> Change:
    delivery = _delivery(case, event.action_id)
    return _followed(case, replace(delivery, crossed=(*delivery.crossed, event.why)))


def _noted(case: Case, event: DeliveryGivenUp | DeliveryRequeued, _recorded: Recorded) -> Change:
    """Whether a way out works says nothing about the debtor: the case waits as it did."""
    _delivery(case, event.action_id)
    return {}


def _earlier(known: Instant | None, at: Instant) -> Instant:
    return at if known is None else min(known, at)


# Levels that go along -------------------------------------------------------------------------------------------------

_ALONG: Final[Mapping[DeliveryState, DeliveryState]] = {
    DeliveryState.AWAITING: DeliveryState.DEFERRED,
    DeliveryState.APPROVED: DeliveryState.DEFERRED,
    DeliveryState.REFUSED: DeliveryState.CANCELLED,
    DeliveryState.BLOCKED: DeliveryState.CANCELLED,
}
"""Nobody is asked about a level that goes along, and nobody refuses it: where its carrier may not go, it is free again."""


def _joined(case: Case, event: LevelJoined, recorded: Recorded) -> Change:
    carrier = _delivery(case, event.into)
    delivery = replace(
        carrier,
        id=event.action_id,
        key=event.key,
        words=event.words,
        certified=event.certified,
        invoices=(event.invoice or event.key.cycle,),
        planned_at=event.planned_at,
        changed_at=recorded.at,
        state=_ALONG.get(carrier.state, carrier.state),
        digest="",
        into=event.into,
    )
    return {"deliveries": {**case.deliveries, delivery.id: delivery}}


def _followed(case: Case, carrier: Delivery, levels: tuple[ActionKey, ...] | None = None) -> Change:
    """The deliveries of a case after one of them changed: those of levels that go along with it change alike.

    `levels` are all that the carrier now speaks of, where that was decided anew: one that it leaves out is free again.
    """
    after = {**case.deliveries, carrier.id: carrier}
    for delivery in case.deliveries.values():
        if delivery.into == carrier.id:
            left_out = levels is not None and delivery.key not in levels
            after[delivery.id] = _following(delivery, carrier, left_out=left_out)
    return {"deliveries": after}


def _following(delivery: Delivery, carrier: Delivery, *, left_out: bool) -> Delivery:
    if left_out:
        return replace(delivery, state=DeliveryState.CANCELLED, changed_at=carrier.changed_at, into="")
    return replace(
        delivery,
        state=_ALONG.get(carrier.state, carrier.state),
        changed_at=carrier.changed_at,
        cleared_at=carrier.cleared_at,
        armed_at=carrier.armed_at,
        sent_at=carrier.sent_at,
        delivered_at=carrier.delivered_at,
        until=carrier.until,
        rules=carrier.rules,
        outcomes=carrier.outcomes,
        crossed=carrier.crossed,
    )


OF_DELIVERIES: Final[Mapping[type, Callable[[Case, Any, Recorded], Change]]] = {
    ActionDeferred: _deferred,
    ActionBlocked: _blocked,
    ApprovalRequested: _approval_requested,
    ApprovalGranted: _approval_granted,
    ApprovalRefused: _approval_refused,
    ActionCleared: _cleared,
    DeliveryArmed: _armed,
    ActionCancelled: _cancelled,
    ReceiptRecorded: _receipt,
    LevelJoined: _joined,
    DeliveryCrossed: _crossed,
    DeliveryGivenUp: _noted,
    DeliveryRequeued: _noted,
    NotLeft: _not_left,
    ChargeOmitted: _omitted,
}
