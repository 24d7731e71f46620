"""The first tables: policies, cases, events, contacts, outbox, inbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _cases()
    _events()
    _contacts()
    _outbox()
    op.create_table(
        "dunning_inbox",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id", name="dunning_inbox_key"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("inbox", "outbox", "contacts", "events", "cases", "policies"):
        op.drop_table(f"dunning_{table}")


def _partial(name: str, table: str, columns: list[str]) -> None:
    some = sa.text(f"{columns[0]} IS NOT NULL")
    op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)


def _cases() -> None:
    op.create_table(
        "dunning_policies",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("version", INT, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.UniqueConstraint("name", "version", name="dunning_policies_version"),
        sqlite_strict=True,
    )
    op.create_table(
        "dunning_cases",
        sa.Column("number", INT, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("debtor_id", sa.Text, nullable=False),
        sa.Column("policy_hash", sa.Text, sa.ForeignKey("dunning_policies.hash"), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("next_look", INT),
        sa.Column("seq", INT, nullable=False),
        sa.Column("opened_at", INT, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="dunning_cases_id"),
        sqlite_strict=True,
    )
    _partial("dunning_cases_due", "dunning_cases", ["next_look", "number"])
    op.create_index("dunning_cases_debtor", "dunning_cases", ["debtor_id"])


def _events() -> None:
    op.create_table(
        "dunning_events",
        sa.Column("case_id", sa.Text, sa.ForeignKey("dunning_cases.id"), nullable=False),
        sa.Column("seq", INT, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("type_version", INT, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("recorded_at", INT, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name="dunning_events_key"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER dunning_events_no_{verb.lower()} BEFORE {verb} ON dunning_events "
                "BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
            )


def _contacts() -> None:
    op.create_table(
        "dunning_contacts",
        sa.Column("debtor_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("debts", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("inbound", INT, nullable=False),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("debtor_id", "key", name="dunning_contacts_key"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _outbox() -> None:
    op.create_table(
        "dunning_outbox",
        sa.Column("number", INT, primary_key=True),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, sa.ForeignKey("dunning_cases.id"), nullable=False),
        sa.Column("debtor_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("next_at", INT),
        sa.Column("changed_at", INT, nullable=False),
        sa.Column("fence", INT, nullable=False),
        sa.Column("attempts", INT, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
        sa.UniqueConstraint("action_id", name="dunning_outbox_action"),
        sqlite_strict=True,
    )
    _partial("dunning_outbox_due", "dunning_outbox", ["next_at", "number"])
    op.create_index("dunning_outbox_case", "dunning_outbox", ["case_id"])
