"""What a store remembers of itself: how far it has come, its send journal, and what left without its knowledge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dunning_engine.kernel.errors import UsageError

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "dunning_guards",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("last", INT),
        sa.Column("epoch", INT, nullable=False),
        sa.Column("journal", sa.Text, nullable=False),
        sa.Column("checked", INT, nullable=False),
        sa.Column("restored_at", INT),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("trusted", INT, nullable=False),
        sa.Column("zones", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="dunning_guards_key"),
        sa.CheckConstraint("tenant <> ''", name="dunning_guards_tenant_named"),
        sqlite_strict=True,
    )
    op.create_table(
        "dunning_left",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("fence", INT, nullable=False),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("at", INT, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "action_id", name="dunning_left_key"),
        sa.CheckConstraint("tenant <> ''", name="dunning_left_tenant_named"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """How late it is and where the journal lies is found out again; what a person said, or has to say, is not."""
    said = sa.text("SELECT 1 FROM dunning_guards WHERE epoch > 1 OR restored_at IS NOT NULL LIMIT 1")
    if (
        op.get_bind().execute(said).first()
        or op.get_bind().execute(sa.text("SELECT 1 FROM dunning_left LIMIT 1")).first()
    ):
        raise UsageError("the older tables know nothing of restored stores, and this one was restored")
    op.drop_table("dunning_left")
    op.drop_table("dunning_guards")
