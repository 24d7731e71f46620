"""Row-level security of PostgreSQL: the database itself shows a transaction only the rows of its tenant.

It guards against mistakes of ours and of the host's own queries. Who may run any SQL can name another tenant, and a
superuser sees everything: it is no lock against either.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from dunning_engine.kernel.errors import UsageError
from dunning_engine.stores.postgres import TENANT
from dunning_engine.stores.tables import VERSION_TABLE, events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

POLICY: Final = "dunning_own_tenant"

OWN: Final = f"tenant = current_setting('{TENANT}', true)"
"""What a row has to be; nothing is where no transaction has said whose it is."""

TABLES: Final = (
    "SELECT c.relname, c.relforcerowsecurity FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace "
    "AND c.relname LIKE 'dunning\\_%' AND a.attname = 'tenant' AND NOT a.attisdropped ORDER BY c.relname"
)

ALMIGHTY: Final = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role"


def secure(connection: Connection, role: str | None = None) -> tuple[str, ...]:
    """Let every table show each tenant its own rows, the owner of the tables included; doing it again is harmless.

    `role` is given what the engine needs: it reads and writes, but owns nothing and changes no events.

    Returns:
        The tables.
    """
    if connection.dialect.name != "postgresql":
        raise UsageError("row-level security is PostgreSQL's: a SQLite file has no roles")
    tables = tuple(name for name, _forced in _tables(connection))
    for table in tables:
        connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
        connection.execute(text(f"DROP POLICY IF EXISTS {POLICY} ON {table}"))
        connection.execute(text(f"CREATE POLICY {POLICY} ON {table} USING ({OWN}) WITH CHECK ({OWN})"))
    if role is not None:
        _grant(connection, tables, role)
    return tables


def _grant(connection: Connection, tables: tuple[str, ...], role: str) -> None:
    if (almighty := connection.execute(text(ALMIGHTY), {"role": role}).scalar()) is None:
        raise UsageError(f"there is no role {role}: CREATE ROLE it first")
    if almighty:
        raise UsageError(f"the role {role} sees all rows whatever is done here: it is a superuser, or has BYPASSRLS")
    named = connection.dialect.identifier_preparer.quote_identifier(role)
    connection.execute(text(f"GRANT SELECT ON {VERSION_TABLE} TO {named}"))
    for table in tables:
        rights = "SELECT, INSERT" if table == events.name else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f"GRANT {rights} ON {table} TO {named}"))


def sees_all(connection: Connection) -> bool:
    """Whether the role of this connection is shown the rows of every tenant all the same."""
    role = connection.execute(text("SELECT current_user")).scalar_one()
    return bool(connection.execute(text(ALMIGHTY), {"role": role}).scalar())


@contextmanager
def lifted(connection: Connection) -> Iterator[None]:
    """Let the owner of the tables see all rows for a change of the tables, which is about every tenant's."""
    forced = [name for name, forced in _tables(connection) if forced]
    for table in forced:
        connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
    yield
    if forced:
        secure(connection)


def _tables(connection: Connection) -> list[tuple[str, bool]]:
    return [(name, forced) for name, forced in connection.execute(text(TABLES)).all()]
