"""What becomes of actions that are taken from the outbox, and the figures by which they are tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.events import ReceiptKind, ReceiptRecorded
from dunning_engine.engine.writing import changed, write
from dunning_engine.ports.adapter import KeysExpire
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Event
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Adapter, Message
    from dunning_engine.ports.store import HeldCase, OutboxRow, Transaction

DELIVER_SECONDS: Final = 30
"""How long an adapter may take over one action."""

LEASE_SECONDS: Final = 4 * DELIVER_SECONDS
"""After this long without a receipt nobody waits for one any more."""

FRESH_SECONDS: Final = 2.0
"""How old an arming may be when the first byte goes that cannot be taken back; after that it is asked again."""

ATTEMPTS_MAX: Final = 8
"""How often an action is tried without a person's word."""

RETRY_SECONDS: Final = 60
"""Shortest wait before the second attempt; it doubles with each one."""

ASK_SECONDS: Final = 86_400
"""For how long after the hand-over a receiver is asked what became of an action."""


class Fate(Enum):
    """What became of an action that was taken from the outbox."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    RETRY = "retry"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Handover:
    """One line of what `dispatch` did; `until` is when a postponed or retried action comes up again.

    `before` says that nothing was handed over now: it left before, and only the send journal knew.
    """

    action: ProposedAction
    fate: Fate
    at: Instant
    note: str = ""
    until: Instant | None = None
    before: bool = False


@dataclass(frozen=True, slots=True)
class Armament:
    """An armed action, ready for its adapter; `since` is when it was armed, on a clock that nobody sets.

    `case` is its case as it was written then: what need not be read again where nothing has happened to it since.
    """

    message: Message
    adapter: Adapter
    fence: int
    since: float
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """An action of which nobody knows whether it left, and the adapter that can ask."""

    row: OutboxRow
    adapter: Adapter
    fence: int


def held_of(tx: Transaction, action: ProposedAction, known: Case | None = None) -> HeldCase:
    """The case of an action, locked; `known` is how it was last seen."""
    held = tx.case(action.case_id, known)
    assert held is not None, action.case_id  # actions are put together with the events of their case
    return held


def record(tx: Transaction, held: HeldCase, events: Sequence[Event], now: Instant) -> Case:
    """Whatever happens to an action makes its case worth a look: the ladder goes on from what really happened."""
    change = changed(held.case.id, held.case, [(now, e) for e in events], now=now, next_look=now)
    write(tx, [change], now=now)
    return change.case


def disarmed(tx: Transaction, row: OutboxRow, now: Instant, *, doubted: bool) -> OutboxRow:
    """An armed row of which nothing was handed over, free again; `doubted` where an attempt before it may have left."""
    if doubted:
        receipt = ReceiptRecorded(row.id, ReceiptKind.UNCERTAIN, note="not handed over once more")
        record(tx, held_of(tx, row.action), [receipt], now)
    state = OutboxState.UNCERTAIN if doubted else OutboxState.RETRY
    free = replace(row, state=state, next_at=now, changed_at=now)
    tx.move(free, fence=row.fence)
    return free


def backoff(attempts: int) -> int:
    """Seconds until the next attempt after some."""
    return int(RETRY_SECONDS * 2 ** (max(1, min(attempts, ATTEMPTS_MAX)) - 1))


def may_try(row: OutboxRow, adapter: Adapter | None, at: Instant) -> bool:
    """Whether what may have left is handed over once more: not too often, and not when its receiver has forgotten it."""
    return row.attempts < ATTEMPTS_MAX and not forgotten(row, adapter, at)


def forgotten(row: OutboxRow, adapter: Adapter | None, at: Instant) -> bool:
    """Whether a receiver may no longer recognise an action: then handing over again could reach the debtor twice."""
    first = row.changed_at if row.message is None else row.message.at
    return isinstance(adapter, KeysExpire) and at >= first + adapter.key_ttl
