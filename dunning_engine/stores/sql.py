"""The SQL store: one tenant's cases in SQLite or PostgreSQL, by the same statements."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from dunning_engine.domain.case import fold
from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.events import PolicyRef, Recorded
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.kernel.errors import Conflict, UsageError
from dunning_engine.ports import codec
from dunning_engine.ports.audit_log import DEFAULT_TENANT
from dunning_engine.ports.chain import START
from dunning_engine.ports.store import (
    CaseChange,
    HeldCase,
    OutboxRow,
    OutboxState,
    StoredPolicy,
    UnreadCase,
    changed_meanwhile,
    known_otherwise,
    registered_otherwise,
)
from dunning_engine.stores.audit_log import SqlAuditLog
from dunning_engine.stores.database import Database
from dunning_engine.stores.failures import told
from dunning_engine.stores.guards import SqlGuards
from dunning_engine.stores.lending import lent
from dunning_engine.stores.linking import linked, recorded_of
from dunning_engine.stores.prepared import TENANT, Line
from dunning_engine.stores.rows import (
    case_row,
    contact_of,
    contact_row,
    message_text,
    outbox_row,
    outbox_values,
    standing,
)
from dunning_engine.stores.statements import (
    ASSIGN,
    CONTACTS,
    LATEST,
    NEXT_LOOKS,
    POLICY,
    POSTPONE,
    SOURCE,
    VERSION,
    Statements,
    ended_order,
    listed_cases,
    listed_rows,
    paused_cases,
)
from dunning_engine.stores.tables import cases, orders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, CursorResult, Engine

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case, CaseStatus
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.stores.database import Backend

TENANT_LENGTH: Final = 200

NO_VALUES: Final[Mapping[str, Any]] = MappingProxyType({})


class SqlStore:
    """One tenant's cases in a database, brought to the present version of its tables when it is opened.

    With `write=False` nothing is written, neither to the database nor beside its file.
    """

    def __init__(
        self, url: str | Database, *, tenant: str = DEFAULT_TENANT, password: str | None = None, write: bool = True
    ) -> None:
        self.tenant = _checked(tenant)
        self._database = Database(url, password, write=write) if isinstance(url, str) else url
        dialect = self._database.engine.dialect
        self._writing = Statements.of(dialect, tenant)
        self._reading = Statements.of(dialect, tenant, locking=False)
        if self._database is not url:
            self._upgrade()

    def _upgrade(self) -> None:
        try:
            self._database.upgrade(self.tenant)
        except BaseException:
            self._database.close()
            raise

    def of(self, tenant: str) -> SqlStore:
        """The store of another tenant in the same database, on the same connections; closing one closes all."""
        return SqlStore(self._database, tenant=tenant)

    @property
    def only_read(self) -> bool:
        """Whether it was opened for reading alone."""
        return not self._database.write

    @property
    def engine(self) -> Engine:
        """SQLAlchemy's engine."""
        engine: Engine = self._database.engine
        return engine

    def __repr__(self) -> str:
        whose = "" if self.tenant == DEFAULT_TENANT else f" of {self.tenant}"
        return f"<SqlStore {self._database!r}{whose}>"

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[SqlTransaction]:
        statements, database = self._writing if write else self._reading, self._database
        begun = (
            database.transaction(self.tenant, write=write)
            if connection is None
            else database.part(connection, self.tenant, write=write)
        )
        with begun as ours:
            far = connection is None and database.backend.FAR
            tx = SqlTransaction(Line(ours, far=far), self.tenant, statements, database.backend)
            yield tx
            tx.flush()

    def tenants(self, tx: SqlTransaction) -> list[str]:
        """Who has cases, as far as the role that is connected is shown them."""
        return list(tx.connection.execute(select(cases.c.tenant).distinct().order_by(cases.c.tenant)).scalars())

    def compact(self) -> None:
        self._database.compact()

    def secure(self, role: str | None = None) -> tuple[str, ...]:
        """Switch on row-level security in PostgreSQL, as the owner of the tables, for a role that the engine then uses.

        Returns:
            The tables, each of which shows a tenant its own rows from now on.
        """
        from dunning_engine.stores.security import secure

        with self.transaction() as tx:
            try:
                return secure(tx.connection, role)
            except DBAPIError as error:
                raise told(error) from error

    def sees_all(self) -> bool:
        """Whether the role that is connected is shown every tenant's rows whatever the tables say."""
        from dunning_engine.stores.security import sees_all

        with self.transaction(write=False) as tx:
            return sees_all(tx.connection)

    def close(self) -> None:
        self._database.close()


def _checked(tenant: Any) -> str:
    if not isinstance(tenant, str) or not tenant.strip() or len(tenant) > TENANT_LENGTH or not tenant.isprintable():
        raise UsageError(f"a tenant is named by a text of 1 to {TENANT_LENGTH} printable characters")
    return tenant


class SqlTransaction(SqlAuditLog, SqlGuards):
    """One transaction on a connection, whoever began it."""

    __slots__ = ("_backend", "_cleared", "_heads", "_line", "_statements", "_written")

    def __init__(self, line: Line, tenant: str, statements: Statements, backend: Backend) -> None:
        self._line = line
        self._tenant = tenant
        self._statements = statements
        self._backend = backend
        self._heads: dict[str, tuple[int, str | None]] = {}
        self._cleared: dict[str, tuple[ProposedAction | None, str]] = {}
        self._written: set[tuple[str, str]] = set()

    def flush(self) -> None:
        """Write what still waits for a question to go along with."""
        try:
            self._line.flush()
        except DBAPIError as error:
            raise told(error) from error

    @property
    def _connection(self) -> Connection:
        """For what is not prepared: it comes after all that was written before."""
        self.flush()
        return self._line.connection

    def _run(self, statement: Any, values: Mapping[str, Any] = NO_VALUES) -> CursorResult[Any]:
        """One of the statements that are not prepared."""
        try:
            return self._connection.execute(statement, {**values, "the_tenant": self._tenant})
        except DBAPIError as error:
            raise told(error) from error

    @property
    def connection(self) -> Any:
        return self._connection

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        self._line.flush()
        with lent(self._connection) as connection:
            yield connection

    # Cases

    def case(self, case_id: str, known: Case | None = None) -> HeldCase | None:
        if known is None:
            return next(map(self._held, self._statements.case.rows(self._line, case_id)), None)
        for _id, next_look, head, snapshot in self._statements.case_since.rows(self._line, known.seq, case_id):
            if snapshot is not None:
                return self._held((case_id, next_look, head, snapshot))
            self._heads[case_id] = (known.seq, head)
            return HeldCase(known, next_look)
        return None

    def due(self, now: Instant, limit: int, unread: list[UnreadCase] | None = None) -> list[HeldCase]:
        found = []
        for row in self._statements.due.rows(self._line, now, limit):
            try:
                found.append(self._held(row))
            except codec.UnreadableEvent as error:
                if unread is None:
                    raise
                unread.append(UnreadCase(row[0], error))
        return found

    def postpone(self, case_id: str, until: Instant) -> None:
        self._run(POSTPONE, {"the_case": case_id, "until": until})

    def cases(self, *, status: CaseStatus | None = None, debtor_id: str | None = None) -> list[HeldCase]:
        if debtor_id is not None and status is None:
            return [self._held(row) for row in self._statements.of_debtor.rows(self._line, debtor_id)]
        query = listed_cases(status=None if status is None else status.value, debtor_id=debtor_id)
        return [self._held(row) for row in self._run(query).fetchall()]

    def history(self, case_id: str) -> tuple[Recorded, ...]:
        return tuple(map(recorded_of, self.links(case_id)))

    def latest(self) -> Instant | None:
        newest: Instant | None = self._run(LATEST).scalar()
        return newest

    def next_look(self) -> Instant | None:
        looks = self._run(NEXT_LOOKS).one()
        return min((look for look in looks if look is not None), default=None)

    def _held(self, row: Any) -> HeldCase:
        case_id, next_look, head, snapshot = row
        case = codec.decode_case(snapshot)
        if case is None:
            case = self._folded(case_id)
        self._heads[case_id] = (case.seq, head)
        return HeldCase(case, next_look)

    def _folded(self, case_id: str) -> Case:
        try:
            return fold(case_id, self.history(case_id))
        except codec.UnreadableEvent as error:
            raise codec.UnreadableEvent(f"case {case_id} cannot be read: {error}") from error

    def save(self, changes: Sequence[CaseChange]) -> None:
        statements, line = self._statements, self._line
        opened: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        rescheduled: list[tuple[Any, ...]] = []
        events: list[tuple[Any, ...]] = []
        personal: list[tuple[Any, ...]] = []
        for change in changes:
            case, look, expected = change.case, change.next_look, change.expected
            if not change.events:
                rescheduled.append((look, case.id, expected))
                continue
            links = linked(self._tenant, case.id, self._head(case.id, expected), change.events)
            events += links.events
            personal += links.personal
            self._cleared |= links.cleared
            if expected == 0:
                opened.append(case_row(case, look, links.head, self._backend.ROOM))
            else:
                snapshot = codec.encode_case(case)
                changed.append((case.status.value, look, case.seq, snapshot, links.head, case.id, expected))
        self._open(opened)
        otherwise = changed_meanwhile(_some(change.case.id for change in changes)) if changes else ""
        statements.change_case.write(line, changed, otherwise)
        statements.reschedule.write(line, rescheduled, otherwise)
        self._written |= {(change.case.id, change.case.debtor.id) for change in changes if change.events}
        statements.add_event.write(line, events, bound=True)
        statements.add_personal.write(line, personal)
        self._assign(changes)
        statements.put_contact.write(
            line,
            [
                contact_row(key, change.case.debtor.id, contact)
                for change in changes
                if change.events
                for key, contact in change.contacts
            ],
        )

    def _head(self, case_id: str, seq: int) -> str:
        """The hash behind which the next events of a case stand; a case from before there was a chain is sealed first."""
        if seq == 0:
            return START
        known = self._heads.pop(case_id, None)  # what is written now makes it stale
        if known is None or known[0] != seq:
            known = next(map(tuple, self._statements.head.rows(self._line, case_id)), None)
        if known is None or known[0] != seq:
            raise Conflict(changed_meanwhile(f"case {case_id}"))
        if known[1] is None:
            self.seal([case_id])
            return self._head(case_id, seq)
        return str(known[1])

    def _open(self, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        statements, line = self._statements, self._line
        statements.add_debtor.run(line, [(debtor,) for debtor in sorted({row[1] for row in rows})])
        if statements.open_case.run(line, rows) != len(rows):
            raise Conflict(changed_meanwhile(_some(row[0] for row in rows)))

    def _assign(self, changes: Sequence[CaseChange]) -> None:
        for change in changes:
            if any(isinstance(recorded.event, PolicyAssigned) for recorded in change.events):
                self._run(ASSIGN, {"the_case": change.case.id, "to_hash": change.case.policy.hash})

    def contacts(self, debtor_ids: Iterable[str]) -> Mapping[str, ContactLog]:
        named = sorted(debtor_ids)
        by_debtor: defaultdict[str, list[Contact]] = defaultdict(list)
        for row in self._contact_rows(named):
            by_debtor[row[0]].append(contact_of(*row[1:]))
        return {debtor: ContactLog(contacts) for debtor, contacts in by_debtor.items()}

    def _contact_rows(self, debtors: list[str]) -> Sequence[Any]:
        if len(debtors) == 1:
            return self._statements.contacts_of.rows(self._line, debtors[0])
        return self._run(CONTACTS, {"debtors": debtors}).fetchall()

    # Outbox

    def put(self, rows: Sequence[OutboxRow]) -> None:
        values = [outbox_values(row, self._text_of(row.action)) for row in rows]
        bound = self._written.issuperset((row.action.case_id, row.action.debtor_id) for row in rows)
        if self._statements.put_row.run(self._line, values, bound=bound) != len(rows):
            raise Conflict(
                f"one of the actions {', '.join(row.id for row in rows)} has gone out before: it cannot a second time"
            )

    def _text_of(self, action: ProposedAction) -> str:
        """An action as text: that of the event which has just told of it, where there is one."""
        told, text = self._cleared.pop(action.id, (None, ""))
        return text if told is action else codec.encode_action(action)

    def time(self) -> Instant | None:
        return self._backend.time(self._line.connection)

    def claim(self, now: Instant, leases: Instant) -> OutboxRow | None:
        statements, line = self._statements, self._line
        if line.far:
            self._foresee_guard()
            statements.orders.foresee(line)
        row = next(map(outbox_row, statements.claim.rows(line, max(now, leases), now, leases, 1)), None)
        if row is not None and line.far:
            statements.case.foresee(line, row.action.case_id)
            statements.contacts_of.foresee(line, row.action.debtor_id)
        return row

    def row(self, action_id: str) -> OutboxRow | None:
        return next(map(outbox_row, self._statements.row.rows(self._line, action_id)), None)

    def move(self, row: OutboxRow, *, fence: int) -> None:
        self._statements.move.write(
            self._line, [(*standing(row), row.id, fence)], changed_meanwhile(f"action {row.id}")
        )

    def arm(self, row: OutboxRow, *, fence: int) -> None:
        values = (*standing(row), message_text(row), row.id, fence)
        self._statements.arm.write(self._line, [values], changed_meanwhile(f"action {row.id}"))

    def withdraw(self, action_id: str, note: str, now: Instant) -> None:
        self._statements.withdraw.write(self._line, [(OutboxState.CANCELLED.value, now, note, action_id)])

    def settle(self, action_id: str, state: OutboxState, note: str, now: Instant) -> None:
        self._statements.settle.write(self._line, [(state.value, now, note, action_id)])

    def outbox(
        self, *, state: OutboxState | None = None, case_id: str | None = None, begins: str | None = None
    ) -> list[OutboxRow]:
        if begins is not None and (not begins.isascii() or "\0" in begins):
            return []  # no identity begins so, and a database may refuse to look for it
        query = listed_rows(state=state, case_id=case_id, begins=begins)
        return [outbox_row(row) for row in self._run(query).fetchall()]

    # Standing orders

    def orders(self) -> list[StandingOrder]:
        rows = self._statements.orders.rows(self._line)
        return [StandingOrder(Scope(scope), *said) for scope, *said in rows]

    def order(self, order: StandingOrder) -> None:
        self._alone_with_orders()
        said = {field.name: getattr(order, field.name) for field in fields(StandingOrder)}
        self._run(insert(orders).values({**said, "scope": order.scope.value, "tenant": TENANT}))

    def end_order(self, scope: Scope, name: str, now: Instant, by: str, why: str) -> bool:
        self._alone_with_orders()
        ended = ended_order(scope, name).values(until=now, ended_by=by, ended_why=why)
        if not self._run(ended).rowcount:
            return False
        self._run(paused_cases(scope, name).values(next_look=now))
        return True

    def _alone_with_orders(self) -> None:
        """Whoever decides under the orders as they are has finished, and nobody begins to."""
        try:
            self._backend.change_orders(self._connection, self._tenant)
        except DBAPIError as error:
            raise told(error) from error

    # Inbox and policies

    def receive(self, source: str, event_id: str, digest: str) -> bool:
        for (known,) in self._statements.known_inbox.rows(self._line, source, event_id):
            if known != digest:
                raise UsageError(known_otherwise(source, event_id))
            return False
        self._statements.note_inbox.run(self._line, [(source, event_id, digest)])
        return True

    def register(self, policy: StoredPolicy) -> None:
        ref = policy.ref
        if self._statements.add_policy.run(self._line, [(ref.hash, ref.name, ref.version, policy.source)]):
            return
        known = self._run(VERSION, {"name": ref.name, "number": ref.version}).one_or_none()
        if known is None or known.hash != ref.hash:
            raise UsageError(registered_otherwise(ref))
        if policy.source and not known.source:
            self._run(SOURCE, {"the_hash": ref.hash, "text": policy.source})

    def policy(self, policy_hash: str) -> StoredPolicy | None:
        row = self._run(POLICY, {"the_hash": policy_hash}).one_or_none()
        return None if row is None else StoredPolicy(PolicyRef(row.name, row.version, row.hash), row.source)

    def version(self, name: str, version: int) -> StoredPolicy | None:
        row = self._run(VERSION, {"name": name, "number": version}).one_or_none()
        return None if row is None else StoredPolicy(PolicyRef(name, version, row.hash), row.source)


def _some(ids: Iterable[str]) -> str:
    named = sorted(ids)
    return f"case {named[0]}" if len(named) == 1 else f"one of {len(named)} cases ({named[0]} …)"
