"""When a last day is over: later than anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.kernel.calendar import Day, Instant, day_start
from dunning_engine.kernel.spans import add
from dunning_engine.policy.model import Roll

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.spans import Days, Span
    from dunning_engine.policy.model import Policy


def last_day(policy: Policy, deadline: Span, start: Day, held: Days) -> Day:
    """The last day to pay of a deadline that starts on a day: an end without business moves later, never earlier."""
    end = add(start, deadline, policy.calendar, held)
    return end if policy.roll is Roll.NONE else policy.calendar.next(end)


def last_end(day: Day, case: Case, policy: Policy) -> Instant:
    """The first instant of a day in the latest of the creditor's and the debtor's zones: deadlines end late."""
    return max(day_start(day, name) for name in (policy.zone, *case.zones))


def over_after(day: Day, tolerance: Span | None, case: Case, policy: Policy) -> Instant:
    """The first instant at which a day, and what is tolerated after it, is over."""
    last = day if tolerance is None else add(day, tolerance, policy.calendar)
    return last_end(last + 1, case, policy)
