"""Money that a dispute had kept waiting: once the last day of the dispute is over, it settles what was disputed.

The ledger knows no zones and so not when a day is over: to it such a dispute stands until somebody lifts it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dunning_engine.decision.waiting import ending
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.ledger import balanced

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


def freed(case: Case, policy: Policy, now: Instant) -> Case:
    """The case with disputes ended whose last day is over, and its ledger played anew where there are any."""
    holds = []
    for hold in case.holds:
        over = ending(hold, case, policy) if hold.reason is HoldReason.DISPUTE and hold.until is not None else None
        holds.append(hold if over is None or over > now or over == hold.end else replace(hold, end=over))
    return case if tuple(holds) == case.holds else balanced(replace(case, holds=tuple(holds)))
