"""Policy files that are written while workers read them: whole rules or those of before, never a mixture, never none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fault_stage import THOROUGH

from dunning_engine.domain.events import CaseOpened
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import load_policy
from dunning_engine.kernel.errors import DunningError
from dunning_engine.kernel.money import Money
from dunning_engine.stores.sql import SqlStore

SWAPS = 1_000 if THOROUGH else 9
WORKERS = 8 if THOROUGH else 2

CONFIG = """policies = ["shop.yaml"]
[store]
url = "env:DUNNING_STORE"
[creditor]
name = "Kestrel"
email = "billing@example.com"
[adapters.files]
folder = "out"
"""
POLICY = """policy: shop
version: {version}
law: []
time: {{zone: Europe/Berlin, business_days: none, send_at: "00:00"}}
steps:
  - step: reminder
    when: {days} days after due
    send: email reminder
  - step: warning
    when: {days} days after reminder
    send: email warning
"""


def words(version: int) -> str:
    """Version n waits n days, twice: rules that were mixed would not say the same number in both places."""
    return POLICY.format(version=version, days=version)


@contextmanager
def workers(home: Path, store: str) -> Iterator[list[Path]]:
    """Processes at work on one store; their health files."""
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": paths, "DUNNING_STORE": store}
    files = [home / f"health.{number}.json" for number in range(WORKERS)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "dunning_engine.cli", "worker", "--poll", "0.05", "--health", str(file)],
            cwd=home, env=environment, stderr=subprocess.DEVNULL,
        )
        for file in files
    ]  # fmt: skip
    try:
        yield files
    finally:
        for process in running:
            process.terminate()
        codes = [process.wait(60) for process in running]
        assert codes == [0] * WORKERS


def comes(what: Callable[[], bool]) -> None:
    late = time.monotonic() + 60
    while not what():
        assert time.monotonic() < late
        time.sleep(0.02)


def health(file: Path) -> dict:
    with suppress(OSError, ValueError):
        return dict(json.loads(file.read_text()))
    return {}


def test_workers_never_work_by_half_a_policy(tmp_path: Path, postgres_url: str) -> None:
    """New versions come in, sometimes torn, sometimes gone for a while: every case is of one whole version and keeps it."""
    policy = tmp_path / "shop.yaml"
    (tmp_path / "dunning.toml").write_text(CONFIG)
    (tmp_path / "templates" / "email").mkdir(parents=True)
    for text in ("reminder", "warning"):
        (tmp_path / "templates" / "email" / f"{text}.liquid").write_text(
            "Subject: x\n\nPlease pay {{ case.balance }}.\n"
        )
    policy.write_text(words(1))
    with workers(tmp_path, postgres_url) as files:
        comes(lambda: all(health(file).get("last_tick") for file in files))
        for version in range(2, SWAPS):
            if version % 3 == 0:  # a careless editor: half of it, then the rest
                policy.write_text(words(version)[: 40 + 7 * version % 150])
                time.sleep(0.03)
            elif version % 3 == 1:
                policy.unlink()
                time.sleep(0.03)
            beside = policy.with_suffix(".new")
            beside.write_text(words(version))
            beside.replace(policy)
            with (
                suppress(DunningError),
                DunningEngine.open(
                    postgres_url, policies=[load_policy(policy)], allow_missing=["email"], journal=False
                ) as host,
            ):
                host.open_case(debtor(version), [debt(version)], "shop")
        policy.write_text("policy: shop\nversion: 9999\nsteps: [\n")
        comes(lambda: all(health(file).get("reload_trouble") for file in files))
        assert {health(file)["state"] for file in files} == {"running"}
        policy.write_text(words(SWAPS))
        comes(lambda: not any(health(file).get("reload_trouble") for file in files))

    store = SqlStore(postgres_url)
    with store.transaction() as tx:
        opened = [
            one.event for held in tx.cases() for one in tx.history(held.case.id) if isinstance(one.event, CaseOpened)
        ]
        kept = {number: tx.version("shop", number) for number in range(1, SWAPS + 1)}
    store.close()
    whole = {
        stored.ref.hash: number
        for number, stored in kept.items()
        if stored is not None and stored.source == words(number)
    }
    assert len(opened) == SWAPS - 2
    assert {whole[one.policy.hash] for one in opened} == {one.policy.version for one in opened}
    assert all(stored is None or stored.source == words(number) for number, stored in kept.items())


def debtor(number: int) -> Party:
    return Party.consumer(f"d{number}", email="d@example.com", country="DE", zone="Europe/Berlin")


def debt(number: int) -> Invoice:
    return Invoice(f"I{number}", Money("10.00", "EUR"), due="2026-03-02", issued="2026-02-02")
