"""The statements of the SQL store: written in SQLAlchemy Core, compiled once per dialect, run on the driver with tuples.

Core's own handling of parameters costs 84 to 194 µs a row, the driver's `executemany` a few. What the statements say is
still portable: the dialect decides on their text and on the order of their parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Insert, Table, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.orders import Scope
from dunning_engine.ports.store import REVIVABLE, WITHDRAWABLE, OutboxState
from dunning_engine.stores.tables import cases, contacts, events, inbox, orders, outbox, policies

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Row
    from sqlalchemy.sql import ClauseElement

STANDING: Final = ("state", "next_at", "changed_at", "fence", "attempts", "note")
"""What changes about an outbox row while it is on its way."""

OUTBOX_COLUMNS: Final = (*STANDING, "action", "message")


class Prepared:
    """One statement, ready to run with tuples whose values stand in the order of `names`."""

    __slots__ = ("_arranged", "text")

    def __init__(self, statement: ClauseElement, names: Sequence[str], dialect: Dialect) -> None:
        columns = names if isinstance(statement, Insert) else None
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self.text = str(compiled)
        order = list(compiled.positiontup or ())
        constants = tuple(compiled.params[name] for name in order if name not in names)
        spare = iter(range(len(names), len(names) + len(constants)))
        places = [names.index(name) if name in names else next(spare) for name in order]
        self._arranged = _arrange(places, constants, len(names))

    def rows(self, connection: Connection, *values: Any) -> Sequence[Row[Any]]:
        """Every row of a query."""
        return connection.exec_driver_sql(self.text, self._arranged(values)).fetchall()

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Run once per tuple; how many rows of the table were written."""
        if not rows:
            return 0
        return connection.exec_driver_sql(self.text, [self._arranged(row) for row in rows]).rowcount


def _arrange(places: list[int], constants: tuple[Any, ...], width: int) -> Any:
    if places == list(range(width)):
        return tuple
    pick = itemgetter(*places)
    return lambda values: pick((*values, *constants))


@dataclass(frozen=True, slots=True)
class Statements:
    """Every statement whose cost is paid per case or action."""

    case: Prepared
    of_debtor: Prepared
    due: Prepared
    open_case: Prepared
    change_case: Prepared
    reschedule: Prepared
    history: Prepared
    add_event: Prepared
    contacts_of: Prepared
    put_contact: Prepared
    put_row: Prepared
    row: Prepared
    claim: Prepared
    move: Prepared
    arm: Prepared
    withdraw: Prepared
    settle: Prepared
    note_inbox: Prepared
    known_inbox: Prepared

    @classmethod
    def of(cls, dialect: Dialect) -> Statements:
        return cls(
            **{name: Prepared(statement, names, dialect) for name, (statement, names) in _catalogue(dialect).items()}
        )


def _catalogue(dialect: Dialect) -> Mapping[str, tuple[ClauseElement, tuple[str, ...]]]:
    return {**_case_statements(dialect), **_outbox_statements(dialect), **_inbox_statements()}


CONTACT: Final = tuple(
    contacts.c[name] for name in ("debtor_id", "at", "channel", "debts", "outcome", "inbound", "action_id", "details")
)
HELD: Final = (cases.c.id, cases.c.next_look, cases.c.snapshot)


def _case_statements(dialect: Dialect) -> Mapping[str, tuple[ClauseElement, tuple[str, ...]]]:
    upsert = _insert(dialect, contacts)
    same = (cases.c.id == bindparam("the_id")) & (cases.c.seq == bindparam("expected"))
    envelope = (events.c.seq, events.c.at, events.c.recorded_at, events.c.type, events.c.type_version, events.c.body)
    return {
        "case": (select(*HELD).where(cases.c.id == bindparam("the_id")).with_for_update(), ("the_id",)),
        "of_debtor": (
            select(*HELD).where(cases.c.debtor_id == bindparam("debtor")).order_by(cases.c.number).with_for_update(),
            ("debtor",),
        ),
        "due": (
            select(*HELD)
            .where(cases.c.next_look <= bindparam("now"))
            .order_by(cases.c.next_look, cases.c.number)
            .limit(bindparam("at_most"))
            .with_for_update(skip_locked=True),
            ("now", "at_most"),
        ),
        "open_case": (
            insert(cases),
            ("id", "debtor_id", "policy_hash", "status", "next_look", "seq", "opened_at", "snapshot"),
        ),
        "change_case": (
            _set(update(cases).where(same), "status", "next_look", "seq", "snapshot"),
            ("status", "next_look", "seq", "snapshot", "the_id", "expected"),
        ),
        "reschedule": (_set(update(cases).where(same), "next_look"), ("next_look", "the_id", "expected")),
        "history": (
            select(*envelope).where(events.c.case_id == bindparam("the_id")).order_by(events.c.seq),
            ("the_id",),
        ),
        "add_event": (
            insert(events),
            ("case_id", "seq", "type", "type_version", "at", "recorded_at", "body", "written_by"),
        ),
        "contacts_of": (select(*CONTACT).where(contacts.c.debtor_id == bindparam("debtor")), ("debtor",)),
        "put_contact": (
            upsert.on_conflict_do_update(
                index_elements=[contacts.c.debtor_id, contacts.c.key],
                set_={name: getattr(upsert.excluded, name) for name in ("at", "outcome", "details")},
            ),
            ("debtor_id", "key", "at", "channel", "debts", "outcome", "inbound", "action_id", "details"),
        ),
    }


def _outbox_statements(dialect: Dialect) -> Mapping[str, tuple[ClauseElement, tuple[str, ...]]]:
    upsert = _insert(dialect, outbox)
    renewed = {name: getattr(upsert.excluded, name) for name in OUTBOX_COLUMNS if name != "fence"}
    mine, revivable, withdrawable = outbox.c.action_id == bindparam("the_id"), _in(REVIVABLE), _in(WITHDRAWABLE)
    whole = select(*(outbox.c[name] for name in OUTBOX_COLUMNS))
    return {
        "put_row": (
            upsert.on_conflict_do_update(index_elements=[outbox.c.action_id], set_=renewed, where=revivable),
            ("action_id", "case_id", "debtor_id", *OUTBOX_COLUMNS),
        ),
        "row": (whole.where(mine).with_for_update(), ("the_id",)),
        "claim": (
            whole.where(outbox.c.next_at <= bindparam("latest"), _claimable(), ~_behind_another())
            .order_by(outbox.c.next_at, outbox.c.number)
            .limit(bindparam("at_most"))
            .with_for_update(skip_locked=True),
            ("latest", "now", "leases", "at_most"),
        ),
        "move": (_set(update(outbox).where(_held_row()), *STANDING), (*STANDING, "the_id", "held")),
        "arm": (
            _set(update(outbox).where(_held_row(), ~_another_armed()), *STANDING, "message"),
            (*STANDING, "message", "the_id", "held", "the_case"),
        ),
        "withdraw": (
            _set(update(outbox).where(mine & withdrawable), "state", "changed_at", "note").values(next_at=None),
            ("state", "changed_at", "note", "the_id"),
        ),
        "settle": (
            _set(update(outbox).where(mine), "state", "changed_at", "note").values(next_at=None),
            ("state", "changed_at", "note", "the_id"),
        ),
    }


def _held_row() -> Any:
    return (outbox.c.action_id == bindparam("the_id")) & (outbox.c.fence == bindparam("held"))


def _claimable() -> Any:
    """Armed rows whose lease has run out, and others whose time has come."""
    armed = outbox.c.state == OutboxState.ARMED.value
    return or_(
        armed & (outbox.c.next_at <= bindparam("leases")),
        ~armed & (outbox.c.next_at <= bindparam("now")),
    )


def _behind_another() -> Any:
    """Whether another action of the case is armed, or an earlier one is on its way or due."""
    other = outbox.alias("other")
    same = (other.c.case_id == outbox.c.case_id) & (other.c.action_id != outbox.c.action_id)
    due = (other.c.state != OutboxState.PENDING.value) | (other.c.next_at <= bindparam("now"))
    earlier = (other.c.number < outbox.c.number) & other.c.next_at.is_not(None) & due
    in_the_way = (other.c.state == OutboxState.ARMED.value) | earlier
    return (outbox.c.state != OutboxState.ARMED.value) & exists().where(same, in_the_way)


def _another_armed() -> Any:
    other = outbox.alias("other")
    armed = (other.c.case_id == bindparam("the_case")) & (other.c.state == OutboxState.ARMED.value)
    return exists().where(armed, other.c.action_id != outbox.c.action_id)


def _in(states: frozenset[OutboxState]) -> Any:
    return or_(*(outbox.c.state == state.value for state in OutboxState if state in states))


def _inbox_statements() -> Mapping[str, tuple[ClauseElement, tuple[str, ...]]]:
    same = (inbox.c.source == bindparam("the_source")) & (inbox.c.event_id == bindparam("the_event"))
    return {
        "known_inbox": (select(inbox.c.digest).where(same), ("the_source", "the_event")),
        "note_inbox": (insert(inbox), ("source", "event_id", "digest")),
    }


def _set(statement: Any, *names: str) -> Any:
    return statement.values({name: bindparam(name) for name in names})


def _insert(dialect: Dialect, table: Table) -> Any:
    """An insert that can say what happens to a row that is there: the same words in both dialects."""
    return (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(table)


def listed_cases(*, status: str | None, debtor_id: str | None) -> Any:
    """Cases in the order of opening."""
    query = select(*HELD).order_by(cases.c.number)
    if status is not None:
        query = query.where(cases.c.status == status)
    return query if debtor_id is None else query.where(cases.c.debtor_id == debtor_id)


def listed_rows(*, state: OutboxState | None, case_id: str | None) -> Any:
    """Outbox rows in the order in which they came."""
    query = select(*(outbox.c[name] for name in OUTBOX_COLUMNS)).order_by(outbox.c.number)
    if state is not None:
        query = query.where(outbox.c.state == state.value)
    return query if case_id is None else query.where(outbox.c.case_id == case_id)


CONTACTS: Final = select(*CONTACT).where(contacts.c.debtor_id.in_(bindparam("debtors", expanding=True)))

ORDERS: Final = select(orders).order_by(orders.c.number)


def paused_cases(scope: Scope, name: str) -> Any:
    """An update of the cases that a standing order has let wait."""
    waiting = update(cases).where(cases.c.status == CaseStatus.PAUSED.value)
    match scope:
        case Scope.DEBTOR:
            return waiting.where(cases.c.debtor_id == name)
        case Scope.POLICY:
            return waiting.where(cases.c.policy_hash.in_(select(policies.c.hash).where(policies.c.name == name)))
        case _:
            return waiting


LATEST: Final = select(func.max(events.c.recorded_at))
NEXT_LOOKS: Final = select(
    select(func.min(cases.c.next_look)).scalar_subquery(), select(func.min(outbox.c.next_at)).scalar_subquery()
)
KNOWN_CASES: Final = select(cases.c.id).where(cases.c.id.in_(bindparam("ids", expanding=True)))
VERSION: Final = select(policies.c.hash, policies.c.source).where(
    policies.c.name == bindparam("name"), policies.c.version == bindparam("version")
)
ASSIGN: Final = update(cases).where(cases.c.id == bindparam("the_case")).values(policy_hash=bindparam("hash"))
POLICY: Final = select(policies).where(policies.c.hash == bindparam("hash"))
