"""Months of work in one process: no file, thread or connection is left over, and memory does not grow with time."""

from __future__ import annotations

import gc
import os
import threading
from pathlib import Path

import pytest
from fault_stage import THOROUGH, Stage

from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.ports.adapter import Message, Outcome, Retry, Sent, Uncertain

DAYS = 720 if THOROUGH else 30
SHARE = 0.05
"""By how much memory may grow after the first half."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells what a process holds")


def _held() -> tuple[int, int, int]:
    """Open files, threads, and kilobytes in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return (
        len(list(Path("/proc/self/fd").iterdir())),
        threading.active_count(),
        pages * os.sysconf("SC_PAGE_SIZE") // 1024,
    )


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_nothing_is_left_over(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every day a debt, a payment, messages of which some fail, and everything opened and closed anew every ten days."""
    url = f"sqlite:///{tmp_path / 'dunning.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    stage, turns = Stage(), [0]

    def answers(message: Message) -> Outcome:
        turns[0] += 1
        return (Sent(message.action_id), Sent(), Retry(60, "busy"), Uncertain("no answer"))[turns[0] % 4]

    stage.answer = answers
    seen = []
    for ten_days in range(DAYS // 10):
        with stage.open(url) as engine:
            for day in range(10):
                number = ten_days * 10 + day
                stage.owes(engine, number)
                stage.pays(engine, number, 500 if number % 3 else 10_000)
                stage.clock.move_to(stage.clock.now() + DAY_SECONDS)
                stage.works(engine)
        seen.append(_held())
    half = seen[len(seen) // 2]
    files, threads, memory = seen[-1]

    assert files <= half[0]
    assert threads <= half[1]
    assert memory <= half[2] * (1 + SHARE) + 2_000
