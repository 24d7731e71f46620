"""What operators say of a store as a whole: that it goes on after it was restored, and that its clock is right."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from dunning_engine.domain.given import given_choice, given_text
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.watch import BEGUN, IN_DOUBT, Agreement, agreement, unreadable
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.audit_log import DEFAULT_TENANT
from dunning_engine.ports.guards import Left
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.engine.clocks import When
    from dunning_engine.engine.watch import Watch
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.guards import Guard
    from dunning_engine.ports.store import OutboxRow, Store, Transaction

_log = logging.getLogger("dunning_engine")

WAITING = (OutboxState.PENDING, OutboxState.RETRY, OutboxState.ARMED)


class Decide(Enum):
    """What becomes of actions of which nobody knows whether they left."""

    HOLD = "hold"
    """They are not sent again: what was asked of the debtor is uncertain, and a person looks."""
    RESEND = "resend"
    """They go once more; a debtor may get them twice."""


@dataclass(frozen=True, slots=True)
class StoreState:
    """How a store stands: why nothing is armed, and what `resume_store` would ask for and settle.

    `sent` certainly left without the store's knowledge, `in_doubt` may have; `frozen` actions of the outbox were due
    before the store was restored. Where the journal does not tell everything (`whole`), whatever is due is in doubt.
    """

    halted: str
    guard: Guard
    next_epoch: int
    sent: tuple[Left, ...]
    in_doubt: tuple[Left, ...]
    frozen: tuple[OutboxRow, ...]
    whole: bool = True


class Guarding:
    """A part of `DunningEngine`: the word of an operator on which the store goes on."""

    _store: Store
    _watch: Watch

    if TYPE_CHECKING:

        def advance(self, now: When | None = None, *, limit: int | None = None) -> list[Decision]: ...

    @property
    def tenant(self) -> str:
        """Whose cases these are."""
        return self._watch.tenant or DEFAULT_TENANT

    def halted(self, *, connection: Any = None) -> str:
        """Why nothing is handed over now, where the store was restored or the clock was set; empty where nothing is wrong."""
        with self._store.transaction(connection, write=False) as tx:
            return self._watch.in_the_way(tx.guard())

    def decided_until(self) -> Instant | None:
        """Up to when everything was decided about, as the store remembers it to the minute; `None` for a new one."""
        with self._store.transaction(write=False) as tx:
            return tx.guard().last

    def store_state(self, *, connection: Any = None) -> StoreState:
        """How the store stands; `halted` is empty where actions may be armed."""
        only_read = bool(getattr(self._store, "only_read", False))
        with self._store.transaction(connection, write=not only_read) as tx:
            halted = self._watch.in_the_way(tx.guard()) if only_read else self._watch.halted(tx)
            guard = tx.guard()
            found = self._agreement(tx, guard)
            left = found.left if guard.restored_at is not None else ()
            return StoreState(
                halted,
                guard,
                found.epoch + 1,
                tuple(one for one in left if one.outcome not in IN_DOUBT),
                tuple(one for one in left if one.outcome in IN_DOUBT),
                tuple(_due(tx, guard.restored_at)),
                whole=found.whole or guard.restored_at is None,
            )

    def journal_damage(self) -> str:
        """Which lines of the whole send journal cannot be read, also where the store knows what they told; empty where none."""
        journal = self._watch.journal
        pages = None if journal is None or not journal.identity() else journal.read()
        return unreadable(pages, journal) if journal is not None and pages is not None and pages.damaged else ""

    def resume_store(self, *, epoch: int, decide: Decide | str, by: str) -> StoreState:
        """Let a store that was restored go on; what left meanwhile is taken for sent when it comes up again.

        `epoch` is the one that begins now, as `store_state` tells it: the same word said twice does nothing twice.
        Where the journal is lost, `hold` takes everything that is due by now for uncertain.
        """
        decide, by = given_choice(Decide, decide, "what becomes of what is in doubt"), given_text(by, *_SIGNED)
        _check(self.store_state(), epoch)
        self.advance()  # what is due by now stands in the outbox then
        now = self._watch.clock.now()
        with self._store.transaction() as tx:
            guard = tx.guard(lock=True)
            found = self._agreement(tx, guard)
            left = _settled(tx, found, decide, now)
            tx.note_left(left)
            journal = self._watch.journal
            kept = replace(guard, epoch=epoch, restored_at=None, why=f"epoch {epoch}: {decide.value}, says {by}")
            if journal is not None:
                identity = journal.begin()
                pages = journal.read()
                kept = replace(kept, journal=identity, checked=0 if pages is None else pages.end)
            tx.keep_guard(kept)
        self._watch.resumed(epoch, now, decide.value)
        _log.warning("the store goes on in epoch %s (%s), says %s", epoch, decide.value, by)
        return self.store_state()

    def trim_journal(self, *, before: When) -> int:
        """Take out of the send journal what is older than an instant and settled in the store; how many bytes.

        A backup from before that instant can still be told from the store of today, but no more what left since: keep
        what is newer than your oldest backup. Raises `UsageError` where the store and its journal do not agree.
        """
        journal, moment = self._watch.journal, instant(before)
        if journal is None:
            raise UsageError("this store has no send journal: there is nothing to trim")
        if moment > self._watch.clock.now():
            raise UsageError("what is yet to come is not in the send journal: pass before= an instant that is over")
        older = journal.older(moment)
        for tenant in sorted(mark.tenant for mark in older.marks):
            older = journal.older(moment, place=min(older.place, self._settled_until(tenant)))
        return journal.trim(older)

    def _settled_until(self, tenant: str) -> int:
        """Up to which place of the journal everything of a tenant is settled; the store remembers it."""
        journal = self._watch.journal
        assert journal is not None
        store: Any = self._store
        if tenant != self._watch.tenant:
            store = store.of(tenant)
        with store.transaction() as tx:
            guard = tx.guard(lock=True)
            if guard.journal != journal.identity():
                raise UsageError(f"the store goes with another send journal than {journal}")
            found = agreement(tx, guard, journal, tenant)
            if found.why or guard.restored_at is not None:
                raise UsageError(f"nothing is taken out of the send journal: {found.why or guard.why}")
            tx.keep_guard(replace(guard, checked=found.end))
            return found.end

    def trust_clock(self, *, by: str) -> Instant:
        """The machine's clock is right, whatever was known before; the instant that it shows."""
        by = given_text(by, *_SIGNED)
        with self._store.transaction() as tx:
            guard, now = tx.guard(lock=True), self._watch.clock.trust()
            journal = self._watch.journal
            pages = None if journal is None or not guard.journal else journal.read(guard.checked)
            checked = guard.checked if pages is None else pages.end
            tx.keep_guard(replace(guard, last=now, checked=checked, trusted=guard.trusted + 1))
        _log.warning("the clock is right, says %s", by)
        return now

    def _agreement(self, tx: Transaction, guard: Guard) -> Agreement:
        journal = self._watch.journal
        if journal is None:
            return Agreement("", (), guard.checked, guard.epoch, whole=False)
        return agreement(tx, guard, journal, self._watch.tenant)


_SIGNED = ("whoever lets a store go on says who they are", "pass by=…")


def _check(state: StoreState, epoch: int) -> None:
    if state.guard.restored_at is None:
        raise UsageError("this store was not restored: there is nothing to resume")
    if epoch != state.next_epoch:
        raise UsageError(f"the epoch that begins now is {state.next_epoch}, not {epoch}: `store_state()` tells it")


def _due(tx: Transaction, by: Instant | None) -> list[OutboxRow]:
    """What waited in the outbox when the store was restored."""
    if by is None:
        return []
    return [row for row in tx.outbox() if row.state in WAITING and row.next_at is not None and row.next_at <= by]


def _settled(tx: Transaction, found: Agreement, decide: Decide, now: Instant) -> list[Left]:
    """What is taken for handed over from here on."""
    left = {one.action_id: one for one in found.left}
    if not found.whole:
        left = {row.id: _maybe(row) for row in _due(tx, now)} | left
    if decide is Decide.HOLD:
        return list(left.values())
    for one in left.values():
        row = tx.row(one.action_id)
        if one.outcome in IN_DOUBT and row is not None and row.state is OutboxState.ARMED:
            again = replace(
                row, state=OutboxState.RETRY, next_at=now, changed_at=now, note="sent again by a person's word"
            )
            tx.move(again, fence=row.fence)
    return [one for one in left.values() if one.outcome not in IN_DOUBT]


def _maybe(row: OutboxRow) -> Left:
    """A row that may have left, where no journal says whether it did."""
    action = row.action
    fence = row.fence + (row.state is not OutboxState.ARMED)
    return Left(
        action_id=row.id,
        case_id=action.case_id,
        fence=fence,
        way=action.spec.way,
        at=row.changed_at,
        outcome=BEGUN,
    )
