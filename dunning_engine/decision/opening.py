"""Whether a policy is for this receivable: `applies_to`, tested once, when it comes in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dunning_engine.decision.conditions import failing, words
from dunning_engine.decision.standing import stand
from dunning_engine.domain.case import fold
from dunning_engine.domain.events import CaseOpened, ReceivableAdded, Recorded

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.domain.screening import Settled
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


def misfit(policy: Policy, debtor: Party, invoice: Invoice, at: Instant, history: tuple[Settled, ...] = ()) -> str:
    """The condition of `applies_to` that a receivable does not meet, as written; empty where it fits."""
    if not policy.applies_to:
        return ""
    alone = fold(
        "applies-to",
        (
            Recorded(1, at, at, CaseOpened(debtor, policy.ref)),
            Recorded(2, at, at, ReceivableAdded(invoice)),
        ),
    )
    alone = replace(alone, history=history) if history else alone
    false = failing(policy.applies_to, alone, stand(alone, policy, at))
    return words(false) if false is not None else ""
