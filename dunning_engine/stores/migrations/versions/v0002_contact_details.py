"""Contacts may say more: which debts were discussed, the kind of number, who was meant, replies and answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dunning_contacts", sa.Column("details", sa.Text))


def downgrade() -> None:
    op.drop_column("dunning_contacts", "details")
