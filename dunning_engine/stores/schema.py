"""Bring a database to the present version of the tables, in one transaction."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from sqlalchemy import column, inspect, select, table

from dunning_engine.kernel.errors import ForeignError, OnlyReadable, UsageError
from dunning_engine.stores.tables import HEAD, VERSION_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config
    from sqlalchemy import Connection


def upgrade(connection: Connection, before: Callable[[Connection], None]) -> None:
    """Run the steps that are missing, after `before` has let us in alone.

    Alembic is imported only where there are any: it costs more than opening a store.
    """
    if _version(connection) == HEAD:
        return
    before(connection)
    here = _version(connection)
    if here == HEAD:
        return
    from alembic import command
    from alembic.util import CommandError

    try:
        with _of_all_tenants(connection):
            command.upgrade(config(connection), HEAD)
    except CommandError as error:
        raise ForeignError(_newer(here)) from error


def check(connection: Connection) -> None:
    """Raises `OnlyReadable` where the tables are not of the version that this library reads."""
    here = _version(connection)
    if here == HEAD:
        return
    if here is None:
        raise OnlyReadable("there are no tables of ours in this database, and nothing may be written to make them")
    if here < HEAD:
        raise OnlyReadable(
            f"the database is at version {here} of the tables, this dunning_engine reads {HEAD} and may write nothing "
            "here: let somebody who may write open it once, as `dunning case list` does"
        )
    raise OnlyReadable(_newer(here))


def _newer(here: str | None) -> str:
    return f"the database is at version {here} of the tables, this dunning_engine knows up to {HEAD}: update it"


def downgrade(connection: Connection, version: str) -> None:
    """Take steps back to an older version of the tables; refuses, in words, where that would lose something."""
    from alembic import command
    from alembic.util import CommandError

    with _of_all_tenants(connection):
        try:
            command.downgrade(config(connection), version)
        except CommandError as error:
            raise UsageError(f"there is no older version {version} of the tables") from error


def _of_all_tenants(connection: Connection) -> AbstractContextManager[None]:
    """A step changes the rows of every tenant, also where each is shown its own."""
    if connection.dialect.name != "postgresql":
        return nullcontext()
    from dunning_engine.stores.security import lifted

    return lifted(connection)


def config(connection: Connection) -> Config:
    """Alembic's configuration for the packaged steps, on a connection of ours."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", "dunning_engine.stores:migrations")
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    return None if found is None else str(found)
