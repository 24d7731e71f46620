"""Where a case stands at an instant: what is owed and overdue, which receivable leads, why it waits.

Nothing here is stored. Everything follows from the case's facts, the policy and `now`, so that looking late, often or
twice gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.domain.arrangements import Hold, HoldReason, PromiseToPay
from dunning_engine.kernel.calendar import Day, Instant, day_start, local_day
from dunning_engine.kernel.spans import add
from dunning_engine.policy.model import Lead, OnLeadPaid, Pause, Policy, Stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.spans import Days


@dataclass(slots=True)
class Standing:
    """A case as seen at `now`; days are the policy's, amounts minor units.

    `balance` is the undisputed open principal, `open` all of it, `overdue` and `overdue_count` its part past due.
    `lead` carries the ladder; `free` are the open receivables without dispute;
    `claimed` are those that an action may ask to be paid: past due and past their own grace, or before that what falls
    due with the lead;
    `cycle` names the run of the ladder; `held` are days on which the clock stood still.
    `changes` are instants at which time alone changes something here; `zone` is the one that days are counted in.
    """

    now: Instant
    today: Day
    lead: Receivable | None
    free: Sequence[Receivable]
    claimed: Sequence[Receivable]
    cycle: str
    open: int
    balance: int
    overdue: int
    overdue_count: int
    holds: frozenset[HoldReason]
    paused: tuple[str, ...]
    stopped: str
    settled: bool
    promise_broken: bool
    plan_broken: bool
    held: Days
    changes: list[Instant]
    zone: str

    @property
    def days_overdue(self) -> int:
        """Days since the lead's due date; 0 while it is not due."""
        return max(0, self.today - self.lead.due) if self.lead is not None else 0


def stand(case: Case, policy: Policy, now: Instant) -> Standing:
    """Derive where a case stands."""
    today = local_day(now, policy.zone)
    in_force = [hold for hold in case.holds if _in_force(hold, now)] if case.holds else []
    holds = frozenset(hold.reason for hold in in_force) if in_force else _NO_HOLDS
    disputed = {hold.invoice for hold in in_force if hold.reason is HoldReason.DISPUTE} if in_force else set()
    courses = [_promise_course(p, case, policy) for p in case.promises] if case.promises else []
    owed = _owed(case.receivables, disputed, today)
    lead = _lead(policy.lead, owed.overdue, owed.free or owed.disputed)
    changes = [day_start(r.due + 1, policy.zone) for r in owed.free if r.due >= today]
    changes += [hold.end for hold in in_force if hold.end is not None]
    if courses:
        changes += [end for _start, end, _broken in courses if end > now]
    return Standing(
        now=now,
        today=today,
        lead=lead,
        free=owed.free,
        claimed=_claimed(owed, lead, policy, today) if lead is not None else (),
        cycle=_cycle(case.receivables, lead, policy, today) if lead is not None else "",
        open=owed.total,
        balance=owed.balance,
        overdue=owed.past_due,
        overdue_count=len(owed.overdue),
        holds=holds,
        paused=_paused(policy, holds, courses, now, has_free=bool(owed.free)) if in_force or courses else (),
        stopped=_stopped(policy, holds, case) if in_force or case.opted_out else "",
        settled=bool(case.receivables) and owed.total <= policy.tolerance.get(case.currency, 0),
        promise_broken=bool(courses) and any(broken and end <= now for _start, end, broken in courses),
        plan_broken=case.plan_broken_at is not None and _without_a_new_plan(case.holds, case.plan_broken_at),
        held=_held(case, policy, lead, courses, today) if case.holds or courses else (),
        changes=changes,
        zone=policy.zone,
    )


def on_its_own(case: Case, policy: Policy, whole: Standing, receivable: Receivable) -> Standing:
    """Where the ladder of one receivable stands, in a case in which each has its own (`lead: each`)."""
    courses = [_promise_course(p, case, policy) for p in case.promises]
    return replace(
        whole,
        lead=receivable,
        claimed=(receivable,),
        cycle=receivable.number,
        held=_held(case, policy, receivable, courses, whole.today) if case.holds or courses else (),
    )


_NO_HOLDS: Final[frozenset[HoldReason]] = frozenset()


@dataclass(slots=True)
class _Owed:
    """What is open, sorted: `free` of dispute or not, `overdue` or not; amounts in minor units."""

    free: list[Receivable]
    disputed: list[Receivable]
    overdue: list[Receivable]
    total: int = 0
    balance: int = 0
    past_due: int = 0


def _owed(receivables: Iterable[Receivable], disputed: set[str | None], today: Day) -> _Owed:
    owed = _Owed([], [], [])
    for receivable in receivables:
        amount = receivable.open
        if amount <= 0:
            continue
        owed.total += amount
        if disputed and (None in disputed or receivable.number in disputed):
            owed.disputed.append(receivable)
            continue
        owed.free.append(receivable)
        owed.balance += amount
        if receivable.due < today:
            owed.overdue.append(receivable)
            owed.past_due += amount
    return owed


def _claimed(owed: _Owed, lead: Receivable, policy: Policy, today: Day) -> Sequence[Receivable]:
    """Nobody is asked for what is within its grace, even where an older debt has made the ladder climb."""
    if not owed.overdue:
        return [r for r in owed.free if r.due == lead.due]
    if len(owed.overdue) == 1 or policy.grace is None:
        return owed.overdue
    grace, calendar = policy.grace, policy.calendar
    return [r for r in owed.overdue if r is lead or add(r.due, grace, calendar) < today]


def _without_a_new_plan(holds: Iterable[Hold], broken_at: Instant) -> bool:
    return not any(hold.reason is HoldReason.PLAN and hold.start >= broken_at for hold in holds)


def _in_force(hold: Hold, now: Instant) -> bool:
    """What is known holds, even where a clock that was set back says that it only begins later."""
    return hold.end is None or now < hold.end


def _lead(rule: Lead, overdue: Sequence[Receivable], owing: Sequence[Receivable]) -> Receivable | None:
    """The overdue receivable that the rule names; where nothing is overdue, the one that falls due next."""
    if len(overdue) == 1:
        return overdue[0]
    if not overdue:
        return owing[0] if len(owing) == 1 else min(owing, key=_age, default=None)
    match rule:
        case Lead.OLDEST | Lead.EACH:
            return min(overdue, key=_age)
        case Lead.NEWEST:
            return max(overdue, key=_age)
        case Lead.LARGEST:
            return max(overdue, key=lambda r: (r.open, -r.due, r.number))
        case _:
            assert_never(rule)


def _age(receivable: Receivable) -> tuple[Day, str]:
    return receivable.due, receivable.number


def _cycle(receivables: Sequence[Receivable], lead: Receivable, policy: Policy, today: Day) -> str:
    """The number of the invoice that began the run of the ladder in which the lead stands.

    A run goes on while something is overdue: a receivable belongs to the run of the one before if that was still
    unpaid when it fell due. A cure ends the run. What is not overdue yet has a run of its own, however an older debt
    (a disputed one) stands; and so has every lead under `on_lead_paid: restart` or `lead: each`.
    """
    own = policy.on_lead_paid is OnLeadPaid.RESTART or policy.lead is Lead.EACH
    if own or len(receivables) == 1 or lead.due >= today:
        return lead.number
    name, until = "", None
    for receivable in receivables[: receivables.index(lead) + 1]:  # in order of due date
        end = local_day(receivable.settled_at, policy.zone) if receivable.settled_at is not None else None
        if name and until is not None and receivable.due >= until:
            name = ""
        if not name:
            name, until = receivable.number, end if end is None else max(end, receivable.due)
        elif until is not None:
            until = None if end is None else max(until, end)
    return name


def _promise_course(promise: PromiseToPay, case: Case, policy: Policy) -> tuple[Instant, Instant, bool]:
    """When a promise began and ended, and whether it ended broken.

    It is kept at the payment that makes it whole, and broken once its last day is over wherever debtor and creditor are.
    Money that went back before then does not keep it.
    """
    over = last_end(promise.by + 1, case, policy)
    paid, kept = 0, None
    for entry in sorted(case.entries, key=lambda e: e.at):
        if promise.made_at <= entry.at < over:
            paid += entry.paid
            kept = None if paid < promise.amount else kept or entry.at
    return promise.made_at, kept or over, kept is None


def last_end(day: Day, case: Case, policy: Policy) -> Instant:
    """The first instant of a day in the latest of the creditor's and the debtor's zones: deadlines end late."""
    return max(day_start(day, name) for name in (policy.zone, *case.zones))


def _paused(
    policy: Policy,
    holds: frozenset[HoldReason],
    promises: Iterable[tuple[Instant, Instant, bool]],
    now: Instant,
    *,
    has_free: bool,
) -> tuple[str, ...]:
    """Why the case waits. A dispute and a manual hold always let it wait, whatever the policy lists."""
    reasons = []
    if HoldReason.DISPUTE in holds and not has_free:
        reasons.append(Pause.DISPUTED.value)
    if HoldReason.MANUAL in holds:
        reasons.append(Pause.HOLD.value)
    if Pause.PLAN_ON_TRACK in policy.pause_while and HoldReason.PLAN in holds:
        reasons.append(Pause.PLAN_ON_TRACK.value)
    if Pause.PROMISE_OPEN in policy.pause_while and any(now < end for _, end, _ in promises):
        reasons.append(Pause.PROMISE_OPEN.value)
    return tuple(reasons)


def _stopped(policy: Policy, holds: frozenset[HoldReason], case: Case) -> str:
    if HoldReason.BANKRUPTCY in holds and Stop.BANKRUPT in policy.stop_when:
        return Stop.BANKRUPT.value
    if HoldReason.DECEASED in holds and Stop.DECEASED in policy.stop_when:
        return Stop.DECEASED.value
    if case.opted_out and Stop.OPTED_OUT in policy.stop_when and policy.contact_channels <= case.opted_out:
        return Stop.OPTED_OUT.value
    return ""


def _held(
    case: Case, policy: Policy, lead: Receivable | None, promises: Iterable[tuple[Instant, Instant, bool]], today: Day
) -> Days:
    """Days on which the lead's clock stood still: from the day a hold began up to the day it ended."""
    stretches = []
    for hold in case.holds:
        if _stops_clock(hold, policy, lead):
            end = today if hold.end is None else local_day(hold.end, policy.zone)
            stretches.append((local_day(hold.start, policy.zone), end))
    if Pause.PROMISE_OPEN in policy.pause_while:
        stretches += [(local_day(start, policy.zone), local_day(end, policy.zone)) for start, end, _broken in promises]
    return _merged(stretches)


def _stops_clock(hold: Hold, policy: Policy, lead: Receivable | None) -> bool:
    match hold.reason:
        case HoldReason.DISPUTE:
            return hold.invoice is None or (lead is not None and hold.invoice == lead.number)
        case HoldReason.MANUAL:
            return True
        case HoldReason.PLAN:
            return Pause.PLAN_ON_TRACK in policy.pause_while
        case _:
            return hold.end is not None  # while it lasts, the gate silences the case; its days are given back later


def _merged(stretches: list[tuple[Day, Day]]) -> Days:
    merged: list[tuple[Day, Day]] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[0] <= stretch[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
