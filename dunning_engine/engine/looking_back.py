"""What was known when: the part of a history on which a decision of the past rested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.domain.approval_events import ApprovalRequested
from dunning_engine.domain.contacts import ContactLog
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    DeliveryArmed,
    Recorded,
    StatusChanged,
    StepSkipped,
)
from dunning_engine.domain.ledger_events import ChargeOmitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant

_OURS: Final = (
    ActionBlocked, ActionCancelled, ActionCleared, ActionDeferred, ApprovalRequested, ChargeOmitted, DeliveryArmed,
    StatusChanged, StepSkipped,
)  # fmt: skip
"""What only the engine writes: the first of them at an instant is where a decision was taken."""


def acted(history: Sequence[Recorded], first: Instant, last: Instant) -> Instant | None:
    """The first instant of a stretch at which the engine did something about a case."""
    return next((r.recorded_at for r in history if first <= r.recorded_at <= last and isinstance(r.event, _OURS)), None)


def known_at(history: Sequence[Recorded], at: Instant) -> tuple[Instant, Sequence[Recorded]]:
    """The decision that an instant asks about: when it was taken, and what was known before it.

    Where the engine acted at that very instant it is the decision that led to this: for a hand-over, the one that
    cleared the action. Anywhere else it is a look at that instant, on everything known by then.
    """
    for number, recorded in enumerate(history):
        if recorded.recorded_at > at:
            return at, history[:number]
        if recorded.recorded_at == at and isinstance(recorded.event, _OURS):
            if isinstance(recorded.event, DeliveryArmed):
                return known_at(history, _cleared_at(history[:number], recorded.event.action_id))
            return at, history[:number]
    return at, history


def _cleared_at(history: Sequence[Recorded], action_id: str) -> Instant:
    return max(r.recorded_at for r in history if isinstance(r.event, ActionCleared) and r.event.action.id == action_id)


def contacts_by(case: Case, log: ContactLog, at: Instant) -> ContactLog:
    """The debtor's contacts before an instant, and this case's own of the instant itself as far as it knows of them."""
    return ContactLog((*(c for c in log if c.at < at), *(c for c in case.contacts if c.at == at)))
