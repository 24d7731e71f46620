"""A disk that is full: what was acknowledged is there, nothing leaves that cannot be noted, and it goes on by itself."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from fault_stage import LEASE, REMINDER, THOROUGH, Stage

from dunning_engine.ports.adapter import Message, Outcome, Sent
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.postgres import PostgresServer

PLENTY = 2**30


def limited(store: SqlStore, more: int) -> None:
    """Let the file grow by so many pages, and then be as SQLite is on a full disk."""
    with store.transaction(write=False) as tx:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {min(PLENTY, pages + more)}")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr("dunning_engine.engine.dispatcher.PATIENCE_SECONDS", (0.0,))
    return Stage()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_full_sqlite_keeps_what_it_acknowledged(stage: Stage, tmp_path: Path, mode: str) -> None:
    """With room for nothing, one page, two pages …: told in words, nothing by halves, and with room again all goes on."""
    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}?journal_mode={mode}")
    refused = set()
    with stage.open(store) as engine:
        for number, room in enumerate(range(0, 12, 1 if THOROUGH else 6)):
            stage.owes(engine, number)
            limited(store, room)
            for cents in range(1, 30):
                if said := stage.tries(lambda number=number, cents=cents: stage.pays(engine, number, cents)):
                    refused.add(said)
                    break
            limited(store, PLENTY)
            assert stage.broken(engine) == []
        stage.goes_on(engine)
        assert stage.broken(engine) == []
    store.close()

    assert refused == {"the database refused: database or disk is full"}
    assert set(stage.got.values()) == {1}


@contextmanager
def no_space() -> Iterator[None]:
    """No file of this process may be written to."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_nothing_leaves_while_it_cannot_be_noted(stage: Stage, tmp_path: Path, mode: str) -> None:
    """Full before the arming: nothing is handed over. With room again everything goes, once."""
    with stage.open(f"sqlite:///{tmp_path / 'dunning.db'}?journal_mode={mode}") as engine:
        stage.owes(engine, *range(5))
        stage.clock.move_to(REMINDER)
        engine.advance()
        with no_space():
            said = {stage.tries(engine.dispatch) for _ in range(3)}
        assert stage.got == {}
        stage.works(engine)
        assert stage.broken(engine) == []

    assert said == {"the database refused: disk I/O error"}
    assert (len(stage.got), set(stage.got.values())) == (5, {1})


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_full_between_hand_over_and_receipt_is_doubt(stage: Stage, tmp_path: Path, mode: str) -> None:
    """It left, and that cannot be written down: when the lease is over it is uncertain, and does not go again."""
    full = ExitStack()

    def leaves(message: Message) -> Outcome:
        full.enter_context(no_space())
        return Sent(message.action_id)

    stage.answer = leaves
    with stage.open(f"sqlite:///{tmp_path / 'dunning.db'}?journal_mode={mode}") as engine:
        stage.owes(engine, 1)
        stage.clock.move_to(REMINDER)
        engine.advance()
        with full:
            said = stage.tries(engine.dispatch)
        states = [row.state for row in engine.outbox()]
        stage.clock.move_to(stage.clock.now() + LEASE)
        engine.dispatch()
        states += [row.state for row in engine.outbox()]
        assert stage.broken(engine) == []

    assert said == "the database refused: disk I/O error"
    assert states == [OutboxState.ARMED, OutboxState.UNCERTAIN]
    assert set(stage.got.values()) == {1}


# PostgreSQL -----------------------------------------------------------------------------------------------------------

SEGMENT = 16 * 2**20
"""Bytes of a file of the server's log, which is made in full before it is written to."""


@contextmanager
def small_files(server: PostgresServer) -> Iterator[None]:
    """Let no file of connections that are made now grow beyond the log's: as on a full disk, a table gets no new page."""
    pid = int((Path(server.folder) / "postmaster.pid").read_text().splitlines()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)  # inherited from here
    _limit(server, pid, SEGMENT, hard)
    try:
        yield
    finally:
        _limit(server, pid, soft, hard)


def _limit(server: PostgresServer, pid: int, soft: int, hard: int) -> None:
    """Only who runs a process may limit it."""
    limits = f"--fsize={_words(soft)}:{_words(hard)}"
    owner = Path(server.folder).stat().st_uid
    subprocess.run(["prlimit", "--pid", str(pid), limits], check=True, user=owner if os.geteuid() == 0 else None)


def _words(limit: int) -> str:
    return "unlimited" if limit == resource.RLIM_INFINITY else str(limit)


FILL = "INSERT INTO dunning_inbox SELECT 'b', 'b', n::text, repeat('x', 972) FROM generate_series(100001, 116400) n"
"""Rows of which eight fill a page to its last bytes: the table is then as large as it may get."""


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="nothing here limits another process")
def test_a_full_postgresql_keeps_what_it_acknowledged(
    stage: Stage, postgres_server: PostgresServer, postgres_database: str, postgres_url: str
) -> None:
    """A table that gets no new page: told in words, nothing by halves; with room again it goes on."""
    with stage.open(postgres_url) as engine:
        stage.owes(engine, 1)
    postgres_server.run(FILL, database=postgres_database)
    refused = ""
    with small_files(postgres_server), stage.open(postgres_url) as engine:
        for cents in range(1, 60):
            if refused := stage.tries(lambda cents=cents: stage.pays(engine, 1, cents)):
                break
        assert stage.broken(engine) == []
    with stage.open(postgres_url) as engine:
        assert stage.broken(engine) == []
        stage.pays(engine, 1, cents)
        stage.goes_on(engine)
        assert stage.broken(engine) == []

    assert "could not extend file" in refused
    assert set(stage.got.values()) == {1}
