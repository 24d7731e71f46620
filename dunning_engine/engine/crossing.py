"""Facts that come when an action may be with its adapter already: the case is told that they crossed, and why it matters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dunning_engine.decision.arming import admit
from dunning_engine.decision.decision import Armed, Withdrawn
from dunning_engine.domain.contacts import ContactLog
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.outgoing import DeliveryCrossed
from dunning_engine.engine.writing import changed, ordered, write
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.domain.case import Case
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.store import CaseChange, Transaction


def note_crossed(tx: Transaction, changes: Iterable[CaseChange], shelf: Shelf, now: Instant) -> None:
    """Tell every case in which an armed action would not go out any more, or not with these words."""
    for change in changes:
        events = tuple(_crossed(tx, change.case, shelf, now))
        if events:
            told = ((now, event) for event in events)
            write(tx, [changed(change.case.id, change.case, told, now=now, next_look=change.next_look)], now=now)


def _crossed(tx: Transaction, case: Case, shelf: Shelf, now: Instant) -> Iterable[DeliveryCrossed]:
    if not any(delivery.state is DeliveryState.ARMED for delivery in case.deliveries.values()):
        return
    for row in tx.outbox(state=OutboxState.ARMED, case_id=case.id):
        policy, rulebooks = shelf.of(case.policy, tx)
        match admit(_before(row.id, ordered(case, tx.orders())), policy, rulebooks, row.action, now):
            case Withdrawn(_, why):
                yield DeliveryCrossed(row.id, why)
            case Armed(cleared) if row.message is not None and cleared.action.amount != row.message.action.amount:
                yield DeliveryCrossed(row.id, "the amount that it asks for has changed")
            case _:
                pass


def _before(action_id: str, case: Case) -> Case:
    """The case as if the action had not been armed: an attempt is not held against itself."""
    others = [contact for contact in case.contacts if contact.action_id.partition("#")[0] != action_id]
    return replace(case, contacts=ContactLog(others))
