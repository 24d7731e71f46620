"""What keeps events from being changed: triggers in the database itself, and the one switch that lets some go.

Only what the law wants forgotten goes: `forgetting` is for retention and erasure, in a transaction of their own.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

REFUSAL: Final = "events are never changed"

FORGETTING: Final = "dunning.forgetting"
"""The setting of a PostgreSQL transaction under which events may go."""

SQLITE_TRIGGERS: Final = {
    f"dunning_events_no_{verb.lower()}": f"CREATE TRIGGER dunning_events_no_{verb.lower()} BEFORE {verb} ON dunning_events "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
}

POSTGRESQL_FUNCTION: Final = (
    "CREATE FUNCTION dunning_events_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    f"IF current_setting('{FORGETTING}', true) = 'on' THEN "
    "IF TG_OP = 'UPDATE' THEN RETURN NEW; END IF; RETURN OLD; END IF; "
    f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
)

POSTGRESQL_TRIGGERS: Final = tuple(
    f"CREATE TRIGGER {name} BEFORE {verbs} ON dunning_events FOR EACH {what} EXECUTE FUNCTION dunning_events_kept()"
    for name, verbs, what in (
        ("dunning_events_no_change", "UPDATE OR DELETE", "ROW"),
        ("dunning_events_no_truncate", "TRUNCATE", "STATEMENT"),
    )
)


def keeping(dialect: str) -> tuple[str, ...]:
    """The statements that make the triggers."""
    if dialect == "postgresql":
        return (POSTGRESQL_FUNCTION, *POSTGRESQL_TRIGGERS)
    return tuple(SQLITE_TRIGGERS.values())


@contextmanager
def forgetting(connection: Connection) -> Iterator[None]:
    """Let events be changed or deleted until the block ends, in the transaction that stands.

    An error inside leaves the transaction to be rolled back, and with it the triggers as they were.
    """
    if connection.dialect.name == "postgresql":
        _switch(connection, "on")
        yield
        _switch(connection, "off")
        return
    for name in SQLITE_TRIGGERS:
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    yield
    for statement in SQLITE_TRIGGERS.values():
        connection.exec_driver_sql(statement)


def _switch(connection: Connection, value: str) -> None:
    connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (FORGETTING, value))
