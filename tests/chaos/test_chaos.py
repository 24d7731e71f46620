"""A short run of chaos: real processes killed with -9, mail and webhook servers that hang up, and an account that is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).with_name("chaos.py")
PROMISED = {
    "lost": 0, "unkeyed_duplicates": 0, "armed_after_stop": 0, "limits_broken": 0, "otherwise_broken": 0, "chain_ok": True,
}  # fmt: skip


def _played(*options: str) -> dict:
    command = [sys.executable, str(CHAOS), *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr
    result: dict = json.loads(ended.stdout.splitlines()[-1])
    assert {name: result[name] for name in PROMISED} == PROMISED
    assert (result["actions"] > 0, result["tenants"]) == (True, 2)
    return result


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_nothing_is_lost_or_doubled_by_kills(backend: str) -> None:
    """`make chaos` in small: PostgreSQL also crashes once."""
    restarts = "1" if backend == "postgres" else "0"
    result = _played("--kills", "6", "--backend", backend, "--restarts", restarts)

    assert (result["kills"] >= 6, result["crashes"]) == (True, int(restarts))


def test_the_command_is_as_hard_to_harm() -> None:
    """`dunning worker` itself, with its configuration, killed wherever it is."""
    assert _played("--kills", "3", "--worker")["kills"] >= 3
