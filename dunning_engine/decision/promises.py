"""What became of promises to pay: kept, partly kept or broken follows from the money, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from dunning_engine.decision.ends import over_after

if TYPE_CHECKING:
    from dunning_engine.domain.arrangements import PromiseToPay
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.arranged import PromiseRules
    from dunning_engine.policy.model import Policy


class PromiseState(Enum):
    """How a promise stands at an instant."""

    OPEN = "open"
    KEPT = "kept"
    PARTLY = "partly kept"
    """Some of it came in time, not all: broken, but not wholly."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class PromiseCourse:
    """A promise from its making to its end, as the money known so far has it.

    `paid` is what had come by then; `beyond` says why it lets nothing wait, empty where it does.
    """

    promise: PromiseToPay
    end: Instant
    paid: int
    kept: bool
    beyond: str = ""

    def state(self, now: Instant) -> PromiseState:
        """Kept at the payment that makes it whole; broken once its last day, and what is tolerated after it, is over."""
        if now < self.end:
            return PromiseState.OPEN
        if self.kept:
            return PromiseState.KEPT
        return PromiseState.PARTLY if self.paid > 0 else PromiseState.BROKEN

    def broken(self, now: Instant) -> bool:
        """Whether it was not wholly kept."""
        return not self.kept and self.end <= now


def promise_courses(case: Case, policy: Policy) -> tuple[PromiseCourse, ...]:
    """What became of every promise, in the order in which they were made."""
    courses: list[PromiseCourse] = []
    for promise in case.promises:
        course = _course(promise, case, policy)
        courses.append(replace(course, beyond=_beyond(course, courses, policy.arranged.promises)))
    return tuple(courses)


def _course(promise: PromiseToPay, case: Case, policy: Policy) -> PromiseCourse:
    """Money that went back before the end does not keep a promise."""
    over = over_after(promise.by, policy.arranged.promises.tolerance, case, policy)
    paid, kept = 0, None
    for entry in sorted(case.entries, key=lambda e: e.at):
        if promise.made_at <= entry.at < over and (promise.invoice is None or entry.invoice in (None, promise.invoice)):
            paid += entry.paid
            kept = None if paid < promise.amount else kept or entry.at
    return PromiseCourse(promise, kept or over, paid, kept is not None)


def _beyond(course: PromiseCourse, earlier: Sequence[PromiseCourse], rules: PromiseRules) -> str:
    """Why a promise is one too many to let the case wait."""
    made = course.promise.made_at
    if rules.open is not None and sum(made < other.end for other in earlier) >= rules.open:
        return f"{_counted(rules.open, 'is', 'are')} open already"
    if rules.broken is not None and sum(other.broken(made) for other in earlier) >= rules.broken:
        return f"{_counted(rules.broken, 'was', 'were')} broken before"
    return ""


def _counted(count: int, one: str, many: str) -> str:
    return f"1 promise {one}" if count == 1 else f"{count} promises {many}"
