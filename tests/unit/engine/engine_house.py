"""An engine on each store, a policy small enough to read, and an adapter that only remembers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Policy
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent
from dunning_engine.ports.store import Store

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


@dataclass
class Sink:
    """An adapter that keeps what it was given and answers what it was told to."""

    answer: Callable[[Message], Outcome] = lambda message: Sent(f"ref-{message.action_id[:4]}")
    handles: frozenset[Channel | str] = frozenset({Channel.EMAIL, Channel.SMS, "agency"})
    name: str = "sink"
    capability: Capability = Capability.NONE
    got: list[Message] = field(default_factory=list)

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        self.got.append(message)
        return self.answer(message)

    @property
    def words(self) -> list[str]:
        return [message.action.spec.words for message in self.got]


class PlainWords:
    """Texts that only say what they are about, so that tests need no templates."""

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
    ) -> Any:
        assert (case.id, obligations) == (action.case_id, ())
        text = f"{creditor.id} asks for {action.amount} by {policy.name} at {at}"
        text += f", enclosing {enclosures}" if enclosures else ""
        return SimpleNamespace(subject=action.spec.name, text=text, language="en")


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


def invoice(number: str = "INV-1", amount: str = "240.00", due: str = "2026-03-02", currency: str = "EUR") -> Invoice:
    return Invoice(number, Money(amount, currency), due=due, issued="2026-02-02")
