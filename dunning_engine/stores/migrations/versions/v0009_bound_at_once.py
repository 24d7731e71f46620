"""PostgreSQL asks once a statement, and not once a row, whether events and actions belong to cases that are there.

Three foreign keys become triggers, which say the same to everybody but to a batch that has just written the cases
itself; see docs/decisions/0030-foreign-keys-looked-at-once.md. SQLite keeps its foreign keys, which cost nothing there.
Nobody looks for a case by its number alone, so PostgreSQL keeps no index of it, which each change would have to write.
"""

from __future__ import annotations

from typing import Final

from alembic import op

from dunning_engine.kernel.errors import UsageError

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEYS: Final = (
    ("events", "case_id", "cases", "case"),
    ("outbox", "case_id", "cases", "case"),
    ("outbox", "debtor_id", "debtors", "debtor"),
)


LEAN: Final = (
    "ALTER TABLE dunning_cases DROP CONSTRAINT dunning_cases_pkey",
    "ALTER TABLE dunning_cases REPLICA IDENTITY USING INDEX dunning_cases_id",
)
FULL: Final = (
    "ALTER TABLE dunning_cases REPLICA IDENTITY DEFAULT",
    "ALTER TABLE dunning_cases ADD CONSTRAINT dunning_cases_pkey PRIMARY KEY (number)",
)


def upgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    for table, _column, _other, name in KEYS:
        op.drop_constraint(f"dunning_{table}_of_{name}", f"dunning_{table}", type_="foreignkey")
    for statement in (*LEAN, *FUNCTIONS, *TRIGGERS):
        op.execute(statement)


def downgrade() -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    for table, column, other, name in KEYS:
        _refuse_strays(table, column, other, name)
    for statement in FULL:
        op.execute(statement)
    for statement in FUNCTIONS:
        op.execute(f"DROP FUNCTION {statement.split()[2]} CASCADE")
    for table, column, other, name in KEYS:
        op.create_foreign_key(
            f"dunning_{table}_of_{name}", f"dunning_{table}", f"dunning_{other}", ["tenant", column], ["tenant", "id"]
        )


def _refuse_strays(table: str, column: str, other: str, name: str) -> None:
    """A foreign key holds for every row; one that was written by hand past the triggers may break it."""
    key = "seq" if table == "events" else "action_id"
    found = op.get_bind().exec_driver_sql(
        f"SELECT tenant, {column}, {key} FROM dunning_{table} r WHERE NOT EXISTS "  # noqa: S608 - names of our own
        f"(SELECT FROM dunning_{other} o WHERE o.tenant = r.tenant AND o.id = r.{column}) ORDER BY 1, 2, 3 LIMIT 1"
    )
    for tenant, holder, row in found:
        raise UsageError(
            f"the older tables keep no row without its {name}: in dunning_{table}, tenant {tenant!r}, the row with {key} "
            f"{row!r} is of the {name} {holder!r}, which is not there; somebody wrote it by hand: take it out first"
        )


_LOCKED: Final = (
    "PERFORM FROM dunning_added a JOIN dunning_cases c ON c.tenant = a.tenant AND c.id = a.case_id{more} "
    "FOR KEY SHARE OF {locked}; GET DIAGNOSTICS found = ROW_COUNT"
)

_REFUSED: Final = (
    "RAISE EXCEPTION 'an event or action would belong to a case or debtor that is not there' "
    "USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME"
)

_ADDED: Final = "(SELECT count(*) FROM dunning_added)"

_HERE: Final = "SET search_path FROM CURRENT"

_BY_KEY: Final = f"{_HERE} SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off"
"""Cases are found by their key, however many there are."""


def _function(name: str, more: str, locked: str) -> str:
    body = f"DECLARE found bigint; BEGIN {_LOCKED.format(more=more, locked=locked)}; IF found <> {_ADDED}"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {_BY_KEY} AS $$ "
        f"{body} THEN {_REFUSED}; END IF; RETURN NULL; END $$"
    )


_KEPT: Final = (
    "RAISE EXCEPTION 'events and actions stay with the case and the debtor that they are about' "
    "USING ERRCODE = 'foreign_key_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = TG_NAME"
)


def _kept_by(name: str, *holders: tuple[str, str]) -> str:
    """A function that lets go of a row unless another table names it."""
    named = " OR ".join(
        f"EXISTS (SELECT FROM dunning_{table} WHERE tenant = OLD.tenant AND {column} = OLD.id)"
        for table, column in holders
    )
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {_HERE} AS $$ BEGIN "
        f"IF {named} THEN {_KEPT}; END IF; RETURN NULL; END $$"
    )


FUNCTIONS: Final = (
    _function("dunning_of_case", "", "c"),
    _function(
        "dunning_of_case_and_debtor", " JOIN dunning_debtors d ON d.tenant = a.tenant AND d.id = a.debtor_id", "c, d"
    ),
    f"CREATE FUNCTION dunning_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_KEPT}; END $$",
    _kept_by("dunning_case_stays", ("events", "case_id"), ("outbox", "case_id")),
    _kept_by("dunning_debtor_stays", ("outbox", "debtor_id")),
)


def _stays(table: str, function: str, *key: str) -> str:
    """Rows keep what others are bound to, and what binds them."""
    old, new = (", ".join(f"{row}.{name}" for name in key) for row in ("OLD", "NEW"))
    return (
        f"CREATE TRIGGER {table}_stay AFTER UPDATE OF {', '.join(key)} ON {table} FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION {function}()"
    )


def _leaves(table: str, when: str, each: str, function: str) -> str:
    verb = when.split()[1].lower()
    return f"CREATE TRIGGER {table}_{verb} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()"


def _bound(table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {table}_of_case AFTER INSERT ON {table} REFERENCING NEW TABLE AS dunning_added "
        f"FOR EACH STATEMENT WHEN (current_setting('dunning.bound', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION {function}()"
    )


TRIGGERS: Final = (
    _bound("dunning_events", "dunning_of_case"),
    _bound("dunning_outbox", "dunning_of_case_and_debtor"),
    _stays("dunning_events", "dunning_stays", "tenant", "case_id"),
    _stays("dunning_outbox", "dunning_stays", "tenant", "case_id", "debtor_id"),
    _stays("dunning_cases", "dunning_case_stays", "tenant", "id"),
    _stays("dunning_debtors", "dunning_debtor_stays", "tenant", "id"),
    _leaves("dunning_cases", "AFTER DELETE", "ROW", "dunning_case_stays"),
    _leaves("dunning_cases", "BEFORE TRUNCATE", "STATEMENT", "dunning_stays"),
    _leaves("dunning_debtors", "AFTER DELETE", "ROW", "dunning_debtor_stays"),
)
"""Debtors and events cannot be truncated: rows of other tables are bound to them by foreign keys."""
