"""What identifies a person stands in a table of its own, and cases know up to which event an anchor holds them.

Events of before keep their form until `dunning audit-log seal`, or the next event of their case, seals them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dunning_engine.kernel.errors import UsageError

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INT = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "dunning_personal",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("seq", INT, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "case_id", "seq", name="dunning_personal_key"),
        sa.ForeignKeyConstraint(
            ["tenant", "case_id", "seq"],
            ["dunning_events.tenant", "dunning_events.case_id", "dunning_events.seq"],
            name="dunning_personal_of_event",
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.add_column("dunning_cases", sa.Column("anchored", INT, nullable=False, server_default=sa.text("0")))
    _partial("dunning_cases_unanchored", "anchored < seq")
    _partial("dunning_cases_unsealed", "head IS NULL")


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT 1 FROM dunning_personal LIMIT 1")).first():
        raise UsageError("the older tables have no place for personal data beside events: dunning_personal has some")
    op.drop_index("dunning_cases_unsealed", "dunning_cases")
    op.drop_index("dunning_cases_unanchored", "dunning_cases")
    op.drop_column("dunning_cases", "anchored")
    op.drop_table("dunning_personal")


def _partial(name: str, where: str) -> None:
    some = sa.text(where)
    op.create_index(name, "dunning_cases", ["tenant", "number"], sqlite_where=some, postgresql_where=some)
