"""`admit`: whether an action decided earlier may still go out; the question of `decide`, asked again at arming."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred
from dunning_engine.decision.aftermath import still_follows
from dunning_engine.decision.cargo import is_charge, withdrawn
from dunning_engine.decision.claims import claimed, undemanded
from dunning_engine.decision.conditions import objection
from dunning_engine.decision.decision import Admission, Armed, Postponed, Withdrawn
from dunning_engine.decision.desk import Desk, approval_digest, numbers
from dunning_engine.decision.joint import asked_in, of_cycle, unwanted
from dunning_engine.decision.minimum import too_little
from dunning_engine.decision.revisions import in_run
from dunning_engine.decision.schedule import LAPSED, Ladder
from dunning_engine.decision.settled import settled_as
from dunning_engine.policy.model import Lead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.decision.progress import Progress
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy, Step


def admit(case: Case, policy: Policy, rulebooks: Sequence[Rulebook], action: ProposedAction, now: Instant) -> Admission:
    """Whether an action decided earlier may be handed over now, on live facts; asked inside the arming transaction."""
    desk = Desk(case, policy, rulebooks, now)
    case = desk.case
    if policy.lead is Lead.EACH:
        desk.standing = of_cycle(case, policy, desk.standing, action.key.cycle)
    changed = withdrawn(case, action) if is_charge(action) else _changed(desk, action)
    if changed:
        return Withdrawn(action, changed)
    as_it_is = is_charge(action) or not _on_ladder(desk, action)
    verdict = desk.gate(action if as_it_is else _live(desk, action))
    match verdict:
        case Cleared(cleared):
            return Armed(cleared)
        case Deferred(until=until, reasons=reasons):
            return Postponed(action, until, reasons)
        case Blocked(reasons=reasons):
            return Withdrawn(action, "; ".join(map(str, reasons)), reasons)
        case _:
            assert_never(verdict)


def _live(desk: Desk, action: ProposedAction) -> ProposedAction:
    """The action over what is owed now, with the deadline that it would set today."""
    step = desk.policy.steps[desk.policy.index[action.step]]
    asked = (
        asked_in(action, desk.standing)
        if action.levels
        else claimed(desk.case, desk.policy, desk.standing, step, action.spec)
    )
    amount = desk.sum_of(asked)
    return replace(action, invoices=numbers(asked), amount=amount, deadline=desk.last_day(step))


def _changed(desk: Desk, action: ProposedAction) -> str:
    """What the action rested on that is no longer so; empty where all of it still stands."""
    standing = desk.standing
    if not _on_ladder(desk, action):
        needed = still_follows(desk.case, desk.policy, standing, action.id)
        return "" if needed else "it is not needed any more"
    if standing.settled:
        return settled_as(desk.case)
    if standing.stopped:
        return standing.stopped
    if standing.paused:
        return ", ".join(standing.paused)
    if desk.policy.minimum and (little := too_little(desk.case, desk.policy, standing)):
        return little
    if not in_run(action.key.cycle, standing.run, desk.case):
        return "the receivables that it was about are settled"
    if action.id in standing.undone:
        return f"the ladder was set back: {standing.anew[-1].why}"
    if not set(action.invoices) <= set(numbers(standing.free)):
        return "an invoice that it was about is paid or disputed"
    index = desk.policy.index.get(action.step)
    if index is None:
        return f"the policy no longer has a step {action.step}"
    step = desk.policy.steps[index]
    assert standing.lead is not None, "without a lead the run of the action is over"
    ladder = Ladder(desk.case, desk.policy, standing, standing.lead)
    forced = ladder.forced(step, action.key.occurrence) is not None
    moved = _moved_on(desk, ladder, action, step, index, forced=forced)
    if moved:
        return moved
    if step.approval is not None:
        if _consent_void(desk, action):
            return "what was approved has changed"
        if desk.expired(desk.case.deliveries[action.id]):
            return "its approval has expired"
    wanted = "" if forced else objection(step, desk.case, standing)
    wanted = wanted or undemanded(desk.case, desk.policy, standing, step, action.spec)
    return wanted or unwanted(action, desk.case, desk.policy, standing)


def _on_ladder(desk: Desk, action: ProposedAction) -> bool:
    """Whether a step asks for the action, rather than an earlier action that has to be made good."""
    index = desk.policy.index.get(action.step)
    slots = () if index is None else desk.policy.steps[index].slots
    return not (action.spec.verb.quiet and action.key.slot not in slots)


def _moved_on(desk: Desk, ladder: Ladder, action: ProposedAction, step: Step, index: int, *, forced: bool) -> str:
    """Why the ladder would not let the action out any more; it is asked what it is asked when one is decided."""
    skip = ladder.skipped(step)
    if skip is not None:
        return skip.why
    if not forced and ladder.timetable.lapsed(step, action.key.occurrence):
        return LAPSED
    if not forced and ladder.timetable.opens(step, action.key.occurrence):
        return "the due date was moved: it is not overdue any more"
    if _overtaken(ladder.progress, action, step, index):
        return "a later step has begun"
    if ladder.timetable.bound_until(index) > desk.now:
        return "the deadline of an earlier step is not over"
    return ""


def _overtaken(progress: Progress, action: ProposedAction, step: Step, index: int) -> bool:
    """Whether the ladder has moved on while the action waited to be armed."""
    if progress.begun > index:
        return step.cadence is None or step.cadence.until is None or progress.has_begun(step.cadence.until)
    begun = progress.steps.get(step.name)
    return begun is not None and begun.begun > action.key.occurrence


def _consent_void(desk: Desk, action: ProposedAction) -> bool:
    known = desk.case.deliveries.get(action.id)
    return known is None or known.digest != approval_digest(_live(desk, action), desk.policy, desk.case.debtor)
