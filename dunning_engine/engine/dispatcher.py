"""Handing actions over: claim one, ask again whether it may go, arm it, commit, and only then call the adapter.

If the process dies between arming and receipt, the row stays `armed` until its lease runs out and is then said to be
uncertain; what follows from that is up to its receiver and to its step, see `receiving`.
"""

from __future__ import annotations

import itertools
import logging
import os
import socket
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from dunning_engine.engine.arming import Arming, Renders
from dunning_engine.engine.breakers import Breakers, endpoint_of
from dunning_engine.engine.couriers import Threads
from dunning_engine.engine.gone_before import gone_before, outcome_word
from dunning_engine.engine.guarded_clock import GuardedClock
from dunning_engine.engine.handing_inside import Claims, Written, handed_inside, kept, need_database
from dunning_engine.engine.handovers import (
    ATTEMPTS_MAX,
    DELIVER_SECONDS,
    FRESH_SECONDS,
    LEASE_SECONDS,
    RETRY_SECONDS,
    Armament,
    Fate,
    Handover,
    Question,
    backoff,
    disarmed,
    held_of,
)
from dunning_engine.engine.receiving import Receiving, given_up
from dunning_engine.engine.watch import Watch
from dunning_engine.kernel.errors import Conflict, ForeignError
from dunning_engine.ports.adapter import Retry, Withheld, writes_inside
from dunning_engine.ports.checkpoints import Checkpoint, Point, nobody
from dunning_engine.ports.codec import UnreadableEvent
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.engine.couriers import Courier
    from dunning_engine.engine.obligations import Obligation
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.adapter import Adapter, Message, Outcome, WritesInside
    from dunning_engine.ports.documents import Documents
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import OutboxRow, Store, Transaction

__all__ = [
    "ATTEMPTS_MAX",
    "DELIVER_SECONDS",
    "LEASE_SECONDS",
    "RETRY_SECONDS",
    "Armament",
    "Dispatcher",
    "Fate",
    "Handover",
    "Renders",
    "never",
]

CONFLICTS_MAX: Final = 5
"""How often a claim is repeated that somebody else came before."""

PATIENCE_SECONDS: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""How long a database that is away is waited for, when what is to be written may not be lost."""

T = TypeVar("T")

INSIDE_MAX: Final = 200
"""How many hand-overs inside the database share a transaction."""

INSIDE_SECONDS: Final = 0.25
"""After how long no further one joins it: whoever else writes about their debtors waits for its commit."""

Step: TypeAlias = "Armament | Question | tuple[Handover, ...]"
"""What a claim comes to: an action that is armed or to be asked about, or those that are over and done with."""

_log = logging.getLogger("dunning_engine")


def never() -> bool:
    """Nobody says stop."""
    return False


@dataclass(slots=True)
class _LastWord:
    """Whether an armed action may still go when its first byte is about to: asked again where time has passed."""

    dispatcher: Dispatcher
    armament: Armament
    now: Instant | None
    refusal: Handover | None = None

    def __call__(self) -> bool:
        self.refusal = self.dispatcher.fresh(self.armament, self.now)
        return self.refusal is None


class Dispatcher:
    """Takes actions from the outbox to adapters."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        adapters: Mapping[str, Adapter],
        renderer: Renders,
        creditor: Party,
        clock: Clock,
        documents: Documents | None = None,
        *,
        checkpoint: Checkpoint = nobody,
        watch: Watch | None = None,
        courier: Courier | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        need_database(store, adapters.values())
        self._store, self._clock = store, clock
        self._watch = watch or Watch(GuardedClock(clock), None)
        self._checkpoint, self._monotonic = checkpoint, monotonic
        self._courier = courier or Threads()
        self.breakers = Breakers()
        self.owner = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
        """With whose name begins who has armed what this dispatcher arms; a number for each claim follows it."""
        self._claims = itertools.count(1)
        self._receiving = Receiving(shelf)
        self._arming = Arming(
            shelf,
            adapters,
            renderer,
            creditor,
            documents,
            breakers=self.breakers,
            checkpoint=checkpoint,
            monotonic=monotonic,
        )

    def run(self, now: Instant | None, limit: int | None, stop: Callable[[], bool] = never) -> list[Handover]:
        """Hand over what is due, one action after the other, until somebody says stop; what is armed by then goes."""
        done: list[Handover] = []
        ahead: Step | None = None

        def room(beside: int) -> int:
            """How many more may follow at once."""
            left = INSIDE_MAX if limit is None else min(INSIDE_MAX, limit - len(done) - beside)
            return 0 if left <= 0 or stop() else left

        while ahead is not None or room(0):
            step = self._ready(ahead or self._next(now, room(0)), now)
            ahead = None
            if step is None:
                break
            if isinstance(step, Armament):
                handover, ahead = self._handed_over(step, now, lambda: room(1))
                step = (handover,)
            done += step
        return done

    def trouble(
        self, action: ProposedAction, case: Case, policy: Policy, obligations: Sequence[Obligation], now: Instant
    ) -> str:
        """Why the text of an action cannot be made now; empty where it can."""
        return self._arming.trouble(action, case, policy, obligations, now)

    def close(self) -> None:
        """End what waits for adapters."""
        self._courier.close()

    def _time(self, now: Instant | None) -> Instant:
        return self._clock.now() if now is None else now

    # Before the hand-over ----------------------------------------------------------------------------------------------

    def arm_next(self, now: Instant | None) -> Armament | Handover | None:
        """Claim the action that has waited longest and arm it, or say what became of it instead; `None`: nothing is due.

        What cannot be noted in the send journal does not leave. A clock tells the time where the host does not.
        """
        step = self._ready(self._next(now, 1), now)
        return step[0] if isinstance(step, tuple) else step

    def _ready(self, step: Step | None, now: Instant | None) -> Armament | tuple[Handover, ...] | None:
        match step:
            case Question():
                return (self._looked_up(step, now),)
            case Armament():
                noted = self._noted(step, self._time(now))
                return noted if isinstance(noted, Armament) else (noted,)
            case _:
                return step

    def _noted(self, armament: Armament, at: Instant) -> Armament | Handover:
        try:
            self._watch.begun(armament.message, armament.fence, at)
        except ForeignError as error:
            self._untried(armament.message.action)
            return self._received(armament, Retry(RETRY_SECONDS, str(error)), at)
        return armament

    def _next(self, now: Instant | None, most: int) -> Step | None:
        """The next action, armed; what breaks on the way is put off, so that it does not stop the others.

        Inside the database up to `most` are handed over at once.

        Raises: what the database says, where it lets nothing be armed again and again.
        """
        refused: Exception | None = None
        for _ in range(CONFLICTS_MAX):
            claimed = Claims()
            try:
                with self._store.transaction() as tx:
                    step = self._claimed(tx, now, claimed, most)
            except Exception as error:
                if not claimed.rows and not isinstance(error, Conflict):
                    raise
                if put_off := self._let_go(claimed, error, now):
                    return put_off
                if not isinstance(error, Conflict):
                    refused = error
            else:
                self._note_inside(claimed, now)
                return step
        if refused is not None:
            raise refused
        return None

    def _let_go(self, claimed: Claims, error: Exception, given: Instant | None) -> tuple[Handover, ...]:
        """What becomes of the last action, whose arming failed; nothing where it may be claimed once more, by whomever.

        Where a commit was lost: what of all of it was handed over inside the database, and kept.
        """
        if not claimed.rows:
            return ()
        row = claimed.rows[-1]
        self._untried(row.action)
        if isinstance(error, Conflict):  # somebody else was first, and nothing was kept
            return ()
        if not _is_database(error):
            return (self._put_off(row, error, self._time(given)),)
        self._patiently(partial(self._freed, row, self._time(given)))
        return self._patiently(partial(self._found, claimed, given)) if claimed.inside else ()

    def _found(self, claimed: Claims, given: Instant | None) -> tuple[Handover, ...]:
        with self._store.transaction(write=False) as tx:
            found = tuple(kept(tx, claimed.rows, self._time(given)))
        if found:
            self._note_inside(claimed, given)
        return found

    def _claimed(self, tx: Transaction, given: Instant | None, claimed: Claims, most: int) -> Step | None:
        now = self._time(given)
        leases, since = self._leases(tx, given, now), self._monotonic()
        done: list[Handover] = []
        while len(done) < most and (row := tx.claim(now, leases)) is not None:
            inside = self._arming.inside(row)
            if (done and not inside) or (not done and self._halted(tx, by_clock=given is None)):
                break
            row = replace(row, owner=f"{self.owner} {next(self._claims)}")
            claimed.rows.append(row)
            step = self._taken(tx, row, now, leases)
            if isinstance(step, Armament) and writes_inside(step.adapter):
                step = self._inside(tx, step, step.adapter, now, claimed)
            if not isinstance(step, Handover):
                return step
            done.append(step)
            if not inside or self._monotonic() - since > INSIDE_SECONDS:
                break
        return tuple(done) or None

    def _halted(self, tx: Transaction, *, by_clock: bool) -> bool:
        why = self._watch.halted(tx, by_clock=by_clock)
        self._watch.tell(why)
        return bool(why)

    def _taken(self, tx: Transaction, row: OutboxRow, now: Instant, leases: Instant) -> Armament | Question | Handover:
        if (gone := self._watch.left(tx, row)) is not None:
            receipt = gone_before(tx, held_of(tx, row.action), row, gone, now)
            return Handover(row.action, Fate(receipt.kind.value), now, receipt.note, before=True)
        if row.state is OutboxState.ARMED:
            return self._receiving.lost(tx, row, self._arming.adapter(row.action), now)
        return self._arming.arm(tx, row, now, leases)

    def _inside(
        self, tx: Transaction, armament: Armament, writer: WritesInside, now: Instant, claimed: Claims
    ) -> Handover:
        """Hand over in the transaction that armed: commits with its receipt, or not at all."""
        outcome = handed_inside(tx, armament.message, armament.adapter, writer)
        if not isinstance(outcome, Retry):
            claimed.inside.append(Written(armament.message, armament.fence, outcome))
        return self._receipt(tx, armament, outcome, now)

    def _note_inside(self, claimed: Claims, given: Instant | None) -> None:
        if claimed.inside:
            told = [(message, fence, outcome_word(outcome)) for message, fence, outcome in claimed.inside]
            self._watch.kept(told, self._time(given))

    def _leases(self, tx: Transaction, given: Instant | None, now: Instant) -> Instant:
        """What time it is where leases are counted: the database's, unless the host says what time it is."""
        told = tx.time() if given is None and self._watch.clock.judged else None
        return now if told is None else told

    def _untried(self, action: ProposedAction) -> None:
        """If it was the one attempt that a breaker lets through, the next one is."""
        adapter = self._arming.adapter(action)
        if adapter is not None:
            self.breakers.untried(endpoint_of(adapter, action))

    def _put_off(self, row: OutboxRow, error: Exception, now: Instant) -> Handover:
        """An action that cannot even be armed is tried again like one that did not leave, and given up in the end."""
        _log.exception("action %s could not be armed", row.id, exc_info=error)
        note = f"it could not be armed: {type(error).__name__}: {error}"
        tried = replace(row, attempts=row.attempts + 1)
        final = row.state is not OutboxState.UNCERTAIN and not isinstance(error, UnreadableEvent)
        with self._store.transaction() as tx:
            if final and tried.attempts >= ATTEMPTS_MAX:
                return given_up(tx, held_of(tx, row.action), tried, note, now)
            again = now + backoff(tried.attempts)
            tx.move(replace(tried, next_at=again, changed_at=now, note=note), fence=row.fence)
        return Handover(row.action, Fate.RETRY, now, note, again)

    def _freed(self, row: OutboxRow, now: Instant) -> None:
        """A commit that was lost may have armed the action all the same: nothing was handed over, so it is free again.

        Unless it was armed by another claim, be it one of another thread of this engine.
        """
        with self._store.transaction() as tx:
            kept = tx.row(row.id)
            if kept is not None and kept.state is OutboxState.ARMED and kept.owner == row.owner:
                disarmed(tx, kept, now, doubted=row.state is OutboxState.UNCERTAIN)

    @staticmethod
    def _patiently(write: Callable[[], T]) -> T:
        """Write what may not be lost: again while somebody else is first, or the database is away for a moment."""
        for seconds in PATIENCE_SECONDS:
            try:
                return write()
            except (Conflict, ForeignError) as error:
                if not _is_database(error):
                    raise
                _log.warning("the database was in the way, and is tried again: %s", error)
            time.sleep(seconds)
        return write()

    # The hand-over and after -------------------------------------------------------------------------------------------

    def fresh(self, armament: Armament, now: Instant | None) -> Handover | None:
        """Why an armed action does not go after all; `None` where it was armed just now, or has been armed anew."""
        if self._monotonic() - armament.since <= FRESH_SECONDS:
            return None
        with self._store.transaction() as tx:
            return self._arming.again(tx, armament, self._time(now))

    def deliver(self, message: Message) -> Outcome:
        """Hand an armed message to its adapter, for hosts that arm and receive elsewhere; they see to it that it is fresh."""
        adapter = self._arming.adapter(message.action)
        if adapter is None:
            return Retry(RETRY_SECONDS, f"no adapter for {message.action.spec.way} is installed here")
        outcome = self._courier.deliver(
            adapter, message, seconds=DELIVER_SECONDS, may_go=lambda: True, late=lambda _outcome: None
        )
        assert not isinstance(outcome, Withheld)  # it may go
        return outcome

    def _handed_over(
        self, armament: Armament, now: Instant | None, room: Callable[[], int]
    ) -> tuple[Handover, Step | None]:
        """Hand over; what became of it and, where there is room for more, what comes next."""
        self._checkpoint(Point.ARMED)
        adapter, endpoint = armament.adapter, endpoint_of(armament.adapter, armament.message.action)
        last = _LastWord(self, armament, now)
        outcome = self._courier.deliver(
            adapter,
            armament.message,
            seconds=DELIVER_SECONDS,
            may_go=last,
            late=lambda told: self._late(armament, told),
        )
        self._checkpoint(Point.HANDED_OVER)
        if isinstance(outcome, Withheld):
            self.breakers.untried(endpoint)
            self._watch.ended(armament.message, armament.fence, self._time(now), "retry")
            assert last.refusal is not None, f"{adapter.name} withheld what it was not told to"
            return last.refusal, None
        at = self._time(now)
        self.breakers.tell(endpoint, outcome, at)
        if most := room():
            return self._received_and_next(armament, outcome, at, now, most)
        return self._received(armament, outcome, at), None

    def _received_and_next(
        self, armament: Armament, outcome: Outcome, at: Instant, given: Instant | None, most: int
    ) -> tuple[Handover, Step | None]:
        """Write what came of a hand-over and arm the next action in one transaction: one commit for each action.

        Where that fails, what came of it is written alone: another action can be claimed again, an answer not be had again.
        """
        claimed = Claims()
        self._ended(armament, outcome, at)
        try:
            with self._store.transaction() as tx:
                handover = self._receipt(tx, armament, outcome, at)
                step = self._claimed(tx, given, claimed, most)
        except Exception as error:  # noqa: BLE001 - what cannot be written alone either is raised there
            handover = self._written(armament, outcome, at, doubted=True)
            return handover, self._let_go(claimed, error, given) or None
        self._checkpoint(Point.RECEIPT_COMMITTED)
        self._note_inside(claimed, given)
        return handover, step

    def _received(self, armament: Armament, outcome: Outcome, at: Instant) -> Handover:
        """Write what came of a hand-over, first in the journal."""
        self._ended(armament, outcome, at)
        return self._written(armament, outcome, at)

    def _ended(self, armament: Armament, outcome: Outcome, at: Instant) -> None:
        self._watch.ended(armament.message, armament.fence, at, outcome_word(outcome))

    def _written(self, armament: Armament, outcome: Outcome, at: Instant, *, doubted: bool = False) -> Handover:
        """Write what came of a hand-over; where a lost commit was kept all the same, it stands there already."""
        tries = [doubted]

        def write() -> Handover:
            if any(tries) and (known := self._kept(armament, at)) is not None:
                return known
            tries.append(True)
            with self._store.transaction() as tx:
                handover = self._receipt(tx, armament, outcome, at)
            self._checkpoint(Point.RECEIPT_COMMITTED)
            return handover

        return self._patiently(write)

    def _receipt(self, tx: Transaction, armament: Armament, outcome: Outcome, at: Instant) -> Handover:
        handover = self._receiving.received(
            tx, armament.message, armament.fence, outcome, armament.adapter, at, known=armament.case
        )
        self._checkpoint(Point.RECEIPT_WRITTEN)
        return handover

    def _kept(self, armament: Armament, at: Instant) -> Handover | None:
        with self._store.transaction(write=False) as tx:
            row = tx.row(armament.message.action_id)
        if row is None or row.fence != armament.fence or row.state is OutboxState.ARMED:
            return None
        return Handover(row.action, Fate(row.state.value), at, row.note, row.next_at)

    def receive(self, message: Message, fence: int, outcome: Outcome, now: Instant) -> Handover:
        """Write what came of handing over the message that was armed under a fence."""
        adapter = self._arming.adapter(message.action)
        self._watch.ended(message, fence, now, outcome_word(outcome))
        with self._store.transaction() as tx:
            handover = self._receiving.received(tx, message, fence, outcome, adapter, now)
            self._checkpoint(Point.RECEIPT_WRITTEN)
        self._checkpoint(Point.RECEIPT_COMMITTED)
        return handover

    def _late(self, armament: Armament, outcome: Outcome | Withheld) -> None:
        """An adapter came back after nobody waited for it any more: what it says is evidence all the same."""
        _log.warning("the adapter %s came back late: %s", armament.adapter.name, outcome)
        if not isinstance(outcome, Withheld):
            self._received(armament, outcome, self._clock.now())

    def _looked_up(self, question: Question, now: Instant | None) -> Handover:
        outcome = self._courier.lookup(question.adapter, question.row.key, seconds=DELIVER_SECONDS)
        self._checkpoint(Point.LOOKED_UP)
        with self._store.transaction() as tx:
            return self._receiving.answered(tx, question, outcome, self._time(now))


def _is_database(error: Exception) -> bool:
    """Whether the database was in the way, rather than what was to be written."""
    return isinstance(error, (Conflict, ForeignError)) and not isinstance(error, UnreadableEvent)
