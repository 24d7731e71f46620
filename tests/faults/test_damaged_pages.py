"""Bits that flip in a database file: it is refused, or found by the verifier, or harmless; nothing goes out twice."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from random import Random

from fault_stage import REMINDER, THOROUGH, Stage

from dunning_engine.audit_log_verify import main as verify
from dunning_engine.engine.clocks import instant
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import DunningError

FLIPS = 1_000 if THOROUGH else 8


def test_a_damaged_page_sends_nothing_again(tmp_path: Path) -> None:
    """With the send journal beside it: after any flip everybody has got each message once at most."""
    live = tmp_path / "dunning.db"
    stage = Stage()
    journal = tmp_path / "dunning.sends"
    with stage.open(f"sqlite:///{live}", journal=journal) as engine:
        stage.owes(engine, *range(5))
        stage.clock.move_to(REMINDER)
        stage.works(engine)
    got, whole = Counter(stage.got), live.read_bytes()
    noticed, luck = Counter[str](), Random(8)
    for number in range(FLIPS):
        flipped = bytearray(whole)
        flipped[luck.randrange(len(whole))] ^= 1 << luck.randrange(8)
        (tmp_path / str(number)).mkdir()
        database = tmp_path / str(number) / "dunning.db"
        database.write_bytes(flipped)
        shutil.copy(journal, database.with_name("dunning.sends"))
        noticed[_lives(database, got)] += 1
        shutil.rmtree(database.parent)

    assert set(noticed) <= {"refused", "found", "nothing"}


def _lives(database: Path, before: Counter[str]) -> str:
    """A day on a damaged copy; how the damage was noticed."""
    stage = Stage()
    stage.clock.move_to(instant(REMINDER) + DAY_SECONDS)
    try:
        url = f"sqlite:///{database}"
        with stage.open(url, journal=database.with_name("dunning.sends")) as engine:
            stage.works(engine)
            for _ in range(2):
                stage.clock.move_to(stage.clock.now() + DAY_SECONDS)
                stage.works(engine)
    except DunningError:
        assert not (stage.got & before)
        return "refused"
    assert not (stage.got & before), "a message went again"
    assert set(stage.got.values()) <= {1}
    return "found" if verify([str(database)]) else "nothing"
