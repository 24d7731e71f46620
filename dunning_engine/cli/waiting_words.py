"""What a case waits for, promises and plans, as `dunning case show` tells them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from dunning_engine.decision.standing import stand
from dunning_engine.decision.waiting import ending
from dunning_engine.kernel.calendar import moment
from dunning_engine.kernel.money import Money
from dunning_engine.policy.arranged import KEY_OF

if TYPE_CHECKING:
    from dunning_engine.decision.plans import PlanCourse
    from dunning_engine.decision.promises import PromiseCourse
    from dunning_engine.domain.arrangements import Hold
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


def waiting_lines(case: Case, policy: Policy, now: Instant) -> Iterator[str]:
    """Holds in force with reason, scope, end and what follows; promises with their state; plans by instalment."""
    standing = stand(case, policy, now)
    for hold in case.holds:
        end = ending(hold, case, policy)
        if end is None or now < end:
            yield _hold(hold, case, policy)
    for promised in standing.waiting.promises:
        yield _promise(promised, case, now)
    for planned in standing.waiting.plans:
        yield from _plan(planned, case, now)


def _hold(hold: Hold, case: Case, policy: Policy) -> str:
    usual = policy.arranged.terms(KEY_OF[hold.reason])
    resume, clock = hold.resume or usual.resume, hold.clock or usual.clock
    words = f"hold for {hold.reason.value} since {moment(hold.start, policy.zone):%Y-%m-%d}"
    words += f" on {hold.invoice}" if hold.invoice is not None else ""
    words += f" over {Money.of_minor(hold.amount, case.currency)}" if hold.amount is not None else ""
    words += f", contacts by {hold.channel.value} only" if hold.channel is not None else ""
    words += f", until {date.fromordinal(hold.until)}" if hold.until is not None else ", until it is lifted"
    words += f", by {hold.by}" if hold.by else ""
    return f"{words}; {clock.value}, then {resume.value}"


def _promise(course: PromiseCourse, case: Case, now: Instant) -> str:
    promise, beyond = course.promise, f" ({course.beyond})" if course.beyond else ""
    what = f" for {promise.invoice}" if promise.invoice is not None else ""
    amount = Money.of_minor(promise.amount, case.currency)
    return f"promise of {amount}{what} by {date.fromordinal(promise.by)}: {course.state(now).value}{beyond}"


def _plan(course: PlanCourse, case: Case, now: Instant) -> Iterator[str]:
    what = f" for {course.plan.invoice}" if course.plan.invoice is not None else ""
    yield f"plan over {Money.of_minor(course.plan.total, case.currency)}{what}: {course.state(now).value}"
    for one in course.instalments:
        amount, paid = (Money.of_minor(minor, case.currency) for minor in (one.amount, one.paid))
        part = f", {paid} paid" if 0 < one.paid < one.amount else ""
        yield f"  {date.fromordinal(one.due)}  {amount}  {one.state.value}{part}"
