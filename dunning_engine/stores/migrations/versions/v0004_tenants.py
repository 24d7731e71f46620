"""Every row belongs to a tenant and every key begins with it; whoever has a case stands in a table of debtors.

Actions have an owner, and only one of a case is armed at a time. Events and cases get a place for the hashes of their
chain, and PostgreSQL refuses to change events as SQLite does.
"""

# ruff: noqa: S608 - the names in these statements are those of this file

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from dunning_engine.kernel.errors import UsageError
from dunning_engine.stores.migrations.versions import v0001_first_tables, v0002_contact_details, v0003_standing_orders

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer, "sqlite")

TENANT: Final = "default"
"""Whose everything is that was kept before there were tenants."""

TABLES: Final = ("policies", "cases", "events", "contacts", "outbox", "inbox", "orders")
"""In the order in which rows can be put in."""

COLUMNS: Final = {
    "policies": "hash, name, version, source",
    "cases": "number, id, debtor_id, policy_hash, status, next_look, seq, opened_at, snapshot",
    "events": "case_id, seq, type, type_version, at, recorded_at, body, written_by",
    "contacts": "debtor_id, key, at, channel, debts, outcome, inbound, action_id, details",
    "outbox": "number, action_id, case_id, debtor_id, state, next_at, changed_at, fence, attempts, action, message, note",
    "inbox": "source, event_id, digest",
    "orders": 'number, scope, name, "by", reason, since, until, ended_by, ended_why',
}

REFUSAL: Final = "events are never changed"


def upgrade() -> None:
    _set_aside()
    _policies()
    _debtors()
    _cases()
    _events()
    _contacts()
    _outbox()
    _inbox_and_orders()
    _debtors_of_before()
    for table in TABLES:
        _put_back(table, f"'{TENANT}', ", "tenant, ")
    _kept()


def downgrade() -> None:
    _refuse_loss()
    if _postgresql():
        op.execute("DROP TRIGGER dunning_events_no_change ON dunning_events")
        op.execute("DROP TRIGGER dunning_events_no_truncate ON dunning_events")
        op.execute("DROP FUNCTION dunning_events_kept()")
    _set_aside()
    op.drop_table("dunning_debtors")
    v0001_first_tables.upgrade()
    v0002_contact_details.upgrade()
    v0003_standing_orders.upgrade()
    for table in TABLES:
        _put_back(table, "", "")


def _postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _refuse_loss() -> None:
    """What the older tables have no place for is not dropped."""
    bind = op.get_bind()
    for table in TABLES:
        if bind.execute(
            sa.text(f"SELECT 1 FROM dunning_{table} WHERE tenant <> :own LIMIT 1"), {"own": TENANT}
        ).first():
            raise UsageError(
                f"the older tables know no tenants, and dunning_{table} has rows of others than {TENANT!r}"
            )
    for table, column in (("events", "hash"), ("cases", "head")):
        if bind.execute(sa.text(f"SELECT 1 FROM dunning_{table} WHERE {column} IS NOT NULL LIMIT 1")).first():
            raise UsageError(f"the older tables have no place for the hashes of events: dunning_{table} has some")


def _set_aside() -> None:
    """Copy the rows into tables without keys, so that names of keys and indexes are free."""
    for table in reversed(TABLES):
        op.execute(f"CREATE TABLE dunning_{table}_aside AS SELECT {COLUMNS[table]} FROM dunning_{table}")
        op.drop_table(f"dunning_{table}")


def _put_back(table: str, values: str, columns: str) -> None:
    names = COLUMNS[table]
    order = "number" if names.startswith("number") else names.split(", ")[0]
    op.execute(
        f"INSERT INTO dunning_{table} ({columns}{names}) SELECT {values}{names} FROM dunning_{table}_aside ORDER BY {order}"
    )
    op.drop_table(f"dunning_{table}_aside")
    if names.startswith("number") and _postgresql():
        op.execute(
            f"SELECT setval(pg_get_serial_sequence('dunning_{table}', 'number'), max(number)) "
            f"FROM dunning_{table} HAVING max(number) IS NOT NULL"
        )


def _debtors_of_before() -> None:
    named = " UNION ".join(
        f"SELECT '{TENANT}', debtor_id FROM dunning_{table}_aside" for table in ("cases", "contacts", "outbox")
    )
    op.execute(f"INSERT INTO dunning_debtors (tenant, id) {named}")


def _kept() -> None:
    if _postgresql():
        op.execute(
            "CREATE FUNCTION dunning_events_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF current_setting('dunning.forgetting', true) = 'on' THEN "
            "IF TG_OP = 'UPDATE' THEN RETURN NEW; END IF; RETURN OLD; END IF; "
            f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER dunning_events_no_change BEFORE UPDATE OR DELETE ON dunning_events "
            "FOR EACH ROW EXECUTE FUNCTION dunning_events_kept()"
        )
        op.execute(
            "CREATE TRIGGER dunning_events_no_truncate BEFORE TRUNCATE ON dunning_events "
            "FOR EACH STATEMENT EXECUTE FUNCTION dunning_events_kept()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER dunning_events_no_{verb.lower()} BEFORE {verb} ON dunning_events "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def _tenant() -> sa.Column[str]:
    return sa.Column("tenant", sa.Text, nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("number", INT, sa.Identity(), primary_key=True)


def _named(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("tenant <> ''", name=f"dunning_{table}_tenant_named")


def _counts(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} >= 0", name=f"dunning_{table}_{column}_counts")


def _of(table: str, column: str, other: str, key: str, name: str) -> sa.ForeignKeyConstraint:
    keys = [f"dunning_{other}.tenant", f"dunning_{other}.{key}"]
    return sa.ForeignKeyConstraint(["tenant", column], keys, name=f"dunning_{table}_of_{name}")


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    some = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=some, postgresql_where=some)


def _policies() -> None:
    op.create_table(
        "dunning_policies",
        _tenant(),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", INT, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "hash", name="dunning_policies_key"),
        sa.UniqueConstraint("tenant", "name", "version", name="dunning_policies_version"),
        _named("policies"),
        sqlite_strict=True,
    )


def _debtors() -> None:
    op.create_table(
        "dunning_debtors",
        _tenant(),
        sa.Column("id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name="dunning_debtors_key"),
        _named("debtors"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _cases() -> None:
    op.create_table(
        "dunning_cases",
        _number(),
        _tenant(),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("debtor_id", sa.Text, nullable=False),
        sa.Column("policy_hash", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("next_look", INT),
        sa.Column("seq", INT, nullable=False),
        sa.Column("opened_at", INT, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("head", sa.Text),
        sa.UniqueConstraint("tenant", "id", name="dunning_cases_id"),
        _of("cases", "debtor_id", "debtors", "id", "debtor"),
        _of("cases", "policy_hash", "policies", "hash", "policy"),
        _counts("cases", "seq"),
        sqlite_strict=True,
    )
    _partial("dunning_cases_due", "dunning_cases", ["tenant", "next_look", "number"], "next_look IS NOT NULL")
    op.create_index("dunning_cases_debtor", "dunning_cases", ["tenant", "debtor_id"])


def _events() -> None:
    op.create_table(
        "dunning_events",
        _tenant(),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("seq", INT, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("type_version", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("recorded_at", INT, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("hash", sa.Text),
        sa.PrimaryKeyConstraint("tenant", "case_id", "seq", name="dunning_events_key"),
        _of("events", "case_id", "cases", "id", "case"),
        _counts("events", "seq"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _contacts() -> None:
    op.create_table(
        "dunning_contacts",
        _tenant(),
        sa.Column("debtor_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("debts", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("inbound", INT, nullable=False),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("details", sa.Text),
        sa.PrimaryKeyConstraint("tenant", "debtor_id", "key", name="dunning_contacts_key"),
        _of("contacts", "debtor_id", "debtors", "id", "debtor"),
        sa.CheckConstraint("inbound IN (0, 1)", name="dunning_contacts_inbound_or_not"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _outbox() -> None:
    op.create_table(
        "dunning_outbox",
        _number(),
        _tenant(),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("debtor_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("next_at", INT),
        sa.Column("changed_at", INT, nullable=False),
        sa.Column("fence", INT, nullable=False),
        sa.Column("attempts", INT, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("owner", sa.Text),
        sa.UniqueConstraint("tenant", "action_id", name="dunning_outbox_action"),
        _of("outbox", "case_id", "cases", "id", "case"),
        _of("outbox", "debtor_id", "debtors", "id", "debtor"),
        _counts("outbox", "fence"),
        _counts("outbox", "attempts"),
        sqlite_strict=True,
    )
    _partial("dunning_outbox_due", "dunning_outbox", ["tenant", "next_at", "number"], "next_at IS NOT NULL")
    held = "state = 'armed' AND owner IS NOT NULL"
    _partial("dunning_outbox_armed", "dunning_outbox", ["tenant", "case_id"], held, unique=True)
    op.create_index("dunning_outbox_case", "dunning_outbox", ["tenant", "case_id"])


def _inbox_and_orders() -> None:
    op.create_table(
        "dunning_inbox",
        _tenant(),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "source", "event_id", name="dunning_inbox_key"),
        _named("inbox"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dunning_orders",
        _number(),
        _tenant(),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", INT, nullable=False),
        sa.Column("until", INT),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("ended_why", sa.Text, nullable=False),
        _named("orders"),
        sqlite_strict=True,
    )
    op.create_index("dunning_orders_of_tenant", "dunning_orders", ["tenant", "number"])
