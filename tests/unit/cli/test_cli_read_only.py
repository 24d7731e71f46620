"""What only reads does so where nothing may be written: an auditor's copy, a folder of another user."""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dunning_engine import audit_log_verify
from dunning_engine.engine.config import load_config
from dunning_engine.engine.installation import open_engine
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.testing.postgres import PostgresServer

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def _humbled() -> None:
    """Let the permissions of files hold for root as well, in a process that is about to start."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0):
        os._exit(99)


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A folder that others may read and nobody but us may write to."""
    folder = Path(tempfile.mkdtemp(prefix="dunning-read-only-"))
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def copy(house, dunning, shelf) -> Path:
    """A copy of a database in it, with the verifier beside it."""
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    shutil.copy(house / "out" / "dunning.db", shelf)
    shutil.copy(audit_log_verify.__file__, shelf)
    return shelf / "dunning.db"


def _closed(folder: Path) -> None:
    for file in folder.iterdir():
        file.chmod(0o444)
    folder.chmod(0o555)


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=_humbled,
    )


def test_a_copy_that_is_read_only_is_verified(copy: Path) -> None:
    """By the script that stands alone, and by the command."""
    _closed(copy.parent)
    told = _run(copy.parent, "-I", "audit_log_verify.py", "dunning.db")
    assert (told.returncode, "no breaks" in told.stdout) == (0, True), told.stderr
    assert sorted(file.name for file in copy.parent.iterdir()) == ["audit_log_verify.py", "dunning.db"]


def test_a_log_beside_it_is_not_passed_over(copy: Path, house) -> None:
    """What was committed last stands in there: without it the check would be of something else."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE t (x)")
        connection.commit()
        shutil.copy(f"{copy}-wal", copy.with_name("kept"))
    copy.with_name("kept").rename(f"{copy}-wal")
    _closed(copy.parent)
    told = _run(copy.parent, "-I", "audit_log_verify.py", "dunning.db")
    assert (told.returncode, "dunning.db-wal belongs to it" in told.stderr) == (2, True), told.stdout + told.stderr


@pytest.fixture
def installed(copy: Path, house) -> Path:
    """A whole installation in the folder of the copy."""
    for file in house.iterdir():
        if file.is_file():
            shutil.copy(file, copy.parent)
    shutil.copytree(house / "templates", copy.parent / "templates")
    config = copy.parent / "dunning.toml"
    config.write_text(config.read_text("utf-8").replace("out/dunning.db", "dunning.db"), "utf-8")
    return copy.parent


def test_what_looks_needs_no_more_than_to_read(installed: Path) -> None:
    """Nothing is left beside the file either; who writes is told that it cannot be."""
    before = sorted(file.name for file in installed.iterdir())
    _closed(installed)
    for words in (["case", "list"], ["outbox", "list"], ["store", "status"], ["audit-log", "verify"]):
        told = _run(installed, "-m", "dunning_engine.cli", *words)
        assert told.returncode == 0, told.stderr
    assert sorted(file.name for file in installed.iterdir()) == before

    paused = _run(installed, "-m", "dunning_engine.cli", "pause", "--debtor", "A", "--by", "Ida", "--reason", "x")
    assert (paused.returncode, "Traceback" in paused.stderr) == (2, False), paused.stderr


def test_tables_of_before_are_said_to_be_older(installed: Path) -> None:
    with closing(sqlite3.connect(installed / "dunning.db")) as connection:
        connection.execute("UPDATE dunning_alembic_version SET version_num = '0007'")
        connection.commit()
    _closed(installed)
    told = _run(installed, "-m", "dunning_engine.cli", "case", "list")
    assert (told.returncode, "version 0007 of the tables" in told.stderr) == (2, True), told.stderr


@pytest.fixture
def reader(postgres_server: PostgresServer, postgres_database: str) -> Iterator[str]:
    """The URL of the same database as a role that may read its tables."""
    postgres_server.run(
        "CREATE ROLE reader LOGIN", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database=postgres_database
    )
    yield postgres_server.url(postgres_database, user="reader")
    postgres_server.run("DROP OWNED BY reader", "DROP ROLE reader", database=postgres_database)


def test_a_role_that_may_only_read_looks_at_cases(house, dunning, postgres_url: str, reader: str) -> None:
    config = house / "dunning.toml"
    told = config.read_text("utf-8")
    config.write_text(told.replace("sqlite:///out/dunning.db", postgres_url), "utf-8")
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    config.write_text(told.replace("sqlite:///out/dunning.db", reader), "utf-8")
    listed = dunning("case", "list")
    assert (listed.exit_code, "ann" in listed.stdout) == (0, True), listed.output
    with pytest.raises(ForeignError, match="permission denied"), open_engine(load_config(config)) as engine:
        engine.pause(debtor="ann", by="Ida", reason="x")
