"""What an action waits for that is not the law's business: the notice that it needs, a debt that is elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.compliance.verdict import Blocked, Deferred, Reason
from dunning_engine.decision.notices import plan_ends
from dunning_engine.decision.progress import Progress
from dunning_engine.decision.retries import untriable
from dunning_engine.domain.placements import placed
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import resolve
from dunning_engine.kernel.spans import add

if TYPE_CHECKING:
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.policy.model import Policy, Step


def out_of_turn(action: ProposedAction, case: Case, policy: Policy, standing: Standing) -> Blocked | Deferred | None:
    """Why an action may not go out yet, or not at all; `None` where nothing of the house keeps it back."""
    if case.deliveries and policy.hands_off and (elsewhere := _elsewhere(action, case)) is not None:
        return Blocked(action, (elsewhere,))
    if action.spec.do is Do.RETRY:
        return untriable(action, case)
    return _noticed(action, case, policy, standing) if action.spec.after else None


def _elsewhere(action: ProposedAction, case: Case) -> Reason | None:
    """A debt that is with an agency is not collected by two; what stands in the same step as the hand-off may go."""
    made = placed(case)
    if made is None or action.spec.verb.quiet:
        return None
    if (made.key.step, made.key.occurrence) == (action.key.step, action.key.occurrence):
        return None
    return Reason("house/placed", f"the debt is with the agency {made.name}: nobody else collects it")


def _noticed(action: ProposedAction, case: Case, policy: Policy, standing: Standing) -> Blocked | Deferred | None:
    """An action that needs a notice follows it by the time that the policy gives."""
    spec = action.spec
    step = policy.steps[policy.index[spec.after]]
    progress = Progress(case, policy, standing)
    day = progress.happened_day(step) if _gone_out(progress, step.name) else None
    if day is None:
        reason = Reason("policy/notice", f"the step {spec.after} has to have gone out before: it has not")
        return Blocked(action, (reason,))
    if spec.do is Do.RESTRICT and _outlived(progress, step, case, policy, standing):
        words = f"a plan has ended since the step {spec.after} went out: it has to be given again"
        return Blocked(action, (Reason("policy/notice", words),))
    if spec.wait is None:
        return None
    ready = resolve(add(day, spec.wait, policy.calendar, standing.held), policy.send_at, policy.zone)
    if standing.now >= ready:
        return None
    words = f"{spec.wait} have to pass after the step {spec.after}"
    return Deferred(action, ready, (Reason("policy/notice", words, until=ready),))


def _outlived(progress: Progress, notice: Step, case: Case, policy: Policy, standing: Standing) -> bool:
    """Whether a notice is older than the end of a plan."""
    given = progress.happened(notice)
    ends = plan_ends(standing.waiting, case, policy, standing.now)
    return given is not None and any(given < end for end in ends)


def _gone_out(progress: Progress, step: str) -> bool:
    """Whether some action of a step's latest occurrence left and did not come back."""
    steps = progress.steps.get(step)
    return steps is not None and any(
        d.sent_at is not None and "bounced" not in d.outcomes for d in steps.actions(steps.begun).values()
    )
