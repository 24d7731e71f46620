"""What a message says of the ladders of its invoices: at which step each stands, and how many messages there were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.decision.revisions import run_of
from dunning_engine.domain.parties import Channel

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case


def level_of(action: ProposedAction, case: Case, number: str) -> str:
    """The step at which an invoice stands in a message; empty for one that it does not ask for."""
    if number not in action.invoices:
        return ""
    return next((key.step for key in action.levels if run_of(key.cycle, case) == number), action.step)


def messages_about(action: ProposedAction, case: Case, number: str) -> int:
    """How many messages about an invoice went out before this one; calls do not count."""
    return sum(
        d.sent_at is not None and d.channel not in (None, Channel.CALL) and number in d.invoices and not d.into
        for d in case.deliveries.values()
        if d.id != action.id
    )
