"""What is durable: open and advance on a fresh SQLite file (WAL, `synchronous=FULL`), and snapshots.

`advance` commits batches of 500 cases. Every case has one invoice and one debtor; the outbox is counted afterwards.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import text

from bench.measure import Figure, best
from dunning_engine.adapters.inside import Inside
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


CASES = 10_000


def figures() -> Iterator[Figure]:
    policy = policy_of(POLICY, "bench.yaml")
    case = _case(policy)
    text = encode_case(case)
    yield Figure("snapshot, encode", best(lambda: encode_case(case)) * 1e6, "us", "one invoice, best of 7 x 2,000", 60)
    yield Figure("snapshot, decode", best(lambda: decode_case(text)) * 1e6, "us", "one invoice, best of 7 x 2,000", 60)
    yield from durable(policy)


def _case(policy: Policy) -> Case:
    ann, opened = debtor("cust-1"), instant(OPENED)
    hints = (ZoneHint("zone", ("America/Denver",)),)
    events = (CaseOpened(ann, policy.ref, hints), ReceivableAdded(invoice("INV-1")))
    return fold("cust-1/USD", (Recorded(seq, opened, opened, event) for seq, event in enumerate(events, 1)))


# Durable calls --------------------------------------------------------------------------------------------------------


class Nowhere:
    """An adapter that counts and forgets."""

    name = "nowhere"
    at_once = True
    handles: frozenset[Channel | str] = frozenset({*Channel, "agency"})
    capability = Capability.DEDUPE

    def __init__(self) -> None:
        self.count = 0

    def deliver(self, message: Message, *, seconds: float) -> Outcome:  # noqa: ARG002 - nothing takes time here
        self.count += 1
        return Sent(message.action_id)


def mail_queue() -> Inside:
    """An adapter that fills a table of the host's in the engine's database; `make_mail` makes it."""
    return Inside("mail queue", [*Channel, "agency"], _queued)


def _queued(message: Message, connection: Any) -> None:
    connection.execute(_ADD_MAIL, {"key": message.key, "body": message.text})


_ADD_MAIL: Final = text("INSERT INTO mail (key, body) VALUES (:key, :body)")


def make_mail(engine: DunningEngine) -> None:
    """The host's table."""
    with engine.transaction() as connection:
        connection.execute(text("CREATE TABLE mail (key TEXT PRIMARY KEY, body TEXT NOT NULL)"))


def mail_of(engine: DunningEngine) -> int:
    """How many messages stand in it."""
    with engine.transaction() as connection:
        found: int = connection.execute(text("SELECT count(*) FROM mail")).scalar_one()
    return found


class Words:
    """Texts without templates, so that what is measured is the engine."""

    def render(self, action: Any, case: Any, *_rest: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject=action.spec.name, text=f"{case.id} owes {action.amount}", language="en")


def durable(policy: Policy) -> Iterator[Figure]:
    """Open and advance on a file that survives a power cut."""
    with tempfile.TemporaryDirectory() as home:
        sink, clock = Nowhere(), FixedClock(OPENED)
        url = f"sqlite:///{Path(home) / 'bench.db'}"
        settings: dict[str, Any] = {"policies": [policy], "adapters": [sink], "renderer": Words(), "clock": clock}
        with DunningEngine.open(url, **settings) as engine:
            yield _rate("open cases", CASES, _seconds(lambda: opened(engine, CASES)))
            yield _rate("advance, first look, nothing due", CASES, _seconds(lambda: advanced(engine, NOT_DUE, CASES)))
            idle = _seconds(lambda: engine.advance(NOT_DUE))
            yield Figure("advance, idle", idle * 1e3, "ms", f"{CASES:,} open cases, none due")
            gc.collect()
            due = _seconds(lambda: advanced(engine, COURTESY, CASES))
            yield _rate("advance, every case due", CASES, due, target=5_000)
            assert len(engine.outbox(state=OutboxState.PENDING)) == CASES


def opened(engine: DunningEngine, count: int) -> None:
    """Open cases, one debtor and invoice each."""
    for start in range(0, count, 500):
        with engine.transaction() as connection:
            for number in range(start, min(start + 500, count)):
                engine.open_case(debtor(f"cust-{number}"), [invoice(f"INV-{number}")], "bench", connection=connection)


def advanced(engine: DunningEngine, now: str, expected: int) -> None:
    """Decide about each of them."""
    decisions = engine.advance(now)
    assert len(decisions) == expected, len(decisions)


def debtor(identity: str) -> Party:
    return Party.consumer(
        identity,
        name="Ann Example",
        email="ann@example.com",
        country="US",
        zone="America/Denver",
        address=("1 Main St",),
    )


def invoice(number: str) -> Invoice:
    return Invoice(number, Money("240.00", "USD"), due="2026-03-02", issued="2026-02-01")


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _rate(what: str, count: int, seconds: float, *, target: float | None = None) -> Figure:
    return Figure(what, count / seconds, "/s", f"{count:,} once, synchronous=FULL", target, more_is_better=True)
