"""SQLite as this library uses it: what is switched on for every connection, and which versions can be trusted with what.

There is one connection per process, behind a pool of size one: two connections that write or checkpoint at the same
instant are what SQLite's WAL-reset bug needs to corrupt a file. Where SQLite has the bug, processes take turns by a lock
beside the file, or do without the WAL: `sqlite:///FILE?journal_mode=delete`.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import create_engine, event
from sqlalchemy.pool import QueuePool

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.stores.prepared import Line
from dunning_engine.stores.sqlite_files import (
    CAN_TAKE_TURNS,
    FileTurns,
    NoTurns,
    Turns,
    connected_to_read,
    network_filesystem,
)

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

    from dunning_engine.kernel.calendar import Instant

Version: TypeAlias = tuple[int, int, int]

FIXED: Final[Version] = (3, 51, 3)
BACKPORTED: Final[tuple[Version, ...]] = ((3, 44, 6), (3, 50, 7))
"""First fixed versions of older lines; 3.52.0 was withdrawn. See sqlite.org/wal.html#walresetbug."""

MINIMUM: Final[Version] = (3, 37, 0)
"""The first with `STRICT` tables."""

ROOM: Final = 256
"""Characters that a case gets to grow by when it is opened: where a page is full, one that grows moves its neighbours."""

FAR: Final = False
"""A statement is a call of a library."""

WAIT_SECONDS: Final = 30
"""How long a thread waits for the connection, and the connection for another process."""

JOURNAL_MODE: Final = "journal_mode"
"""The part of a URL that chooses `wal` or `delete`, the rollback journal: slower, and free of the bug."""

CACHE_KIB: Final = 64 * 1024
"""How much of the file a connection may keep in memory: the pages that a thousand actions touch, and those above them."""

LOG_PAGES: Final = 10_000
"""From how many pages on (40 MB) a commit moves the log into the file, which it waits for: once in several batches of
`advance`. SQLite's own 1,000 make nearly every batch wait."""

PRAGMAS: Final = (
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    f"cache_size = -{CACHE_KIB}",
    f"wal_autocheckpoint = {LOG_PAGES}",
)

READ_ONLY: Final = "dunning_read_only"
"""Execution option of a connection whose transaction does not write."""

TURNS: Final = "dunning_turns"
"""Execution option of an engine: who may write to its file."""


def survives_many_writers(version: Version) -> bool:
    """Whether several processes may write to one WAL file: false from 3.7.0 on until the WAL-reset bug was fixed."""
    if version == (3, 52, 0):
        return False
    return version >= FIXED or any(version[:2] == line[:2] and version >= line for line in BACKPORTED)


def engine_of(url: URL, *, write: bool = True) -> Engine:
    """A SQLAlchemy engine with one durable connection whose transactions begin at once."""
    import sqlite3

    if not write:
        return _reading(url)
    if sqlite3.sqlite_version_info < MINIMUM:
        raise UsageError(f"SQLite {sqlite3.sqlite_version} is older than 3.37: it cannot keep tables to their types")
    mode = _journal_mode(url)
    turns = _turns(url, mode, sqlite3.sqlite_version_info)
    engine = create_engine(
        url.difference_update_query([JOURNAL_MODE]),
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        connect_args={"check_same_thread": False},
        execution_options={TURNS: turns},
    )
    event.listen(engine, "connect", lambda connection, _record: _connected(connection, mode, turns))
    event.listen(engine, "begin", _begun)
    event.listen(engine, "checkin", lambda _connection, _record: turns.give_back())
    return engine


def _reading(url: URL) -> Engine:
    """An engine on a file as it lies there, which may be in a folder where nothing can be written."""
    file = Path(str(url.database))
    engine = create_engine(
        url.difference_update_query([JOURNAL_MODE]),
        hide_parameters=True,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        creator=lambda: connected_to_read(file),
        execution_options={TURNS: NoTurns()},
    )
    event.listen(engine, "begin", _begun)
    return engine


def _journal_mode(url: URL) -> str:
    mode = str(url.query.get(JOURNAL_MODE, "wal"))
    if mode not in ("wal", "delete"):
        raise UsageError(f"{JOURNAL_MODE} is wal or delete, not {mode}")
    return mode


def _turns(url: URL, mode: str, version: Version) -> Turns:
    """Who may write to the file of a URL, by which SQLite."""
    if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
        return NoTurns()
    file = Path(str(url.database))
    if kind := network_filesystem(file):
        raise UsageError(f"{file} lies on a network filesystem ({kind}), where SQLite cannot lock: use a local disk")
    if mode == "delete" or survives_many_writers(version):
        return NoTurns()
    if not CAN_TAKE_TURNS:
        shown = ".".join(map(str, version))
        raise UsageError(
            f"SQLite {shown} may damage a file that two processes write to, and here they cannot take turns: "
            f"update SQLite to 3.51.3, or write sqlite:///FILE?{JOURNAL_MODE}=delete"
        )
    return FileTurns(file)


def _connected(connection: Any, mode: str, turns: Turns) -> None:
    connection.isolation_level = None  # the driver would begin transactions by rules of its own
    connection.execute(f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}")
    turns.take(WAIT_SECONDS)
    try:
        connection.execute(f"PRAGMA {JOURNAL_MODE} = {mode}")
    finally:
        turns.give_back()
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def dispose(engine: Engine) -> None:
    """Close the connection: the last one of a file moves its log into it."""
    turns: Turns = engine.get_execution_options()[TURNS]
    turns.take(WAIT_SECONDS)
    try:
        engine.dispose()
    finally:
        turns.give_back()


def _begun(connection: Connection) -> None:
    """A transaction that may write takes the write lock at once: taking it later can fail half-way."""
    options = connection.get_execution_options()
    if options.get(READ_ONLY, False):
        Line(connection).executed("BEGIN", ())
        return
    options[TURNS].take(WAIT_SECONDS)
    Line(connection).executed("BEGIN IMMEDIATE", ())


def options(*, write: bool) -> dict[str, Any]:
    """How a connection is opened."""
    return {} if write else {READ_ONLY: True}


def begin(connection: Connection, tenant: str, *, write: bool) -> None:  # noqa: ARG001 - the options have said it
    """Take the write lock, where there is to be written."""
    connection.begin()


def commits_by_itself(connection: Connection) -> bool:
    """Whether the driver begins no transactions, and nobody else has begun one when SQLAlchemy says that it has."""
    driver: Any = connection.connection.driver_connection
    if driver.in_transaction or not (driver.isolation_level is None or getattr(driver, "autocommit", -1) is True):
        return False
    if connection.in_transaction():
        return True
    begun = connection.begin()  # where a host begins transactions itself, it does so now
    if driver.in_transaction:
        return False
    begun.rollback()
    return True


def taken_back(connection: Connection) -> bool:
    """Whether a full disk or the like has ended the transaction; any other statement that fails takes back itself alone."""
    driver: Any = connection.connection.driver_connection
    return connection.in_transaction() and not driver.in_transaction


def join(connection: Connection, tenant: str, *, write: bool) -> str:  # noqa: ARG001 - it was asked before
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
        engine.get_execution_options()[TURNS].take(WAIT_SECONDS)  # given back with the connection
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
