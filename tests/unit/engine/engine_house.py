"""An engine on each store, and a policy small enough to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shop import PlainWords, Sink, invoice

from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.policy.model import Policy
from dunning_engine.ports.store import Store

__all__ = ["POLICY", "House", "PlainWords", "Sink", "ann", "invoice"]

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
    when: 10 days after reminder
    send: sms warning
  - step: agency
    when: 10 days after warning
    hand_off: agency acme
    approval: manager
"""


class House:
    """An engine with everything that a test wants to touch."""

    def __init__(self, store: Store) -> None:
        self.store, self.sink, self.clock = store, Sink(), FixedClock("2026-03-01")
        self.policies: Sequence[Policy] = [policy_of(POLICY, "shop.yaml")]
        self.engine = self.reopen()

    def reopen(self, **settings: Any) -> DunningEngine:
        known = {"policies": self.policies, "adapters": [self.sink], "clock": self.clock, "renderer": PlainWords()}
        self.engine = DunningEngine.open(self.store, **{**known, **settings})
        return self.engine

    def follows(self, words: str) -> None:
        """Take another policy, in a version of its own."""
        self.policies = [policy_of(words.replace("version: 1", "version: 2"), "shop.yaml")]
        self.reopen()

    def opens(self, *invoices: Invoice, debtor: Party | None = None, **more: Any) -> str:
        owed = invoices or (invoice(),)
        return self.engine.open_case(debtor or ann(), owed, "shop", **more).id

    def moves(self, when: str) -> list[str]:
        """Let it become later, decide, hand over; what became of each action."""
        self.clock.move_to(when)
        self.engine.advance()
        return [f"{handover.action.spec.words}: {handover.fate.value}" for handover in self.engine.dispatch()]

    def states(self) -> dict[str, str]:
        """How far every action in the outbox has come."""
        return {row.action.step: row.state.value for row in self.engine.outbox()}


def ann(identity: str = "ann") -> Party:
    return Party.consumer(identity, email="ann@example.com", phone="+4930123456", country="DE", zone="Europe/Berlin")
