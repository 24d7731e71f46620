"""A person's word on an action that waits for it, checked and turned into an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.events import ApprovalGranted, ApprovalRefused
from dunning_engine.kernel.errors import NotFound, UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


def approve(case: Case, policy: Policy, action_id: str, *, by: str, role: str, now: Instant) -> ApprovalGranted:
    """The event of an approval.

    Raises:
        UsageError: nothing waits for this answer, it came too late, or the role is not the one that was asked.
    """
    delivery = _asked(case, policy, action_id, by=by, role=role, now=now)
    return ApprovalGranted(action_id, delivery.digest, by)


def refuse(
    case: Case, policy: Policy, action_id: str, *, by: str, role: str, now: Instant, note: str = ""
) -> ApprovalRefused:
    """The event of a refusal; raises as `approve` does."""
    _asked(case, policy, action_id, by=by, role=role, now=now)
    return ApprovalRefused(action_id, by, note)


def _asked(case: Case, policy: Policy, action_id: str, *, by: str, role: str, now: Instant) -> Delivery:
    delivery = case.deliveries.get(action_id)
    if delivery is None:
        raise NotFound(f"case {case.id} has no action {action_id}")
    if delivery.state is not DeliveryState.AWAITING:
        raise UsageError(f"action {action_id} is {delivery.state.value}: nobody was asked to approve it")
    if delivery.until is not None and now >= delivery.until:
        raise UsageError(f"the question about action {action_id} has expired: advance the engine and it asks again")
    step = policy.steps[policy.index[delivery.key.step]]
    if step.approval is not None and role != step.approval.role:
        raise UsageError(f"action {action_id} waits for the role {step.approval.role}, not {role}")
    if not by:
        raise UsageError("an approval needs the person's name: pass by=…")
    return delivery
