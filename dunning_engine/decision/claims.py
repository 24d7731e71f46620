"""Which receivables an action asks to be paid: never more than what the debtor was told of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.decision.revisions import in_run
from dunning_engine.kernel.calendar import local_day
from dunning_engine.policy.model import AnchorKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.actions import ActionSpec
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.policy.model import Policy, Step


def claimed(case: Case, policy: Policy, standing: Standing, step: Step, spec: ActionSpec) -> Sequence[Receivable]:
    """What an action asks for: an ultimatum only what was reminded of, a hand-off only what was demanded before."""
    overdue = standing.claimed
    if (step.deadline is None and spec.reaches_debtor) or len(overdue) < 2:
        return overdue
    named = _named(case, policy, standing, step)
    return overdue if named is None else [r for r in overdue if r.number in named or r is standing.lead]


def _named(case: Case, policy: Policy, standing: Standing, step: Step) -> frozenset[str] | None:
    """Invoices that messages of this run named when they were past due; `None` where nothing was sent yet.

    After an ultimatum only its own demand counts.
    """
    ultimatum = step.when.step if step.when.kind is AnchorKind.AFTER_EXPIRY else None
    dues = {receivable.number: receivable.due for receivable in case.receivables}
    sent = [
        (local_day(d.sent_at, policy.zone), d)
        for d in case.deliveries.values()
        if d.sent_at is not None and d.channel is not None and in_run(d.key.cycle, standing.run, case)
    ]
    if not sent:
        return None
    return frozenset(
        number
        for day, delivery in sent
        for number in delivery.invoices
        if ultimatum in (None, delivery.key.step) and dues.get(number, day) < day
    )
