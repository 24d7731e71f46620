"""What becomes a fact of the case because an action was done: a balance that was written off is owed no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.domain.events import Event, ReceiptKind
from dunning_engine.domain.ledger_events import WrittenOff
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction


def consequences(action: ProposedAction, kind: ReceiptKind) -> tuple[Event, ...]:
    """The facts that the receipt of an action brings with it."""
    if action.spec.do is not Do.WRITE_OFF or kind not in (ReceiptKind.SENT, ReceiptKind.DELIVERED):
        return ()
    amount = Money.of_minor(action.amount, action.currency)
    return (WrittenOff(amount, by=f"step {action.step}", source="write_off", event_id=action.id),)
