"""What earlier actions make necessary once things have changed: a restored service, a corrected report, a recall.

Nobody writes these into the ladder. They follow from what was done and from how the case stands now, so that they come
once, also where the case is closed or waits; each belongs to the action that made it necessary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.bookkeeping import untold
from dunning_engine.decision.progress import UNDER_WAY
from dunning_engine.decision.settled import ended, given_up
from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.following import Follow
from dunning_engine.domain.placements import DONE, done, placed
from dunning_engine.domain.verbs import CORRECTIONS, Do
from dunning_engine.policy.model import Restore

if TYPE_CHECKING:
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.policy.model import Policy

LEAVES_TRACES: Final = (Do.RESTRICT, Do.REPORT, Do.HAND_OFF)
"""Verbs that have to be made good some day."""


def makes_good(spec: ActionSpec) -> tuple[ActionSpec, ...]:
    """Every action that may follow from one, so that people can name it."""
    match spec.do:
        case Do.RESTRICT:
            return (ActionSpec(Do.RESTORE, spec.name),)
        case Do.REPORT:
            return tuple(ActionSpec(Do.CORRECT, spec.name, topic=truth) for truth in CORRECTIONS)
        case Do.HAND_OFF:
            return ActionSpec(Do.RECALL, spec.name), ActionSpec(Do.INFORM, spec.name)
        case Do.CHARGE:
            return ActionSpec(Do.REVERSE, spec.name), ActionSpec(Do.REINSTATE, spec.name)
        case _:
            return ()


def follows(case: Case, policy: Policy, standing: Standing, besides: str = "") -> Iterator[Follow]:
    """What is to be made good now; what is under way for it already counts, but for the action `besides`."""
    if case.charges or case.offers or policy.discounts:
        yield from untold(case, policy, besides)
    if not any(d.do in LEAVES_TRACES and d.state in DONE for d in case.deliveries.values()):
        return
    yield from _restored(case, policy, standing, besides)
    for report in done(case, Do.REPORT):
        yield from _corrected(case, standing, report, besides)
    yield from _of_the_agency(case, standing, besides)


def _begun(case: Case, action_id: str, besides: str) -> bool:
    known = case.deliveries.get(action_id)
    return known is not None and action_id != besides and known.state in UNDER_WAY


def _paid(case: Case, standing: Standing) -> bool:
    """Whether the debt is settled by what came; what was only given up in the books is still owed."""
    return standing.settled and not given_up(case)


def _restored(case: Case, policy: Policy, standing: Standing, besides: str) -> Iterator[Follow]:
    why = _relief(case, policy, standing)
    if not why:
        return
    by_step = [d for d in done(case, Do.RESTORE) if d.id != besides]
    for made in done(case, Do.RESTRICT):
        key = made.key.beside(f"restore {made.key.slot}")
        lifted = any(d.sent_at is not None and made.sent_at is not None and d.sent_at >= made.sent_at for d in by_step)
        if not lifted and not _begun(case, key.action_id(case.id), besides):
            yield Follow(ActionSpec(Do.RESTORE, made.name, slot=key.slot), key, why)


def _relief(case: Case, policy: Policy, standing: Standing) -> str:
    """Why what was restricted is given back now; empty where it is not."""
    if Restore.PAID in policy.restore_when and _paid(case, standing):
        return Restore.PAID.value
    told = {Restore.PROMISE_OPEN, Restore.PLAN_ON_TRACK, Restore.DISPUTED} & policy.restore_when
    return next((reason.value for reason in sorted(told, key=_value) if reason.value in standing.paused), "")


def _value(reason: Restore) -> str:
    return reason.value


def _corrected(case: Case, standing: Standing, report: Delivery, besides: str) -> Iterator[Follow]:
    """What a bureau has to be told so that what it has is true."""
    slot = f"correct {report.key.slot}"
    told = sorted(
        (d for d in case.deliveries.values() if _follows(d, report, slot) and d.id != besides and d.state in UNDER_WAY),
        key=lambda d: d.planned_at,
    )
    last = told[-1].words.rpartition(" as ")[2] if told else "disputed" if _was_disputed(case, report) else "owed"
    truth = _truth(case, standing, report)
    if truth != last:
        key = report.key.beside(f"{slot} {len(told) + 1}")
        yield Follow(ActionSpec(Do.CORRECT, report.name, slot=key.slot, topic=truth), key, f"the debt is {truth}")


def _follows(delivery: Delivery, made: Delivery, slot: str) -> bool:
    one, other = delivery.key, made.key
    return delivery.do is Do.CORRECT and one.cycle == other.cycle and one.step == other.step and slot in one.slot


def _was_disputed(case: Case, report: Delivery) -> bool:
    """Whether a dispute stood when the bureau was told, so that it was told of the dispute too."""
    at = report.sent_at
    return at is not None and any(
        hold.reason is HoldReason.DISPUTE
        and hold.start <= at
        and (hold.end is None or at < hold.end)
        and hold.invoice in (None, *report.invoices)
        for hold in case.holds
    )


def _truth(case: Case, standing: Standing, report: Delivery) -> str:
    """What is true of a reported debt now, in the words of `verbs.CORRECTIONS`."""
    reported = [r for r in case.receivables if r.number in report.invoices]
    if _paid(case, standing) or not any(r.open > 0 or r.written for r in reported):
        return "paid"
    disputed = any(
        hold.reason is HoldReason.DISPUTE
        and (hold.end is None or standing.now < hold.end)
        and hold.invoice in (None, *report.invoices)
        for hold in case.holds
    )
    return "disputed" if disputed else "owed"


def _of_the_agency(case: Case, standing: Standing, besides: str) -> Iterator[Follow]:
    """Money that came past the agency: the last of it takes the debt back, a part of it is told."""
    made = placed(case)
    if made is None or made.sent_at is None:
        return
    through = {mark.entry for mark in case.agency_marks}
    if _paid(case, standing) and not any(entry.key in through and entry.at == ended(case) for entry in case.entries):
        key = made.key.beside(f"recall {made.key.slot}")
        if not _begun(case, key.action_id(case.id), besides):
            yield Follow(ActionSpec(Do.RECALL, made.name, slot=key.slot), key, "the debt is paid")
        return
    for entry in case.entries:
        key = made.key.beside(f"tell {made.key.slot} {entry.key}")
        direct = entry.at >= made.sent_at and entry.amount > 0 and entry.key not in through
        if direct and not _begun(case, key.action_id(case.id), besides):
            yield Follow(ActionSpec(Do.INFORM, made.name, slot=key.slot), key, "money came past the agency")


def still_follows(case: Case, policy: Policy, standing: Standing, action_id: str) -> bool:
    """Whether an action that follows from another one is still needed."""
    return any(f.key.action_id(case.id) == action_id for f in follows(case, policy, standing, action_id))
