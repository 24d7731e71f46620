"""One process under chaos: a thread that decides and hands over, and a thread that is the host."""

from __future__ import annotations

import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from chaos_host import Host
from chaos_house import House

from dunning_engine.kernel.errors import Conflict, ForeignError
from dunning_engine.ports.checkpoints import Point

HOST_REST = 0.002
"""Seconds between two things that a host tells."""

WORKER_REST = 0.01
"""Seconds for which a worker rests where nothing is due."""


class Doom:
    """Dies at a labelled point, the n-th time that it comes by."""

    def __init__(self, point: str, passes: int) -> None:
        self._point, self._left = point, passes

    def __call__(self, point: Point) -> None:
        if point.value == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def live(house: House, name: str, point: str, passes: int, ready: Connection, quiet: Synchronized[int]) -> None:
    """Work until killed; once it is to be quiet, finish what was begun and go."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    engine = _opened(house, Doom(point, passes))
    ready.send("ready")
    going = lambda: not quiet.value  # noqa: E731
    worker = threading.Thread(target=_work, args=(engine, going))
    host = threading.Thread(target=_tell, args=(Host(house, name, engine), going))
    worker.start()
    host.start()
    worker.join()
    host.join()
    engine.close()


def _opened(house: House, doom: Doom) -> Any:
    """The engine, as soon as the database lets it be opened."""
    while True:
        try:
            return house.open(doom)
        except (ForeignError, Conflict):
            time.sleep(0.05)


def _work(engine: Any, going: Any) -> None:
    while going():
        try:
            busy = [engine.advance(limit=20), engine.dispatch(limit=5)]
        except (ForeignError, Conflict):
            busy = []
        if not any(busy):
            time.sleep(WORKER_REST)


def _tell(host: Host, going: Any) -> None:
    host.catch_up()
    while going():
        host.tell()
        time.sleep(HOST_REST)
