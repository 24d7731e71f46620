"""`decide`: what should happen to a case now, as a value with its reasons.

`decide` derives where the case stands, moves its lifecycle, walks the ladder, and asks the gate about every action
that has come due. It does nothing itself: the events it answers with are what happened to the decision, not to the
debtor. Deciding twice on the same facts adds nothing, because what is already known of an action is on the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dunning_engine.decision.aftermath import LEAVES_TRACES, follows
from dunning_engine.decision.allowances import Withdrawal, allowances
from dunning_engine.decision.climbing import climb, climb_each
from dunning_engine.decision.decision import Decision, Note
from dunning_engine.decision.desk import Desk
from dunning_engine.decision.lifecycle import Facts, pull
from dunning_engine.decision.minimum import too_little
from dunning_engine.decision.placement import placed
from dunning_engine.decision.settled import settled_as
from dunning_engine.decision.standing import stand
from dunning_engine.domain.actions import ActionKey, ProposedAction
from dunning_engine.domain.case import Case, CaseStatus
from dunning_engine.domain.events import StatusChanged
from dunning_engine.kernel.calendar import Instant
from dunning_engine.policy.model import Lead, Policy

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.following import Follow

_SETTLED, _STOPPED, _PAUSED = Facts.SETTLED.value, Facts.STOPPED.value, Facts.PAUSED.value
_OVERDUE, _PLACED = Facts.OVERDUE.value, Facts.PLACED.value


def decide(case: Case, policy: Policy, rulebooks: Sequence[Rulebook], now: Instant) -> Decision:
    """What should happen to a case at `now`.

    `case.contacts` must hold the debtor's whole contact log; `rulebooks` are those that `policy.law` names. The answer
    carries the events to record, every verdict with its reasons, and the exact next instant worth looking at.
    """
    desk = Desk(case, policy, rulebooks, now)
    if policy.discounts or case.offers:
        _let_go(desk)
    status = _move(desk)
    lead = desk.standing.lead
    if case.deliveries or case.charges or case.offers or policy.discounts:
        _make_good(desk)
    little = too_little(desk.case, policy, desk.standing) if policy.minimum else ""
    if little:
        desk.why.append(Note("case", little))
    elif lead is not None and status not in (CaseStatus.CLOSED, CaseStatus.PAUSED):
        if policy.lead is Lead.EACH:
            climb_each(desk)
        else:
            climb(desk, lead)
    if status is not CaseStatus.CLOSED:
        desk.looks += desk.standing.changes
    elif desk.standing.stopped:
        desk.looks += desk.standing.waiting.changes  # what closed the case may end by itself
    return Decision(
        case_id=case.id,
        at=now,
        zone=policy.zone,
        events=tuple(desk.events),
        cleared=tuple(desk.cleared),
        deferred=tuple(desk.deferred),
        blocked=tuple(desk.blocked),
        waiting=tuple(desk.waiting),
        next_look=_soonest(desk.looks, now),
        why=tuple(desk.why),
        variant=case.variant,
    )


def _let_go(desk: Desk) -> None:
    """Allow what was earned by paying in time, before anything else is asked."""
    desk.case, earned = allowances(desk.case, desk.policy, desk.standing, desk.now)
    if earned:
        desk.events += earned
        for event in earned:
            done = "asked again" if isinstance(event, Withdrawal) else "let go"
            desk.why.append(Note("offer", f"{done}: {event.why}"))
        desk.standing = stand(desk.case, desk.policy, desk.now)


def _facts(desk: Desk) -> int:
    standing = desk.standing
    return (
        (_SETTLED if standing.settled else 0)
        | (_STOPPED if standing.stopped else 0)
        | (_PAUSED if standing.paused else 0)
        | (_OVERDUE if standing.overdue_count else 0)
        | (
            _PLACED
            if desk.case.deliveries and desk.policy.hands_off and placed(desk.case, desk.policy, standing)
            else 0
        )
    )


def _move(desk: Desk) -> CaseStatus:
    """Let the facts pull the case through its lifecycle."""
    facts = _facts(desk)
    status = desk.case.status
    while (move := pull(status, facts)) is not None:
        trigger, status = move
        desk.events.append(StatusChanged(trigger, status.value, _because(desk, trigger)))
    if status is CaseStatus.CLOSED:
        desk.why.append(Note("case", f"closed as {_because(desk, 'settle' if desk.standing.settled else 'stop')}"))
    elif status is CaseStatus.PAUSED:
        desk.why.append(Note("case", f"waits because it is {' and '.join(desk.standing.paused)}"))
    if desk.standing.waiting.remarks:
        desk.why += [Note("case", remark) for remark in desk.standing.waiting.remarks]
    for action, at in desk.standing.deemed.items():
        delivery = desk.case.deliveries[action]
        words = f"{delivery.words} counts as delivered: nothing proves it, nothing came back"
        desk.why.append(Note(f"step {delivery.key.step}", words, at))
    return status


def _because(desk: Desk, trigger: str) -> str:
    match trigger:
        case "settle":
            return settled_as(desk.case)
        case "stop":
            return desk.standing.stopped
        case "pause":
            return ", ".join(desk.standing.paused)
        case _:
            return ""


def _make_good(desk: Desk) -> None:
    """Ask the gate about what earlier actions have made necessary, however the case stands."""
    for follow in follows(desk.case, desk.policy, desk.standing):
        about = desk.case.deliveries
        invoices = _made(desk.case, follow).invoices if follow.invoices is None else follow.invoices
        open_ = sum(r.open for r in desk.case.receivables if r.number in invoices)
        action = ProposedAction(
            id=follow.key.action_id(desk.case.id),
            key=follow.key,
            case_id=desk.case.id,
            debtor_id=desk.case.debtor.id,
            spec=follow.spec,
            planned_at=desk.now,
            invoices=invoices,
            amount=open_ if follow.amount is None else follow.amount,
            currency=desk.case.currency,
            charges=follow.charges,
        )
        desk.why.append(Note(f"step {follow.key.step}", f"{follow.spec.words}: {follow.why}"))
        desk.told(desk.gate(action), action, about.get(action.id))


def _made(case: Case, follow: Follow) -> Delivery:
    """The action that made another one necessary."""
    made = (d for d in case.deliveries.values() if d.do in LEAVES_TRACES)
    return next(d for d in made if _same_occurrence(d.key, follow.key))


def _soonest(looks: Iterable[Instant], now: Instant) -> Instant | None:
    soonest = None
    for look in looks:
        if look > now and (soonest is None or look < soonest):
            soonest = look
    return soonest


def _same_occurrence(one: ActionKey, other: ActionKey) -> bool:
    return (one.cycle, one.step, one.occurrence) == (other.cycle, other.step, other.occurrence)
