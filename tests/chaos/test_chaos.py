"""A short run of chaos: real processes killed with -9, mail and webhook servers that hang up, and an account that is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHAOS = Path(__file__).with_name("chaos.py")
PROMISED = {"lost": 0, "unkeyed_duplicates": 0, "armed_after_stop": 0, "limits_broken": 0, "chain_ok": True}


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_nothing_is_lost_or_doubled_by_kills(backend: str) -> None:
    """`make chaos` in small: PostgreSQL also crashes once."""
    restarts = "1" if backend == "postgres" else "0"
    command = [sys.executable, str(CHAOS), "--kills", "6", "--backend", backend, "--restarts", restarts]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)

    assert ended.returncode == 0, ended.stderr
    result = json.loads(ended.stdout.splitlines()[-1])
    assert {name: result[name] for name in PROMISED} == PROMISED
    assert (result["kills"] >= 6, result["crashes"], result["actions"] > 0) == (True, int(restarts), True)
