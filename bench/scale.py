"""`python -m bench.scale`: durable `advance` over portfolios of which one case in a hundred is due, and idle ticks.

One case is opened by the engine and copied by the database itself under other names, so that a million cases take a
minute; the copies differ in nothing else, so their chains are not valid, which nothing here asks. What has happened so
far counts as anchored, as after a nightly `dunning audit-log anchor`. Every case that is due gets one action: decided,
gated, recorded as events, kept as a snapshot and put into the outbox, 1,000 cases to a commit, `synchronous=FULL`
(PostgreSQL: `synchronous_commit` on). Workers are processes of their own that begin together; the time is the wall's,
from the start signal to the last one's end. In each round another hundredth of the portfolio is made due, and the best
round counts, for other work on the machine only ever slows one down. What came out is counted in the outbox. `share` is
how much that is of what the same storage work did without an engine, as measured once (1 million cases; see
docs/explanation/scale.md).
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Engine, Text, create_engine, func, inspect, select, text

from bench.measure import Figure, report
from bench.runtime import COURTESY, NOT_DUE, OPENED, POLICY, Nowhere, Words, debtor, invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.collecting import collect_rarely
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.stores.tables import cases, debtors, events, outbox
from dunning_engine.testing.postgres import postgres

SHARE: Final = 100
"""One case in so many is due."""

CEILINGS: Final = {
    ("sqlite", 1): 44_000,
    ("postgresql", 1): 23_500,
    ("postgresql", 2): 31_900,
    ("postgresql", 4): 28_800,
}
"""Actions a second of a bare prototype by backend and workers."""

LATER: Final = 90 * 86_400
"""By how many seconds the others are due later."""

FIRST: Final = "-x0"
"""What of the first case's names becomes another number in each copy; nothing else of a case has it in it."""

CHUNK: Final = 250_000
"""Cases that are copied in one transaction: the log beside a SQLite file stays small."""

PATIENCE: Final = 1_200

OUTBOX: Final = select(func.count()).select_from(outbox)


def opened(url: str) -> DunningEngine:
    """An engine whose texts and adapters cost nothing."""
    policy = policy_of(POLICY, "bench.yaml")
    rest: dict[str, Any] = {"adapters": [Nowhere()], "renderer": Words(), "clock": FixedClock(OPENED)}
    return DunningEngine.open(url, policies=[policy], **rest)


# Portfolios -----------------------------------------------------------------------------------------------------------


def build(url: str, size: int, *, share: int = SHARE) -> None:
    """A portfolio of so many cases; one in `share` is due at `COURTESY` and none at `NOT_DUE`."""
    with opened(url) as engine:
        engine.open_case(debtor(f"cust{FIRST}"), [invoice(f"INV{FIRST}")], "bench")
        engine.advance(NOT_DUE)
    database = create_engine(_driver(url))
    with database.begin() as connection:
        connection.execute(text(f"UPDATE {cases.name} SET anchored = seq"))
    for first in range(1, size, CHUNK):
        with database.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(
                    text("SET LOCAL session_replication_role = replica")
                )  # keys are right, nobody has to look
            for kept in (debtors, cases, events):
                connection.execute(text(_copying(connection, kept.name, first, min(first + CHUNK, size), share)))
    _settled(database)
    database.dispose()


def make_due(url: str, turn: int, *, share: int = SHARE) -> int:
    """Let another part of the portfolio be due; how many cases that are."""
    database = create_engine(_driver(url))
    with database.begin() as connection:
        sooner = (
            f"UPDATE {cases.name} SET next_look = next_look - {LATER} WHERE number % {share} = {(turn + 1) % share}"
        )
        due = connection.execute(text(sooner)).rowcount
    _settled(database)
    database.dispose()
    return due


def _settled(database: Engine) -> None:
    """Everything is in its place, as in a portfolio that nobody has just loaded."""
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.dialect.name == "sqlite":
            connection.execute(text("ANALYZE"))
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        else:
            connection.execute(text("VACUUM (ANALYZE)"))
            connection.execute(text("CHECKPOINT"))


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def _copying(connection: Any, name: str, first: int, end: int, share: int) -> str:
    """An INSERT of the rows of the first case once more for each further number from `first` up to `end`."""
    columns = [column for column in inspect(connection).get_columns(name) if column["name"] != "number"]
    names = ", ".join(column["name"] for column in columns)
    values = ", ".join(_copied(column, share) for column in columns)
    key, its = {debtors.name: ("id", "debtor_id"), cases.name: ("id", "id"), events.name: ("case_id", "id")}[name]
    only = f"({name}.tenant, {name}.{key}) = (SELECT tenant, {its} FROM {cases.name} WHERE number = 1)"
    if connection.dialect.name == "sqlite":
        numbers = f"WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {end - 1})"
        return f"INSERT INTO {name} ({names}) {numbers} SELECT {values} FROM s, {name} WHERE {only}"
    return f"INSERT INTO {name} ({names}) SELECT {values} FROM generate_series({first}, {end - 1}) AS n, {name} WHERE {only}"


def _copied(column: Any, share: int) -> str:
    """A value of a further case: with a number of its own, and its turn later unless it is among the first to be due."""
    name = column["name"]
    if name == "next_look" and share > 1:
        return f"next_look + CASE WHEN (n + 1) % {share} = 1 THEN 0 ELSE {LATER} END"
    if name == "anchored":
        return "seq"
    return f"replace({name}, '{FIRST}', '-' || n)" if isinstance(column["type"], Text) else str(name)


# Measuring ------------------------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What one worker tells: cases before the start and after it, when it began and ended, its processor seconds."""

    ready: int
    found: int
    began: float
    ended: float
    busy: float


def work(url: str, start: Any, done: Any) -> None:
    """One worker: everything that is due, until nothing is left."""
    with opened(url) as engine:
        collect_rarely()
        ready = len(engine.advance(COURTESY, limit=1))  # imports, prepared statements, the calendars of the policy
        start.wait(PATIENCE)
        began, busy, found = time.monotonic(), time.process_time(), 0
        while batch := engine.advance(COURTESY, limit=5_000):
            found += len(batch)
        done.put(Told(ready, found, began, time.monotonic(), time.process_time() - busy))


class Run(NamedTuple):
    """What workers did together: cases of warming up, the others, and the seconds and processor seconds of those."""

    ready: int
    found: int
    taken: float
    busy: float


def advanced(url: str, workers: int) -> Run:
    """Some workers decide about everything that is due."""
    context = multiprocessing.get_context("spawn")
    start, done = context.Barrier(workers + 1), context.Queue()
    processes = [context.Process(target=work, args=(url, start, done)) for _ in range(workers)]
    for process in processes:
        process.start()
    start.wait(PATIENCE)
    told = [Told._make(done.get(timeout=PATIENCE)) for _ in processes]
    for process in processes:
        process.join()
    taken = max(one.ended for one in told) - min(one.began for one in told)
    return Run(sum(one.ready for one in told), sum(one.found for one in told), taken, sum(one.busy for one in told))


def idle(url: str) -> float:
    """The seconds of a tick that finds nothing due: the best of twenty."""
    with opened(url) as engine:
        times = []
        for _ in range(20):
            began = time.perf_counter()
            assert engine.advance(NOT_DUE) == []
            times.append(time.perf_counter() - began)
    return min(times)


def _asked(url: str, query: Any) -> int:
    database = create_engine(_driver(url))
    with database.connect() as connection:
        found: int = connection.execute(query).scalar_one()
    database.dispose()
    return found


def bytes_of(url: str) -> int:
    """How much room a database takes."""
    pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    return _asked(url, text(pages if url.startswith("sqlite") else "SELECT pg_database_size(current_database())"))


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


def figures(backend: str, sizes: list[int], workers: list[int], rounds: int) -> Iterator[Figure]:
    """The figures of one backend."""
    target = {("sqlite", 1): 6_000.0, ("postgresql", 2): 8_000.0}
    with databases(backend) as urls:
        for size in sizes:
            url = next(urls)
            build(url, size)
            yield Figure(f"{backend}, room for a case", bytes_of(url) / size, "bytes", f"{size:,} cases, just loaded")
            yield Figure(f"{backend}, idle tick", idle(url) * 1e3, "ms", f"{size:,} cases, best of 20", 1)
            turns = count()
            for number in workers if backend != "sqlite" else [1]:
                runs = [_round(url, size, number, next(turns)) for _ in range(rounds)]
                rate = max(run.found / run.taken for run in runs)
                who = f"{backend}, advance, {number} worker{'s' if number > 1 else ''}"
                method = f"{runs[0].found:,} of {size:,} cases due, best of {rounds}"
                share = f"; {rate / CEILINGS[backend, number]:.0%} of the bare prototype"
                bound = target.get((backend, number))
                yield Figure(who, rate, "/s", method + share, bound, more_is_better=True)
                yield Figure(f"{who}, processor", min(run.busy / run.found for run in runs) * 1e6, "us", method)


def _round(url: str, size: int, workers: int, turn: int) -> Run:
    """Another part of the portfolio is due, and workers decide about it; every action of theirs is in the outbox."""
    before = _asked(url, OUTBOX)
    due = make_due(url, turn) if turn else -(-size // SHARE)
    run = advanced(url, workers)
    assert run.ready + run.found == _asked(url, OUTBOX) - before == due, (run, due)
    return run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--backend", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    found: list[Figure] = []
    for backend in options.backend:
        for figure in figures(backend, options.cases, options.workers, options.rounds):
            found.append(figure)
            print(f"{figure.name}: {figure.value:,.3f} {figure.unit} ({figure.method})", file=sys.stderr, flush=True)
    report(found, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
