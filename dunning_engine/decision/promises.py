"""What became of promises to pay: kept, partly kept or broken follows from the money, and nothing of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from dunning_engine.decision.ends import over_after
from dunning_engine.domain.receivables import EntryKind

if TYPE_CHECKING:
    from dunning_engine.domain.arrangements import PromiseToPay
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Entry
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
    found = _courses(case, policy)
    courses: list[PromiseCourse] = []
    for course in found:
        courses.append(replace(course, beyond=_beyond(course, courses, policy.arranged.promises)))
    return tuple(courses)


def _courses(case: Case, policy: Policy) -> list[PromiseCourse]:
    """Each cent keeps one promise: of those that wait for it, the one with the earliest day."""
    promises = case.promises
    entries = sorted(case.entries, key=lambda e: e.at)
    spent = [0] * len(entries)
    found: dict[int, PromiseCourse] = {}
    for at in sorted(range(len(promises)), key=lambda i: (promises[i].by, promises[i].made_at, i)):
        found[at] = _course(promises[at], entries, spent, case, policy)
    return [found[at] for at in range(len(promises))]


def _course(
    promise: PromiseToPay, entries: Sequence[Entry], spent: list[int], case: Case, policy: Policy
) -> PromiseCourse:
    """Money that went back does not keep a promise; what is given back once its time is over takes nothing from it."""
    over = over_after(promise.by, policy.arranged.promises.tolerance, case, policy)
    paid, kept = 0, None
    for at, left in enumerate(_stayed(entries, over)):
        entry = entries[at]
        if promise.made_at <= entry.at < over and (promise.invoice is None or entry.invoice in (None, promise.invoice)):
            part = max(0, min(left - spent[at], promise.amount - paid))
            spent[at] += part
            paid += part
            if kept is None and paid >= promise.amount:
                kept = entry.at
    return PromiseCourse(promise, kept or over, paid, kept is not None)


def _stayed(entries: Sequence[Entry], over: Instant) -> list[int]:
    """What stayed of each entry: what went back takes the payment it names away, or the latest before it.

    A reversal counts whenever it comes, for the payment never came; all else only before a promise is `over`.
    """
    left = [max(0, entry.paid) for entry in entries]
    for at, entry in enumerate(entries):
        if entry.paid >= 0 or not (entry.kind is EntryKind.REVERSAL or entry.at < over):
            continue
        back = -entry.paid
        for payment in sorted(
            range(len(entries)), key=lambda i: (not entries[i].key.endswith(f":{entry.about}"), i > at, abs(at - i))
        ):
            part = min(back, left[payment])
            left[payment] -= part
            back -= part
    return left


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
