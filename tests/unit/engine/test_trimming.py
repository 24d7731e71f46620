"""A send journal is trimmed, and a store that is restored from before is found out all the same."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from engine_house import House, PlainWords, ann, invoice

from dunning_engine.engine.clocks import instant
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.guarding import Decide
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.adapter import Uncertain
from dunning_engine.ports.journal import Mark
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.send_journal import FileJournal
from dunning_engine.stores.sql import SqlStore

FIRST = "2026-03-05T10:00:00+01:00"
LATER = "2026-03-08T10:00:00+01:00"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "away" / "dunning.sends"


@pytest.fixture
def house(path: Path) -> House:
    house = House(MemoryStore())
    house.reopen(journal=path)
    return house


def backup(house: House) -> dict[str, Any]:
    assert isinstance(house.store, MemoryStore)
    return copy.deepcopy(dict(house.store.tables))


def restore(house: House, tables: dict[str, Any], path: Path) -> DunningEngine:
    house.store = MemoryStore()
    house.store.tables.update(copy.deepcopy(tables))
    return house.reopen(journal=path)


def lines(path: Path) -> int:
    pages = FileJournal(path).read()
    assert pages is not None
    return sum(line.mark is not Mark.TRIMMED for line in pages.lines)


def works(house: House) -> None:
    """Two actions, some days apart."""
    house.opens()
    house.moves(FIRST)
    house.opens(invoice("INV-2", due="2026-03-05"), debtor=ann("bob"))
    house.moves(LATER)


def test_what_is_settled_and_old_goes(house: House, path: Path) -> None:
    """What is newer stays, and so does the agreement with the store."""
    works(house)
    assert lines(path) == 4
    assert house.engine.trim_journal(before="2026-03-06") > 0
    assert (lines(path), house.engine.trim_journal(before="2026-03-06")) == (2, 0)
    house.reopen(journal=path)
    assert house.engine.store_state().halted == ""
    house.moves(house.clock.now() + DAY_SECONDS)


def test_what_is_not_settled_stays(house: House, path: Path) -> None:
    """An action that may be with its adapter keeps its line, and every line behind it."""
    house.opens()
    house.clock.move_to(FIRST)
    house.engine.advance()
    house.engine.arm_next()
    house.clock.move_to(house.clock.now() + 60)
    works_on = house.opens(invoice("INV-2"), debtor=ann("bob"))
    house.moves(house.clock.now())
    assert works_on
    assert (house.engine.trim_journal(before=house.clock.now()), lines(path)) == (0, 3)


def test_a_backup_from_before_is_found_out(house: House, path: Path) -> None:
    """It knows less than what was taken out: nothing is handed over, and what was due by now is in doubt."""
    house.opens()
    old = backup(house)
    house.moves(FIRST)
    house.opens(invoice("INV-2", due="2026-03-05"), debtor=ann("bob"))
    house.moves(LATER)
    house.reopen(journal=path)  # both agree up to here
    house.engine.trim_journal(before="2026-03-06")
    sent = len(house.sink.got)

    engine = restore(house, old, path)
    assert engine.dispatch() == []
    assert "older than" in engine.store_state().halted
    engine.resume_store(epoch=2, decide=Decide.HOLD, by="ida")
    engine.advance()
    assert [handover.fate.value for handover in engine.dispatch()] == ["uncertain"]
    assert len(house.sink.got) == sent


def test_a_backup_that_knew_all_of_it_is_none_the_worse(path: Path) -> None:
    """It was in agreement when it was made, decided about more than what is gone, and nothing left since."""

    class Wall:
        """A clock that can be wrong."""

        now_is = instant(FIRST)

        def now(self) -> int:
            return self.now_is

        def steady(self) -> float:
            return float(self.now_is)

    house, clock = House(MemoryStore()), Wall()
    clock.now_is = instant("2026-03-01")

    def opened() -> DunningEngine:
        return house.reopen(journal=path, clock=clock)

    opened().open_case(ann(), [invoice()], "shop")
    clock.now_is = instant(FIRST)
    house.engine.advance()
    house.engine.dispatch()
    clock.now_is = instant(LATER)
    house.engine.advance()
    house.engine.dispatch()
    old = backup(house)
    house.engine.open_case(ann("bob"), [invoice("INV-2", due="2026-03-05")], "shop")
    house.engine.trim_journal(before="2026-03-06")

    house.store = MemoryStore()
    house.store.tables.update(old)
    assert opened().store_state().halted == ""


def test_what_is_in_doubt_is_not_forgotten(house: House, path: Path) -> None:
    """An uncertain hand-over is settled in the store, which knows that it is uncertain."""
    house.sink.answer = lambda _message: Uncertain("lost")
    works(house)
    house.engine.trim_journal(before="2026-03-06")
    house.reopen(journal=path)
    assert house.engine.store_state().halted == ""
    assert [row.state.value for row in house.engine.outbox()] == ["uncertain", "uncertain"]


def test_what_cannot_be_trimmed(house: House, path: Path, tmp_path: Path) -> None:
    """The future, a journal that is not there, and one that another store goes with."""
    works(house)
    with pytest.raises(UsageError, match="yet to come"):
        house.engine.trim_journal(before="2027-01-01")
    other = House(MemoryStore())
    other.reopen(journal=tmp_path / "other")
    works(other)
    with pytest.raises(UsageError, match="goes with another send journal"):
        house.reopen(journal=tmp_path / "other").trim_journal(before="2026-03-06")
    path.unlink()
    with pytest.raises(ForeignError, match="cannot be read"):
        house.reopen(journal=path).trim_journal(before="2026-03-06")
    with pytest.raises(UsageError, match="no send journal"):
        house.reopen(journal=False).trim_journal(before="2026-03-06")


def test_tenants_that_share_a_journal(tmp_path: Path, path: Path) -> None:
    """Only what is settled for each of them goes, whoever trims it."""
    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}", tenant="one")
    ours, theirs = House(store), House(store.of("two"))
    for house in (ours, theirs):
        house.reopen(journal=path, renderer=PlainWords())
        house.opens()
        house.clock.move_to(FIRST)
        house.engine.advance()
    theirs.engine.arm_next()
    ours.engine.dispatch()
    ours.clock.move_to(LATER)
    assert ours.engine.trim_journal(before=LATER) == 0
    theirs.clock.move_to(LATER)
    theirs.engine.dispatch()
    assert ours.engine.trim_journal(before=LATER) > 0
    assert lines(path) == 1
    store.close()
