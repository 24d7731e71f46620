"""Copies of a SQLite database, made while others write to it, and put back in its place.

A copy of the file alone lacks what is still in its `-wal`, and a `-wal` that stays behind a file that was put back is
played into it. So a backup is written by SQLite itself, and putting one back takes both away.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.stores.tables import VERSION_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file."""


def back_up(database: Path, to: Path) -> None:
    """Write a consistent copy to a file that is not there yet; it appears whole or not at all."""
    if to.exists():
        raise UsageError(f"{to} is there already: name a file that is not")
    with _told(database), closing(_read_only(database)) as source, _beside(to) as made:
        source.execute("VACUUM INTO ?", (str(made),))
        check(made)
        _kept(made)
        os.link(made, to)
        _kept(to.parent)


def put_back(backup: Path, database: Path) -> None:
    """Put a copy in the place of a database that nobody has open."""
    with _told(backup):
        check(backup)
    with _told(database):
        if database.exists():
            _nobody_there(database)
    with _told(database), _beside(database) as made:
        with closing(_read_only(backup)) as source, closing(sqlite3.connect(made)) as copy:
            source.backup(copy)
        _kept(made)
        for ending in BESIDE:
            database.with_name(database.name + ending).unlink(missing_ok=True)
        made.replace(database)
        _kept(database.parent)


def check(database: Path) -> None:
    """Refuse what is no whole database of ours."""
    with closing(_read_only(database)) as connection:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise ForeignError(f"{database} is damaged: {found}")
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)).fetchone():
            raise UsageError(f"{database} is no database of dunning_engine")


def _read_only(database: Path) -> sqlite3.Connection:
    """Who only reads writes no checkpoint, so that the WAL-reset bug finds nothing to do."""
    return sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)


def _nobody_there(database: Path) -> None:
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise UsageError(f"{database} is in use ({error}): stop what works with it first") from error
        except sqlite3.DatabaseError:
            return  # what is damaged is what a backup is put back for


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A name for a file that is not finished."""
    made = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        yield made
    finally:
        made.unlink(missing_ok=True)


def _kept(path: Path) -> None:
    """Let a file, or what stands in a folder, outlive a loss of power."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _told(database: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise ForeignError(f"{database} cannot be copied: {error}") from error
