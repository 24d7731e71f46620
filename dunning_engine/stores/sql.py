"""The SQL store on SQLAlchemy Core: SQLite today, every statement portable to PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import lru_cache
from importlib.metadata import version as metadata_version
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, make_url, update
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dunning_engine.domain.case import fold
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.events import PolicyRef, Recorded
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.kernel.calendar import tzdata_version
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
    ASSIGN,
    CONTACTS,
    KNOWN_CASES,
    LATEST,
    NEXT_LOOKS,
    ORDERS,
    POLICY,
    VERSION,
    Statements,
    listed_cases,
    listed_rows,
    paused_cases,
)
from dunning_engine.stores.tables import orders, policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import URL, Connection

    from dunning_engine.domain.case import CaseStatus
    from dunning_engine.kernel.calendar import Instant

DETAILS: Final = ("discussed", "line", "addressee", "reply", "answered")
"""What is told of few contacts, and stands in one column of its own."""


class SqlStore:
    """Cases in a database, brought to the present version of its tables when it is opened."""

    def __init__(self, url: str) -> None:
        self.engine = sqlite.sqlite_engine(_url(url))
        self._owner: int | None = None
        self._statements = Statements.of(self.engine.dialect)
        with self.transaction() as ours:
            schema.upgrade(ours.connection)

    def __repr__(self) -> str:
        return f"<SqlStore {self.engine.url!r}>"

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[SqlTransaction]:
        if connection is not None:
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
            raise ForeignError(
                f"the database was busy for {sqlite.WAIT_SECONDS} seconds: another thread holds it"
            ) from error
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
        if debtor_id is not None and status is None:
            return [self._held(row) for row in self._statements.of_debtor.rows(self._connection, debtor_id)]
        query = listed_cases(status=None if status is None else status.value, debtor_id=debtor_id)
        return [self._held(row) for row in self._connection.execute(query).fetchall()]

    def history(self, case_id: str) -> tuple[Recorded, ...]:
        rows: Sequence[Any] = self._statements.history.rows(self._connection, case_id)
        return tuple(
            Recorded(seq, at, recorded_at, codec.decode_event(kind, version, body))
            for seq, at, recorded_at, kind, version, body in rows
        )

    def latest(self) -> Instant | None:
        newest: Instant | None = self._connection.execute(LATEST).scalar()
        return newest

    def next_look(self) -> Instant | None:
        looks = self._connection.execute(NEXT_LOOKS).one()
        return min((look for look in looks if look is not None), default=None)

    def _held(self, row: Any) -> HeldCase:
        case_id, next_look, snapshot = row
        case = codec.decode_case(snapshot)
        return HeldCase(fold(case_id, self.history(case_id)) if case is None else case, next_look)

    def save(self, changes: Sequence[CaseChange]) -> None:
        statements, connection = self._statements, self._connection
        opened, changed, rescheduled, moved, events, contacts = [], [], [], [], [], []
        for change in changes:
            case = change.case
            if not change.events:
                rescheduled.append((change.next_look, case.id, change.expected))
                continue
            snapshot, status = codec.encode_case(case), case.status.value
            if change.expected == 0:
                row = (
                    case.id,
                    case.debtor.id,
                    case.policy.hash,
                    status,
                    change.next_look,
                    case.seq,
                    case.opened_at,
                    snapshot,
                )
                opened.append(row)
            else:
                changed.append((status, change.next_look, case.seq, snapshot, case.id, change.expected))
            if any(isinstance(recorded.event, PolicyAssigned) for recorded in change.events):
                moved.append({"the_case": case.id, "hash": case.policy.hash})
            events += [_event_row(case.id, recorded) for recorded in change.events]
            contacts += [_contact_row(key, case.debtor.id, contact) for key, contact in change.contacts]
        if opened:
            self._open(opened)
        updated = statements.change_case.run(connection, changed) + statements.reschedule.run(connection, rescheduled)
        if updated != len(changed) + len(rescheduled):
            raise Conflict(changed_meanwhile(_some(change.case.id for change in changes)))
        statements.add_event.run(connection, events)
        if moved:
            connection.execute(ASSIGN, moved)
        statements.put_contact.run(connection, contacts)

    def _open(self, rows: list[tuple[Any, ...]]) -> None:
        try:
            self._statements.open_case.run(self._connection, rows)
        except IntegrityError as error:
            known = self._connection.execute(KNOWN_CASES, {"ids": [row[0] for row in rows]}).scalars().all()
            if not known:
                raise
            raise Conflict(changed_meanwhile(_some(known))) from error

    def contacts(self, debtor_ids: Iterable[str]) -> Mapping[str, ContactLog]:
        named = sorted(debtor_ids)
        by_debtor: defaultdict[str, list[Contact]] = defaultdict(list)
        for row in self._contact_rows(named):
            by_debtor[row[0]].append(_contact(*row[1:]))
        return {debtor: ContactLog(contacts) for debtor, contacts in by_debtor.items()}

    def _contact_rows(self, debtors: list[str]) -> Sequence[Any]:
        if len(debtors) == 1:
            return self._statements.contacts_of.rows(self._connection, debtors[0])
        return self._connection.execute(CONTACTS, {"debtors": debtors}).fetchall()

    # Outbox

    def put(self, rows: Sequence[OutboxRow]) -> None:
        values = [(row.id, row.action.case_id, row.action.debtor_id, *_outbox_values(row)) for row in rows]
        if self._statements.put_row.run(self._connection, values) != len(rows):
            raise Conflict(
                f"one of the actions {', '.join(row.id for row in rows)} has gone out before: it cannot a second time"
            )

    def time(self) -> Instant | None:
        return None

    def claim(self, now: Instant, leases: Instant) -> OutboxRow | None:
        return next(
            map(_outbox_row, self._statements.claim.rows(self._connection, max(now, leases), now, leases, 1)), None
        )

    def row(self, action_id: str) -> OutboxRow | None:
        return next(map(_outbox_row, self._statements.row.rows(self._connection, action_id)), None)

    def move(self, row: OutboxRow, *, fence: int) -> None:
        if self._statements.move.run(self._connection, [(*_standing(row), row.id, fence)]) != 1:
            raise Conflict(changed_meanwhile(f"action {row.id}"))

    def arm(self, row: OutboxRow, *, fence: int) -> None:
        values = (*_standing(row), _message(row), row.id, fence, row.action.case_id)
        if self._statements.arm.run(self._connection, [values]) != 1:
            raise Conflict(changed_meanwhile(f"action {row.id}, or another one of its case,"))

    def withdraw(self, action_id: str, note: str, now: Instant) -> None:
        self._statements.withdraw.run(self._connection, [(OutboxState.CANCELLED.value, now, note, action_id)])

    def settle(self, action_id: str, state: OutboxState, note: str, now: Instant) -> None:
        self._statements.settle.run(self._connection, [(state.value, now, note, action_id)])

    def outbox(self, *, state: OutboxState | None = None, case_id: str | None = None) -> list[OutboxRow]:
        return [
            _outbox_row(row) for row in self._connection.execute(listed_rows(state=state, case_id=case_id)).fetchall()
        ]

    # Standing orders

    def orders(self) -> list[StandingOrder]:
        return [
            StandingOrder(Scope(scope), *rest) for _number, scope, *rest in self._connection.execute(ORDERS).fetchall()
        ]

    def order(self, order: StandingOrder) -> None:
        told = {field.name: getattr(order, field.name) for field in fields(StandingOrder)}
        self._connection.execute(insert(orders).values({**told, "scope": order.scope.value}))

    def end_order(self, scope: Scope, name: str, now: Instant, by: str, why: str) -> bool:
        standing = (orders.c.scope == scope.value) & (orders.c.name == name) & orders.c.until.is_(None)
        ended = update(orders).where(standing).values(until=now, ended_by=by, ended_why=why)
        if not self._connection.execute(ended).rowcount:
            return False
        self._connection.execute(paused_cases(scope, name).values(next_look=now))
        return True

    # Inbox and policies

    def receive(self, source: str, event_id: str, digest: str) -> bool:
        for (known,) in self._statements.known_inbox.rows(self._connection, source, event_id):
            if known != digest:
                raise UsageError(known_otherwise(source, event_id))
            return False
        self._statements.note_inbox.run(self._connection, [(source, event_id, digest)])
        return True

    def register(self, policy: StoredPolicy) -> None:
        ref = policy.ref
        known = self._connection.execute(VERSION, {"name": ref.name, "version": ref.version}).one_or_none()
        if known is None:
            self._connection.execute(
                insert(policies).values(hash=ref.hash, name=ref.name, version=ref.version, source=policy.source)
            )
        elif known.hash != ref.hash:
            raise UsageError(registered_otherwise(ref))
        elif policy.source and not known.source:
            self._connection.execute(update(policies).where(policies.c.hash == ref.hash).values(source=policy.source))

    def policy(self, policy_hash: str) -> StoredPolicy | None:
        row = self._connection.execute(POLICY, {"hash": policy_hash}).one_or_none()
        return None if row is None else StoredPolicy(PolicyRef(row.name, row.version, row.hash), row.source)

    def version(self, name: str, version: int) -> StoredPolicy | None:
        row = self._connection.execute(VERSION, {"name": name, "version": version}).one_or_none()
        return None if row is None else StoredPolicy(PolicyRef(name, version, row.hash), row.source)


def _url(text: str) -> URL:
    """The URL of a file. A mistake is told without what was written, which may hold a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError("this is not the URL of a store: use sqlite:///FILE") from None
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise UsageError(f"this version knows no store of {url.drivername}: use sqlite:///FILE")
    if url.host or url.username or url.password:
        raise UsageError("a SQLite file stands behind three slashes: use sqlite:///FILE")
    return url


def _some(ids: Iterable[str]) -> str:
    named = sorted(ids)
    return f"case {named[0]}" if len(named) == 1 else f"one of {len(named)} cases ({named[0]} …)"


# Rows -----------------------------------------------------------------------------------------------------------------


def _event_row(case_id: str, recorded: Recorded) -> tuple[Any, ...]:
    written = codec.encode_event(recorded.event)
    envelope = (case_id, recorded.seq, written.type, written.version, recorded.at, recorded.recorded_at)
    return *envelope, written.body, _writer()


@lru_cache(maxsize=1)
def _writer() -> str:
    """Which code and which zone rules wrote an event: what it planned can be worked out again with the same."""
    return f"dunning-engine {metadata_version('dunning-engine')}, tzdata {tzdata_version()}"


def _contact_row(key: str, debtor_id: str, contact: Contact) -> tuple[Any, ...]:
    what = (contact.channel.value, _debts_text(contact.debts), contact.outcome.value, int(contact.inbound))
    return debtor_id, key, contact.at, *what, contact.action_id, _details_text(contact)


def _contact(
    at: Instant, channel: str, debts: str, outcome: str, inbound: int, action_id: str, details: str | None
) -> Contact:
    usual = Contact(at, Channel(channel), _debts(debts), Outcome(outcome), bool(inbound), action_id)
    return usual if details is None else replace(usual, **_details(details))


_USUAL: Final[Mapping[str, Any]] = {field.name: field.default for field in fields(Contact) if field.name in DETAILS}


def _details_text(contact: Contact) -> str | None:
    """What is unusual about a contact, as canonical JSON; mostly nothing."""
    told = {name: getattr(contact, name) for name in DETAILS}
    if told == _USUAL:
        return None
    unusual = {name: value for name, value in told.items() if value != _USUAL[name]}
    return canonical_json({name: list(value) if name == "discussed" else value for name, value in unusual.items()})


def _details(text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(text)
    return told | {"discussed": tuple(told["discussed"])} if "discussed" in told else told


@lru_cache(maxsize=4096)
def _debts_text(debts: tuple[str, ...]) -> str:
    return canonical_json(list(debts))


@lru_cache(maxsize=4096)
def _debts(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _outbox_values(row: OutboxRow) -> tuple[Any, ...]:
    return *_standing(row), codec.encode_action(row.action), _message(row)


def _standing(row: OutboxRow) -> tuple[Any, ...]:
    return row.state.value, row.next_at, row.changed_at, row.fence, row.attempts, row.note


def _message(row: OutboxRow) -> str | None:
    return None if row.message is None else codec.encode_message(row.message)


def _outbox_row(row: Any) -> OutboxRow:
    state, next_at, changed_at, fence, attempts, note, action, message = row
    return OutboxRow(
        action=codec.decode_action(action),
        state=OutboxState(state),
        next_at=next_at,
        changed_at=changed_at,
        fence=fence,
        attempts=attempts,
        message=None if message is None else codec.decode_message(message),
        note=note,
    )
