"""A SQLite file that another program holds: waited for, or told in words; nothing by halves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fault_stage import Stage

from dunning_engine.stores import sqlite

HOLDER = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute(sys.argv[2])
held.execute("SELECT count(*) FROM dunning_cases").fetchone()
print("held", flush=True)
if sys.argv[3] == "until told":
    sys.stdin.read()
else:
    time.sleep(float(sys.argv[3]))
held.rollback()
held.close()
"""


@contextmanager
def held(database: Path, begin: str, seconds: str) -> Iterator[None]:
    """Another process in a transaction on the file."""
    command = [sys.executable, "-c", HOLDER, str(database), begin, seconds]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_writer_is_waited_for(tmp_path: Path, mode: str) -> None:
    """Half a second later the payment is there."""
    stage, database = Stage(), tmp_path / "dunning.db"
    with stage.open(f"sqlite:///{database}?journal_mode={mode}") as engine:
        stage.owes(engine, 1)
        with held(database, "BEGIN IMMEDIATE", "0.5"):
            stage.pays(engine, 1, 300)
        assert stage.broken(engine) == []


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_writer_that_stays_is_told_of(tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the patience is over, in words; when the file is free again the same call does it."""
    monkeypatch.setattr(sqlite, "WAIT_SECONDS", 0)
    stage, database = Stage(), tmp_path / "dunning.db"
    with stage.open(f"sqlite:///{database}?journal_mode={mode}") as engine:
        stage.owes(engine, 1)
        with held(database, "BEGIN IMMEDIATE", "until told"):
            said = stage.tries(lambda: stage.pays(engine, 1, 300))
        assert said == "the database refused: database is locked"
        assert stage.facts == []
        stage.pays(engine, 1, 300)
        assert stage.broken(engine) == []


def test_a_long_reader_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that runs for hours reads what was so when it began, and everybody goes on writing."""
    monkeypatch.setattr(sqlite, "WAIT_SECONDS", 0)
    stage, database = Stage(), tmp_path / "dunning.db"
    with stage.open(f"sqlite:///{database}") as engine:
        stage.owes(engine, 1)
        with held(database, "BEGIN", "until told"):
            stage.pays(engine, 1, 300)
            stage.goes_on(engine)
        assert stage.broken(engine) == []
    assert set(stage.got.values()) == {1}
