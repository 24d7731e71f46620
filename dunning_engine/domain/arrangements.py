"""Reasons to wait: disputes, promises, plans, and what stops a case; each a value with a start and an end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class HoldMark:
    """The beginning or end of a hold, as it was told."""

    at: Instant
    seq: int
    reason: HoldReason
    invoice: str | None
    lifted: bool


def holds_of(marks: Iterable[HoldMark]) -> tuple[Hold, ...]:
    """Marks in order of time as stretches; a hold that is placed twice is one, and lifting all ends each."""
    holds: list[Hold] = []
    for mark in marks:
        standing = [i for i, hold in enumerate(holds) if hold.reason is mark.reason and hold.end is None]
        if mark.lifted:
            for i in standing:
                if mark.invoice in (None, holds[i].invoice):
                    holds[i] = replace(holds[i], end=mark.at)
        elif all(holds[i].invoice != mark.invoice for i in standing):
            holds.append(Hold(mark.reason, mark.at, None, mark.invoice))
    return tuple(holds)
