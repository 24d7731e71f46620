"""Runtime figures: decide, durable advance, dispatch. One JSON object per line on standard output.

    python -m bench.runtime [--cases 20000] [--dispatch 2000] [--store FOLDER]

Method: the median of several rounds of a pure call; wall-clock and own CPU time of whole calls for what is durable, on a fresh SQLite
file in WAL mode with `synchronous=FULL`, in batches of 500 cases a commit for `advance` and one arming transaction and
one receipt transaction an action for `dispatch`. Every case has one invoice and one debtor; every figure says how many
actions it rests on, and that many are counted in the outbox afterwards.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dunning_engine.decision.decider import decide
from dunning_engine.domain.case import Case, fold
from dunning_engine.domain.events import CaseOpened, ReceivableAdded, Recorded
from dunning_engine.domain.parties import Channel, Party, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock, instant
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Policy
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent
from dunning_engine.ports.codec import decode_case, encode_case
from dunning_engine.ports.store import OutboxState

POLICY = """
policy: bench
version: 1
title: "Seven rungs with limits, quiet hours and an approval"
law: []
applies_to: [currency is USD]
time: {zone: America/New_York, business_days: US, send_at: "10:00"}
grace: 3 business days
contact_limits: [3 contacts in 7 days per debtor, 1 call per day per debtor]
quiet_hours: 20:00 to 09:00
quiet_days: [sunday]
steps:
  - step: courtesy
    when: 5 days before due
    send: email upcoming
  - step: reminder
    when: grace ends
    send: email reminder
  - step: chase
    when: 7 days after reminder
    cadence: every 5 business days up to 3 times
    send: email overdue
    call: reminder-script
  - step: ultimatum
    when: 30 days after due
    only_if: [balance at least 50.00]
    send: letter final-demand
    deadline: 14 days
  - step: agency
    when: 7 days after ultimatum expires
    hand_off: agency acme
    approval: credit-manager
"""
OPENED = "2026-02-02T09:00:00-05:00"
NOT_DUE = "2026-02-03T09:00:00-05:00"
COURTESY = "2026-02-25T10:00:00-07:00"


def main() -> None:
    arguments = _arguments()
    policy = policy_of(POLICY, "bench.yaml")
    for figure in (*pure(policy), *durable(policy, arguments.cases, arguments.dispatch, arguments.store)):
        print(json.dumps({**figure, **_machine()}), flush=True)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000, help="cases that advance decides about")
    parser.add_argument("--dispatch", type=int, default=2_000, help="actions that one worker hands over")
    parser.add_argument("--store", type=Path, help="folder for the database; a temporary one unless told otherwise")
    return parser.parse_args()


def _machine() -> dict[str, str]:
    return {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}


# Pure calls -----------------------------------------------------------------------------------------------------------


def pure(policy: Policy) -> Iterator[dict[str, Any]]:
    """What one decision and one snapshot cost, without any store."""
    case = _case(policy)
    yield _micro("decide, not due", lambda: decide(case, policy, (), instant(NOT_DUE)))
    due = lambda: decide(case, policy, (), instant(COURTESY))  # noqa: E731
    assert len(due().cleared) == 1
    yield _micro("decide, due, with gate", due)
    text = encode_case(case)
    yield _micro("snapshot, encode", lambda: encode_case(case))
    yield _micro("snapshot, decode", lambda: decode_case(text))


def _case(policy: Policy) -> Case:
    debtor, opened = _debtor("cust-1"), instant(OPENED)
    hints = (ZoneHint("zone", ("America/Denver",)),)
    events = (CaseOpened(debtor, policy.ref, hints), ReceivableAdded(_invoice("INV-1")))
    return fold("cust-1/USD", (Recorded(seq, opened, opened, event) for seq, event in enumerate(events, 1)))


def _micro(what: str, call: Callable[[], object], rounds: int = 7, loops: int = 2_000) -> dict[str, Any]:
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(loops):
            call()
        times.append((time.perf_counter() - start) / loops * 1e6)
    return {"what": what, "microseconds": round(statistics.median(times), 2), "rounds": rounds, "loops": loops}


# Durable calls --------------------------------------------------------------------------------------------------------


class Nowhere:
    """An adapter that counts and forgets."""

    name = "nowhere"
    handles: frozenset[Channel | str] = frozenset({*Channel, "agency"})
    capability = Capability.DEDUPE

    def __init__(self) -> None:
        self.count = 0

    def deliver(self, message: Message, *, seconds: float) -> Outcome:  # noqa: ARG002 - nothing takes time here
        self.count += 1
        return Sent(message.action_id)


class Words:
    """Texts without templates, so that what is measured is the engine."""

    def render(
        self,
        action: Any,
        case: Any,
        policy: Any,
        creditor: Any,
        at: int,
        *,
        obligations: Any = (),
        enclosures: Any = (),
    ) -> Any:  # noqa: ARG002
        return SimpleNamespace(subject=action.spec.name, text=f"{case.id} owes {action.amount}", language="en")


def durable(policy: Policy, cases: int, dispatched: int, folder: Path | None) -> Iterator[dict[str, Any]]:
    """Open, advance and dispatch on a file that survives a power cut."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        sink, clock = Nowhere(), FixedClock(OPENED)
        url = f"sqlite:///{Path(home) / 'bench.db'}"
        settings: dict[str, Any] = {"policies": [policy], "adapters": [sink], "renderer": Words(), "clock": clock}
        with DunningEngine.open(url, **settings) as engine:
            yield _rate("open cases, 500 a commit", cases, _timed(lambda: _open(engine, cases)))
            yield _rate("advance, nothing due (first look)", cases, _timed(lambda: _advance(engine, NOT_DUE, cases)))
            yield {"what": "advance, idle", "milliseconds": round(_timed(lambda: engine.advance(NOT_DUE))[0] * 1e3, 3)}
            gc.collect()
            yield _rate("advance, every case due", cases, _timed(lambda: _advance(engine, COURTESY, cases)))
            count = len(engine.outbox(state=OutboxState.PENDING))
            assert count == cases, count
            taken = _timed(lambda: engine.dispatch(COURTESY, limit=dispatched))
            assert sink.count == dispatched, sink.count
            yield _rate("dispatch, one worker, armed one by one", dispatched, taken)
            yield _rate("advance after receipts", dispatched, _timed(lambda: _advance(engine, COURTESY, dispatched)))


def _open(engine: DunningEngine, count: int) -> None:
    for start in range(0, count, 500):
        with engine.transaction() as connection:
            for number in range(start, min(start + 500, count)):
                engine.open_case(_debtor(f"cust-{number}"), [_invoice(f"INV-{number}")], "bench", connection=connection)


def _advance(engine: DunningEngine, now: str, expected: int) -> None:
    decisions = engine.advance(now)
    assert len(decisions) == expected, len(decisions)


def _debtor(identity: str) -> Party:
    return Party.consumer(
        identity,
        name="Ann Example",
        email="ann@example.com",
        country="US",
        zone="America/Denver",
        address=("1 Main St",),
    )


def _invoice(number: str) -> Invoice:
    return Invoice(number, Money("240.00", "USD"), due="2026-03-02", issued="2026-02-01")


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of this process's own time: on a busy machine the second says more."""
    start, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - cpu


def _rate(what: str, count: int, taken: tuple[float, float]) -> dict[str, Any]:
    wall, cpu = taken
    return {
        "what": what,
        "count": count,
        "seconds": round(wall, 3),
        "per_second": round(count / wall),
        "cpu_microseconds_each": round(cpu / count * 1e6),
    }


if __name__ == "__main__":
    sys.exit(main())
