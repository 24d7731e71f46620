"""Real files: a backup that is put back, a torn WAL, a copy without one. Nothing is sent again without a person's word."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dunning_engine.domain.case import fold
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent, Uncertain
from dunning_engine.stores.backups import back_up, put_back

POLICY = """
policy: shop
version: 1
title: "A shop"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
contact_limits: [1 contact per day per debtor]
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: warning
    when: 5 days after reminder
    send: sms warning
  - step: last
    when: 5 days after warning
    send: email last
"""
DAYS = 20


class _World:
    """What is outside of the database: who got what, and what day it is."""

    def __init__(self, folder: Path) -> None:
        self.database = folder / "live" / "dunning.db"
        self.database.parent.mkdir()
        self.journal = folder / "other-disk" / "dunning.sends"
        self.clock = FixedClock("2026-03-01")
        self.got: Counter[str] = Counter()
        self.doubtful: set[str] = set()
        self.luck = random.Random(folder.name)
        self.name, self.capability = "world", Capability.NONE
        self.handles = frozenset({Channel.EMAIL, Channel.SMS})

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        self.got[message.action_id] += 1
        if self.luck.random() < 0.2:
            self.doubtful.add(message.action_id)
            return Uncertain("no answer")
        return Sent(message.action_id)

    def render(self, action: Any, *_: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject="", text=action.spec.name, language="en")

    @contextmanager
    def engine(self, **settings: Any) -> Iterator[DunningEngine]:
        known = {"journal": self.journal, "clock": self.clock, "adapters": [self], "renderer": self}
        policies = [policy_of(POLICY, "shop.yaml")]
        with DunningEngine.open(f"sqlite:///{self.database}", policies=policies, **{**known, **settings}) as engine:
            yield engine

    def opens(self, engine: DunningEngine) -> None:
        for number in range(8):
            debtor = Party.consumer(f"d{number}", email="d@example.com", phone="+4930123456", zone="Europe/Berlin")
            invoice = Invoice(f"INV-{number}", Money("50.00", "EUR"), due=f"2026-03-{number % 4 + 1:02}")
            engine.open_case(debtor, [invoice], "shop")

    def lives(self, engine: DunningEngine, days: int) -> list[str]:
        done = []
        for _ in range(days):
            self.clock.move_to(self.clock.now() + DAY_SECONDS)
            engine.advance()
            done += [handover.fate.value for handover in engine.dispatch()]
        return done


@pytest.fixture
def world(tmp_path: Path) -> _World:
    return _World(tmp_path)


def _goes_on_without_sending_twice(world: _World, forgotten: set[str]) -> None:
    """Halted, resumed, and played to the end: everybody got everything at most once, and cases are what events say."""
    with world.engine() as engine:
        before = Counter(world.got)
        assert world.lives(engine, 1) == []
        state = engine.store_state()
        assert "older than its send journal" in state.halted
        assert {left.action_id for left in (*state.sent, *state.in_doubt)} >= forgotten
        engine.resume_store(epoch=state.next_epoch, decide="hold", by="Ida Moor")
        assert world.got == before
        world.lives(engine, 2 * DAYS)
        assert set(world.got.values()) == {1}
        for case in engine.cases():
            assert fold(case.id, engine.history(case.id)) == case


@pytest.mark.parametrize("day", [4, 5, 9, 12])
def test_a_backup_that_is_put_back_sends_nothing_again(world: _World, tmp_path: Path, day: int) -> None:
    """A backup of some day, twenty days of life, the disk dies: the backup knows nothing of what left since."""
    backup = tmp_path / "backup.db"
    with world.engine() as engine:
        world.opens(engine)
        world.lives(engine, day)
        back_up(world.database, backup)
        known = set(world.got)
        world.lives(engine, DAYS - day)
    put_back(backup, world.database)

    _goes_on_without_sending_twice(world, set(world.got) - known)


def test_a_journal_beside_the_database_is_enough_for_a_file_that_is_put_back(world: _World, tmp_path: Path) -> None:
    """Without any configuration the journal lies beside the database, and is not part of what is put back."""
    with world.engine(journal=None) as engine:
        world.opens(engine)
        world.lives(engine, 4)
        back_up(world.database, tmp_path / "backup.db")
        world.lives(engine, 10)
    put_back(tmp_path / "backup.db", world.database)

    with world.engine(journal=None) as engine:
        assert world.lives(engine, 3) == []
        assert engine.store_state().halted != ""


def test_a_backup_of_this_minute_goes_on_at_once(world: _World, tmp_path: Path) -> None:
    """What lost nothing is not stopped."""
    with world.engine() as engine:
        world.opens(engine)
        world.lives(engine, 6)
    back_up(world.database, tmp_path / "backup.db")
    put_back(tmp_path / "backup.db", world.database)

    with world.engine() as engine:
        assert engine.store_state().halted == ""
        world.lives(engine, DAYS)
    assert set(world.got.values()) == {1}


def _cut(wal: Path, luck: random.Random) -> None:
    with wal.open("r+b") as file:
        file.truncate(luck.randrange(wal.stat().st_size // 2))


def _flipped(wal: Path, luck: random.Random) -> None:
    content = bytearray(wal.read_bytes())
    content[luck.randrange(len(content) // 2)] ^= 1 << luck.randrange(8)
    wal.write_bytes(content)


def _zeroed(wal: Path, luck: random.Random) -> None:
    content = bytearray(wal.read_bytes())
    start = luck.randrange(len(content) // 2)
    content[start : start + 4096] = bytes(len(content[start : start + 4096]))
    wal.write_bytes(content)


def _lost(wal: Path, _luck: random.Random) -> None:
    wal.unlink()


@pytest.mark.parametrize("damage", [_cut, _flipped, _zeroed, _lost], ids=lambda damage: damage.__name__[1:])
def test_a_torn_wal_is_noticed(world: _World, damage: Callable[[Path, random.Random], None]) -> None:
    """A WAL that lost its end looks healthy to SQLite; the journal knows better. Also for a copy of the file without it."""
    with world.engine() as engine:
        world.opens(engine)
        world.lives(engine, 5)
    left = set(world.got)
    with world.engine() as engine:
        world.lives(engine, 6)
        for ending in ("", "-wal"):  # the machine dies here: nothing is written back
            file = world.database.with_name(world.database.name + ending)
            shutil.copy(file, file.with_name(f"crashed.db{ending}"))
    world.database = world.database.with_name("crashed.db")
    wal = world.database.with_name("crashed.db-wal")
    damage(wal, world.luck)

    assert set(world.got) > left
    _goes_on_without_sending_twice(world, set())


def test_a_backup_is_taken_while_others_write(world: _World, tmp_path: Path) -> None:
    """Each copy is whole, whenever it was taken, and is what its events say."""
    with world.engine() as engine:
        world.opens(engine)
        for day in range(4):
            world.lives(engine, 3)
            with engine.transaction():
                back_up(world.database, tmp_path / f"{day}.db")
    for day in range(4):
        with world.engine(journal=False) as engine:
            assert len(engine.cases()) == 8
        world.database = tmp_path / f"{day}.db"
        with world.engine(journal=False) as engine:
            for case in engine.cases():
                assert fold(case.id, engine.history(case.id)) == case


def test_what_is_no_backup_is_refused(world: _World, tmp_path: Path) -> None:
    """A file that is there is never written over; what is put back is a whole database of ours that nobody has open."""
    with world.engine() as engine:
        world.opens(engine)
        backup = tmp_path / "backup.db"
        back_up(world.database, backup)
        with pytest.raises(UsageError, match="is there already"):
            back_up(world.database, backup)
        with engine.transaction(), pytest.raises(UsageError, match="is in use"):
            put_back(backup, world.database)
    other = tmp_path / "letters.txt"
    other.write_text("Dear Sir or Madam" * 500)
    with pytest.raises(ForeignError, match="cannot be copied: file is not a database"):
        put_back(other, world.database)
    torn = tmp_path / "torn.db"
    torn.write_bytes(backup.read_bytes()[:-5000])
    with pytest.raises((ForeignError, UsageError)):
        put_back(torn, world.database)
    with pytest.raises(ForeignError, match="unable to open"):
        put_back(tmp_path / "nowhere.db", world.database)
    import sqlite3

    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(UsageError, match="is no database of dunning_engine"):
        put_back(tmp_path / "empty.db", world.database)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".db") == [
        "backup.db",
        "empty.db",
        "torn.db",
    ]
    with world.engine() as engine:
        assert len(engine.cases()) == 8
