"""What guards a fleet on a server: clocks that have to agree, histories that nobody can read, and a debtor who is forgotten."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporal_house import ANN, CASE, Post, house, invoice
from temporal_stage import TestServer, server
from temporalio.client import WorkflowExecutionStatus
from temporalio.worker import Replayer

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.integrations.temporal import DebtorWorkflow
from dunning_engine.integrations.temporal.commands import WALL
from dunning_engine.integrations.temporal.fleet import runner
from dunning_engine.integrations.temporal.keys import SqlKeys
from dunning_engine.integrations.temporal.secrecy import ENCODING, locked
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import ForeignError, NotFound, UsageError
from dunning_engine.kernel.money import Money

ALL = PaymentReceived(Money("240.00", "EUR"))


@pytest.fixture(scope="module")
def stage() -> Iterator[TestServer]:
    with server() as running:
        yield running


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlKeys]:
    monkeypatch.setenv("FLEET_MASTER", "5f" * 32)
    kept = SqlKeys(f"sqlite:///{tmp_path / 'keys.db'}", master="env:FLEET_MASTER")
    yield kept
    kept.close()


class Wall:
    """A worker's clock, which goes as it is told."""

    def __init__(self, shows: float) -> None:
        self.shows, self.ran = int(shows), 0.0

    def now(self) -> int:
        return self.shows

    def steady(self) -> float:
        return self.ran

    def runs(self, seconds: int) -> None:
        self.shows, self.ran = self.shows + seconds, self.ran + seconds


def test_a_server_whose_clock_was_set_hands_nothing_over_until_its_workers_agree(stage: TestServer) -> None:
    """A day that only the server saw: nothing is sent early; when they have passed for workers too, it goes on."""

    async def told() -> None:
        wall = Wall((await stage.env.get_current_time()).timestamp())
        today = date.fromtimestamp(wall.shows)
        owed = replace(invoice(), due=today - timedelta(days=2), issued=today - timedelta(days=20))
        async with house(stage.env, 901, desk={"clock": wall}, clock=WALL) as home:
            await home.debtors.open_cases(ANN, [owed], "shop")
            wait = await home.ask("next_look") - wall.shows
            await home.passes((wait + 300) / DAY_SECONDS)

            assert home.sink.words == []
            assert "the server's clock shows" in await home.ask("halted")
            said = await home.debtors.tell("ann", "together", {"commands": []}, settle=True)
            assert "its worker's" in said["halted"]

            wall.runs(int((await stage.env.get_current_time()).timestamp()) - wall.shows)
            await home.debtors.tell("ann", "together", {"commands": []}, settle=True)
            assert (home.sink.words, await home.ask("halted")) == (["email reminder"], "")

    stage.run(told())


def _payloads(body: Any) -> list[tuple[bytes, bytes]]:
    """Encoding and content of every payload in a history."""
    if isinstance(body, list):
        return [found for one in body for found in _payloads(one)]
    if not isinstance(body, dict):
        return []
    if "metadata" in body and "encoding" in body["metadata"]:
        return [(b64decode(body["metadata"]["encoding"]), b64decode(body.get("data", "")))]
    return [found for one in body.values() for found in _payloads(one)]


def test_nobody_reads_a_history_without_the_key_of_its_debtor(stage: TestServer, keys: SqlKeys) -> None:
    """Commands, decisions, messages, images and refusals are locked, over runs; what workers and hosts see is not."""

    async def told() -> None:
        async with house(stage.env, 902, keys=keys, events_max=25) as home:
            await home.opens()
            with pytest.raises(NotFound, match=r"there is no case 'ann@example\.com'"):
                await home.debtors.record("ann", "ann@example.com", ALL)
            await home.debtors.send("ann", "pause", {"case_id": CASE, "by": "mara", "reason": "1 Road is empty"})
            await home.debtors.send("ann", "resume", {"case_id": CASE, "by": "mara", "reason": "1 Road is empty"})
            texts = []
            for _ in range(6):
                await home.passes(7)
                texts += _payloads(json.loads((await home.history()).to_json()))

            assert home.sink.words == ["email reminder", "email warning", "letter last"]
            assert home.sink.got[0].debtor.email == "ann@example.com"
            replayer = Replayer(workflows=[DebtorWorkflow], workflow_runner=runner(), data_converter=locked(keys))
            await replayer.replay_workflow(await home.history())
            bare = [data for encoding, data in texts if encoding != ENCODING]
            assert len(texts) - len(bare) > 20
            assert all(b"activity_id" in data for data in bare), "more than what Temporal notes of local activities"
            assert [word for _, data in texts for word in (b"example", b"1 Road", b"INV-1") if word in data] == []
            assert "ann@example.com" in (await home.debtors.image("ann"))["events"][CASE][0][8]

    stage.run(told())


def test_who_is_forgotten_leaves_chains_and_nothing_else(stage: TestServer, keys: SqlKeys) -> None:
    """Erased when the law allows it; the workflow ends, its key is gone, and who comes back begins anew."""

    async def told() -> None:
        async with house(stage.env, 903, keys=keys) as home:
            await home.opens()
            with pytest.raises(UsageError, match="ann is not erased: case ann/EUR: it is"):
                await home.debtors.erase("ann", by="rosa", reason="art. 17", keys=keys)
            await home.debtors.record("ann", CASE, ALL)
            await home.passes(4 * 366)

            image = await home.debtors.erase("ann", by="rosa", reason="art. 17", keys=keys)

            assert "example.com" not in json.dumps(image)
            assert [row[3 - 1] for row in image["events"][CASE]][-1] == "Erased"
            described = await home.debtors.handle("ann").describe()
            assert described.status is WorkflowExecutionStatus.COMPLETED
            assert keys.get(home.debtors.workflow_id("ann")) is None
            with pytest.raises(NotFound, match="open_cases"):
                await home.debtors.record("ann", CASE, ALL)
            assert (await home.debtors.open_cases(ANN, [invoice("INV-2")], "shop"))["cases"] == [CASE]

    stage.run(told())


def test_who_asks_wrongly_is_told_what_to_do(stage: TestServer) -> None:
    async def told() -> None:
        async with house(stage.env, 904, Post()) as home:
            with pytest.raises(NotFound, match="there is no debtor 'bob' here: `open_cases` begins"):
                await home.debtors.record("bob", "bob/EUR", ALL)
            with pytest.raises(NotFound, match="there is no debtor 'bob'"):
                await home.debtors.send("bob", "pause", {"by": "mara", "reason": "r"})
            with pytest.raises(NotFound, match="there is no debtor 'bob'"):
                await home.debtors.ask("bob", "next_look")
            with pytest.raises(NotFound, match="there is no debtor 'bob'"):
                await home.debtors.erase("bob", by="rosa", reason="art. 17")
            with pytest.raises(UsageError, match="a debtor has an identity"):
                await home.debtors.ask("", "next_look")
            with pytest.raises(UsageError, match="is no fact that can be recorded"):
                await home.debtors.record("ann", CASE, "paid")  # type: ignore[arg-type]
            with pytest.raises(UsageError, match="owed is one invoice"):
                await home.debtors.open_cases(ANN, invoice(), "shop")  # type: ignore[arg-type]
            with pytest.raises(UsageError, match="nobody answers 'weather'; ask explain, halted"):
                await home.debtors.ask("ann", "weather")
            await home.opens()
            with pytest.raises(UsageError, match="no policy is called 'nobodys'"):
                await home.debtors.open_cases(ANN, [invoice("INV-2")], "nobodys")

    stage.run(told())


def test_where_no_worker_answers_it_is_said(stage: TestServer) -> None:
    async def told() -> None:
        async with house(stage.env, 905) as home:
            elsewhere = type(home.debtors)(home.client, queue="wrong", tenant="wrong", seconds=0.5)
            with pytest.raises(ForeignError, match="is a worker running on the queue 'wrong'"):
                await elsewhere.open_cases(ANN, [invoice()], "shop")
            await elsewhere.handle("ann").terminate()

    stage.run(told())
