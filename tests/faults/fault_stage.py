"""A shop whose engine can be opened again and again on a database that is in trouble, and the judge of what is left."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import Conflict, ForeignError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.invariants import Effect, Evidence, Violation, violations

THOROUGH = bool(os.environ.get("DUNNING_FAULTS"))
"""Whether every place is tried instead of some: `make faults`."""

POLICY = policy_of(
    """
policy: shop
version: 1
title: "A reminder and a warning"
law: []
applies_to: [currency is EUR]
time: {zone: UTC, business_days: none, send_at: "10:00"}
contact_limits: [1 contact per day per debtor]
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: warning
    when: 5 days after reminder
    send: sms warning
pause_while: [disputed, on hold]
stop_when: [paid]
""",
    "shop.yaml",
)
REMINDER = "2026-03-05T10:00:00Z"
LEASE = 10 * 60


class Stage:
    """Who got what, what was acknowledged, and what time it is; a database is wherever `open` is told."""

    name, capability = "stage", Capability.NONE
    handles = frozenset({Channel.EMAIL, Channel.SMS})

    def __init__(self) -> None:
        self.clock = FixedClock("2026-03-01")
        self.got: Counter[str] = Counter()
        self.effects: list[Effect] = []
        self.facts: list[tuple[str, PaymentReceived]] = []
        self.answer: Callable[[Message], Outcome] = lambda message: Sent(message.action_id)

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        self.got[message.action_id] += 1
        self.effects.append(Effect(message.action_id, message.text, "stage"))
        return self.answer(message)

    def render(self, action: Any, *_: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject="", text=f"{action.spec.name} {action.amount}", language="en")

    @contextmanager
    def open(self, store: str | SqlStore, **settings: Any) -> Iterator[DunningEngine]:
        known: dict[str, Any] = {"clock": self.clock, "adapters": [self], "renderer": self, "journal": False}
        engine = DunningEngine.open(store, policies=[POLICY], **{**known, **settings})
        try:
            yield engine
        finally:
            engine.close()

    def owes(self, engine: DunningEngine, *numbers: int) -> None:
        for number in numbers:
            debtor = Party.consumer(f"d{number}", email="d@example.com", phone="+4930123456", zone="UTC", country="DE")
            debt = Invoice(f"INV-{number}", Money("100.00", "EUR"), due="2026-03-02", issued="2026-02-02")
            engine.open_case(debtor, [debt], "shop")

    def pays(self, engine: DunningEngine, number: int, cents: int) -> None:
        """Tell a part payment with an identity of its own; one that is acknowledged has to be there for ever."""
        name = f"{number}-{cents}"
        fact = PaymentReceived(Money.of_minor(cents, "EUR"), source="bank", event_id=name)
        engine.record(f"d{number}/EUR", fact, source="bank", event_id=name)
        self.facts.append((f"d{number}/EUR", fact))

    def works(self, engine: DunningEngine) -> list[str]:
        """Decide and hand over until nothing is left, however often the database is in the way."""
        engine.advance()
        return [handover.fate.value for handover in engine.dispatch()]

    def tries(self, act: Callable[[], object]) -> str:
        """Do something; in whose way the database was, in its words."""
        try:
            act()
        except (ForeignError, Conflict) as error:
            return str(error)
        return ""

    def goes_on(self, engine: DunningEngine, days: int = 12) -> None:
        """The trouble is over, and days go by."""
        for _ in range(days):
            self.clock.move_to(self.clock.now() + DAY_SECONDS)
            self.works(engine)

    def broken(self, engine: DunningEngine) -> list[Violation]:
        """Every promise that was not kept, at rest."""
        with engine.transaction() as connection:
            store: Any = engine._store
            with store.transaction(connection) as tx:
                evidence = Evidence.read(tx, [POLICY], effects=self.effects, acknowledged=self.facts)
        return list(violations(evidence))
