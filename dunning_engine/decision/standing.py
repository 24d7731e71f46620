"""Where a case stands at an instant: what is owed and overdue, which receivable leads, why it waits.

Nothing here is stored. Everything follows from the case's facts, the policy and `now`, so that looking late, often or
twice gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from dunning_engine.decision.charged import NO_CHARGES, Charged, charged
from dunning_engine.decision.deeming import NOT_DEEMED, deemed
from dunning_engine.decision.notices import given_back, outdated
from dunning_engine.decision.plans import PlanState
from dunning_engine.decision.promises import PromiseState
from dunning_engine.decision.proposals import patience_ends
from dunning_engine.decision.revisions import Anew, fallen_back, in_run, revised
from dunning_engine.decision.waiting import NOTHING, ORDER, Waiting, ended_with, held_days, led_to, merged, waiting
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.kernel.calendar import Day, Instant, day_start, local_day
from dunning_engine.kernel.spans import add
from dunning_engine.policy.model import Lead, OnLeadPaid, Pause, Policy, Stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.spans import Days


@dataclass(slots=True)
class Standing:
    """A case as seen at `now`; days are the policy's, amounts minor units.

    `balance` is the undisputed open principal, `open` all of it, `overdue` and `overdue_count` its part past due.
    `lead` carries the ladder; `free` are the open receivables without dispute;
    `claimed` are those that an action may ask to be paid: past due and past their own grace, or before that what falls
    due with the lead;
    `run` names the run of the ladder, `cycle` its present revision; `undone` are the actions that no longer count in it
    and `anew` what set it back; `held` are days on which the clock stood still.
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
    plan_broken: bool
    held: Days
    changes: list[Instant]
    zone: str
    charged: Charged = NO_CHARGES
    run: str = ""
    undone: frozenset[str] = frozenset()
    anew: tuple[Anew, ...] = ()
    waiting: Waiting = NOTHING
    led: tuple[str, Instant] | None = None
    """The step to which a broken promise or plan leads, and when it broke."""
    deemed: Mapping[str, Instant] = field(default_factory=lambda: NOT_DEEMED)
    """The letters that count as delivered by now without a proof, and since when."""

    @property
    def fees(self) -> int:
        """Open fees and fixed sums without dispute."""
        return self.charged.fees

    @property
    def interest(self) -> int:
        """Open interest without dispute."""
        return self.charged.interest

    @property
    def owed(self) -> int:
        """All that is asked: undisputed principal, fees and interest."""
        return self.balance + self.charged.fees + self.charged.interest

    @property
    def days_overdue(self) -> int:
        """Days since the lead's due date; 0 while it is not due."""
        return max(0, self.today - self.lead.due) if self.lead is not None else 0

    def counts(self, delivery: Delivery, case: Case) -> bool:
        """Whether an action belongs to the present run, and nothing has set the ladder back behind it."""
        return in_run(delivery.key.cycle, self.run, case) and delivery.id not in self.undone

    @property
    def promises_broken(self) -> int:
        """Promises that were not wholly kept."""
        return sum(course.broken(self.now) for course in self.waiting.promises)

    @property
    def promise_broken(self) -> bool:
        return self.promises_broken > 0

    @property
    def promise_partly_kept(self) -> bool:
        """Whether some promise was kept in part only."""
        return any(course.state(self.now) is PromiseState.PARTLY for course in self.waiting.promises)

    @property
    def instalments_missed(self) -> int:
        """Missed instalments of the latest plan."""
        return self.waiting.plans[-1].missed if self.waiting.plans else 0

    @property
    def dispute_unanswered(self) -> bool:
        return self.waiting.unanswered


def stand(case: Case, policy: Policy, now: Instant) -> Standing:
    """Derive where a case stands."""
    today = local_day(now, policy.zone)
    found = waiting(case, policy, now)
    owed = _owed(case.receivables, found, today, case.unready)
    beside = charged(case, found.disputed) if case.charges else NO_CHARGES
    if beside.total and not owed.total:
        owed.free = beside.carriers(case.receivables)
        owed.overdue = [receivable for receivable in owed.free if receivable.due < today]
    lead = _lead(policy.lead, owed.overdue, owed.free or owed.aside)
    run = _cycle(case.receivables, lead, policy, today) if lead is not None else ""
    changes = [day_start(r.due + 1, policy.zone) for r in owed.free if r.due >= today]
    changes += found.changes
    presumed = dict(_presumed(case, policy, now, changes)) if policy.deems else NOT_DEEMED
    standing = Standing(
        now=now,
        today=today,
        lead=lead,
        free=owed.free,
        claimed=_claimed(owed, lead, policy, today) if lead is not None else (),
        cycle=run,
        run=run,
        open=owed.total,
        balance=owed.balance,
        overdue=owed.past_due,
        overdue_count=len(owed.overdue),
        holds=found.holds,
        paused=(_paused(found, owed) if found is not NOTHING else ()) + (_orders(case, now) if case.orders else ()),
        stopped=found.stopped or (_opted_out(policy, case) if case.opted_out else ""),
        settled=bool(case.receivables)
        and owed.total + beside.total - (_spare(case) if case.credit else 0) <= policy.tolerance.get(case.currency, 0),
        plan_broken=(found is not NOTHING or case.plan_broken_at is not None) and _plan_broken(case, found, now),
        held=_held(found, case, policy, lead.number if lead is not None else "", today, now)
        if found is not NOTHING or case.orders
        else (),
        changes=changes,
        zone=policy.zone,
        waiting=found,
        led=led_to(found, policy, lead.number, now) if found is not NOTHING and lead is not None else None,
        charged=beside,
        deemed=presumed,
    )
    if lead is not None and (
        case.set_backs or found.waits or policy.restricts or policy.on_lead_paid is OnLeadPaid.FALL_BACK
    ):
        _set_back(standing, case, policy, lead)
    if policy.answers_awaited and case.deliveries:
        changes += patience_ends(case, policy, standing)
    return standing


def _presumed(case: Case, policy: Policy, now: Instant, changes: list[Instant]) -> Iterator[tuple[str, Instant]]:
    """The letters that are deemed delivered by now; when others will be goes to `changes`."""
    for delivery, at in deemed(case, policy):
        if at <= now:
            yield delivery.id, at
        else:
            changes.append(at)


def _set_back(standing: Standing, case: Case, policy: Policy, lead: Receivable) -> None:
    """Let what sets a ladder back make the revision of the run."""
    marks = [*case.set_backs]
    restored = list(given_back(case, policy)) if policy.restricts else []
    marks += restored
    if standing.waiting.waits:
        marks += ended_with(standing.waiting, case, policy, standing.now, [mark.at for mark in restored])
    if policy.restricts:
        marks += outdated(standing.waiting, case, policy, standing.now)
    if policy.on_lead_paid is OnLeadPaid.FALL_BACK:
        marks += fallen_back(case, policy, standing.run, lead, standing.today)
    if marks:
        found = revised(case, policy, standing.run, marks, lead, standing.held)
        standing.cycle, standing.undone, standing.anew = found.cycle, found.undone, found.anew


def on_its_own(case: Case, policy: Policy, whole: Standing, receivable: Receivable) -> Standing:
    """Where the ladder of one receivable stands, in a case in which each has its own (`lead: each`)."""
    found, number = whole.waiting, receivable.number
    standing = replace(
        whole,
        lead=receivable,
        claimed=(receivable,),
        cycle=number,
        run=number,
        undone=frozenset(),
        anew=(),
        held=_held(found, case, policy, number, whole.today, whole.now),
        led=led_to(found, policy, number, whole.now) if found is not NOTHING else None,
    )
    _set_back(standing, case, policy, receivable)
    if policy.answers_awaited and case.deliveries:
        whole.changes += patience_ends(case, policy, standing)
    return standing


def _spare(case: Case) -> int:
    """Credit that covers what is open without settling it: money that names no invoice does not settle disputed ones."""
    return max(0, case.credit - case.unapplied)


@dataclass(slots=True)
class _Owed:
    """What is open, sorted: `free` or `aside` (disputed, or waiting), `overdue` or not; amounts in minor units."""

    free: list[Receivable]
    aside: list[Receivable]
    overdue: list[Receivable]
    total: int = 0
    balance: int = 0
    past_due: int = 0


def _owed(receivables: Iterable[Receivable], found: Waiting, today: Day, unready: frozenset[str]) -> _Owed:
    owed = _Owed([], [], [])
    for receivable in receivables:
        amount = receivable.open
        if amount <= 0:
            continue
        owed.total += amount
        if unready and receivable.number in unready:
            continue
        if found is not NOTHING:
            rest = amount - found.disputed.of(receivable.number)
            if rest > 0:
                owed.balance += rest
            if rest <= 0 or receivable.number in found.aside:
                owed.aside.append(receivable)
                continue
            _free(owed, receivable if rest >= amount else replace(receivable, open=rest), today)
        else:
            owed.balance += amount
            _free(owed, receivable, today)
    return owed


def _free(owed: _Owed, receivable: Receivable, today: Day) -> None:
    owed.free.append(receivable)
    if receivable.due < today:
        owed.overdue.append(receivable)
        owed.past_due += receivable.open


def _claimed(owed: _Owed, lead: Receivable, policy: Policy, today: Day) -> Sequence[Receivable]:
    """Nobody is asked for what is within its grace, even where an older debt has made the ladder climb."""
    if not owed.overdue:
        return [r for r in owed.free if r.due == lead.due]
    if len(owed.overdue) == 1 or policy.grace is None:
        return owed.overdue
    grace, calendar = policy.grace, policy.calendar
    return [r for r in owed.overdue if r is lead or add(r.due, grace, calendar) < today]


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
    for receivable in receivables[: 1 + _position(receivables, lead)]:  # in order of due date
        end = local_day(receivable.settled_at, policy.zone) if receivable.settled_at is not None else None
        if name and until is not None and receivable.due >= until:
            name = ""
        if not name:
            name, until = receivable.number, end if end is None else max(end, receivable.due)
        elif until is not None:
            until = None if end is None else max(until, end)
    return name


def _position(receivables: Sequence[Receivable], lead: Receivable) -> int:
    return next(at for at, receivable in enumerate(receivables) if receivable.number == lead.number)


def _paused(found: Waiting, owed: _Owed) -> tuple[str, ...]:
    """Why the case waits: for reasons of its own, or because every invoice that is open waits."""
    reasons = set(found.paused)
    if not owed.free:
        reasons |= {found.aside[r.number] for r in owed.aside if r.number in found.aside}
        if any(found.disputed.of(r.number) for r in owed.aside):
            reasons.add(Pause.DISPUTED)
    return tuple(pause.value for pause in ORDER if pause in reasons)


def _opted_out(policy: Policy, case: Case) -> str:
    refused = Stop.OPTED_OUT in policy.stop_when and policy.contact_channels <= case.opted_out
    return Stop.OPTED_OUT.value if refused else ""


def _plan_broken(case: Case, found: Waiting, now: Instant) -> bool:
    """Whether the latest plan was broken, as somebody said or as the money says, and none was agreed since."""
    ends = [course.end for course in found.plans[-1:] if course.state(now) is PlanState.BROKEN]
    broken = max((end for end in (*ends, case.plan_broken_at) if end is not None), default=None)
    if broken is None:
        return False
    agreed = [hold.start for hold in case.holds if hold.reason is HoldReason.PLAN]
    return not any(start >= broken for start in (*agreed, *(plan.agreed_at for plan in case.plans)))


# Standing orders ------------------------------------------------------------------------------------------------------


def _orders(case: Case, now: Instant) -> tuple[str, ...]:
    """The words of those in force."""
    return tuple(order.words for order in case.orders if order.until is None or now < order.until)


def _held(found: Waiting, case: Case, policy: Policy, number: str, today: Day, now: Instant) -> Days:
    """Days on which the clock of an invoice stood still, with those of standing orders, whose clock always does."""
    held = held_days(found, case, policy, number, today, now) if found is not NOTHING else ()
    if not case.orders:
        return held
    ends = [today if o.until is None else min(today, local_day(o.until, policy.zone)) for o in case.orders]
    starts = [local_day(order.since, policy.zone) for order in case.orders]
    return merged((*held, *zip(starts, ends, strict=True)))
