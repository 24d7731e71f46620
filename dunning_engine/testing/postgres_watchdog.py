"""Ends a PostgreSQL server whose owner was killed before it could: a process of its own that waits for the owner to die.

    python postgres_watchdog.py FOLDER OWNER

It imports nothing but the standard library, so that it starts at once, and asks who its parent is rather than waiting
for a pipe to close: copies of the owner would hold the pipe open.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

PAUSE_SECONDS = 0.5
"""How often it looks whether its owner lives."""

PATIENCE_SECONDS = 10.0
"""How long a server may take to end before it is killed."""


def watch(folder: Path, owner: int) -> None:
    """Wait until the owner is gone, then end the server and take its folder away."""
    while os.getppid() == owner:
        time.sleep(PAUSE_SECONDS)
    end(folder)
    shutil.rmtree(folder, ignore_errors=True)


def end(folder: Path) -> None:
    """Stop whatever server runs in a folder, as fast as it goes without waiting for anybody."""
    pid = _running(folder)
    if pid is None:
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
        late = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < late:
            os.kill(pid, 0)
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)


def _running(folder: Path) -> int | None:
    """The process that the folder says is its server."""
    try:
        return int((folder / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    watch(Path(sys.argv[1]), int(sys.argv[2]))
