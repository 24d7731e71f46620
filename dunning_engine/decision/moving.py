"""A case on its way to another policy version: whether it may go, and what happens to it when it does.

Nothing that was sent is sent again: deliveries count for the steps that the map names. What has not left yet is taken
back unless the new version has the very same action; approvals are void, since they were given under the old version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.decision.opening import misfit
from dunning_engine.decision.progress import Progress
from dunning_engine.decision.revisions import skipped_steps
from dunning_engine.decision.standing import stand
from dunning_engine.domain.case import fold
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ActionCancelled, Event, Recorded, StepSkipped
from dunning_engine.domain.receivables import Invoice
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.kernel.calendar import LocalDate
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy

WAITING = frozenset({DeliveryState.DEFERRED, DeliveryState.AWAITING, DeliveryState.APPROVED, DeliveryState.CLEARED})
"""States of an action that was decided and has not left yet."""

WHY = "its case moved to another version of the policy"


def unmapped(case: Case, old: Policy | None, new: Policy, steps: Mapping[str, str]) -> tuple[str, ...]:
    """Steps of the old version (or, where nobody has it any more, of the case) for which there is none in the new one."""
    known = dict.fromkeys(step.name for step in old.steps) if old is not None else {}
    done = dict.fromkeys(delivery.key.step for delivery in case.deliveries.values() if delivery.key.step)
    return tuple(name for name in {**known, **done} if name not in steps and name not in new.index)


def refusal(case: Case, old: Policy | None, new: Policy, steps: Mapping[str, str]) -> str:
    """Why a case cannot be moved; empty where it can."""
    if missing := unmapped(case, old, new, steps):
        names = ", ".join(missing)
        return f"{new.name} version {new.version} has no step {names}: say what each has become, or that it has no counterpart"
    if old is not None and old.unit is not new.unit:
        return f"it is a case per {old.unit.value}, and {new.name} version {new.version} makes one per {new.unit.value}"
    for receivable in case.receivables:
        if receivable.open > 0 and (words := _unfit(case, receivable, new)):
            return (
                f"invoice {receivable.number} does not fit {new.name} version {new.version}, which applies to “{words}”"
            )
    return ""


def _unfit(case: Case, receivable: Receivable, new: Policy) -> str:
    """The condition of `applies_to` that an invoice of the case would not meet if it came in today."""
    invoice = Invoice(
        receivable.number,
        Money.of_minor(receivable.amount, case.currency),
        due=LocalDate.fromordinal(receivable.due),
        issued=LocalDate.fromordinal(receivable.issued),
    )
    return misfit(new, case.debtor, invoice, receivable.added_at)


def moving(
    case: Case,
    new: Policy,
    steps: Mapping[str, str],
    *,
    outbox: Collection[str],
    now: Instant,
    by: str = "",
    reason: str = "",
    start_at: str = "",
) -> tuple[Event, ...]:
    """The events of a move; `outbox` are the actions that may still be taken back.

    With `start_at` the ladder stands right before this step of the new version: earlier ones are passed over.
    """
    events: list[Event] = []
    if case.policy.hash != new.hash:
        named = tuple(sorted((name, target) for name, target in steps.items() if name != target))
        events.append(PolicyAssigned(new.ref, named, by, reason, new.terms))
        events += [
            ActionCancelled(delivery.id, WHY)
            for delivery in case.deliveries.values()
            if (delivery.state in WAITING or delivery.id in outbox) and not _kept(delivery, new, steps)
        ]
    if start_at:
        events += _passed_over(moved(case, events, now), new, start_at, now, by)
    return tuple(events)


def moved(case: Case, events: Collection[Event], now: Instant) -> Case:
    """The case after some events that happen now."""
    return fold(case.id, (Recorded(case.seq + number, now, now, event) for number, event in enumerate(events, 1)), case)


def _kept(delivery: Delivery, new: Policy, steps: Mapping[str, str]) -> bool:
    """Whether the new version has the very same action, asked of nobody, in the step of the same name."""
    name = delivery.key.step
    if steps.get(name, name) != name or name not in new.index:
        return False
    step = new.steps[new.index[name]]
    same = any(
        (spec.slot, spec.words) == (delivery.key.slot, delivery.words) for choice in step.actions for spec in choice
    )
    return same and step.approval is None and delivery.state not in (DeliveryState.AWAITING, DeliveryState.APPROVED)


def _passed_over(case: Case, new: Policy, start_at: str, now: Instant, by: str) -> Iterator[Event]:
    standing = stand(case, new, now)
    progress, skipped = Progress(case, new, standing), skipped_steps(case, new, standing.run, standing.anew)
    for step in new.steps[: new.index[start_at]]:
        if not progress.has_begun(step.name) and step.name not in skipped:
            yield StepSkipped(standing.cycle, step.name, now, f"moved to {start_at} by hand", by)
