"""Which receivables an action asks to be paid: never more than what the debtor was told of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.decision.revisions import in_run
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import local_day
from dunning_engine.policy.model import AnchorKind, Lead

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.actions import ActionSpec
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Day
    from dunning_engine.policy.model import Policy, Step


def claimed(case: Case, policy: Policy, standing: Standing, step: Step, spec: ActionSpec) -> Sequence[Receivable]:
    """What an action asks for: an ultimatum only what was reminded of, a hand-off only what was demanded before."""
    overdue = standing.claimed
    if step.deadline is None and spec.reaches_debtor:
        return overdue
    placing = _hands_over(policy, step, spec)
    if len(overdue) < 2 and not placing:
        return overdue
    sent = _sent(case, policy, standing)
    if not sent:
        return overdue
    ultimatum = step.when.step if step.when.kind is AnchorKind.AFTER_EXPIRY else None
    if placing:
        demands = [delivery for _day, delivery in sent if delivery.key.step == ultimatum]
        return _demanded(overdue, demands) if demands else [r for r in overdue if r is standing.lead]
    named = _named(case, sent, ultimatum)
    return [r for r in overdue if r.number in named or r is standing.lead]


def undemanded(case: Case, policy: Policy, standing: Standing, step: Step, spec: ActionSpec) -> str:
    """Why a hand-off has nothing to hand over; empty where it has."""
    if not _hands_over(policy, step, spec) or claimed(case, policy, standing, step, spec):
        return ""
    return f"the step {step.when.step} demanded nothing of what is overdue now"


def _hands_over(policy: Policy, step: Step, spec: ActionSpec) -> bool:
    """Whether an action hands over what an ultimatum demanded; where each receivable has a ladder, its own did."""
    return spec.do is Do.HAND_OFF and step.when.kind is AnchorKind.AFTER_EXPIRY and policy.lead is not Lead.EACH


def _demanded(overdue: Sequence[Receivable], demands: Iterable[Delivery]) -> Sequence[Receivable]:
    named = {number for delivery in demands for number in delivery.invoices}
    return [receivable for receivable in overdue if receivable.number in named]


def _sent(case: Case, policy: Policy, standing: Standing) -> list[tuple[Day, Delivery]]:
    """The messages of this run that were sent, each with its day."""
    return [
        (local_day(d.sent_at, policy.zone), d)
        for d in case.deliveries.values()
        if d.sent_at is not None and d.channel is not None and in_run(d.key.cycle, standing.run, case)
    ]


def _named(case: Case, sent: Iterable[tuple[Day, Delivery]], ultimatum: str | None) -> frozenset[str]:
    """Invoices that messages named when they were past due; after an ultimatum only its own demand counts."""
    dues = {receivable.number: receivable.due for receivable in case.receivables}
    return frozenset(
        number
        for day, delivery in sent
        for number in delivery.invoices
        if ultimatum in (None, delivery.key.step) and dues.get(number, day) < day
    )
