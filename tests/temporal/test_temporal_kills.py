"""A real server, and workers that are killed with -9 while ladders run: nothing is lost, keys are stable, doubt is said.

Four days pass in a second here. `DUNNING_TEMPORAL_KILLS` (or `make temporal KILLS=…`) says how often a worker is killed;
the last line tells what came of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from chains import broken
from temporal_house import ANN, POLICY, STARTS, invoice
from temporal_stage import patiently, program
from temporalio.testing import WorkflowEnvironment

from dunning_engine.domain.events import ReceiptKind, ReceiptRecorded
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal import Debtors, Shown, Start
from dunning_engine.integrations.temporal.store import Carrier
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.invariants import Evidence, Violation, violations

KILLS = int(os.environ.get("DUNNING_TEMPORAL_KILLS", "1"))
DEBTORS = 10 + 2 * KILLS
PATIENCE_SECONDS = 60 + 10 * KILLS
"""A workflow whose worker died several times in one task is tried again after seconds, then minutes."""
DAY_IN_SECONDS = 0.25
LIFE_SECONDS = 1.0
"""How long a worker lives at most after it has handed something over."""
QUEUE = "kills"
HERE = Path(__file__).parent


@contextmanager
def running(address: str, ledger: Path) -> Iterator[subprocess.Popen[bytes]]:
    call = [sys.executable, str(HERE / "temporal_worker.py"), address, QUEUE, str(ledger)]
    path = os.pathsep.join([str(HERE), str(HERE.parent), str(HERE.parents[1])])
    process = subprocess.Popen(call, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _killed(address: str, ledger: Path, rng: random.Random) -> bool:
    """A worker that is killed at some moment in which it hands over; whether there was one."""
    before = _lines(ledger)
    with running(address, ledger) as process:
        until = time.monotonic() + 30
        while _lines(ledger) == before and time.monotonic() < until:  # noqa: ASYNC110 - it is another process that writes
            await asyncio.sleep(0.005)
        await asyncio.sleep(rng.uniform(0, LIFE_SECONDS))
        process.kill()
    return _lines(ledger) != before


def _lines(ledger: Path) -> list[str]:
    return ledger.read_text().splitlines() if ledger.exists() else []


def _finished(image: dict[str, Any] | None) -> bool:
    """Whether the ladder has come to the question that nobody answers here."""
    return image is not None and sum(row["state"] == "sent" for row in image["outbox"].values()) == 3


async def _settle(debtors: Debtors, image: dict[str, Any], doubts: set[str]) -> None:
    """A clerk who finds out what nobody knows of; meanwhile its ladder waits."""
    for key in [key for key, row in image["outbox"].items() if row["state"] == "uncertain"]:
        action = image["outbox"][key]["action"]
        doubts.add(key)
        await debtors.record(action["debtor_id"], action["case_id"], ReceiptRecorded(key, ReceiptKind.SENT))


def ledger_of(folder: Path) -> Path:
    """Where effects are written; beside it lies what the fleet notes of them."""
    return folder / "ledger"


class Played(NamedTuple):
    """What the workflows know in the end, what really left, of what it was said that nobody knew, and the kills."""

    images: list[dict[str, Any]]
    ledger: list[str]
    doubts: set[str]
    kills: int


async def _play(tmp_path: Path) -> Played:
    ledger, rng = ledger_of(tmp_path), random.Random(7)
    doubts: set[str] = set()
    server = await patiently(
        lambda: WorkflowEnvironment.start_local(
            dev_server_existing_path=program("temporal"),
            dev_server_database_filename=str(tmp_path / "temporal.db"),
            dev_server_log_level="never",
        )
    )
    async with server as env:
        address = env.client.service_client.config.target_host
        clock = Shown(STARTS, time.time() + 2, rate=int(86_400 / DAY_IN_SECONDS))
        debtors = Debtors(env.client, queue=QUEUE, begins=Start("", clock=clock, events_max=60, deliver_seconds=3))
        with running(address, ledger):
            await asyncio.gather(
                *(
                    debtors.open_cases(replace(ANN, id=f"ann-{n}"), [invoice(f"INV-{n}")], "shop")
                    for n in range(DEBTORS)
                )
            )
        kills = sum([await _killed(address, ledger, rng) for _ in range(KILLS)])
        with running(address, ledger):
            images = await _finally(debtors, doubts, time.monotonic() + PATIENCE_SECONDS)
            return Played(images, _lines(ledger), doubts, kills)


async def _finally(debtors: Debtors, doubts: set[str], until: float) -> list[dict[str, Any]]:
    """Every image, once its ladder has come to an end."""
    images: dict[int, dict[str, Any]] = {}
    while (open_ := [n for n in range(DEBTORS) if not _finished(images.get(n))]) and time.monotonic() < until:
        for number in open_:
            with suppress(ForeignError):  # it stands still for a while
                images[number] = await debtors.image(f"ann-{number}")
                await _settle(debtors, images[number], doubts)
        await asyncio.sleep(0.5)
    return [images[number] for number in range(DEBTORS)]


def _violations(image: dict[str, Any]) -> list[Violation]:
    """What the judge of all our runs says of a debtor."""
    with Carrier(image).store.transaction() as tx:
        return list(violations(Evidence.read(tx, [policy_of(POLICY, "shop.yaml")])))


def test_killed_workers_lose_nothing_and_send_nothing_twice(tmp_path: Path) -> None:
    """Each action is handed over once under its own key, and noted before; of those that a kill cut off it is said."""
    begun = time.monotonic()
    images, ledger, doubts, kills = asyncio.run(_play(tmp_path))

    effects = Counter(line.split()[0] for line in ledger)
    rows = {key: row for image in images for key, row in image["outbox"].items()}
    assert all(map(_finished, images)), [list(image["words"].values()) for image in images if not _finished(image)]
    assert max(effects.values()) == 1, "an action left twice"
    assert set(effects) <= set(rows), "an effect under a key that nobody knows"
    assert set(rows) - set(effects) <= doubts, "said to be sent, and never left"
    assert [str(word) for image in images for word in (*broken(image), *_violations(image))] == []
    with closing(SqlStore(f"sqlite:///{ledger_of(tmp_path)}.db")) as registry, registry.transaction(write=False) as tx:
        assert {left.action_id for left in tx.all_left()} >= set(effects), "it left without a note"
    figures = {
        "kills": kills,
        "actions": len(rows),
        "lost": len(set(rows) - set(effects) - doubts),
        "duplicate_handoffs": sum(effects.values()) - len(effects),
        "uncertain": len(doubts),
        "uncertain_that_left": len(doubts & set(effects)),
        "chain_ok": True,
        "seconds": round(time.monotonic() - begun),
    }
    print(json.dumps(figures))  # noqa: T201 - the result of a long run
