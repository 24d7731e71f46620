"""`dunning health`: 0 where a worker works, 1 with the reason where it does not, as containers ask."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from dunning_engine.engine.worker import Health, write_health


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "worker.json"


def tells(file: Path, **how: Any) -> None:
    health = Health(state="running", poll_seconds=10.0, last_tick=1)
    for name, value in how.items():
        setattr(health, name, value)
    write_health(file, health)


def test_a_worker_that_works(file: Path, dunning: Any) -> None:
    """One line, for whoever reads the log of checks."""
    tells(file)
    result = dunning("health", str(file))
    assert (result.exit_code, result.stdout) == (0, f"{file}: works\n")


@pytest.mark.parametrize(
    ("how", "words", "alive"),
    [
        ({"state": "stopped"}, "it has stopped", False),
        ({"halted": {"acme": "restored"}}, "nothing is handed over for acme: restored", True),
        ({"trouble": "no database"}, "it cannot work: no database", True),
    ],
)
def test_what_is_in_the_way(file: Path, dunning: Any, how: dict[str, Any], words: str, alive: bool) -> None:
    """Told; but to start it anew helps only against some of it."""
    tells(file, **how)
    result = dunning("health", str(file))
    assert (result.exit_code, result.stdout) == (1, f"{file}: {words}\n")
    assert dunning("health", str(file), "--alive").exit_code == (0 if alive else 1)


def test_rules_that_did_not_load_are_no_reason(file: Path, dunning: Any) -> None:
    """Those of before are in force, and it works."""
    tells(file, reload_trouble="steps: a list")
    assert dunning("health", str(file)).exit_code == 0


def test_a_worker_that_hangs_or_is_gone(file: Path, dunning: Any) -> None:
    """Its file is older than several polls."""
    tells(file)
    written = time.time() - 100
    os.utime(file, (written, written))
    result = dunning("health", str(file), "--alive")
    assert result.exit_code == 1
    assert "it has not been heard of for 100 seconds" in result.stdout
    assert dunning("health", str(file), "--within", "200").exit_code == 0


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"state": 3}', "\udcff"])
def test_a_file_that_tells_nothing(file: Path, dunning: Any, text: str | None) -> None:
    """Not there yet, or none of ours: not healthy, and no traceback."""
    if text is not None:
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    result = dunning("health", str(file))
    assert (result.exit_code, result.stderr) == (1, "")


def test_several_are_as_well_as_the_worst(file: Path, dunning: Any) -> None:
    """Each is told."""
    other = file.with_name("other.json")
    tells(file)
    tells(other, state="stopped")
    result = dunning("health", str(file), str(other))
    assert (result.exit_code, result.stdout) == (1, f"{file}: works\n{other}: it has stopped\n")
    assert json.loads(file.read_text())["poll_seconds"] == 10.0
