"""The file of a SQLite store: whose turn it is to write, and whether it lies where SQLite can lock it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final, Protocol

from dunning_engine.kernel.errors import ForeignError, OnlyReadable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CAN_TAKE_TURNS: Final = fcntl is not None
"""Whether processes can wait for each other by a file."""

PAUSE_SECONDS: Final = 0.002

MOUNTS: Final = Path("/proc/self/mounts")

NETWORKED: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ncpfs", "glusterfs", "lustre", "fuse.sshfs", "fuse.glusterfs"}
)
"""Filesystems whose locks and shared memory SQLite cannot trust. See sqlite.org/useovernet.html."""


class Turns(Protocol):
    """Who may write."""

    def take(self, seconds: float) -> None:
        """Wait until nobody else writes."""

    def give_back(self) -> None:
        """Let others write; harmless where it is not one's turn."""


class NoTurns:
    """SQLite's own locks suffice."""

    def take(self, seconds: float) -> None:
        """At once."""

    def give_back(self) -> None:
        """Nothing was taken."""


class FileTurns:
    """One process after the other writes and moves the log into the file, by a lock on a file beside it.

    On the database's own file it would be no use: whoever closes that loses the locks that SQLite has on it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.with_name(f"{file.name}-turn")
        self._handle: int | None = None

    def take(self, seconds: float) -> None:
        try:
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ForeignError(
                f"{self._file} cannot be opened: {error.strerror}; whoever opens the database writes beside it. "
                "Of a copy that is read only, `dunning audit-log verify` alone can do without"
            ) from error
        end = time.monotonic() + seconds
        while not _locked(handle):
            if time.monotonic() > end:
                os.close(handle)
                raise ForeignError(f"the database was busy for {seconds:.0f} seconds: another process writes to it")
            time.sleep(PAUSE_SECONDS)
        self._handle = handle

    def give_back(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def may_write(file: Path) -> bool:
    """Whether this process may write to a database file, and beside it, where SQLite keeps files of its own."""
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)


def connected_to_read(file: Path) -> Any:
    """A connection of the driver that writes nothing, not even the files that SQLite keeps beside its own.

    Raises: `OnlyReadable` where what was committed last stands in a log that cannot be read without writing.
    """
    import sqlite3

    place, log = f"{file.absolute().as_uri()}?mode=ro", file.with_name(f"{file.name}-wal")
    connection = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        connection.close()
        if os.access(file.parent, os.W_OK):
            raise
        if log.exists() and log.stat().st_size:
            raise OnlyReadable(f"{log} belongs to it: copy both to a folder that can be written to") from error
        connection = sqlite3.connect(f"{place}&immutable=1", uri=True, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def network_filesystem(file: Path, mounts: Path = MOUNTS) -> str:
    """The kind of network filesystem that a file lies on; empty for a local disk, and where nobody can tell."""
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    places = [(_unescaped(line.split()[1]), line.split()[2]) for line in lines if len(line.split()) > 2]
    home = os.path.realpath(file.parent)
    over = [(place, kind) for place, kind in places if home == place or home.startswith(place.rstrip("/") + "/")]
    kind = max(over, key=lambda one: len(one[0]), default=("", ""))[1]
    return kind if kind in NETWORKED else ""


def _unescaped(place: str) -> str:
    return place.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
