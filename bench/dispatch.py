"""Dispatch to a sink, armed one by one: on SQLite and PostgreSQL, with a send journal, and beside it what the disk allows.

An action costs one commit and one sync of the journal. The same two, bare, are timed in turn with it: a pair of small
rows and a line, each of them on the disk. Hand-overs into a table of the host's in the same database share a commit and
need no journal. Rounds of 100 actions; the best is the figure, the median stands beside it.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from bench.measure import Figure
from bench.runtime import (
    COURTESY,
    NOT_DUE,
    OPENED,
    POLICY,
    Nowhere,
    Words,
    advanced,
    mail_of,
    mail_queue,
    make_mail,
    opened,
)
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.testing.postgres import postgres

TARGET = 1_000.0
ROUNDS = 10
AT_ONCE = 100


class Elsewhere(Nowhere):
    """The same sink, called in a thread of its own with a deadline, as whatever may wait for somebody is."""

    at_once = False


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        folder = Path(home)
        bare = stack.enter_context(closing(_Bare(folder)))
        yield from _dispatched("SQLite", f"sqlite:///{folder / 'a.db'}", folder / "a.sends", Nowhere(), bare.round)
        yield from _dispatched(
            "SQLite, sink in a thread", f"sqlite:///{folder / 'b.db'}", folder / "b.sends", Elsewhere()
        )
        yield _inside("SQLite", f"sqlite:///{folder / 'd.db'}", folder / "d.sends")
        server = stack.enter_context(postgres(durable=True))
        with server.database() as name:
            yield from _dispatched("PostgreSQL", server.url(name), folder / "c.sends", Nowhere())
        with server.database() as name:
            yield _inside("PostgreSQL", server.url(name), folder / "e.sends")


def _dispatched(
    what: str, url: str, journal: Path, sink: Nowhere, bare: Callable[[], float] | None = None
) -> Iterator[Figure]:
    cases = (ROUNDS + 1) * AT_ONCE
    settings: dict[str, Any] = {"policies": [policy_of(POLICY, "bench.yaml")], "adapters": [sink], "renderer": Words()}
    seconds: list[float] = []
    floor: list[float] = []
    with DunningEngine.open(url, journal=journal, clock=FixedClock(OPENED), **settings) as engine:
        opened(engine, cases)
        advanced(engine, NOT_DUE, cases)
        advanced(engine, COURTESY, cases)
        engine.dispatch(COURTESY, limit=AT_ONCE)
        for _ in range(ROUNDS):
            seconds.append(_round(engine))
            if bare is not None:
                floor.append(bare())
    assert sink.count == cases, sink.count
    yield _figure(f"dispatch, {what}", seconds, target=TARGET)
    if floor:
        yield _figure("bare: a commit of two rows and a synced line", floor)


def _inside(what: str, url: str, journal: Path) -> Figure:
    cases = (ROUNDS + 1) * AT_ONCE
    settings: dict[str, Any] = {
        "policies": [policy_of(POLICY, "bench.yaml")], "adapters": [mail_queue()], "renderer": Words(),
    }  # fmt: skip
    with DunningEngine.open(url, journal=journal, clock=FixedClock(OPENED), **settings) as engine:
        make_mail(engine)
        opened(engine, cases)
        advanced(engine, NOT_DUE, cases)
        advanced(engine, COURTESY, cases)
        engine.dispatch(COURTESY, limit=AT_ONCE)
        seconds = [_round(engine) for _ in range(ROUNDS)]
        assert mail_of(engine) == cases
    return _figure(f"dispatch inside the database, {what}", seconds)


def _round(engine: DunningEngine) -> float:
    start = time.perf_counter()
    engine.dispatch(COURTESY, limit=AT_ONCE)
    return time.perf_counter() - start


def _figure(name: str, seconds: list[float], *, target: float | None = None) -> Figure:
    median = AT_ONCE / statistics.median(seconds)
    method = f"best of {len(seconds)} rounds of {AT_ONCE}, median {median:,.0f}"
    return Figure(name, AT_ONCE / min(seconds), "/s", method, target, more_is_better=True)


class _Bare:
    """What the disk allows: SQLite's commit and a line of a file, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = wal")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("CREATE TABLE pair (what TEXT)")
        self._file = os.open(folder / "bare.lines", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def round(self) -> float:
        text = "x" * 190
        start = time.perf_counter()
        for _ in range(AT_ONCE):
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT INTO pair VALUES (?)", [(text,), (text,)])
            self._database.execute("COMMIT")
            os.write(self._file, text.encode())
            os.fdatasync(self._file)
        return time.perf_counter() - start

    def close(self) -> None:
        self._database.close()
        os.close(self._file)
