"""The least that has to be overdue before anybody is asked for it, by currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.policy.model import Policy


def too_little(case: Case, policy: Policy, standing: Standing) -> str:
    """Why what is overdue is not asked for yet; empty where it is, and of what is not due yet.

    A currency without a minimum has none: nothing is converted.
    """
    least = policy.minimum.get(case.currency, 0)
    lead = standing.lead
    if lead is None or lead.due >= standing.today or standing.overdue >= least:
        return ""
    return f"less than the minimum of {Money.of_minor(least, case.currency)} is overdue"
