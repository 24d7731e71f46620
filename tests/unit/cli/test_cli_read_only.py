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


def test_what_opens_the_store_says_that_it_writes(copy: Path, house) -> None:
    """Looking at cases brings the tables up to date and takes turns with those who write: that needs a place."""
    for file in house.iterdir():
        if file.is_file():
            shutil.copy(file, copy.parent)
    shutil.copytree(house / "templates", copy.parent / "templates")
    config = copy.parent / "dunning.toml"
    config.write_text(config.read_text("utf-8").replace("out/dunning.db", "dunning.db"), "utf-8")
    _closed(copy.parent)

    listed = _run(copy.parent, "-m", "dunning_engine.cli", "case", "list")
    assert (listed.returncode, "Traceback" in listed.stderr) == (2, False), listed.stderr
    checked = _run(copy.parent, "-m", "dunning_engine.cli", "audit-log", "verify")
    assert (checked.returncode, "no breaks" in checked.stdout) == (0, True), checked.stderr
