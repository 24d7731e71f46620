"""PostgreSQL that is there and does not do as it is asked: told in words, nothing by halves, and it goes on by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fault_stage import REMINDER, Stage

from dunning_engine.engine.worker import Worker
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.postgres import PostgresServer


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def frail(postgres_server: PostgresServer, postgres_database: str) -> Iterator[str]:
    """The URL of the database for a role whose rights and limits may be changed."""
    postgres_server.run(f"CREATE ROLE {postgres_database} LOGIN")
    postgres_server.run(
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {postgres_database}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {postgres_database}",
        database=postgres_database,
    )
    yield postgres_server.url(postgres_database, user=postgres_database)
    postgres_server.run(f"DROP OWNED BY {postgres_database}", database=postgres_database)
    postgres_server.run(f"DROP ROLE {postgres_database}")


def test_a_worker_waits_while_the_database_only_reads(
    stage: Stage, postgres_server: PostgresServer, postgres_url: str
) -> None:
    """After a failover the server is a copy that takes nothing yet: nothing leaves, and when it is promoted work goes on."""
    with stage.open(postgres_url) as engine:
        stage.owes(engine, 1, 2)
        stage.clock.move_to(REMINDER)
        postgres_server.run("CHECKPOINT")  # the server of the tests does not wait for its disk
        (Path(postgres_server.folder) / "standby.signal").touch()
        postgres_server.crash()
        worker = Worker(engine, poll_seconds=0.02)
        stop = threading.Event()
        thread = threading.Thread(target=worker.run, args=(stop,))
        thread.start()
        try:
            _comes(lambda: bool(worker.health.trouble))
            said, gone = worker.health.trouble, len(stage.got)
            postgres_server.run("SELECT pg_promote()")
            _comes(lambda: len(stage.got) == 2 and not worker.health.trouble)
        finally:
            stop.set()
            thread.join(20)
        assert stage.broken(engine) == []

    assert "recovery" in said or "read-only" in said
    assert gone == 0
    assert set(stage.got.values()) == {1}


def _comes(what: Callable[[], bool]) -> None:
    late = time.monotonic() + 20
    while not what():
        assert time.monotonic() < late
        time.sleep(0.02)


def test_no_connection_left(stage: Stage, postgres_server: PostgresServer, postgres_database: str, frail: str) -> None:
    """Who comes after the last one is told, and gets one when somebody has gone."""
    postgres_server.run(f"ALTER ROLE {postgres_database} CONNECTION LIMIT 1")
    store, other = SqlStore(frail), None
    with stage.open(store) as engine:
        stage.owes(engine, 1)
        with pytest.raises(ForeignError, match="too many connections for role"):
            other = SqlStore(frail)
        assert other is None
        stage.goes_on(engine)
        assert stage.broken(engine) == []
    store.close()
    SqlStore(frail).close()


def test_a_statement_that_takes_too_long(
    stage: Stage, postgres_server: PostgresServer, postgres_database: str, frail: str, postgres_url: str
) -> None:
    """Its transaction is taken back whole; the same call later does it once."""
    postgres_server.run(f"ALTER ROLE {postgres_database} SET statement_timeout = '150ms'")
    holder = SqlStore(postgres_url)
    with stage.open(frail) as engine:
        stage.owes(engine, 1)
        with holder.transaction() as tx:
            tx.case("d1/EUR")
            said = stage.tries(lambda: stage.pays(engine, 1, 500))
        assert said == "the database refused: canceling statement due to statement timeout"
        assert stage.facts == []
        stage.pays(engine, 1, 500)
        stage.goes_on(engine)
        assert stage.broken(engine) == []
    holder.close()


def test_many_that_pay_and_decide_at_once(stage: Stage, postgres_url: str) -> None:
    """Eight threads that are in each other's way, as deadlocks and lost races: each tries again, and everything is there."""
    with stage.open(postgres_url) as engine:
        stage.owes(engine, *range(6))
        stage.clock.move_to(REMINDER)
        given_up: list[str] = []

        def works(who: int) -> None:
            for turn in range(6):
                number = (who + turn) % 6
                for act in (lambda n=number, t=turn: stage.pays(engine, n, 100 + 10 * who + t), engine.advance):
                    said = "once more"
                    for _attempt in range(50):
                        if not (said := stage.tries(act)):
                            break
                    given_up.extend([said] if said else [])
                stage.tries(engine.dispatch)

        threads = [threading.Thread(target=works, args=(who,)) for who in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        stage.works(engine)
        assert given_up == []
        assert len(stage.facts) == 48
        assert stage.broken(engine) == []
    assert set(stage.got.values()) == {1}
