"""A process that dies at whatever statement of a migration leaves the old tables as they were; the next one does it all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from refold import unpacked
from sqlalchemy import create_engine, event, inspect, text

from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.tables import HEAD, VERSION_TABLE, metadata
from dunning_engine.testing.postgres import PostgresServer

GOLDEN = sorted(Path(__file__).parent.glob("*.db.gz"))
EVERY = 9
"""Of the statements of a migration every so many is tried; their number and this one have no common divisor for long."""


class _KilledError(BaseException):
    """The process dies here."""


@contextmanager
def _dying_at(engine: Any, number: int) -> Iterator[list[int]]:
    """The statement of this number is not run any more; how many were begun."""
    begun: list[int] = []

    def before(*_: Any) -> None:
        begun.append(1)
        if len(begun) == number:
            raise _KilledError

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield begun
    finally:
        event.remove(engine, "before_cursor_execute", before)


def _dump(url: str) -> dict[str, Any]:
    """Every table with its columns and the number of its rows, and which version it is."""
    engine = create_engine(url)
    with engine.connect() as connection:
        looked = inspect(connection)
        found = {
            table: (
                [column["name"] for column in looked.get_columns(table)],
                connection.execute(text(f"SELECT count(*) FROM {table}")).scalar(),
            )
            for table in sorted(looked.get_table_names())
        }
        version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    engine.dispose()
    return {**found, "version": version}


def _tried(monkeypatch: pytest.MonkeyPatch, url: str, number: int) -> int:
    """Open a store and die at a statement; how many statements it came to."""
    from dunning_engine.stores import database

    begun: list[int] = []

    def upgraded(self: Any, tenant: str) -> None:
        with _dying_at(self.engine, number) as counted:
            try:
                original(self, tenant)
            finally:
                begun.extend(counted)

    original = database.Database.upgrade
    with monkeypatch.context() as patched:
        patched.setattr(database.Database, "upgrade", upgraded)
        with suppress(_KilledError):
            SqlStore(url).close()
    return len(begun)


@pytest.mark.parametrize("golden", GOLDEN[:1], ids=lambda path: path.name)
def test_sqlite_is_old_or_new(golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever statement was the last: nothing of it remains, and the next process brings everything along."""
    database = unpacked(golden, tmp_path)
    url = f"sqlite:///{database}"
    before = _dump(url)
    number = 2
    while _tried(monkeypatch, url, number) >= number:
        assert _dump(url) == before
        number += EVERY

    assert number > 5 * EVERY
    after = _dump(url)
    assert after["version"] == HEAD
    assert {table: after[table][1] for table in before if table.startswith("dunning_e")} == {
        table: rows for table, (_, rows) in ((t, before[t]) for t in before if t.startswith("dunning_e"))
    }


def test_postgresql_is_old_or_new(postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh database is empty or has all its tables."""
    with postgres_server.database() as name:
        url = postgres_server.url(name)
        driven = url.replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(driven)
        number = 2
        while _tried(monkeypatch, url, number) >= number:
            with engine.connect() as connection:
                assert inspect(connection).get_table_names() == []
            number += 3 * EVERY
        assert _dump(driven)["version"] == HEAD
        with engine.connect() as connection:
            assert set(inspect(connection).get_table_names()) == {*metadata.tables, VERSION_TABLE}
        engine.dispose()


def test_a_process_that_is_killed_on_the_way(tmp_path: Path) -> None:
    """Killed for good, with a write-ahead log that nobody wrote back: the old tables stand, and come along next time."""
    database = unpacked(GOLDEN[0], tmp_path)
    before = _dump(f"sqlite:///{database}")
    program = f"""
import os
from sqlalchemy import event
from sqlalchemy.engine import Engine
from dunning_engine.stores.sql import SqlStore
begun = []
@event.listens_for(Engine, "before_cursor_execute")
def before(*_):
    begun.append(1)
    if len(begun) == 40:
        os.kill(os.getpid(), 9)
SqlStore("sqlite:///{database}")
"""
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == -9
    assert _dump(f"sqlite:///{database}") == before
    SqlStore(f"sqlite:///{database}").close()
    assert _dump(f"sqlite:///{database}")["version"] == HEAD


def test_two_that_migrate_at_once(tmp_path: Path) -> None:
    """Processes that find old tables at the same instant: one brings them along, the others wait and find them new."""
    database = unpacked(GOLDEN[1], tmp_path)
    program = f"from dunning_engine.stores.sql import SqlStore; SqlStore('sqlite:///{database}').close()"
    racing = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]

    assert [one.wait(timeout=60) for one in racing] == [0, 0, 0]
    assert _dump(f"sqlite:///{database}")["version"] == HEAD
