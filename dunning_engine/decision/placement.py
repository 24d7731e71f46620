"""Whether what is owed is with an agency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.decision.revisions import in_run
from dunning_engine.domain import placements
from dunning_engine.policy.model import Lead

if TYPE_CHECKING:
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.policy.model import Policy


def placed(case: Case, policy: Policy, standing: Standing) -> bool:
    """Whether the debt of the present run, or of one of them where each receivable has its own, is with an agency."""
    each = policy.lead is Lead.EACH
    runs = [receivable.number for receivable in standing.free] if each else [standing.run]
    made = placements.placed(case)
    return made is not None and any(in_run(made.key.cycle, run, case) for run in runs)
