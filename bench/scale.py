"""`python -m bench.scale`: durable `advance` over portfolios of which one case in a hundred is due, and idle ticks.

One case is opened by the engine and copied by the database itself under other names, so that a million cases take
seconds; the copies differ in nothing else. Every case that is due gets one action: decided, gated, recorded as events,
kept as a snapshot and put into the outbox, 500 cases to a commit, `synchronous=FULL` (PostgreSQL: `synchronous_commit`
on). Workers are processes of their own that begin together; the time is the wall's, from the start signal to the last
one's end. What came out is counted in the outbox.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from sqlalchemy import Text, create_engine, func, inspect, select, text

from bench.measure import Figure, table
from bench.runtime import COURTESY, NOT_DUE, OPENED, POLICY, Nowhere, Words, debtor, invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.stores.tables import cases, debtors, events, outbox
from dunning_engine.testing.postgres import postgres

SHARE: Final = 100
"""One case in so many is due."""

LATER: Final = 90 * 86_400
"""By how many seconds the others are due later."""

PATIENCE: Final = 1_200


def opened(url: str) -> DunningEngine:
    """An engine whose texts and adapters cost nothing."""
    policy = policy_of(POLICY, "bench.yaml")
    rest: dict[str, Any] = {"adapters": [Nowhere()], "renderer": Words(), "clock": FixedClock(OPENED)}
    return DunningEngine.open(url, policies=[policy], **rest)


# Portfolios -----------------------------------------------------------------------------------------------------------


def build(url: str, size: int, *, share: int = SHARE) -> None:
    """A portfolio of so many cases; one in `share` is due at `COURTESY` and none at `NOT_DUE`."""
    with opened(url) as engine:
        engine.open_case(debtor("cust-0"), [invoice("INV-0")], "bench")
        engine.advance(NOT_DUE)
    database = create_engine(_driver(url))
    with database.begin() as connection:
        for kept in (debtors, cases, events):
            connection.execute(text(_copying(connection, kept.name, size)))
        later = f"UPDATE {cases.name} SET next_look = next_look + {LATER} WHERE number % {share} <> 1"
        connection.execute(text(later if share > 1 else "SELECT 1"))
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        if database.dialect.name == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.dispose()


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def _copying(connection: Any, name: str, size: int) -> str:
    """An INSERT of the rows of the first case once more for each further number."""
    columns = [column for column in inspect(connection).get_columns(name) if column["name"] != "number"]
    names = ", ".join(column["name"] for column in columns)
    values = ", ".join(
        f"replace({column['name']}, '-0', '-' || n)" if isinstance(column["type"], Text) else column["name"]
        for column in columns
    )
    if connection.dialect.name == "sqlite":
        numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {size - 1})"
        return f"INSERT INTO {name} ({names}) {numbers} SELECT {values} FROM s, {name} WHERE {size} > 1"
    return f"INSERT INTO {name} ({names}) SELECT {values} FROM generate_series(1, {size - 1}) AS n, {name}"


# Measuring ------------------------------------------------------------------------------------------------------------


def work(url: str, start: Any, done: Any) -> None:
    """One worker: everything that is due, until nothing is left."""
    with opened(url) as engine:
        ready = len(engine.advance(COURTESY, limit=1))  # imports, prepared statements, the calendars of the policy
        start.wait(PATIENCE)
        found = 0
        while batch := engine.advance(COURTESY, limit=5_000):
            found += len(batch)
        done.put((ready, found))


def advanced(url: str, workers: int) -> tuple[int, int, float]:
    """How many cases some workers decided about together, first those of warming up, and the seconds of the others."""
    context = multiprocessing.get_context("spawn")
    start, done = context.Barrier(workers + 1), context.Queue()
    processes = [context.Process(target=work, args=(url, start, done)) for _ in range(workers)]
    for process in processes:
        process.start()
    start.wait(PATIENCE)
    began = time.perf_counter()
    told = [done.get(timeout=PATIENCE) for _ in processes]
    taken = time.perf_counter() - began
    for process in processes:
        process.join()
    return sum(ready for ready, _found in told), sum(found for _ready, found in told), taken


def idle(url: str) -> float:
    """The seconds of a tick that finds nothing due: the best of twenty."""
    with opened(url) as engine:
        times = []
        for _ in range(20):
            began = time.perf_counter()
            assert engine.advance(NOT_DUE) == []
            times.append(time.perf_counter() - began)
    return min(times)


def _counted(url: str) -> int:
    database = create_engine(_driver(url))
    with database.connect() as connection:
        found: int = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
    database.dispose()
    return found


@contextmanager
def databases(backend: str) -> Iterator[Iterator[str]]:
    """URLs of fresh databases."""
    with ExitStack() as stack:
        if backend == "sqlite":
            home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            yield (f"sqlite:///{home / f'{number}.db'}" for number in count())
        else:
            server = stack.enter_context(postgres(durable=True))
            yield (server.url(stack.enter_context(server.database())) for _ in count())


def figures(backend: str, sizes: list[int], workers: list[int]) -> Iterator[Figure]:
    """The figures of one backend."""
    target = {("sqlite", 1): 6_000.0, ("postgresql", 2): 8_000.0}
    with databases(backend) as urls:
        for size in sizes:
            for number in workers if backend != "sqlite" else [1]:
                url = next(urls)
                build(url, size)
                quiet = idle(url)
                ready, found, taken = advanced(url, number)
                assert ready + found == _counted(url) == -(-size // SHARE), (ready, found, size)
                who = f"{number} worker{'s' if number > 1 else ''}"
                method = f"{found:,} of {size:,} cases due, once, wall"
                bound = target.get((backend, number))
                yield Figure(f"{backend}, advance, {who}", found / taken, "/s", method, bound, more_is_better=True)
                yield Figure(f"{backend}, idle tick", quiet * 1e3, "ms", f"{size:,} cases, best of 20", 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--backend", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    found: list[Figure] = []
    for backend in options.backend:
        for figure in figures(backend, options.cases, options.workers):
            found.append(figure)
            print(f"{figure.name}: {figure.value:,.3f} {figure.unit} ({figure.method})", file=sys.stderr, flush=True)
    Console().print(table(found))
    if options.json is not None:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps([figure.as_json() for figure in found], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
