"""The page of faults is held to its word: every fault is there, every test that it names can be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/faults.md"
ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if re.match(r"\| F\d+ \|", line)]


def test_every_fault_is_listed() -> None:
    """In their order, each once."""
    assert [row.split("|")[1].strip() for row in ROWS] == [f"F{number}" for number in range(1, 36)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_what_is_said_to_be_played_is(row: str) -> None:
    """A fault has a test that there is, or a reason why it has none."""
    _, _, fault, does, played, not_played, _ = (cell.strip() for cell in row.split("|"))
    named = re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", played)

    assert fault
    assert does
    assert named or len(not_played) > 20
    assert played.count("`") == 2 * len(named)
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text("utf-8"), f"{path}::{name}"
