"""Many workers on a few debtors: no limit is exceeded, nothing goes twice, nobody waits for ever.

`make crowd WORKERS=32 CASES=200` is the long run.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from typing import Final

from engine_house import House, ann, invoice

from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import Conflict
from dunning_engine.ports.adapter import Message, Sent

WORKERS: Final = int(os.environ.get("DUNNING_CROWD_WORKERS", "32"))
DEBTORS: Final = 10
CASES: Final = int(os.environ.get("DUNNING_CROWD_CASES", "4"))
"""Cases of one debtor, each with one message that wants to go; one a day may."""

SEND_TIME: Final = "2026-03-05T10:00:00+01:00"


def work(house: House) -> None:
    """Like a worker: decide and hand over until there is nothing to do."""
    idle = 0
    while idle < 2:
        try:
            busy = bool(house.engine.advance(limit=20)) + bool(house.engine.dispatch(limit=5))
        except Conflict:
            continue
        idle = 0 if busy else idle + 1


def test_no_limit_is_exceeded_and_everybody_has_a_turn(house: House) -> None:
    """One message per debtor and day, whichever of 32 workers hands it over; after some days all are out."""
    got: list[tuple[int, str]] = []
    lock = threading.Lock()

    def remembers(message: Message) -> Sent:
        with lock:
            got.append((message.at, message.debtor.id))
        return Sent()

    house.sink.answer = remembers
    for debtor in range(DEBTORS):
        for case in range(CASES):
            house.opens(invoice(f"INV-{debtor}-{case}"), debtor=ann(f"debtor-{debtor}"), case_id=f"c-{debtor}-{case}")
    house.clock.move_to(SEND_TIME)
    for day in range(CASES):
        workers = [threading.Thread(target=work, args=(house,)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        work(house)  # what a worker passed over because another held its debtor
        per_day = Counter(debtor for at, debtor in got if at >= house.clock.now() - DAY_SECONDS // 2)
        assert per_day == Counter({f"debtor-{debtor}": 1 for debtor in range(DEBTORS)}), day
        house.clock.move_to(house.clock.now() + DAY_SECONDS)

    ids = [message.action_id for message in house.sink.got]
    assert len(ids) == len(set(ids)) == DEBTORS * CASES
