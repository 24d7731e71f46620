"""A server for tests ends with whoever started it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dunning_engine.testing.postgres import postgres

OWNER = """
import sys, time
from dunning_engine.testing.postgres import postgres
with postgres() as server:
    print(server.folder, flush=True)
    time.sleep(600)
"""


@pytest.mark.usefixtures("postgres_server")
def test_a_server_does_not_outlive_its_owner() -> None:
    """Killed with -9, the owner stops nothing; the watchdog does, and takes the folder away."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, env=environment) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        server = _server(folder)
        owner.send_signal(signal.SIGKILL)

    _comes(lambda: not _runs(server) and not folder.exists())


@pytest.mark.usefixtures("postgres_server")
def test_a_server_that_was_restarted_is_stopped_all_the_same() -> None:
    """After a crash it is another process."""
    with postgres() as server:
        before = _server(Path(server.folder))
        server.crash()
        after = _server(Path(server.folder))
        assert before != after

    _comes(lambda: not _runs(after))


def _server(folder: Path) -> int:
    return int((folder / "postmaster.pid").read_text().splitlines()[0])


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _comes(what: Callable[[], bool]) -> None:
    late = time.monotonic() + 30
    while not what():
        assert time.monotonic() < late
        time.sleep(0.05)
