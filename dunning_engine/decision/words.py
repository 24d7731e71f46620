"""One word for where a case stands, for lists and for those who ask: upcoming, due, in grace, overdue and more."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from dunning_engine.decision.schedule import Ladder
from dunning_engine.decision.standing import stand
from dunning_engine.domain.case import CaseStatus
from dunning_engine.kernel.spans import add

if TYPE_CHECKING:
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


class Word(Enum):
    """Where a case stands at an instant; derived, and never stored."""

    UPCOMING = "upcoming"
    DUE = "due"
    """Today is the due date."""
    IN_GRACE = "in grace"
    OVERDUE = "overdue"
    FINAL = "final"
    """The last step is done and nothing more comes by itself."""
    PAUSED = "paused"
    PLACED = "placed"
    CLOSED = "closed"


def word_of(case: Case, policy: Policy, now: Instant) -> Word:
    """The word for a case."""
    standing = stand(case, policy, now)
    if standing.settled or standing.stopped:
        return Word.CLOSED
    lead = standing.lead
    if standing.paused:
        return Word.PAUSED
    if lead is None:
        return Word.UPCOMING
    if case.status is CaseStatus.PLACED:
        return Word.PLACED
    if standing.today <= lead.due:
        return Word.DUE if standing.today == lead.due else Word.UPCOMING
    if policy.grace is not None and standing.today <= add(lead.due, policy.grace, policy.calendar, standing.held):
        return Word.IN_GRACE
    return Word.FINAL if _exhausted(case, policy, standing, lead) else Word.OVERDUE


def _exhausted(case: Case, policy: Policy, standing: Standing, lead: Receivable) -> bool:
    """Whether the ladder has been climbed and waits for nothing."""
    ladder = Ladder(case, policy, standing, lead)
    look = ladder.look()
    return ladder.progress.begun >= 0 and not (look.due or look.next or look.waits_for or look.again)
