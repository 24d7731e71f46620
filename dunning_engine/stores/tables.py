"""The tables of the SQL store, as SQLAlchemy metadata; `migrations` builds the same in steps, and a test compares both.

Instants are integers, texts are UTF-8, bodies canonical JSON. Events are only ever added: triggers refuse the rest.
Every name begins with `dunning_`, so that a host can keep its own tables in the same database.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
)

HEAD: Final = "0005"
"""The migration that these tables correspond to."""

VERSION_TABLE: Final = "dunning_alembic_version"
"""Where Alembic notes it; `alembic_version` is the host's own."""

INT = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

policies = Table(
    "dunning_policies",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", INT, nullable=False),
    Column("source", Text, nullable=False),
    UniqueConstraint("name", "version", name="dunning_policies_version"),
    sqlite_strict=True,
)

cases = Table(
    "dunning_cases",
    metadata,
    Column("number", INT, primary_key=True),
    Column("id", Text, nullable=False),
    Column("debtor_id", Text, nullable=False),
    Column("policy_hash", Text, ForeignKey("dunning_policies.hash"), nullable=False),
    Column("status", Text, nullable=False),
    Column("next_look", INT),
    Column("seq", INT, nullable=False),
    Column("opened_at", INT, nullable=False),
    Column("snapshot", Text, nullable=False),
    UniqueConstraint("id", name="dunning_cases_id"),
    sqlite_strict=True,
)
Index(
    "dunning_cases_due",
    cases.c.next_look,
    cases.c.number,
    sqlite_where=cases.c.next_look.is_not(None),
    postgresql_where=cases.c.next_look.is_not(None),
)
Index("dunning_cases_debtor", cases.c.debtor_id)

events = Table(
    "dunning_events",
    metadata,
    Column("case_id", Text, ForeignKey("dunning_cases.id"), nullable=False),
    Column("seq", INT, nullable=False),
    Column("type", Text, nullable=False),
    Column("type_version", INT, nullable=False),
    Column("at", INT, nullable=False),
    Column("recorded_at", INT, nullable=False),
    Column("body", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    PrimaryKeyConstraint("case_id", "seq", name="dunning_events_key"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

contacts = Table(
    "dunning_contacts",
    metadata,
    Column("debtor_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", INT, nullable=False),
    Column("channel", Text, nullable=False),
    Column("debts", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("inbound", INT, nullable=False),
    Column("action_id", Text, nullable=False),
    Column("details", Text),
    PrimaryKeyConstraint("debtor_id", "key", name="dunning_contacts_key"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

outbox = Table(
    "dunning_outbox",
    metadata,
    Column("number", INT, primary_key=True),
    Column("action_id", Text, nullable=False),
    Column("case_id", Text, ForeignKey("dunning_cases.id"), nullable=False),
    Column("debtor_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("next_at", INT),
    Column("changed_at", INT, nullable=False),
    Column("fence", INT, nullable=False),
    Column("attempts", INT, nullable=False),
    Column("action", Text, nullable=False),
    Column("message", Text),
    Column("note", Text, nullable=False),
    UniqueConstraint("action_id", name="dunning_outbox_action"),
    sqlite_strict=True,
)
Index(
    "dunning_outbox_due",
    outbox.c.next_at,
    outbox.c.number,
    sqlite_where=outbox.c.next_at.is_not(None),
    postgresql_where=outbox.c.next_at.is_not(None),
)
Index("dunning_outbox_case", outbox.c.case_id)

inbox = Table(
    "dunning_inbox",
    metadata,
    Column("source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("digest", Text, nullable=False),
    PrimaryKeyConstraint("source", "event_id", name="dunning_inbox_key"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

orders = Table(
    "dunning_orders",
    metadata,
    Column("number", INT, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", INT, nullable=False),
    Column("until", INT),
    Column("ended_by", Text, nullable=False),
    Column("ended_why", Text, nullable=False),
    sqlite_strict=True,
)

guards = Table(
    "dunning_guards",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("last", INT),
    Column("epoch", INT, nullable=False),
    Column("journal", Text, nullable=False),
    Column("checked", INT, nullable=False),
    Column("restored_at", INT),
    Column("why", Text, nullable=False),
    Column("trusted", INT, nullable=False),
    Column("zones", Text, nullable=False),
    PrimaryKeyConstraint("tenant", name="dunning_guards_key"),
    sqlite_strict=True,
)

left = Table(
    "dunning_left",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("action_id", Text, nullable=False),
    Column("case_id", Text, nullable=False),
    Column("fence", INT, nullable=False),
    Column("way", Text, nullable=False),
    Column("at", INT, nullable=False),
    Column("outcome", Text, nullable=False),
    PrimaryKeyConstraint("tenant", "action_id", name="dunning_left_key"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

EVENTS_ARE_KEPT: Final = {
    verb: f"CREATE TRIGGER dunning_events_no_{verb.lower()} BEFORE {verb} ON dunning_events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
    for verb in ("UPDATE", "DELETE")
}
for _statement in EVENTS_ARE_KEPT.values():
    event.listen(events, "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]  # DDL's own
