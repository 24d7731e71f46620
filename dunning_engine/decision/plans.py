"""How payment plans stand: which instalments are paid, open or missed, and whether a plan is on track, from the money."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from dunning_engine.decision.ends import over_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.plans import Plan
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy


class PlanState(Enum):
    """How a plan stands at an instant."""

    ON_TRACK = "on track"
    COMPLETED = "completed"
    BROKEN = "broken"
    OVER = "over"
    """Somebody ended it, or another plan took its place."""


class InstalmentState(Enum):
    """How an instalment stands at an instant."""

    PAID = "paid"
    OPEN = "open"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class InstalmentCourse:
    """One instalment: its day, its amount, what has come for it (minor units), and how it stands."""

    due: Day
    amount: int
    paid: int
    state: InstalmentState


@dataclass(frozen=True, slots=True)
class PlanCourse:
    """A plan as the money known so far has it: `end` is when it ends or will be broken, `None` where neither is known."""

    plan: Plan
    end: Instant | None
    ended_as: PlanState
    instalments: tuple[InstalmentCourse, ...]

    def state(self, now: Instant) -> PlanState:
        return PlanState.ON_TRACK if self.end is None or now < self.end else self.ended_as

    @property
    def missed(self) -> int:
        """Instalments whose time is over and which are not wholly paid."""
        return sum(one.state is InstalmentState.MISSED for one in self.instalments)


def plan_courses(case: Case, policy: Policy, now: Instant) -> tuple[PlanCourse, ...]:
    """What became of every plan, in the order in which they were agreed."""
    return tuple(_course(plan, case, policy, now) for plan in case.plans)


def _course(plan: Plan, case: Case, policy: Policy, now: Instant) -> PlanCourse:
    rules = policy.arranged.plans
    ends = [over_after(due, rules.grace, case, policy) for due, _amount in plan.instalments]
    money = [(e.at, e.paid) for e in case.entries if e.at >= plan.agreed_at and _meant(plan, e.invoice)]
    known = [
        (at, state) for at, state in (*_ends(plan, ends, money, rules.broken_after), _told(plan)) if at is not None
    ]
    end, state = min(known, key=lambda one: one[0], default=(None, PlanState.OVER))
    until = now if end is None else min(now, end)
    return PlanCourse(plan, end, state, _instalments(plan, ends, sum(a for at, a in money if at <= until), now))


def _meant(plan: Plan, invoice: str | None) -> bool:
    return plan.invoice is None or invoice in (None, plan.invoice)


def _told(plan: Plan) -> tuple[Instant | None, PlanState]:
    return plan.end, PlanState.BROKEN if plan.broken else PlanState.OVER


def _ends(
    plan: Plan, ends: Sequence[Instant], money: Sequence[tuple[Instant, int]], most: int
) -> list[tuple[Instant | None, PlanState]]:
    """When a plan was completed (and stayed so), and when so many instalments were missed at once that it broke.

    Once the last one is over no more can be missed: what is lacking then breaks it, however little. What comes at the very end of an instalment's time comes too late for it, as everywhere.
    """
    owed = plan.owed_by()
    moves = sorted([*((at, 0, 0) for at in ends), *((at, 1, amount) for at, amount in money)], key=lambda m: m[:2])
    paid = reached = 0
    completed: Instant | None = None
    for at, is_money, amount in moves:
        reached += not is_money
        paid += amount
        completed = None if paid < owed[-1] else at if completed is None else completed
        missed = sum(sum_due > paid for sum_due in owed[:reached])
        if missed >= most or (missed and reached == len(ends)):
            return [(completed, PlanState.COMPLETED), (at, PlanState.BROKEN)]
    return [(completed, PlanState.COMPLETED)]


def _instalments(plan: Plan, ends: Sequence[Instant], paid: int, now: Instant) -> tuple[InstalmentCourse, ...]:
    """Money pays the earliest instalment first."""
    found = []
    for (due, amount), end in zip(plan.instalments, ends, strict=True):
        part = max(0, min(paid, amount))
        paid -= part
        state = (
            InstalmentState.PAID if part == amount else InstalmentState.MISSED if end <= now else InstalmentState.OPEN
        )
        found.append(InstalmentCourse(due, amount, part, state))
    return tuple(found)
