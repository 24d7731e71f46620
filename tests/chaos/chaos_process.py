"""One process under chaos: a thread that decides and hands over for every tenant, and a thread that is their hosts."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from chaos_host import Host
from chaos_house import TENANTS, House

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
    doom = Doom(point, passes)
    engines = {tenant: opened(house, tenant, doom) for tenant in TENANTS}
    ready.send("ready")
    going = lambda: not quiet.value  # noqa: E731
    hosts = [Host(house, name, tenant, engine) for tenant, engine in engines.items()]
    worker = threading.Thread(target=_work, args=(list(engines.values()), going))
    host = threading.Thread(target=tell, args=(hosts, going))
    worker.start()
    host.start()
    worker.join()
    host.join()
    for engine in engines.values():
        engine.close()


def opened(house: House, tenant: str, doom: Doom | None) -> Any:
    """The engine, as soon as the database lets it be opened."""
    while True:
        try:
            return house.open(tenant, doom)
        except (ForeignError, Conflict):
            time.sleep(0.05)


def _work(engines: Sequence[Any], going: Any) -> None:
    while going():
        busy = [_turn(engine) for engine in engines]
        if not any(busy):
            time.sleep(WORKER_REST)


def _turn(engine: Any) -> bool:
    try:
        return any([engine.advance(limit=20), engine.dispatch(limit=5)])
    except (ForeignError, Conflict):
        return False


def tell(hosts: Sequence[Host], going: Any) -> None:
    """Finish what was begun in another life, then tell more as long as it goes on."""
    for host in hosts:
        host.catch_up()
    while going():
        for host in hosts:
            host.tell()
            time.sleep(HOST_REST)
