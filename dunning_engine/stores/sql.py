"""The SQL store on SQLAlchemy Core: SQLite today, every statement portable to PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, make_url, update
from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError as PoolTimeout

from dunning_engine.domain.case import fold
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.events import PolicyRef, Recorded
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import Conflict, ForeignError, UsageError
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.ports import codec
from dunning_engine.ports.store import (
    CaseChange,
    HeldCase,
    OutboxRow,
    OutboxState,
    StoredPolicy,
    changed_meanwhile,
    known_otherwise,
    registered_otherwise,
)
from dunning_engine.stores import schema, sqlite
from dunning_engine.stores.statements import (
    CONTACTS,
    EXPIRED,
    KNOWN_CASES,
    POLICY,
    VERSION,
    Statements,
    listed_cases,
    listed_rows,
)
from dunning_engine.stores.tables import policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from dunning_engine.domain.case import CaseStatus
    from dunning_engine.kernel.calendar import Instant


class SqlStore:
    """Cases in a database, brought to the present version of its tables when it is opened."""

    def __init__(self, url: str) -> None:
        if make_url(url).get_backend_name() != "sqlite":
            raise UsageError(f"{url!r} is no store that this version knows: use sqlite:///FILE")
        self.engine = sqlite.sqlite_engine(url)
        self._owner: int | None = None
        self._statements = Statements.of(self.engine.dialect)
        with self.transaction() as ours:
            schema.upgrade(ours.connection)

    def __repr__(self) -> str:
        return f"<SqlStore {self.engine.url!r}>"

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[SqlTransaction]:
        if connection is not None:
            if self._owner != threading.get_ident():
                sqlite.begin_on(connection)
            with connection.begin_nested():
                yield SqlTransaction(connection, self._statements)
            return
        if self._owner == threading.get_ident():
            raise UsageError("a transaction is open in this thread already: pass its connection= to take part in it")
        with self._connected(write=write) as ours, ours.begin():
            self._owner = threading.get_ident()
            try:
                yield SqlTransaction(ours, self._statements)
            finally:
                self._owner = None

    @contextmanager
    def _connected(self, *, write: bool) -> Iterator[Connection]:
        try:
            ours = self.engine.connect()
        except PoolTimeout as error:
            raise ForeignError(f"the database was busy for {sqlite.WAIT_SECONDS} seconds: another thread holds it") from error
        except DBAPIError as error:
            raise ForeignError(f"the database {self.engine.url!r} cannot be opened: {error.orig}") from error
        with ours:
            yield ours.execution_options(**{sqlite.READ_ONLY: not write})

    def close(self) -> None:
        self.engine.dispose()


class SqlTransaction:
    """One transaction on a connection, whoever began it."""

    __slots__ = ("_connection", "_statements")

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    @property
    def connection(self) -> Any:
        return self._connection

    # Cases

    def case(self, case_id: str) -> HeldCase | None:
        return next(map(self._held, self._statements.case.rows(self._connection, case_id)), None)

    def due(self, now: Instant, limit: int) -> list[HeldCase]:
        return [self._held(row) for row in self._statements.due.rows(self._connection, now, limit)]

    def cases(self, *, status: CaseStatus | None = None, debtor_id: str | None = None) -> list[HeldCase]:
        query = listed_cases(status=None if status is None else status.value, debtor_id=debtor_id)
        return [self._held(row) for row in self._connection.execute(query).fetchall()]

    def history(self, case_id: str) -> tuple[Recorded, ...]:
        rows = self._statements.history.rows(self._connection, case_id)
        return tuple(
            Recorded(seq, at, recorded_at, codec.decode_event(kind, version, body))
            for seq, at, recorded_at, kind, version, body in rows
        )

    def _held(self, row: Any) -> HeldCase:
        case_id, next_look, snapshot = row
        case = codec.decode_case(snapshot)
        return HeldCase(fold(case_id, self.history(case_id)) if case is None else case, next_look)

    def save(self, changes: Sequence[CaseChange]) -> None:
        statements, connection = self._statements, self._connection
        opened, changed, rescheduled, events, contacts = [], [], [], [], []
        for change in changes:
            case = change.case
            if not change.events:
                rescheduled.append((change.next_look, case.id, change.expected))
                continue
            snapshot, status = codec.encode_case(case), case.status.value
            if change.expected == 0:
                row = (case.id, case.debtor.id, case.policy.hash, status, change.next_look, case.seq, case.opened_at, snapshot)
                opened.append(row)
            else:
                changed.append((status, change.next_look, case.seq, snapshot, case.id, change.expected))
            events += [(case.id, e.seq, *_typed(e), e.at, e.recorded_at, body) for e, body in _written(change.events)]
            contacts += [_contact_row(key, case.debtor.id, contact) for key, contact in change.contacts]
        if opened:
            self._open(opened)
        updated = statements.change_case.run(connection, changed) + statements.reschedule.run(connection, rescheduled)
        if updated != len(changed) + len(rescheduled):
            raise Conflict(changed_meanwhile(_some(change.case.id for change in changes)))
        statements.add_event.run(connection, events)
        statements.put_contact.run(connection, contacts)
