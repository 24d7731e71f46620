"""The contract suite of contact limits: whatever the store, workers that arm at the same instant never exceed a cap."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent

if TYPE_CHECKING:
    from dunning_engine.ports.store import Store

CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "PLN")
CAP = 2
WORKERS = 4

_POLICY = f"""
policy: rivals
version: 1
title: "Several creditors' cases of one debtor"
law: []
applies_to: [debtor is consumer]
time: {{zone: Europe/Berlin, business_days: none, send_at: "10:00"}}
contact_limits: [{CAP} contacts in 7 days per debtor]
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
"""


class _Slow:
    """An adapter that counts, and waits for the other workers where it can, so that they meet."""

    name = "slow"
    capability = Capability.NONE
    handles: frozenset[Channel | str] = frozenset({Channel.EMAIL})

    def __init__(self) -> None:
        self.got: list[Message] = []

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        threading.Event().wait(min(seconds, 0.002))
        self.got.append(message)
        return Sent(message.action_id)


class _Words:
    def render(self, *_what: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject="Please pay", text="Please pay.", language="en")


class LimitContract:
    """What every store has to keep: subclass it and give it a fixture `store` that answers with a fresh, empty one."""

    @pytest.fixture
    def store(self) -> Store:
        """The store under test, empty."""
        raise UsageError("your suite needs a fixture `store` that gives an empty store")

    def test_workers_that_arm_at_once_never_exceed_a_cap(self, store: Store) -> None:
        """Six cases of one debtor are due at the same instant; four workers hand over at once; two messages leave."""
        rivals = _Rivals(store)
        rivals.work("2026-03-05")

        assert len(rivals.adapter.got) == CAP
        assert sum(len(rivals.engine.case(case).contacts) for case in rivals.cases) == CAP

    def test_what_waited_goes_out_when_the_cap_frees(self, store: Store) -> None:
        """After seven days two more leave, and after seven more the last two: nothing that was deferred is forgotten."""
        rivals = _Rivals(store)
        for day in ("2026-03-05", "2026-03-12", "2026-03-19"):
            rivals.work(day)

        assert sorted(message.action.currency for message in rivals.adapter.got) == sorted(CURRENCIES)


class _Rivals:
    """Cases of one debtor in several currencies, all due on the same day."""

    def __init__(self, store: Store) -> None:
        self.adapter, self.clock = _Slow(), FixedClock("2026-03-05T09:00:00Z")
        policy = policy_of(_POLICY, "rivals.yaml")
        self.engine = DunningEngine.open(
            store, policies=[policy], adapters=[self.adapter], clock=self.clock, renderer=_Words()
        )
        ann = Party.consumer("ann", email="ann@example.com", country="DE", zone="Europe/Berlin")
        bills = [Invoice(f"INV-{currency}", Money("50.00", currency), due="2026-03-02") for currency in CURRENCIES]
        self.cases = [self.engine.open_case(ann, [bill], policy.name).id for bill in bills]

    def work(self, day: str) -> None:
        """Decide at nine o'clock and let all workers hand over at once."""
        self.clock.move_to(f"{day}T09:00:00Z")
        self.engine.advance()
        _at_once(self.engine.dispatch)


def _at_once(work: Callable[[], object]) -> None:
    together = threading.Barrier(WORKERS)

    def run() -> None:
        together.wait()
        work()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
