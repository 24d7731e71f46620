"""What tests of several folders put into an engine: an adapter that only remembers, texts without templates, an invoice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from dunning_engine.domain.parties import Channel
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent


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
        assert case.id == action.case_id
        text = f"{creditor.id} asks for {action.amount} by {policy.name} at {at}"
        text += f", enclosing {enclosures}" if enclosures else ""
        return SimpleNamespace(subject=action.spec.name, text=text, language="en")


def invoice(number: str = "INV-1", amount: str = "240.00", due: str = "2026-03-02", currency: str = "EUR") -> Invoice:
    return Invoice(number, Money(amount, currency), due=due, issued="2026-02-02")
