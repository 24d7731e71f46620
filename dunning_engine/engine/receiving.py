"""After the hand-over: receipts, what certainly did not leave, and what nobody knows about.

Nobody knows where the process died between arming and receipt, or where the connection was lost after the last byte.
What follows is up to the receiver. One that recognises an action gets it again, the same bytes under the same key. One
that can be asked is asked. With any other the step's `on_uncertain` decides: once more, as one contact more, or a person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dunning_engine.domain.actions import OnUncertain
from dunning_engine.domain.consequences import consequences
from dunning_engine.domain.deliveries import attempt_of
from dunning_engine.domain.events import ReceiptKind, ReceiptRecorded
from dunning_engine.domain.outgoing import DeliveryGivenUp, NotLeft
from dunning_engine.engine.documents import without
from dunning_engine.engine.handovers import (
    ASK_SECONDS,
    ATTEMPTS_MAX,
    RETRY_SECONDS,
    Fate,
    Handover,
    backoff,
    held_of,
    may_try,
    record,
)
from dunning_engine.ports.adapter import Bounced, Capability, Retry, Sent, Uncertain
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.engine.handovers import Question
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Adapter, Message, Outcome
    from dunning_engine.ports.store import HeldCase, OutboxRow, Transaction


class Receiving:
    """Writes what came of hand-overs."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def lost(self, tx: Transaction, row: OutboxRow, adapter: Adapter | None, now: Instant) -> Handover:
        """Whoever armed it died between arming and receipt: nobody knows what became of it, and that is what is said."""
        note = "no receipt came back in time: the process that handed it over is gone"
        return self._uncertain(tx, held_of(tx, row.action), row, adapter, note, now)

    def received(
        self,
        tx: Transaction,
        message: Message,
        fence: int,
        outcome: Outcome,
        adapter: Adapter | None,
        now: Instant,
        *,
        known: Case | None = None,
    ) -> Handover:
        """What an adapter said; a receipt that comes after the lease ran out is evidence all the same.

        `known` is the case as it was when the action was armed.
        """
        action = message.action
        held = held_of(tx, action, known)
        if isinstance(outcome, (Sent, Bounced)):
            receipt, fate = _receipt(message, outcome)
            record(tx, held, [receipt, *consequences(action, receipt.kind)], now)
            return Handover(action, fate, now, receipt.note or receipt.reference)
        row = tx.row(action.id)
        if row is None or row.fence != fence or row.state is not OutboxState.ARMED:
            return Handover(action, Fate.UNCERTAIN, now, f"came back too late: {outcome.note}")
        if isinstance(outcome, Uncertain):
            return self._uncertain(tx, held, row, adapter, outcome.note, now)
        return self._not_left(tx, held, row, outcome, adapter, now)

    def answered(self, tx: Transaction, question: Question, outcome: Outcome, now: Instant) -> Handover:
        """What a receiver says of an action that it was asked about."""
        action = question.row.action
        held, row = held_of(tx, action), tx.row(action.id)
        if row is None or row.fence != question.fence or row.state is not OutboxState.UNCERTAIN:
            return Handover(action, Fate.UNCERTAIN, now, "somebody else knew meanwhile")
        match outcome:
            case Sent() | Bounced():
                assert row.message is not None  # it was armed
                receipt, fate = _receipt(row.message, outcome)
                record(tx, held, [receipt, *consequences(action, receipt.kind)], now)
                return Handover(action, fate, now, receipt.note or receipt.reference)
            case Retry(after, note):
                record(tx, held, [NotLeft(row.id, question.adapter.name, note)], now)
                again = now + after
                tx.move(
                    replace(row, state=OutboxState.RETRY, next_at=again, changed_at=now, note=note), fence=row.fence
                )
                return Handover(action, Fate.RETRY, now, note, again)
            case Uncertain(note):
                since = now - (held.case.deliveries[row.id].armed_at or now)
                again_at = now + max(RETRY_SECONDS, since) if since < ASK_SECONDS else None
                tx.move(replace(row, next_at=again_at, changed_at=now, note=note), fence=row.fence)
                return Handover(action, Fate.UNCERTAIN, now, note, again_at)

    # What certainly did not leave --------------------------------------------------------------------------------------

    def _not_left(
        self, tx: Transaction, held: HeldCase, row: OutboxRow, outcome: Retry, adapter: Adapter | None, now: Instant
    ) -> Handover:
        again = now + max(outcome.after, backoff(row.attempts))
        if attempt_of(held.case.deliveries[row.id]) != row.id:  # an attempt before this one may have left
            return self._doubted(tx, held, row, outcome.note, now, again if may_try(row, adapter, again) else None)
        if row.attempts >= ATTEMPTS_MAX:
            return given_up(tx, held, row, outcome.note, now)
        waiting = replace(row, state=OutboxState.RETRY, next_at=again, changed_at=now, note=outcome.note)
        tx.move(waiting, fence=row.fence)
        return Handover(row.action, Fate.RETRY, now, outcome.note, again)

    # What nobody knows about -------------------------------------------------------------------------------------------

    def _uncertain(
        self, tx: Transaction, held: HeldCase, row: OutboxRow, adapter: Adapter | None, note: str, now: Instant
    ) -> Handover:
        return self._doubted(tx, held, row, note, now, self._again_at(tx, held, row, adapter, now))

    @staticmethod
    def _doubted(
        tx: Transaction, held: HeldCase, row: OutboxRow, note: str, now: Instant, again: Instant | None
    ) -> Handover:
        record(tx, held, [ReceiptRecorded(row.id, ReceiptKind.UNCERTAIN, note=note)], now)
        told = tx.row(row.id)
        if (
            again is None or told is None or told.state is not OutboxState.UNCERTAIN
        ):  # a receipt came before: somebody knows
            return Handover(row.action, Fate.UNCERTAIN, now, note)
        tx.move(replace(told, next_at=again, changed_at=now, note=note), fence=told.fence)
        return Handover(row.action, Fate.UNCERTAIN, now, note, again)

    def _again_at(
        self, tx: Transaction, held: HeldCase, row: OutboxRow, adapter: Adapter | None, now: Instant
    ) -> Instant | None:
        """When its receiver is asked or gets it once more; `None` where only a person can tell."""
        match None if adapter is None else adapter.capability:
            case Capability.DEDUPE:
                again = now + backoff(row.attempts)
                return again if may_try(row, adapter, again) else None
            case Capability.LOOKUP:
                return now + RETRY_SECONDS
            case _:
                first = attempt_of(held.case.deliveries[row.id]) == row.id
                return now + RETRY_SECONDS if first and self._resends(tx, held, row) else None

    def _resends(self, tx: Transaction, held: HeldCase, row: OutboxRow) -> bool:
        policy, _rulebooks = self._shelf.of(held.case.policy, tx)
        position = policy.index.get(row.action.step)
        return position is not None and policy.steps[position].on_uncertain is OnUncertain.RESEND


def given_up(tx: Transaction, held: HeldCase, row: OutboxRow, note: str, now: Instant) -> Handover:
    """Nothing is tried for ever. The case waits: that the way out is broken says nothing about the debtor."""
    why = f"given up after {row.attempts} attempts: {note}"
    record(tx, held, [DeliveryGivenUp(row.id, row.attempts, note)], now)
    tx.move(replace(row, state=OutboxState.DEAD, next_at=None, changed_at=now, note=why), fence=row.fence)
    return Handover(row.action, Fate.DEAD, now, why)


def _receipt(message: Message, outcome: Sent | Bounced) -> tuple[ReceiptRecorded, Fate]:
    action_id = message.action_id
    match outcome:
        case Sent(reference, delivered):
            kind, fate = (ReceiptKind.DELIVERED, Fate.DELIVERED) if delivered else (ReceiptKind.SENT, Fate.SENT)
            return ReceiptRecorded(action_id, kind, reference, without(message.lacking)), fate
        case Bounced(note):
            return ReceiptRecorded(action_id, ReceiptKind.BOUNCED, note=note), Fate.BOUNCED
