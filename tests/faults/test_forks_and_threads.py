"""A host that forks, or mixes its threads and tasks: it is told what to do instead, and nothing is damaged."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from fault_stage import REMINDER, Stage

from dunning_engine.engine.engine import DunningEngine
from dunning_engine.kernel.errors import UsageError
from dunning_engine.stores.sql import SqlStore


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'dunning.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_is_told_to_open_its_own(url: str) -> None:
    """With the engine that it inherited it can do nothing; with one of its own, everything; the parent goes on."""
    stage, fork = Stage(), multiprocessing.get_context("fork")
    with stage.open(url) as engine:
        stage.owes(engine, 1)
        ours, theirs = fork.Pipe()
        child = fork.Process(target=_child, args=(stage, engine, url, theirs))
        child.start()
        said = ours.recv()
        child.join(30)
        ours.close()
        theirs.close()
        stage.pays(engine, 1, 200)
        stage.clock.move_to(REMINDER)
        stage.works(engine)
        assert stage.broken(engine) == []
        assert {case.id for case in engine.cases()} == {"d1/EUR", "d2/EUR"}

    assert child.exitcode == 0
    assert said == (
        "this store was opened before its process was forked, and its connections belong to the other one: "
        "open it after the fork"
    )


def _child(stage: Stage, engine: DunningEngine, url: str, told: Connection) -> None:
    said = ""
    try:
        engine.cases()
    except UsageError as error:
        said = str(error)
    engine.close()
    with stage.open(url) as own:
        stage.owes(own, 2)
    told.send(said)


def test_threads_share_an_engine(url: str) -> None:
    """Each has its own transaction."""
    stage = Stage()
    with stage.open(url) as engine:
        threads = [threading.Thread(target=stage.owes, args=(engine, number)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(engine.cases()) == 6
        assert stage.broken(engine) == []


def test_a_task_does_not_slip_into_the_transaction_of_another(url: str) -> None:
    """Tasks of one event loop are one thread: while one waits inside a transaction, the other is told so."""
    stage, store = Stage(), SqlStore(url)

    async def both() -> list[object]:
        inside, done = asyncio.Event(), asyncio.Event()

        async def holds() -> None:
            with store.transaction() as tx:
                assert tx.cases() == []
                inside.set()
                await done.wait()

        async def comes() -> None:
            await inside.wait()
            try:
                with store.transaction() as tx:
                    tx.cases()
            finally:
                done.set()

        return await asyncio.gather(holds(), comes(), return_exceptions=True)

    held, came = asyncio.run(both())
    assert held is None
    assert isinstance(came, UsageError)
    assert "a transaction is open in this thread already" in str(came)
    with stage.open(store) as engine:
        asyncio.run(asyncio.to_thread(stage.owes, engine, 1))
        assert stage.broken(engine) == []
    store.close()
