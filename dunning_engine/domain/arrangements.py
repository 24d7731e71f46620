"""Reasons to wait: disputes, promises, plans, and what stops a case; each a value with a start and an end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Day, Instant


class HoldReason(Enum):
    """Why a case, or one receivable of it, waits; the value is the word that facts use."""

    DISPUTE = "dispute"
    PLAN = "plan"
    MANUAL = "hold"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    CEASE = "cease"
    ATTORNEY = "attorney"


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason to wait from an instant on, for one invoice or the whole case, until it is lifted."""

    reason: HoldReason
    start: Instant
    end: Instant | None = None
    invoice: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseToPay:
    """The debtor's word to pay an amount (minor units) by the end of a day; whether it was kept follows from payments."""

    amount: int
    by: Day
    made_at: Instant
