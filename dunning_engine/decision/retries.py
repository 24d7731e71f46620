"""What is known when a declined payment is to be tried again, and the house rules about it.

How often the schemes allow it is the rulebook `cards/retries`; the gate is told here what failed, and when it was tried.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from dunning_engine.compliance.rulebook import Confidence
from dunning_engine.compliance.verdict import Blocked, Reason
from dunning_engine.domain.declines import Decline
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.verbs import Do

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.docket import Fact
    from dunning_engine.kernel.calendar import Instant


def untriable(action: ProposedAction, case: Case) -> Blocked | None:
    """Why a payment is not tried again whatever its scheme says: nothing failed, or the card has expired."""
    if not case.declines:
        return _house(action, "house/nothing-failed", "no payment of this case has failed")
    if case.declines[-1].decline is Decline.EXPIRED_CARD:
        words = "a card that has expired is not tried again: the debtor has to name another"
        return _house(action, "house/expired-card", words)
    return None


def _house(action: ProposedAction, rule: str, words: str) -> Blocked:
    return Blocked(action, (Reason(rule, words, confidence=Confidence.HOUSE.value),))


def failure(case: Case) -> dict[str, Fact]:
    """The last failure in the words of the docket."""
    last = case.declines[-1]
    return {"scheme": last.scheme.value, "decline": last.decline.term}


def tries(case: Case, besides: str) -> tuple[Instant, ...]:
    """When a failed payment was tried again, whoever did it; but for the try that is asked about."""
    made = (d for d in case.deliveries.values() if d.do is Do.RETRY and d.id != besides)
    ours = [d.armed_at for d in made if d.armed_at is not None and d.state is not DeliveryState.CANCELLED]
    return (*ours, *_by_others(case, ours))


def _by_others(case: Case, ours: list[Instant]) -> Iterator[Instant]:
    """Declines of tries that the host made itself: no try of ours lies between one and the decline before it."""
    for before, later in itertools.pairwise(sorted(declined.at for declined in case.declines)):
        if not any(before < at <= later for at in ours):
            yield later
