"""A person's word on an action that waits for it, checked and turned into an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused
from dunning_engine.domain.deliveries import BOTH, Delivery, DeliveryState
from dunning_engine.domain.given import given_text
from dunning_engine.kernel.errors import NotFound, UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


def approve(
    case: Case, policy: Policy, action_id: str, *, by: str, role: str, now: Instant, seen: str = ""
) -> ApprovalGranted:
    """The event of an approval; `seen` is the digest of the question that the person read, where they tell it.

    Raises:
        UsageError: nothing waits for this answer, it came too late, the role is not the one that was asked, or the
            action has changed since the person read of it.
    """
    delivery = _asked(case, policy, action_id, by=by, role=role, now=now)
    if seen not in ("", delivery.digest):
        raise UsageError(f"action {action_id} has changed since it was read: look at what waits now, and answer that")
    if role not in delivery.awaits:
        raise UsageError(f"action {action_id} has the agreement of {role}: it waits for {BOTH.join(delivery.awaits)}")
    _four_eyes(case, delivery, by.strip())
    return ApprovalGranted(action_id, delivery.digest, by.strip(), role)


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
    if step.approval is not None and role not in step.approval.roles:
        raise UsageError(f"action {action_id} waits for the role {step.approval.words}, not {role}")
    given_text(by, "an approval needs the person's name", "pass by=…")
    return delivery


def _four_eyes(case: Case, delivery: Delivery, by: str) -> None:
    """Refuse who asked for the action themselves: by forcing its step, by setting the ladder back, by the case's policy."""
    mine = [
        f"forced {f.step}"
        for f in case.forced
        if (f.cycle, f.step, f.by) == (delivery.key.cycle, delivery.key.step, by)
    ]
    mine += [mark.why for mark in case.set_backs if mark.by == by and mark.at <= delivery.changed_at]
    if case.assigned_by == by:
        mine.append(f"moved the case to {case.policy.name} version {case.policy.version}")
    if mine:
        raise UsageError(f"{by} asked for {delivery.words} ({mine[0]}): another person has to approve it")
    if by in delivery.approvers:
        raise UsageError(f"{by} has agreed to {delivery.words} for another role: a second person has to")
