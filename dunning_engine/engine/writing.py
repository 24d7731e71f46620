"""From events to what is written: the case after them, its contacts, and what they mean for the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.case import Case, evolve
from dunning_engine.domain.contacts import NO_CONTACTS, Contact, ContactLog
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    Event,
    ReceiptRecorded,
    Recorded,
)
from dunning_engine.kernel.errors import NotFound
from dunning_engine.ports.store import CaseChange, HeldCase, OutboxRow, OutboxState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.domain.orders import StandingOrder
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.store import Transaction

_AFTER_RECEIPT: Final = {
    DeliveryState.SENT: OutboxState.SENT,
    DeliveryState.DELIVERED: OutboxState.SENT,
    DeliveryState.BOUNCED: OutboxState.BOUNCED,
    DeliveryState.UNCERTAIN: OutboxState.UNCERTAIN,
}


_FOLLOWED: Final = (ActionCancelled, ActionBlocked, ReceiptRecorded)
"""Events after which a row of the outbox stands otherwise."""


def changed(
    case_id: str,
    case: Case | None,
    events: Iterable[tuple[Instant, Event]],
    *,
    now: Instant,
    next_look: Instant | None,
) -> CaseChange:
    """The change that some events (each with the instant at which it happened) make to a case."""
    expected = seq = 0 if case is None else case.seq
    recorded: list[Recorded] = []
    contacts: list[tuple[str, Contact]] = []
    for at, event in events:
        seq += 1
        recorded.append(Recorded(seq, at, now, event))
        before = NO_CONTACTS if case is None else case.contacts
        case = evolve(case_id, case, recorded[-1])
        if case.contacts is not before:
            contacts += _news(before, case.contacts, f"{case_id}#{seq}")
    assert case is not None
    return CaseChange(
        case=case, expected=expected, next_look=next_look, events=tuple(recorded), contacts=tuple(contacts)
    )


def _news(before: ContactLog, after: ContactLog, key: str) -> list[tuple[str, Contact]]:
    """Contacts that came or changed, under the key by which the debtor's log knows them.

    Those that are the same objects are the same; of the few others each is compared.
    """
    old, new = set(map(id, before)), set(map(id, after))
    came = Counter(contact for contact in after if id(contact) not in old)
    went = Counter(contact for contact in before if id(contact) not in new)
    return [(contact.action_id or key, contact) for contact in came - went]


def write(tx: Transaction, changes: Sequence[CaseChange], *, now: Instant) -> None:
    """Save changes, and let the outbox follow: cleared actions go in, cancelled and blocked ones out, receipts settle."""
    tx.save(changes)
    happened = [(change.case, recorded.event) for change in changes for recorded in change.events]
    tx.put([OutboxRow(action=e.action, next_at=now, changed_at=now) for _, e in happened if type(e) is ActionCleared])
    for case, event in happened:
        if type(event) in _FOLLOWED:
            _follow(tx, case, event, now)


def _follow(tx: Transaction, case: Case, event: Event, now: Instant) -> None:
    match event:
        case ActionCancelled(action_id, why):
            tx.withdraw(action_id, why, now)
        case ActionBlocked(action, why=whys):
            tx.withdraw(action.id, "; ".join(whys), now)
        case ReceiptRecorded(action_id, note=note):
            tx.settle(action_id, _AFTER_RECEIPT[case.deliveries[action_id].state], note, now)


def seen(case: Case, logs: Mapping[str, ContactLog], orders: Iterable[StandingOrder] = ()) -> Case:
    """The case as decisions see it: with the debtor's whole contact log, and the standing orders that bind it."""
    log, bound = logs.get(case.debtor.id, NO_CONTACTS), ordered(case, orders)
    return bound if log == case.contacts else replace(bound, contacts=log)


def ordered(case: Case, orders: Iterable[StandingOrder]) -> Case:
    """The case under the standing orders that bind it."""
    binding = tuple(order for order in orders if order.binds(case))
    return replace(case, orders=binding) if binding else case


def known(tx: Transaction, case_id: str) -> HeldCase:
    """A case as stored; raises `NotFound` where there is none."""
    held = tx.case(case_id)
    if held is None:
        raise NotFound(f"there is no case {case_id!r}")
    return held


def taken(held: HeldCase, event: Event, at: Instant, now: Instant) -> CaseChange:
    """A fact makes its case worth a look from when it happened."""
    look = at if held.next_look is None else min(at, held.next_look)
    return changed(held.case.id, held.case, [(at, event)], now=now, next_look=look)
