"""One database: its connections, its transactions, and which threads are in one."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.store import opened_to_read
from dunning_engine.stores import postgres, schema, sqlite
from dunning_engine.stores.failures import shown, told, told_of_commit, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Engine

    from dunning_engine.kernel.calendar import Instant

ACCEPTED: Final = "use sqlite:///FILE or postgresql://USER@HOST/DATABASE"

BY_ITSELF: Final = (
    "connection= commits each statement by itself (isolation level AUTOCOMMIT), so nothing could be kept or taken back "
    "as a whole: begin a transaction on a connection without AUTOCOMMIT, as in `with engine.begin() as connection`"
)

NOTHING_KEPT: Final = (
    "a statement of this transaction failed and its error was caught, so the database keeps nothing of the transaction: "
    "do all of it again, with what may fail in a savepoint, as in `with connection.begin_nested():`"
)


class Backend(Protocol):
    """What the databases do differently; the modules `sqlite` and `postgres` are these."""

    WAIT_SECONDS: int
    ROOM: int
    FAR: bool
    READ_ONLY: str

    def engine_of(self, url: URL, *, write: bool = True) -> Engine:
        """An engine, nothing connected yet; without `write` it leaves the database and all beside it as it is."""

    def dispose(self, engine: Engine) -> None:
        """Close its connections."""

    def options(self, *, write: bool) -> dict[str, Any]:
        """Execution options of a connection."""

    def begin(self, connection: Connection, tenant: str, *, write: bool) -> None:
        """Begin a transaction of our own."""

    def commits_by_itself(self, connection: Connection) -> bool:
        """Whether each statement of a host's connection would be kept alone, because no transaction can be begun on it."""

    def taken_back(self, connection: Connection) -> bool:
        """Whether a commit now would keep nothing and not say so, because a statement failed."""

    def join(self, connection: Connection, tenant: str, *, write: bool) -> str:
        """Begin our part of a host's transaction; what to leave it with."""

    def leave(self, connection: Connection, tenant: str, before: str) -> None:
        """End it."""

    def change_orders(self, connection: Connection, tenant: str) -> None:
        """Be alone with the standing orders."""

    def time(self, connection: Connection) -> Instant | None:
        """What time it is in the database; `None` where its clock is that of its process."""

    def before_upgrade(self, connection: Connection) -> None:
        """Be alone with the tables."""

    def compact(self, engine: Engine) -> None:
        """Write the tables anew without what was deleted from them."""


class Database:
    """An engine with the transactions that are begun on it; shared by the stores of several tenants."""

    def __init__(self, url: str, password: str | None = None, *, write: bool = True) -> None:
        address = _url(url)
        if password is not None:
            address = address.set(password=password)
        self.backend: Backend = postgres if address.get_backend_name() == "postgresql" else sqlite
        self.engine = self.backend.engine_of(address, write=write)
        self.write = write
        self._threads: set[int] = set()
        self._process = os.getpid()

    def __repr__(self) -> str:
        return shown(self.engine.url)

    def upgrade(self, tenant: str) -> None:
        """Bring the tables to the present version; a database that is only read has to have it."""
        if not self.write:
            with self.transaction(tenant, write=False) as connection:
                schema.check(connection)
            return
        with self.transaction(tenant, write=True) as connection:
            try:
                schema.upgrade(connection, self.backend.before_upgrade)
            except DBAPIError as error:
                raise told(error) from error

    @contextmanager
    def transaction(self, tenant: str, *, write: bool) -> Iterator[Connection]:
        """A transaction of our own, for a thread that has none."""
        if os.getpid() != self._process:
            raise UsageError(
                "this store was opened before its process was forked, and its connections belong to the other one: "
                "open it after the fork"
            )
        if write and not self.write:
            raise UsageError("this store was opened for reading alone: open it anew to write")
        thread = threading.get_ident()
        if thread in self._threads:
            raise UsageError("a transaction is open in this thread already: pass its connection= to take part in it")
        self._threads.add(thread)
        try:
            with self._begun(tenant, write=write) as connection:
                yield connection
                if write and self.backend.taken_back(connection):
                    raise ForeignError(NOTHING_KEPT)
                try:
                    connection.commit()
                except DBAPIError as error:
                    raise told_of_commit(error) from error
        finally:
            self._threads.discard(thread)

    @contextmanager
    def part(self, connection: Any, tenant: str, *, write: bool) -> Iterator[Connection]:
        """A part of a host's transaction."""
        if not isinstance(connection, Connection):
            raise UsageError(f"connection= takes a connection of SQLAlchemy, this is a {type(connection).__name__}")
        if connection.dialect.name != self.engine.dialect.name:
            raise UsageError(f"connection= leads to {connection.dialect.name}, this store is in {self!r}")
        if connection.closed:
            raise UsageError("connection= is closed: pass one whose transaction is still open")
        if write and connection.get_execution_options().get(self.backend.READ_ONLY, False):
            raise UsageError(opened_to_read())
        try:
            if self.backend.commits_by_itself(connection):
                raise UsageError(BY_ITSELF)
            before = self.backend.join(connection, tenant, write=write)
            part = connection.begin_nested()
        except DBAPIError as error:
            raise told(error) from error
        except InvalidRequestError as error:
            raise UsageError(f"connection= can take part in nothing now: {error}") from error
        with part:
            yield connection
        self.backend.leave(connection, tenant, before)

    def _begun(self, tenant: str, *, write: bool) -> Connection:
        """A connection in a fresh transaction; one that died in the pool is replaced, for nothing was done on it yet."""
        try:
            return self._first(tenant, write=write)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise told(error) from error
        try:
            return self._first(tenant, write=write)
        except DBAPIError as error:
            raise told(error) from error

    def _first(self, tenant: str, *, write: bool) -> Connection:
        connection = self._connected()
        if options := self.backend.options(write=write):
            connection = connection.execution_options(**options)
        try:
            self.backend.begin(connection, tenant, write=write)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self) -> Connection:
        try:
            connection: Connection = self.engine.connect()
        except PoolTimeout as error:
            raise ForeignError(
                f"the database was busy for {self.backend.WAIT_SECONDS} seconds: another thread holds it"
            ) from error
        except DBAPIError as error:
            raise ForeignError(f"the database {self!r} cannot be opened: {words(error)}") from error
        return connection

    def compact(self) -> None:
        """Leave nothing in the files of what was deleted; takes as long as writing all of it anew."""
        try:
            self.backend.compact(self.engine)
        except DBAPIError as error:
            raise told(error) from error

    def close(self) -> None:
        """Let go of every connection; those of another process stay open, for it goes on with them."""
        if os.getpid() == self._process:
            self.backend.dispose(self.engine)


def _url(text: str) -> URL:
    """The URL of a database. A mistake is told without what was written, which may hold a password."""
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        raise UsageError(f"this is not the URL of a store: {ACCEPTED}") from None
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        return url
    if url.drivername not in ("sqlite", "sqlite+pysqlite"):
        raise UsageError(f"this version knows no store of {backend}: {ACCEPTED}")
    if url.host or url.username or url.password:
        raise UsageError("a SQLite file stands behind three slashes: use sqlite:///FILE")
    return url
