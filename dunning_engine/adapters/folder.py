"""Files that appear whole or not at all, survive a power cut, and are written once however often one asks."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

WAIT = 0.01
"""Seconds between two looks at a lock that somebody else holds."""

LOCK = ".lock"


class Unsure(OSError):
    """What was to be written may be there already: the disk failed when only its last steps were missing."""


@contextmanager
def _last_steps() -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        raise Unsure(str(trouble)) from trouble


@contextmanager
def locked(folder: Path, seconds: float) -> Iterator[None]:
    """Nobody else writes to the folder meanwhile; `TimeoutError` where that cannot be had in time."""
    ends = time.monotonic() + seconds
    with (folder / LOCK).open("ab") as lock:
        if sys.platform != "win32":
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= ends:
                        raise TimeoutError(f"{folder} is locked by another process") from None
                    time.sleep(WAIT)
        yield


def publish(path: Path, data: bytes) -> None:
    """Write a whole file under a name that does not exist yet, durably. To be called under the folder's lock.

    A crash leaves a hidden `.part` file or the finished file, never something in between. `Unsure` where it has its
    name and may not survive; any other error means that it is not there.
    """
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    with _last_steps():
        sync(path.parent)


def sync(folder: Path) -> None:
    """Make new names in a folder durable."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class Lines:
    """A file of lines (JSON, unless told otherwise), each with an action that occurs once; used under the folder's lock.

    What other processes appended is read before each look; a last line that a crash tore is cut off. `write` makes a
    line of values and `identity` finds the action in one; `head` begins a new file.
    """

    __slots__ = ("_end", "_head", "_identity", "_known", "_write", "path")

    def __init__(
        self,
        path: Path,
        *,
        write: Callable[[Mapping[str, object]], bytes] | None = None,
        identity: Callable[[bytes], str] | None = None,
        head: bytes = b"",
    ) -> None:
        self.path = path
        self._write, self._identity, self._head = write or _json, identity or _action, head
        self._end = 0
        self._known: set[str] = set()

    def __contains__(self, action_id: str) -> bool:
        self._catch_up()
        return action_id in self._known

    def append(self, line: Mapping[str, object]) -> None:
        """Add a line durably; it has to name its `action`. `Unsure` where it may be there, other errors where it is not."""
        self._catch_up()
        new = not self.path.exists()
        with self.path.open("ab") as file:
            file.truncate(self._end)
            with _last_steps():
                file.write((b"" if self._end else self._head) + self._write(line) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        if new:
            with _last_steps():
                sync(self.path.parent)
        self._catch_up()

    def _catch_up(self) -> None:
        size = self.path.stat().st_size if self.path.exists() else 0
        if size < self._end:  # somebody emptied or replaced it
            self._end = 0
            self._known.clear()
        if size == self._end:
            return
        with self.path.open("rb") as file:
            file.seek(self._end)
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                self._end += len(raw)
                self._known.add(self._identity(raw))


def _json(line: Mapping[str, object]) -> bytes:
    return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace")


def _action(raw: bytes) -> str:
    """The identity in a line; a line that people edited into something else has none."""
    try:
        line = json.loads(raw)
    except ValueError:
        return ""
    return str(line.get("action", "")) if isinstance(line, dict) else ""
