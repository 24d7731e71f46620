"""A store that forgets everything with its process: for tests, trials and hosts that keep their own history."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.kernel.errors import Conflict, UsageError
from dunning_engine.ports.audit_log import DEFAULT_TENANT
from dunning_engine.ports.guards import Guard
from dunning_engine.ports.store import (
    REVIVABLE,
    WITHDRAWABLE,
    CaseChange,
    HeldCase,
    OutboxRow,
    OutboxState,
    StoredPolicy,
    changed_meanwhile,
    known_otherwise,
    opened_to_read,
    registered_otherwise,
)
from dunning_engine.stores.memory_audit_log import MemoryAuditLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Recorded
    from dunning_engine.domain.orders import Scope, StandingOrder
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.guards import Left
    from dunning_engine.ports.store import UnreadCase

_ABSENT: Any = object()


class MemoryStore:
    """A tenant's cases in dictionaries. One transaction at a time; its connection is the transaction itself."""

    def __init__(self, *, tenant: str = DEFAULT_TENANT) -> None:
        self.tenant = tenant
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._current: MemoryTransaction | None = None
        self.tables: defaultdict[str, dict[Any, Any]] = defaultdict(dict)

    def __repr__(self) -> str:
        return f"<MemoryStore cases={len(self.tables['cases'])}>"

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[MemoryTransaction]:
        if connection is not None:
            yield from self._joined(connection, write=write)
            return
        if self._owner == threading.get_ident():
            raise UsageError("a transaction is open in this thread already: pass its connection= to take part in it")
        with self._lock:
            current = MemoryTransaction(self.tables, self.tenant, writes=write)
            self._owner, self._current = threading.get_ident(), current
            try:
                yield current
            except BaseException:
                current.undo(0)
                raise
            finally:
                self._owner = self._current = None

    def _joined(self, connection: Any, *, write: bool) -> Iterator[MemoryTransaction]:
        current = self._current
        if current is None or connection is not current:
            raise UsageError("the memory store shares no connection with a host: use the one of its own transaction")
        if write and not current.writes:
            raise UsageError(opened_to_read())
        with current.lent():
            yield current

    def compact(self) -> None:
        """Nothing is left of what was deleted."""

    def close(self) -> None:
        """Nothing to let go of."""


class MemoryTransaction(MemoryAuditLog):
    """Writes go to the tables at once; `done` remembers what was there before, for the way back."""

    def __init__(self, tables: defaultdict[str, dict[Any, Any]], tenant: str, *, writes: bool = True) -> None:
        self._tables, self._tenant, self.writes = tables, tenant, writes
        self.done: list[tuple[str, Any, Any]] = []

    @property
    def connection(self) -> Any:
        return self

    @contextmanager
    def lent(self) -> Iterator[MemoryTransaction]:
        mark = len(self.done)
        try:
            yield self
        except BaseException:
            self.undo(mark)
            raise

    def undo(self, mark: int) -> None:
        """Take back every write since a mark."""
        while len(self.done) > mark:
            table, key, before = self.done.pop()
            if before is _ABSENT:
                del self._tables[table][key]
            else:
                self._tables[table][key] = before

    def _write(self, table: str, key: Any, value: Any) -> None:
        self.done.append((table, key, self._tables[table].get(key, _ABSENT)))
        self._tables[table][key] = value

    # Cases

    def case(self, case_id: str, known: Case | None = None) -> HeldCase | None:  # noqa: ARG002 - it is at hand
        held: HeldCase | None = self._tables["cases"].get(case_id)
        return held

    def due(self, now: Instant, limit: int, unread: list[UnreadCase] | None = None) -> list[HeldCase]:  # noqa: ARG002 - never unread
        waiting = [h for h in self._tables["cases"].values() if h.next_look is not None and h.next_look <= now]
        return sorted(waiting, key=lambda held: held.next_look)[:limit]

    def postpone(self, case_id: str, until: Instant) -> None:
        self._write("cases", case_id, replace(self._tables["cases"][case_id], next_look=until))

    def cases(self, *, status: CaseStatus | None = None, debtor_id: str | None = None) -> list[HeldCase]:
        return [
            held
            for held in self._tables["cases"].values()
            if status in (None, held.case.status) and debtor_id in (None, held.case.debtor.id)
        ]

    def history(self, case_id: str) -> tuple[Recorded, ...]:
        events: tuple[Recorded, ...] = self._tables["events"].get(case_id, ())
        return events

    def latest(self) -> Instant | None:
        return max((events[-1].recorded_at for events in self._tables["events"].values()), default=None)

    def next_look(self) -> Instant | None:
        looks = [held.next_look for held in self._tables["cases"].values()]
        looks += [row.next_at for row in self._tables["outbox"].values()]
        return min((look for look in looks if look is not None), default=None)

    def save(self, changes: Sequence[CaseChange]) -> None:
        for change in changes:
            stored = self.case(change.case.id)
            if (stored.case.seq if stored else 0) != change.expected:
                raise Conflict(changed_meanwhile(f"case {change.case.id}"))
        for change in changes:
            case = change.case
            self._write("cases", case.id, HeldCase(case, change.next_look))
            if change.events:
                self._write("events", case.id, self.history(case.id) + change.events)
            if change.contacts:
                known: dict[str, Contact] = self._tables["contacts"].get(case.debtor.id, {})
                self._write("contacts", case.debtor.id, {**known, **dict(change.contacts)})

    def contacts(self, debtor_ids: Iterable[str]) -> Mapping[str, ContactLog]:
        table = self._tables["contacts"]
        return {debtor: ContactLog(table[debtor].values()) for debtor in debtor_ids if debtor in table}

    # Outbox

    def put(self, rows: Sequence[OutboxRow]) -> None:
        for row in rows:
            known = self.row(row.id)
            if known is not None and known.state not in REVIVABLE:
                raise Conflict(f"action {row.id} is {known.state.value}: it cannot go out a second time")
        for row in rows:
            known = self.row(row.id)
            self._write("outbox", row.id, row if known is None else replace(row, fence=known.fence))

    def time(self) -> Instant | None:
        return None

    def claim(self, now: Instant, leases: Instant) -> OutboxRow | None:
        found: list[OutboxRow] = []
        rows = self._tables["outbox"].values()
        passed = {row.action.case_id for row in rows if row.state is OutboxState.ARMED}
        for row in rows:
            if row.next_at is None:
                continue
            if row.state is OutboxState.ARMED:
                found += [row] if row.next_at <= leases else []
            elif row.next_at <= now and row.action.case_id not in passed:
                found.append(row)
            if row.state is not OutboxState.PENDING or row.next_at <= now:
                passed.add(row.action.case_id)
        return min(found, key=lambda row: row.next_at or 0, default=None)

    def row(self, action_id: str) -> OutboxRow | None:
        row: OutboxRow | None = self._tables["outbox"].get(action_id)
        return row

    def move(self, row: OutboxRow, *, fence: int) -> None:
        known = self.row(row.id)
        if known is None or known.fence != fence:
            raise Conflict(changed_meanwhile(f"action {row.id}"))
        self._write("outbox", row.id, replace(row, action=known.action, message=known.message))

    def arm(self, row: OutboxRow, *, fence: int) -> None:
        armed = self.outbox(state=OutboxState.ARMED, case_id=row.action.case_id)
        if any(other.id != row.id for other in armed):
            raise Conflict(changed_meanwhile(f"case {row.action.case_id}"))
        self.move(row, fence=fence)
        self._write("outbox", row.id, row)

    def withdraw(self, action_id: str, note: str, now: Instant) -> None:
        known = self.row(action_id)
        if known is not None and known.state in WITHDRAWABLE:
            done = replace(known, state=OutboxState.CANCELLED, next_at=None, changed_at=now, note=note)
            self._write("outbox", action_id, done)

    def settle(self, action_id: str, state: OutboxState, note: str, now: Instant) -> None:
        known = self.row(action_id)
        if known is not None:
            done = replace(known, state=state, next_at=None, changed_at=now, note=note)
            self._write("outbox", action_id, done)

    def outbox(
        self, *, state: OutboxState | None = None, case_id: str | None = None, begins: str | None = None
    ) -> list[OutboxRow]:
        rows = [row for row in self._tables["outbox"].values() if row.id.startswith(begins or "")]
        return [row for row in rows if state in (None, row.state) and case_id in (None, row.action.case_id)]

    # Standing orders

    def orders(self) -> list[StandingOrder]:
        return list(self._tables["orders"].values())

    def order(self, order: StandingOrder) -> None:
        self._write("orders", len(self._tables["orders"]), order)

    def end_order(self, scope: Scope, name: str, now: Instant, by: str, why: str) -> bool:
        standing = {n: o for n, o in self._tables["orders"].items() if o.until is None}
        ended = {n: o for n, o in standing.items() if (o.scope, o.name) == (scope, name)}
        for number, order in ended.items():
            self._write("orders", number, replace(order, until=now, ended_by=by, ended_why=why))
            for held in self.cases(status=CaseStatus.PAUSED):
                if order.binds(held.case):
                    self._write("cases", held.case.id, replace(held, next_look=now))
        return bool(ended)

    # Inbox and policies

    def receive(self, source: str, event_id: str, digest: str) -> bool:
        known = self._tables["inbox"].get((source, event_id))
        if known is None:
            self._write("inbox", (source, event_id), digest)
        elif known != digest:
            raise UsageError(known_otherwise(source, event_id))
        return known is None

    def register(self, policy: StoredPolicy) -> None:
        known = self._tables["versions"].get((policy.ref.name, policy.ref.version))
        if known not in (None, policy.ref.hash):
            raise UsageError(registered_otherwise(policy.ref))
        self._write("versions", (policy.ref.name, policy.ref.version), policy.ref.hash)
        if known is None or policy.source:
            self._write("policies", policy.ref.hash, policy)

    def policy(self, policy_hash: str) -> StoredPolicy | None:
        policy: StoredPolicy | None = self._tables["policies"].get(policy_hash)
        return policy

    def version(self, name: str, version: int) -> StoredPolicy | None:
        known = self._tables["versions"].get((name, version))
        return None if known is None else self.policy(known)

    # What the store remembers of itself

    def guard(self, *, lock: bool = False) -> Guard:  # noqa: ARG002 - every transaction is alone
        known: Guard = self._tables["guard"].get("", Guard())
        return known

    def keep_guard(self, guard: Guard) -> None:
        self._write("guard", "", guard)

    def note_last(self, at: Instant) -> None:
        known = self.guard()
        if known.last is None or known.last < at:
            self.keep_guard(replace(known, last=at))

    def pin(self, policy_hash: str, rules: str) -> str:
        kept: str = self._tables["laws"].get(policy_hash, rules)
        self._write("laws", policy_hash, kept)
        return kept

    def left(self, action_id: str) -> Left | None:
        return next((left for left in self.all_left() if left.action_id == action_id), None)

    def all_left(self) -> list[Left]:
        known = (left for left in self._tables["left"].values() if left is not None)
        return sorted(known, key=lambda left: (left.at, left.action_id))

    def note_left(self, actions: Sequence[Left]) -> None:
        for left in actions:
            self._write("left", left.action_id, left)

    def drop_left(self, action_id: str) -> None:
        self._write("left", action_id, None)

    def wake(self, now: Instant) -> None:
        for held in list(self._tables["cases"].values()):
            if held.next_look is not None and held.next_look > now:
                self._write("cases", held.case.id, replace(held, next_look=now))
        for row in list(self._tables["outbox"].values()):
            if row.state is OutboxState.PENDING and row.next_at is not None and row.next_at > now:
                self._write("outbox", row.id, replace(row, next_at=now))
