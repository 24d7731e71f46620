"""What people are asked about an action, what they answer, and which rules they set aside for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """An action waits for a person with a role (for one with each: `a and b`); `digest` binds the answer to exactly this action."""

    action: ProposedAction
    role: str
    digest: str
    expires: Instant


@dataclass(frozen=True, slots=True)
class ApprovalGranted:
    """A person agreed to the action with this digest, for a role; without one for every role that was asked."""

    action_id: str
    digest: str
    by: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalRefused:
    """A person refused the action; its step is skipped."""

    action_id: str
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OverrideGranted:
    """A person set rules aside for one action, and says why: never a prohibition, never a rule of the house."""

    action_id: str
    rules: tuple[str, ...]
    by: str
    reason: str


ApprovalEvent: TypeAlias = ApprovalRequested | ApprovalGranted | ApprovalRefused | OverrideGranted
