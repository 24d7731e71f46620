"""The rules of law as they stood when a policy version was registered: they go on binding its cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dunning_laws",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("policy_hash", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "policy_hash", name="dunning_laws_key"),
        sa.CheckConstraint("tenant <> ''", name="dunning_laws_tenant_named"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """An older version asks the law that ships with it, and the next one pins what it finds."""
    op.drop_table("dunning_laws")
