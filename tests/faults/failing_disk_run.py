"""One process whose disk fails at the n-th write or sync, for every n: run with `failing_disk.c` in its way.

LD_PRELOAD=failing_disk.so python failing_disk_run.py FOLDER MODE EVERY
"""

from __future__ import annotations

import ctypes
import json
import logging
import shutil
import sys
from pathlib import Path

from fault_stage import LEASE, REMINDER, Stage

from dunning_engine.engine import dispatcher
from dunning_engine.stores.sql import SqlStore


def run(folder: Path, mode: str, every: int) -> dict[str, object]:
    """For each write that may fail: what was acknowledged is there, and in the end everybody got everything once."""
    disk = ctypes.CDLL(None)
    dispatcher.PATIENCE_SECONDS = (0.0,)
    before = Stage()
    made = folder / "made.db"
    with before.open(f"sqlite:///{made}?journal_mode=delete") as engine:
        before.owes(engine, 1, 2)
    tried, refused, wrong = 0, set[str](), []
    for for_ever in (0, 1):
        number = 1
        while True:
            stage = Stage()
            database = folder / f"{number}-{for_ever}" / "dunning.db"
            database.parent.mkdir()
            shutil.copy(made, database)
            stage.clock.move_to(REMINDER)
            disk.disk_fails(number, for_ever)
            refused |= set(_day(stage, database, mode))
            over = disk.disk_passed() < number
            disk.disk_fails(0, 0)
            wrong += [f"{number}/{for_ever}: {words}" for words in _afterwards(stage, database, mode)]
            shutil.rmtree(database.parent)
            tried += 1
            if over:
                break
            number += every
    return {"tried": tried, "refused": sorted(refused), "wrong": wrong}


def _day(stage: Stage, database: Path, mode: str) -> list[str]:
    """A day of work on a disk that fails somewhere."""
    said: list[str] = []

    def works() -> None:
        store = SqlStore(f"sqlite:///{database}?journal_mode={mode}")
        with stage.open(store) as engine:
            said.append(stage.tries(lambda: stage.pays(engine, 1, 100)))
            said.append(stage.tries(engine.advance))
            said.append(stage.tries(engine.dispatch))
            said.append(stage.tries(lambda: stage.pays(engine, 2, 200)))

    said.append(stage.tries(works))
    return said


def _afterwards(stage: Stage, database: Path, mode: str) -> list[str]:
    store = SqlStore(f"sqlite:///{database}?journal_mode={mode}")
    with store.transaction(write=False) as tx:
        whole = tx.connection.exec_driver_sql("PRAGMA integrity_check").scalar_one()
    wrong = [] if whole == "ok" else [str(whole)]
    with stage.open(store) as engine:
        stage.clock.move_to(stage.clock.now() + LEASE)
        stage.works(engine)
        stage.goes_on(engine, 1)
        wrong += [str(one) for one in stage.broken(engine)]
        unfinished = [row.state.value for row in engine.outbox() if row.state.value in ("armed", "pending", "retry")]
    store.close()
    twice = [action for action, times in stage.got.items() if times > 1]
    return [*wrong, *unfinished, *twice]


if __name__ == "__main__":
    logging.disable()
    sys.stdout.write(json.dumps(run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
