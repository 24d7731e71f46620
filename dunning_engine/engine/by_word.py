"""What people say about actions on their way out: try it again, it left, it did not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.consequences import consequences
from dunning_engine.domain.events import ReceiptKind, ReceiptRecorded
from dunning_engine.domain.given import given_note, given_text
from dunning_engine.domain.outgoing import DeliveryRequeued, NotLeft
from dunning_engine.engine.handovers import held_of, record
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.store import OutboxRow, Transaction

SOMEBODY: Final = "somebody"
"""Who stands in the history where whoever has an action tried again does not say who they are."""


def requeue(tx: Transaction, action_id: str, now: Instant, *, by: str = SOMEBODY, note: str = "") -> None:
    """Put an action that was given up back among those to be tried, with all its attempts before it."""
    row = found(tx, action_id)
    if row.state is not OutboxState.DEAD:
        raise UsageError(f"action {action_id} is {row.state.value}: only one that was given up (dead) is tried again")
    record(tx, held_of(tx, row.action), [DeliveryRequeued(row.id, by, note)], now)
    again = replace(row, state=OutboxState.RETRY, next_at=now, changed_at=now, attempts=0, note="tried again")
    tx.move(again, fence=row.fence)


def resolve(tx: Transaction, action_id: str, now: Instant, *, left: bool, by: str, note: str = "") -> None:
    """What a person found out of an action of which nobody knew whether it left; if it did not, it is tried again."""
    row = found(tx, action_id)
    by = given_text(by, "whoever says what became of an action says who they are", "pass by=…")
    given_note(note, "the note on an action")
    if row.state is not OutboxState.UNCERTAIN:
        raise UsageError(f"action {action_id} is {row.state.value}: only of an uncertain one a person can tell more")
    held = held_of(tx, row.action)
    if left:
        said = ReceiptRecorded(row.id, ReceiptKind.SENT, note=f"{by} says that it left{f': {note}' if note else ''}")
        record(tx, held, [said, *consequences(row.action, ReceiptKind.SENT)], now)
        return
    record(tx, held, [NotLeft(row.id, by, note)], now)
    again = replace(row, state=OutboxState.RETRY, next_at=now, changed_at=now, attempts=0, note=f"not left, says {by}")
    tx.move(again, fence=row.fence)


def found(tx: Transaction, action_id: str) -> OutboxRow:
    """An action's row, with its case locked before it; raises `NotFound` where there is none."""
    row = tx.row(action_id)
    if row is None:
        raise NotFound(f"there is no action {action_id!r} in the outbox")
    return row
