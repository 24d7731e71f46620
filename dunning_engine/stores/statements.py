"""The statements of the SQL store, written in SQLAlchemy Core; each is about the rows of one tenant.

On PostgreSQL, where transactions run side by side, what is read to be changed is read with its debtor's row locked:
limits count over all cases of a debtor. SQLite has one writer at a time and needs no such lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import (
    Select,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.orders import Scope
from dunning_engine.ports.store import REVIVABLE, WITHDRAWABLE, OutboxState
from dunning_engine.stores.prepared import TENANT, Compiled, Prepared
from dunning_engine.stores.staged import Staged
from dunning_engine.stores.tables import cases, contacts, debtors, events, inbox, orders, outbox, personal, policies

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.sql import ClauseElement

Catalogue: TypeAlias = Mapping[str, tuple["ClauseElement", tuple[str, ...]]]
"""Statements by name, with the names of their values in the order in which they are given."""

STANDING: Final = ("state", "next_at", "changed_at", "fence", "attempts", "note", "owner")
"""What changes about an outbox row while it is on its way."""

OUTBOX_COLUMNS: Final = (*STANDING, "action", "message")

EVENT_COLUMNS: Final = (
    "case_id", "seq", "type", "type_version", "at", "recorded_at", "written_by", "body", "hash",
)  # fmt: skip
"""Behind the case's name, what `ports.chain.Kept` says, and the hash over it."""


BULK: Final = frozenset({"change_case", "reschedule", "add_event", "put_row"})
"""What a batch of decisions writes; on PostgreSQL all its rows at once."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Every statement whose cost is paid per case or action."""

    case: Prepared
    case_since: Prepared
    of_debtor: Prepared
    due: Prepared
    add_debtor: Prepared
    open_case: Prepared
    change_case: Prepared
    reschedule: Prepared
    head: Prepared
    history: Prepared
    add_event: Prepared
    add_personal: Prepared
    orders: Prepared
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
    add_policy: Prepared

    @classmethod
    def of(cls, dialect: Dialect, tenant: str, *, locking: bool = True) -> Statements:
        """The statements for a tenant's rows; without `locking` they only look."""
        compiled = _compiled(dialect.name, dialect.paramstyle, locking and dialect.name == "postgresql")
        return cls(**{field.name: compiled[field.name].of(tenant) for field in fields(cls)})


@lru_cache(maxsize=4)
def _compiled(name: str, paramstyle: Any, locking: bool) -> Mapping[str, Compiled | Staged]:
    dialect = (postgresql if name == "postgresql" else sqlite).dialect(paramstyle=paramstyle)
    found = {}
    for named, (statement, names) in _catalogue(dialect, locking).items():
        in_bulk = named in BULK and locking
        found[named] = Staged(named, statement, names, dialect) if in_bulk else Compiled(statement, names, dialect)
    return found


def _catalogue(dialect: Dialect, locking: bool) -> Catalogue:
    return {
        **_case_reads(locking),
        **_case_writes(dialect),
        **_outbox_reads(locking),
        **_outbox_writes(dialect),
        **_inbox_statements(dialect),
    }


def _of(table: Table) -> Any:
    return table.c.tenant == TENANT


def _locked(query: Select[Any], table: Table, *, locking: bool, skip: bool = False) -> Select[Any]:
    """Hold the debtors of what is read, and then the rows: always in this order, so that nobody waits in a circle.

    The rows are locked although nobody changes them without their debtor: only of locked ones does PostgreSQL read the
    newest version after a wait.
    """
    if not locking:
        return query
    owner = and_(debtors.c.tenant == table.c.tenant, debtors.c.id == table.c.debtor_id)
    return query.join(debtors, owner).with_for_update(of=[debtors, table], skip_locked=skip)


CONTACT: Final = tuple(
    contacts.c[name] for name in ("debtor_id", "at", "channel", "debts", "outcome", "inbound", "action_id", "details")
)
HELD: Final = (cases.c.id, cases.c.next_look, cases.c.head, cases.c.snapshot)


def _case_reads(locking: bool) -> Catalogue:
    apart = and_(*(personal.c[name] == events.c[name] for name in ("tenant", "case_id", "seq")))
    whole = select(*(events.c[name] for name in EVENT_COLUMNS[1:]), personal.c.salt, personal.c.value)
    held = select(*HELD).where(_of(cases))
    news = case((cases.c.seq == bindparam("known_seq"), null()), else_=cases.c.snapshot)
    since = select(*HELD[:-1], news)
    waiting = held.where(cases.c.next_look <= bindparam("now")).order_by(cases.c.next_look, cases.c.number)
    return {
        "case": (_locked(held.where(cases.c.id == bindparam("the_id")), cases, locking=locking), ("the_id",)),
        "case_since": (
            _locked(since.where(_of(cases), cases.c.id == bindparam("the_id")), cases, locking=locking),
            ("known_seq", "the_id"),
        ),
        "of_debtor": (
            _locked(
                held.where(cases.c.debtor_id == bindparam("debtor")).order_by(cases.c.number), cases, locking=locking
            ),
            ("debtor",),
        ),
        "due": (
            _locked(waiting.limit(bindparam("at_most")), cases, locking=locking, skip=True),
            ("now", "at_most"),
        ),
        "head": (select(cases.c.seq, cases.c.head).where(_of(cases), cases.c.id == bindparam("the_id")), ("the_id",)),
        "history": (
            whole.select_from(events.outerjoin(personal, apart))
            .where(_of(events), events.c.case_id == bindparam("the_id"))
            .order_by(events.c.seq),
            ("the_id",),
        ),
        "orders": (
            select(*(column for column in orders.c if column.name not in ("number", "tenant")))
            .where(_of(orders))
            .order_by(orders.c.number),
            (),
        ),
        "contacts_of": (
            select(*CONTACT).where(_of(contacts), contacts.c.debtor_id == bindparam("debtor")),
            ("debtor",),
        ),
    }


def _case_writes(dialect: Dialect) -> Catalogue:
    upsert = insert_of(dialect, contacts)
    same = _of(cases) & (cases.c.id == bindparam("the_id")) & (cases.c.seq == bindparam("expected"))
    return {
        "add_debtor": (insert_of(dialect, debtors).on_conflict_do_nothing(), ("id",)),
        "open_case": (
            insert_of(dialect, cases).on_conflict_do_nothing(index_elements=[cases.c.tenant, cases.c.id]),
            ("id", "debtor_id", "policy_hash", "status", "next_look", "seq", "opened_at", "snapshot", "head"),
        ),
        "change_case": (
            _set(update(cases).where(same), "status", "next_look", "seq", "snapshot", "head"),
            ("status", "next_look", "seq", "snapshot", "head", "the_id", "expected"),
        ),
        "reschedule": (_set(update(cases).where(same), "next_look"), ("next_look", "the_id", "expected")),
        "add_event": (insert(events), EVENT_COLUMNS),
        "add_personal": (insert(personal), ("case_id", "seq", "salt", "value")),
        "put_contact": (
            upsert.on_conflict_do_update(
                index_elements=[contacts.c.tenant, contacts.c.debtor_id, contacts.c.key],
                set_={name: getattr(upsert.excluded, name) for name in ("at", "outcome", "details")},
            ),
            ("debtor_id", "key", "at", "channel", "debts", "outcome", "inbound", "action_id", "details"),
        ),
    }


def _outbox_reads(locking: bool) -> Catalogue:
    whole = select(*(outbox.c[name] for name in OUTBOX_COLUMNS)).where(_of(outbox))
    waiting = whole.where(outbox.c.next_at <= bindparam("latest"), _claimable())
    return {
        "row": (_locked(whole.where(outbox.c.action_id == bindparam("the_id")), outbox, locking=locking), ("the_id",)),
        "claim": (
            _locked(
                waiting.order_by(outbox.c.next_at, outbox.c.number).limit(bindparam("at_most")),
                outbox,
                locking=locking,
                skip=True,
            ),
            ("latest", "now", "leases", "at_most"),
        ),
    }


def _claimable() -> Any:
    """Armed actions whose lease has run out, and others whose time and turn has come."""
    armed = outbox.c.state == _word(OutboxState.ARMED)
    lapsed = armed & (outbox.c.next_at <= bindparam("leases"))
    return or_(lapsed, ~armed & (outbox.c.next_at <= bindparam("now")) & ~_another_is_armed() & ~_an_earlier_waits())


def _an_earlier_waits() -> Any:
    """Whether an earlier action of the same case is due, to be tried again, or uncertain and to be seen to."""
    other = outbox.alias("earlier")
    return exists().where(
        other.c.tenant == outbox.c.tenant,
        other.c.case_id == outbox.c.case_id,
        other.c.number < outbox.c.number,
        other.c.next_at.is_not(None),
        or_(other.c.state != _word(OutboxState.PENDING), other.c.next_at <= bindparam("now")),
    )


def _another_is_armed() -> Any:
    """Whether an action of the same case is with an adapter; in the words of the index of those."""
    other = outbox.alias("other")
    return exists().where(
        other.c.tenant == outbox.c.tenant,
        other.c.case_id == outbox.c.case_id,
        other.c.state == _word(OutboxState.ARMED),
        other.c.owner.is_not(None),
        other.c.number != outbox.c.number,
    )


def _outbox_writes(dialect: Dialect) -> Catalogue:
    upsert = insert_of(dialect, outbox)
    renewed = {name: getattr(upsert.excluded, name) for name in OUTBOX_COLUMNS if name != "fence"}
    mine = _of(outbox) & (outbox.c.action_id == bindparam("the_id"))
    still_held = mine & (outbox.c.fence == bindparam("held"))
    settled = ("state", "changed_at", "note")
    return {
        "put_row": (
            upsert.on_conflict_do_update(
                index_elements=[outbox.c.tenant, outbox.c.action_id], set_=renewed, where=_in(REVIVABLE)
            ),
            ("action_id", "case_id", "debtor_id", *OUTBOX_COLUMNS),
        ),
        "move": (_set(update(outbox).where(still_held), *STANDING), (*STANDING, "the_id", "held")),
        "arm": (
            _set(update(outbox).where(still_held), *STANDING, "message"),
            (*STANDING, "message", "the_id", "held"),
        ),
        "withdraw": (
            _set(update(outbox).where(mine & _in(WITHDRAWABLE)), *settled).values(next_at=None),
            (*settled, "the_id"),
        ),
        "settle": (_set(update(outbox).where(mine), *settled).values(next_at=None), (*settled, "the_id")),
    }


def _in(states: frozenset[OutboxState]) -> Any:
    return or_(*(outbox.c.state == _word(state) for state in OutboxState if state in states))


def _word(state: OutboxState) -> Any:
    """A state as it stands in the text of a statement.

    SQLite compares what is bound with the words of indexes of some rows, and so plans the statement anew whenever it is
    bound: a claim took ten times as long.
    """
    return literal_column(f"'{state.value}'")


def _inbox_statements(dialect: Dialect) -> Catalogue:
    same = (inbox.c.source == bindparam("the_source")) & (inbox.c.event_id == bindparam("the_event"))
    return {
        "known_inbox": (select(inbox.c.digest).where(_of(inbox), same), ("the_source", "the_event")),
        "note_inbox": (insert(inbox), ("source", "event_id", "digest")),
        "add_policy": (insert_of(dialect, policies).on_conflict_do_nothing(), ("hash", "name", "version", "source")),
    }


def _set(statement: Any, *names: str) -> Any:
    return statement.values({name: bindparam(name) for name in names})


def insert_of(dialect: Dialect, table: Table) -> Any:
    """An insert that can say what happens to a row that is there: the same words in both dialects."""
    return (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(table)


# Statements that are not run often enough to be prepared; each takes `the_tenant` -------------------------------------


def listed_cases(*, status: str | None, debtor_id: str | None) -> Any:
    """Cases in the order of opening."""
    query = select(*HELD).where(_of(cases)).order_by(cases.c.number)
    if status is not None:
        query = query.where(cases.c.status == status)
    return query if debtor_id is None else query.where(cases.c.debtor_id == debtor_id)


def listed_rows(*, state: OutboxState | None, case_id: str | None, begins: str | None) -> Any:
    """Outbox rows in the order in which they came; an action's beginning is looked up in the index of identities."""
    query = select(*(outbox.c[name] for name in OUTBOX_COLUMNS)).where(_of(outbox)).order_by(outbox.c.number)
    if state is not None:
        query = query.where(outbox.c.state == state.value)
    if begins is not None:
        query = query.where(outbox.c.action_id.between(begins, f"{begins}{AFTER_HEX}"))
    return query if case_id is None else query.where(outbox.c.case_id == case_id)


AFTER_HEX: Final = "g"
"""What stands behind every digit of an identity, in whatever order a database puts texts."""

CONTACTS: Final = select(*CONTACT).where(_of(contacts), contacts.c.debtor_id.in_(bindparam("debtors", expanding=True)))


def ended_order(scope: Scope, name: str) -> Any:
    """An update of the standing order in force of a scope and name."""
    return update(orders).where(
        _of(orders), orders.c.scope == scope.value, orders.c.name == name, orders.c.until.is_(None)
    )


def paused_cases(scope: Scope, name: str) -> Any:
    """An update of the cases that a standing order has let wait."""
    waiting = update(cases).where(_of(cases), cases.c.status == CaseStatus.PAUSED.value)
    match scope:
        case Scope.DEBTOR:
            return waiting.where(cases.c.debtor_id == name)
        case Scope.POLICY:
            named = select(policies.c.hash).where(_of(policies), policies.c.name == name)
            return waiting.where(cases.c.policy_hash.in_(named))
        case _:
            return waiting


LATEST: Final = select(func.max(events.c.recorded_at)).where(_of(events))
NEXT_LOOKS: Final = select(
    select(func.min(cases.c.next_look)).where(_of(cases)).scalar_subquery(),
    select(func.min(outbox.c.next_at)).where(_of(outbox)).scalar_subquery(),
)
VERSION: Final = select(policies.c.hash, policies.c.source).where(
    _of(policies), policies.c.name == bindparam("name"), policies.c.version == bindparam("number")
)
POSTPONE: Final = (
    update(cases)
    .where((cases.c.tenant == TENANT) & (cases.c.id == bindparam("the_case")))
    .values(next_look=bindparam("until"))
)
ASSIGN: Final = (
    update(cases).where(_of(cases), cases.c.id == bindparam("the_case")).values(policy_hash=bindparam("to_hash"))
)
POLICY: Final = select(policies).where(_of(policies), policies.c.hash == bindparam("the_hash"))
SOURCE: Final = (
    update(policies).where(_of(policies), policies.c.hash == bindparam("the_hash")).values(source=bindparam("text"))
)
