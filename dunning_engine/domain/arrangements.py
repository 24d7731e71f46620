"""Reasons to wait: disputes, promises, hardship, and what stops a case; each a value with scope, start, end and rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.values import Token

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Day, Instant


class HoldReason(Token):
    """Why a case, or one receivable of it, waits; the value is the word that facts use."""

    DISPUTE = "dispute"
    PLAN = "plan"
    MANUAL = "hold"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    CEASE = "cease"
    ATTORNEY = "attorney"
    HARDSHIP = "hardship"
    IDENTITY_THEFT = "identity theft"


class Resume(Enum):
    """Where the ladder goes on when a reason to wait is over."""

    CONTINUE = "continue"
    RESTART = "restart"
    BACK = "back one step"


class Clock(Enum):
    """Whether the days of a wait count towards the days of the ladder."""

    STOPS = "clock stops"
    RUNS = "clock runs"


class DisputeOutcome(Enum):
    """How a dispute ended; what is still owed follows from the money, not from this word."""

    UPHELD = "upheld"
    """The debtor was right: what the invoice is too high by is taken off by a credit note of its own."""
    REJECTED = "rejected"
    CREDITED = "credited"


WHOLE: Final = 1 << 62
"""The disputed amount of an invoice that is disputed altogether: more than any invoice is over."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A reason to wait from an instant on, for one invoice or the whole case, until it is lifted or its last day is over.

    `amount` (minor units) is the disputed part of an invoice; `channel` lets only contacts by this channel wait;
    `resume` and `clock` stand for this hold instead of the policy's words; `answered` is when a dispute was answered.
    """

    reason: HoldReason
    start: Instant
    end: Instant | None = None
    invoice: str | None = None
    until: Day | None = None
    amount: int | None = None
    channel: Channel | None = None
    resume: Resume | None = None
    clock: Clock | None = None
    answered: Instant | None = None
    outcome: DisputeOutcome | None = None
    by: str = ""
    note: str = ""

    def same_as(self, other: Hold) -> bool:
        """Whether another hold says the same, so that placing it twice is placing it once."""
        mine, theirs = ((h.reason, h.invoice, h.until, h.amount, h.channel, h.resume, h.clock) for h in (self, other))
        return mine == theirs


@dataclass(frozen=True, slots=True)
class PromiseToPay:
    """The debtor's word to pay an amount (minor units) by the end of a day, for one invoice or any.

    Whether it was kept follows from payments.
    """

    amount: int
    by: Day
    made_at: Instant
    invoice: str | None = None


class HoldNews(Enum):
    """What was told about a hold."""

    PLACED = "placed"
    LIFTED = "lifted"
    BROKEN = "broken"
    """Of a plan: over, because the debtor did not keep to it."""
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class HoldMark:
    """The beginning, end or answer of a hold, as it was told; `hold` says which and how."""

    at: Instant
    seq: int
    told: HoldNews
    hold: Hold
    live: bool = False
    """Whether it was told as of now, rather than of another time."""


def holds_of(marks: Iterable[HoldMark]) -> tuple[Hold, ...]:
    """Marks in order of time as stretches; a hold that is placed twice is one, and lifting all ends each.

    Words about one hold at the same instant replace each other as they were told: who lifts a hold and places it anew
    within a second wants it to stand. Holds of different reasons stand side by side, whichever was told first.
    What was told before a hold was placed as of now does not end it, even where its time is later: the clock went back.
    """
    holds: list[Hold] = []
    since: list[int] = []
    for mark in marks:
        standing = [i for i, hold in enumerate(holds) if hold.reason is mark.hold.reason and hold.end is None]
        if mark.told is HoldNews.PLACED:
            if not any(holds[i].same_as(mark.hold) for i in standing):
                holds.append(replace(mark.hold, start=mark.at))
                since.append(mark.seq if mark.live else 0)
            continue
        for i in (i for i in standing if _meant(mark.hold, holds[i]) and mark.seq >= since[i]):
            holds[i] = _answered(holds[i], mark) if mark.told is HoldNews.ANSWERED else _closed(holds[i], mark)
    return tuple(sorted(holds, key=_place)) if len(holds) > 1 else tuple(holds)


def _place(hold: Hold) -> tuple[Instant, str]:
    return hold.start, hold.reason.value


def _meant(told: Hold, hold: Hold) -> bool:
    """Whether what was told of an invoice or a channel, or of neither, is about a hold."""
    return told.invoice in (None, hold.invoice) and told.channel in (None, hold.channel)


def _closed(hold: Hold, mark: HoldMark) -> Hold:
    return replace(hold, end=mark.at, outcome=mark.hold.outcome)


def _answered(hold: Hold, mark: HoldMark) -> Hold:
    return hold if hold.answered is not None else replace(hold, answered=mark.at)


class Disputed(NamedTuple):
    """What is disputed at an instant: amounts by invoice in minor units; `WHOLE` is all of it."""

    all: bool
    by_invoice: dict[str, int]

    def of(self, invoice: str) -> int:
        """The disputed amount of an invoice; `WHOLE` where that is all of it."""
        return WHOLE if self.all else self.by_invoice.get(invoice, 0)


UNDISPUTED: Final = Disputed(all=False, by_invoice={})


def disputed(holds: Iterable[Hold]) -> Disputed:
    """What some holds in force dispute; disputes of several parts of an invoice add up."""
    amounts: dict[str, int] = {}
    everything = False
    for hold in holds:
        if hold.reason is not HoldReason.DISPUTE or hold.channel is not None:
            continue
        if hold.invoice is None:
            everything = True
        else:
            part = WHOLE if hold.amount is None else hold.amount
            amounts[hold.invoice] = min(WHOLE, amounts.get(hold.invoice, 0) + part)
    return Disputed(everything, amounts)


def disputed_at(holds: Iterable[Hold], at: Instant) -> Disputed:
    """What was disputed at an instant, for whoever allocates money: none goes to a disputed amount.

    A dispute with a last day counts until it is lifted here: which instant its day ends at is the policy's to say.
    """
    return disputed(hold for hold in holds if hold.start <= at and (hold.end is None or at < hold.end))
