"""Whether a proposal was left without an answer, and the day on which that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.domain.events import ReceiptKind
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import EVERY_DAY, day_start, local_day
from dunning_engine.kernel.spans import Span, add

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Condition, Policy


def unanswered_on(condition: Condition, case: Case, standing: Standing) -> Day | None:
    """The first day on which the latest proposal (of a kind) is unanswered for so long; `None` where it was answered.

    Also where none has gone out. Days on which the clock of the case stood still do not count.
    """
    about = f"propose {condition.value}"
    made = [
        delivery
        for delivery in case.deliveries.values()
        if delivery.do is Do.PROPOSE
        and delivery.sent_at is not None
        and ReceiptKind.BOUNCED.value not in delivery.outcomes
        and delivery.words.startswith(about)
        and standing.counts(delivery, case)
    ]
    sent, latest = max(((d.sent_at or 0, d.key) for d in made), key=lambda one: one[0], default=(0, None))
    if latest is None:
        return None
    together = [d for d in made if (d.key.step, d.key.occurrence) == (latest.step, latest.occurrence)]
    if any(ReceiptKind.ANSWERED.value in delivery.outcomes for delivery in together):
        return None
    return add(local_day(sent, standing.zone), Span(condition.count), EVERY_DAY, standing.held)


def patience_ends(case: Case, policy: Policy, standing: Standing) -> Iterator[Instant]:
    """When time alone makes a proposal one that was unanswered for as long as some step asks; not while the case waits."""
    for condition in policy.answers_awaited if not standing.paused else ():
        day = unanswered_on(condition, case, standing)
        if day is not None and day > standing.today:
            yield day_start(day, policy.zone)
