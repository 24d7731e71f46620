"""What becomes of holds, promises and plans: the fields of a case that each of their events changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.arrangements import Hold, HoldMark, HoldNews, HoldReason, PromiseToPay, holds_of
from dunning_engine.domain.events import (
    DisputeAnswered,
    HoldLifted,
    HoldPlaced,
    PlanBroken,
    PromiseMade,
    Recorded,
)
from dunning_engine.domain.ledger import currency_of
from dunning_engine.domain.plans import Plan, PlanAgreed, PlanOffered, plan_of, with_ends

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Change


def _promise_made(case: Case, event: PromiseMade, recorded: Recorded) -> Change:
    currency = currency_of(case, event.amount, f"the promise of {event.amount}")
    promise = PromiseToPay(event.amount.minor, event.by, recorded.at, event.invoice)
    promises = sorted((*case.promises, promise), key=lambda p: (p.made_at, p.by, p.amount, p.invoice or ""))
    return {"currency": currency, "promises": tuple(promises)}


def _hold_placed(case: Case, event: HoldPlaced, recorded: Recorded) -> Change:
    amount, change = None, {}
    if event.amount is not None:
        change["currency"] = currency_of(case, event.amount, f"the disputed part of {event.amount}")
        amount = event.amount.minor
    hold = Hold(
        event.reason,
        recorded.at,
        None,
        event.invoice,
        event.until,
        amount,
        event.channel,
        event.resume,
        event.clock,
        by=event.by,
        note=event.note,
    )
    live = recorded.at == recorded.recorded_at
    return {**change, **_marked(case, HoldMark(recorded.at, recorded.seq, HoldNews.PLACED, hold, live))}


def _hold_lifted(case: Case, event: HoldLifted, recorded: Recorded) -> Change:
    hold = Hold(event.reason, recorded.at, None, event.invoice, channel=event.channel, outcome=event.outcome)
    return _marked(case, HoldMark(recorded.at, recorded.seq, HoldNews.LIFTED, hold))


def _dispute_answered(case: Case, event: DisputeAnswered, recorded: Recorded) -> Change:
    hold = Hold(HoldReason.DISPUTE, recorded.at, None, event.invoice)
    return _marked(case, HoldMark(recorded.at, recorded.seq, HoldNews.ANSWERED, hold))


def _plan_agreed(case: Case, event: PlanAgreed, recorded: Recorded) -> Change:
    currency = currency_of(case, event.total, f"the plan of {event.total}")
    return {"currency": currency, **_ended(case.marks, (*case.plans, plan_of(event, recorded.at)))}


def _plan_broken(case: Case, _event: PlanBroken, recorded: Recorded) -> Change:
    hold = Hold(HoldReason.PLAN, recorded.at)
    change = _marked(case, HoldMark(recorded.at, recorded.seq, HoldNews.BROKEN, hold))
    return {**change, "plan_broken_at": max(recorded.at, case.plan_broken_at or recorded.at)}


def _plan_offered(case: Case, _event: PlanOffered, recorded: Recorded) -> Change:
    """An offer lets nothing wait: when the latest was made is all that is kept."""
    return {"plan_offered_at": max(recorded.at, case.plan_offered_at or recorded.at)}


def _marked(case: Case, mark: HoldMark) -> Change:
    marks = tuple(sorted((*case.marks, mark), key=lambda m: (m.at, m.seq)))
    change: Change = {"marks": marks, "holds": holds_of(marks)}
    return change | _ended(marks, case.plans) if case.plans else change


def _ended(marks: tuple[HoldMark, ...], plans: tuple[Plan, ...]) -> Change:
    """Plans with what was told of their ends."""
    told = [m for m in marks if m.hold.reason is HoldReason.PLAN and m.told in (HoldNews.LIFTED, HoldNews.BROKEN)]
    return {"plans": with_ends(plans, [(m.at, m.told is HoldNews.BROKEN, m.hold.invoice) for m in told])}


OF_HOLDS: Final[Mapping[type, Callable[[Case, Any, Recorded], Change]]] = {
    PromiseMade: _promise_made,
    HoldPlaced: _hold_placed,
    HoldLifted: _hold_lifted,
    DisputeAnswered: _dispute_answered,
    PlanOffered: _plan_offered,
    PlanAgreed: _plan_agreed,
    PlanBroken: _plan_broken,
}
