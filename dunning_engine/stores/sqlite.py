"""SQLite as this library uses it: what is switched on for every connection, and which versions can be trusted with what.

There is one connection per process, behind a pool of size one: two connections that write or checkpoint at the same
instant are what SQLite's WAL-reset bug needs to corrupt a file.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import create_engine, event
from sqlalchemy.pool import QueuePool

from dunning_engine.kernel.errors import ForeignError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

    from dunning_engine.kernel.calendar import Instant

Version: TypeAlias = tuple[int, int, int]

FIXED: Final[Version] = (3, 51, 3)
BACKPORTED: Final[tuple[Version, ...]] = ((3, 44, 6), (3, 50, 7))
"""First fixed versions of older lines; 3.52.0 was withdrawn. See sqlite.org/wal.html#walresetbug."""

MINIMUM: Final[Version] = (3, 37, 0)
"""The first with `STRICT` tables."""

WAIT_SECONDS: Final = 30
"""How long a thread waits for the connection, and the connection for another process."""

PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    f"busy_timeout = {WAIT_SECONDS * 1000}",
)

READ_ONLY: Final = "dunning_read_only"
"""Execution option of a connection whose transaction does not write."""


def survives_many_writers(version: Version) -> bool:
    """Whether several processes may write to one WAL file: false from 3.7.0 on until the WAL-reset bug was fixed."""
    if version == (3, 52, 0):
        return False
    return version >= FIXED or any(version[:2] == line[:2] and version >= line for line in BACKPORTED)


def engine_of(url: str | URL) -> Engine:
    """A SQLAlchemy engine with one durable connection whose transactions begin at once."""
    import sqlite3

    if sqlite3.sqlite_version_info < MINIMUM:
        raise UsageError(f"SQLite {sqlite3.sqlite_version} is older than 3.37: it cannot keep tables to their types")
    engine = create_engine(
        url,
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def _connected(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin transactions by rules of its own
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begun(connection: Connection) -> None:
    """A transaction that may write takes the write lock at once: taking it later can fail half-way."""
    read_only = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def options(*, write: bool) -> dict[str, Any]:
    """How a connection is opened."""
    return {READ_ONLY: not write}


def begin(connection: Connection, tenant: str, *, write: bool) -> None:  # noqa: ARG001 - the options have said it
    """Take the write lock, where there is to be written."""
    connection.begin()


def join(connection: Connection, tenant: str, *, write: bool) -> str:  # noqa: ARG001 - a host's transaction may always write
    """Make sure that a host's connection is inside a transaction of the database, not only of its driver's promise."""
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    return ""


def leave(connection: Connection, tenant: str, before: str) -> None:
    """Nothing to put back."""


def compact(engine: Engine) -> None:
    """Rebuild the file and empty the log beside it; both may hold what was deleted."""
    with closing(engine.raw_connection()) as connection:
        driver: Any = connection.driver_connection
        driver.execute("VACUUM")
        busy, *_pages = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise ForeignError("another process reads the database: what was deleted leaves the file when it has ended")


def change_orders(connection: Connection, tenant: str) -> None:
    """Nobody else writes at the same time."""


def time(connection: Connection) -> Instant | None:  # noqa: ARG001 - the clock of a file is that of its process
    return None


def before_upgrade(connection: Connection) -> None:
    """Likewise."""
