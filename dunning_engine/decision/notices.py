"""How far the notice of a restriction carries: it is good for one, and no plan has been agreed and ended since.

Where the service was given back, or a plan ended before anything was restricted, the ladder goes back to the notice. So
what follows again is what the policy writes: the notice, its waiting time, its approval, and then the restriction. What
was with an agency once is not restricted again: the same steps would hand it off a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.decision.plans import PlanState
from dunning_engine.decision.waiting import alone, ending
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.ladder_events import How, SetBack
from dunning_engine.domain.ledger import principal_courses
from dunning_engine.domain.placements import done
from dunning_engine.domain.verbs import Do

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.decision.waiting import Waiting
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy

_FAILED = (DeliveryState.BOUNCED, DeliveryState.CANCELLED)


def notice_of(policy: Policy, index: int) -> int:
    """The position of the step that gives the notice of a restriction, or the first proof that it requires.

    Of a step that restricts nothing it is its own.
    """
    step = policy.steps[index]
    restrictions = [spec for choice in step.actions for spec in choice if spec.do is Do.RESTRICT]
    if not restrictions:
        return index
    named = [spec.after for spec in restrictions if spec.after] or [proof.step for proof in step.requires]
    return min((policy.index[name] for name in named), default=index)


def given_back(case: Case, policy: Policy) -> Iterator[SetBack]:
    """That a service was given back without a step: the ladder stands before its notice from then on."""
    for made in done(case, Do.RESTRICT):
        key = made.key.beside(f"restore {made.key.slot}")
        back = case.deliveries.get(key.action_id(case.id))
        index = policy.index.get(made.key.step)
        if index is None or back is None or back.armed_at is None or back.state in _FAILED:
            continue
        if not _handed_off(case, back.armed_at):
            cause, to = f"restored@{back.armed_at}/{made.key.step}", policy.steps[notice_of(policy, index)].name
            at = _owing_again(case, policy, made, back.armed_at)
            yield SetBack(at, cause, How.STEP, "the service was given back", made.key.cycle, to)


def _owing_again(case: Case, policy: Policy, made: Delivery, at: Instant) -> Instant:
    """When what was restricted for was owed again, from an instant on; that instant where it was owed all the time."""
    open_ = {
        r.number: r.amount if r.billed is None else r.billed for r in case.receivables if r.number in made.invoices
    }
    courses = principal_courses(case)
    moves = sorted((when, number, minor) for number in open_ for when, minor in courses.get(number, ()))
    tolerated = policy.tolerance.get(case.currency, 0)
    for when, number, minor in moves:
        if when > at and sum(open_.values()) > tolerated:
            break
        open_[number], at = minor, max(at, when)
    return at


def _handed_off(case: Case, at: Instant) -> bool:
    return any(d.armed_at is not None and d.armed_at <= at for d in done(case, Do.HAND_OFF))


def outdated(found: Waiting, case: Case, policy: Policy, now: Instant) -> Iterator[SetBack]:
    """That a plan ended after the notice of a restriction that is still to come: the notice is given again."""
    restricting = [s.name for s in policy.steps if any(spec.do is Do.RESTRICT for c in s.actions for spec in c)]
    for end in sorted(plan_ends(found, case, policy, now)):
        for step in restricting:
            if not (_handed_off(case, end) or _leads_elsewhere(found, policy, end, step)):
                yield SetBack(end, f"notice@{end}/{step}", How.NOTICE, "a plan ended after the notice", step=step)


def plan_ends(found: Waiting, case: Case, policy: Policy, now: Instant) -> set[Instant]:
    """When plans ended of what carried the ladder, as the money or as somebody said."""
    ends = [(course.end, course.plan.invoice) for course in found.plans]
    ends += [(ending(h, case, policy), h.invoice) for h in case.holds if h.reason is HoldReason.PLAN]
    ends += [(case.plan_broken_at, None)]
    return {end for end, invoice in ends if end is not None and end <= now and alone(invoice, end, case, policy)}


def _leads_elsewhere(found: Waiting, policy: Policy, end: Instant, step: str) -> bool:
    """Whether the policy says to which other step a plan leads that broke."""
    then = policy.arranged.plans.then
    return then not in (None, step) and any(c.end == end and c.ended_as is PlanState.BROKEN for c in found.plans)
