"""The tables of the SQL store, as SQLAlchemy metadata; `migrations` builds the same in steps, and a test compares both.

Instants are integers, texts are UTF-8, bodies canonical JSON. Every row belongs to a tenant, and every key begins with
it. Events are only ever added: triggers refuse the rest. Every name begins with `dunning_`, so that a host can keep its
own tables in the same database.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    DDL,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    event,
    text,
)

from dunning_engine.stores import bound
from dunning_engine.stores.kept import keeping

HEAD: Final = "0009"
"""The migration that these tables correspond to."""

VERSION_TABLE: Final = "dunning_alembic_version"
"""Where Alembic notes it; `alembic_version` is the host's own."""

INT = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()


def _tenant() -> Column[str]:
    return Column("tenant", Text, nullable=False)


def _number() -> Column[int]:
    """In which order rows came, of whatever tenant."""
    return Column("number", INT, Identity(), primary_key=True)


def _counted(table: str, *names: str) -> list[CheckConstraint]:
    """Counters begin at nought."""
    return [CheckConstraint(f"{name} >= 0", name=f"{table}_{name}_counts") for name in names]


def _only(
    name: str, *columns: Column[str] | Column[int], where: ColumnElement[bool] | TextClause, unique: bool = False
) -> Index:
    """An index of some rows."""
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


policies = Table(
    "dunning_policies",
    metadata,
    _tenant(),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", INT, nullable=False),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "hash", name="dunning_policies_key"),
    UniqueConstraint("tenant", "name", "version", name="dunning_policies_version"),
    CheckConstraint("tenant <> ''", name="dunning_policies_tenant_named"),
    sqlite_strict=True,
)

debtors = Table(
    "dunning_debtors",
    metadata,
    _tenant(),
    Column("id", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "id", name="dunning_debtors_key"),
    CheckConstraint("tenant <> ''", name="dunning_debtors_tenant_named"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""Whoever has a case: the row that PostgreSQL locks, because limits count over all cases of a debtor."""

cases = Table(
    "dunning_cases",
    metadata,
    _number(),
    _tenant(),
    Column("id", Text, nullable=False),
    Column("debtor_id", Text, nullable=False),
    Column("policy_hash", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("next_look", INT),
    Column("seq", INT, nullable=False),
    Column("opened_at", INT, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("head", Text),
    Column("anchored", INT, nullable=False, server_default=text("0")),
    UniqueConstraint("tenant", "id", name="dunning_cases_id"),
    ForeignKeyConstraint(
        ["tenant", "debtor_id"], ["dunning_debtors.tenant", "dunning_debtors.id"], name="dunning_cases_of_debtor"
    ),
    ForeignKeyConstraint(
        ["tenant", "policy_hash"], ["dunning_policies.tenant", "dunning_policies.hash"], name="dunning_cases_of_policy"
    ),
    *_counted("dunning_cases", "seq"),
    sqlite_strict=True,
)
_only("dunning_cases_due", cases.c.tenant, cases.c.next_look, cases.c.number, where=cases.c.next_look.is_not(None))
Index("dunning_cases_debtor", cases.c.tenant, cases.c.debtor_id)
_only("dunning_cases_unanchored", cases.c.tenant, cases.c.number, where=text("anchored < seq"))
_only("dunning_cases_unsealed", cases.c.tenant, cases.c.number, where=cases.c.head.is_(None))

events = Table(
    "dunning_events",
    metadata,
    _tenant(),
    Column("case_id", Text, nullable=False),
    Column("seq", INT, nullable=False),
    Column("type", Text, nullable=False),
    Column("type_version", INT, nullable=False),
    Column("at", INT, nullable=False),
    Column("recorded_at", INT, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("hash", Text),
    PrimaryKeyConstraint("tenant", "case_id", "seq", name="dunning_events_key"),
    ForeignKeyConstraint(
        ["tenant", "case_id"], ["dunning_cases.tenant", "dunning_cases.id"], name="dunning_events_of_case"
    ).ddl_if(dialect="sqlite"),
    *_counted("dunning_events", "seq"),
    sqlite_strict=True,
)
"""In the order in which they came: between those of other cases each would touch a page of its own."""

personal = Table(
    "dunning_personal",
    metadata,
    _tenant(),
    Column("case_id", Text, nullable=False),
    Column("seq", INT, nullable=False),
    Column("salt", Text, nullable=False),
    Column("value", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "case_id", "seq", name="dunning_personal_key"),
    ForeignKeyConstraint(
        ["tenant", "case_id", "seq"],
        ["dunning_events.tenant", "dunning_events.case_id", "dunning_events.seq"],
        name="dunning_personal_of_event",
    ),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)
"""What of events identifies a person: they hold a commitment to it, and it can be deleted without them."""

contacts = Table(
    "dunning_contacts",
    metadata,
    _tenant(),
    Column("debtor_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", INT, nullable=False),
    Column("channel", Text, nullable=False),
    Column("debts", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("inbound", INT, nullable=False),
    Column("action_id", Text, nullable=False),
    Column("details", Text),
    PrimaryKeyConstraint("tenant", "debtor_id", "key", name="dunning_contacts_key"),
    ForeignKeyConstraint(
        ["tenant", "debtor_id"], ["dunning_debtors.tenant", "dunning_debtors.id"], name="dunning_contacts_of_debtor"
    ),
    CheckConstraint("inbound IN (0, 1)", name="dunning_contacts_inbound_or_not"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

outbox = Table(
    "dunning_outbox",
    metadata,
    _number(),
    _tenant(),
    Column("action_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("debtor_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("next_at", INT),
    Column("changed_at", INT, nullable=False),
    Column("fence", INT, nullable=False),
    Column("attempts", INT, nullable=False),
    Column("action", Text, nullable=False),
    Column("message", Text),
    Column("note", Text, nullable=False),
    Column("owner", Text),
    UniqueConstraint("tenant", "action_id", name="dunning_outbox_action"),
    ForeignKeyConstraint(
        ["tenant", "case_id"], ["dunning_cases.tenant", "dunning_cases.id"], name="dunning_outbox_of_case"
    ).ddl_if(dialect="sqlite"),
    ForeignKeyConstraint(
        ["tenant", "debtor_id"], ["dunning_debtors.tenant", "dunning_debtors.id"], name="dunning_outbox_of_debtor"
    ).ddl_if(dialect="sqlite"),
    *_counted("dunning_outbox", "fence", "attempts"),
    sqlite_strict=True,
)
_only("dunning_outbox_due", outbox.c.tenant, outbox.c.next_at, outbox.c.number, where=outbox.c.next_at.is_not(None))
_only(
    "dunning_outbox_armed",
    *(outbox.c.tenant, outbox.c.case_id),
    where=text("state = 'armed' AND owner IS NOT NULL"),
    unique=True,
)
Index("dunning_outbox_case", outbox.c.tenant, outbox.c.case_id)

inbox = Table(
    "dunning_inbox",
    metadata,
    _tenant(),
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "source", "event_id", name="dunning_inbox_key"),
    CheckConstraint("tenant <> ''", name="dunning_inbox_tenant_named"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

orders = Table(
    "dunning_orders",
    metadata,
    _number(),
    _tenant(),
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", INT, nullable=False),
    Column("until", INT),
    Column("ended_by", Text, nullable=False),
    Column("ended_why", Text, nullable=False),
    CheckConstraint("tenant <> ''", name="dunning_orders_tenant_named"),
    sqlite_strict=True,
)
Index("dunning_orders_of_tenant", orders.c.tenant, orders.c.number)

guards = Table(
    "dunning_guards",
    metadata,
    _tenant(),
    Column("last", INT),
    Column("epoch", INT, nullable=False),
    Column("journal", Text, nullable=False),
    Column("checked", INT, nullable=False),
    Column("restored_at", INT),
    Column("why", Text, nullable=False),
    Column("trusted", INT, nullable=False),
    Column("zones", Text, nullable=False),
    PrimaryKeyConstraint("tenant", name="dunning_guards_key"),
    CheckConstraint("tenant <> ''", name="dunning_guards_tenant_named"),
    sqlite_strict=True,
)

laws = Table(
    "dunning_laws",
    metadata,
    _tenant(),
    Column("policy_hash", Text, nullable=False),
    Column("rules", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "policy_hash", name="dunning_laws_key"),
    CheckConstraint("tenant <> ''", name="dunning_laws_tenant_named"),
    sqlite_strict=True,
)

left = Table(
    "dunning_left",
    metadata,
    _tenant(),
    Column("action_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("fence", INT, nullable=False),
    Column("way", Text, nullable=False),
    Column("at", INT, nullable=False),
    Column("outcome", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "action_id", name="dunning_left_key"),
    CheckConstraint("tenant <> ''", name="dunning_left_tenant_named"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

LEAN: Final = (
    "ALTER TABLE dunning_cases DROP CONSTRAINT dunning_cases_pkey",
    "ALTER TABLE dunning_cases REPLICA IDENTITY USING INDEX dunning_cases_id",
)
"""PostgreSQL writes into every index of a table whenever a case changes, and nobody looks for one by its number alone."""

for _dialect, _table, _statements in (
    ("sqlite", events, keeping("sqlite")),
    ("postgresql", cases, LEAN),
    ("postgresql", events, keeping("postgresql")),
    ("postgresql", metadata, (*bound.FUNCTIONS, *bound.TRIGGERS)),
):
    for _statement in _statements:
        event.listen(_table, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]  # DDL's own
