"""The same of ours, on SQLite with `synchronous=FULL`: as many debtors with one overdue invoice, and a policy of four letters.

    python -m bench.peers.our_house prepare FOLDER LINES
    python -m bench.peers.our_house chase FOLDER LINES

`chase` goes through the four levels: `advance`, which decides, asks the gate, writes events, chain, snapshot and outbox
row, and `dispatch`, which asks the gate again, arms each action and puts its message into a queue of the host's in the
same database; then once more on a day with nothing to do. Levels wait for the hand-off of the level before, so it belongs
to the work. Tryton hands nothing over; where that is left to the host, a table is what it is left in.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.runtime import Words, debtor, invoice, mail_of, mail_queue, make_mail
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of

POLICY = """
policy: four
version: 1
title: "Four levels"
law: []
applies_to: [currency is USD]
time: {zone: UTC, send_at: "10:00"}
steps:
  - {step: first, when: 5 days after due, send: email first}
  - {step: second, when: 20 days after due, send: email second}
  - {step: third, when: 40 days after due, send: email third}
  - {step: fourth, when: 60 days after due, send: email fourth}
"""
OPENED, LOOKED = "2026-02-02T09:00:00Z", "2026-02-02T12:00:00Z"
DAYS = tuple(f"{day}T12:00:00Z" for day in ("2026-03-08", "2026-03-23", "2026-04-12", "2026-05-02"))
IDLE = "2026-05-04T12:00:00Z"
BATCH = 1_000


def house(folder: Path) -> DunningEngine:
    settings: dict[str, Any] = {"adapters": [mail_queue()], "renderer": Words(), "clock": FixedClock(OPENED)}
    return DunningEngine.open(f"sqlite:///{folder / 'house.db'}", policies=[policy_of(POLICY, "four.yaml")], **settings)


def prepare(folder: Path, lines: int) -> None:
    folder.mkdir(parents=True)
    with house(folder) as engine:
        make_mail(engine)
        for start in range(0, lines, BATCH):
            with engine.transaction() as connection:
                for number in range(start, min(start + BATCH, lines)):
                    bill = [invoice(f"INV-{number}")]
                    engine.open_case(debtor(f"cust-{number}"), bill, "four", connection=connection)
        engine.advance(LOOKED)


def chase(folder: Path, lines: int) -> None:
    with house(folder) as engine:
        deciding = sending = 0.0
        for day in DAYS:
            began = time.perf_counter()
            found = len(engine.advance(day))
            deciding += time.perf_counter() - began
            began = time.perf_counter()
            sent = len(engine.dispatch(day, limit=lines))
            sending += time.perf_counter() - began
            assert found == sent == lines, (day, found, sent, lines)
        assert mail_of(engine) == lines * len(DAYS)
        began = time.perf_counter()
        assert not any(decision.cleared for decision in engine.advance(IDLE)), "the last letter was the fourth"
        idle = time.perf_counter() - began
    print(json.dumps({"actions": lines * len(DAYS), "advance": deciding, "dispatch": sending, "idle": idle}))


if __name__ == "__main__":
    {"prepare": prepare, "chase": chase}[sys.argv[1]](Path(sys.argv[2]).resolve(), int(sys.argv[3]))
