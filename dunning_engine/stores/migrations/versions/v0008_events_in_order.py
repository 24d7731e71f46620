"""In SQLite events lie in the order in which they came, and their key is an index beside them.

Ordered by their key they lay between older ones of neighbouring cases: each event of a decision made the database write
five pages anew, and now it is one or two. PostgreSQL keeps every table like that.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

REFUSAL: Final = "events are never changed"

KEY: Final = ("tenant", "case_id", "seq")


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _rebuilt(by_key=False)


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _rebuilt(by_key=True)


def _rebuilt(*, by_key: bool) -> None:
    """Events once more in a new table, and what refers to them; nothing of either is left out."""
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER dunning_events_no_{verb}")
    op.rename_table("dunning_events", "dunning_events_aside")
    op.execute("CREATE TABLE dunning_personal_aside AS SELECT * FROM dunning_personal")
    op.drop_table("dunning_personal")
    _events(by_key=by_key)
    _personal()
    for table in ("events", "personal"):
        op.execute(f"INSERT INTO dunning_{table} SELECT * FROM dunning_{table}_aside ORDER BY {', '.join(KEY)}")  # noqa: S608 - names of this file
        op.drop_table(f"dunning_{table}_aside")
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER dunning_events_no_{verb.lower()} BEFORE {verb} ON dunning_events "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def _events(*, by_key: bool) -> None:
    op.create_table(
        "dunning_events",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("type_version", sa.Integer, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("hash", sa.Text),
        sa.PrimaryKeyConstraint(*KEY, name="dunning_events_key"),
        sa.ForeignKeyConstraint(
            ["tenant", "case_id"], ["dunning_cases.tenant", "dunning_cases.id"], name="dunning_events_of_case"
        ),
        sa.CheckConstraint("seq >= 0", name="dunning_events_seq_counts"),
        sqlite_strict=True,
        sqlite_with_rowid=not by_key,
    )


def _personal() -> None:
    op.create_table(
        "dunning_personal",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="dunning_personal_key"),
        sa.ForeignKeyConstraint(
            list(KEY), [f"dunning_events.{name}" for name in KEY], name="dunning_personal_of_event"
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
