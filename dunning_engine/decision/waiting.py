"""Why a case, or some of its invoices, waits at an instant, what that does to the clock, and where the ladder goes on.

Holds of different reasons and scopes compose: days are held while any of them holds, and a case waits for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.ends import last_end, over_after
from dunning_engine.decision.plans import PlanCourse, PlanState, plan_courses
from dunning_engine.decision.promises import PromiseCourse, PromiseState, promise_courses
from dunning_engine.domain.arrangements import UNDISPUTED, Clock, Disputed, Hold, HoldReason, Resume, disputed
from dunning_engine.domain.ladder_events import How, SetBack
from dunning_engine.domain.ledger import principal_courses
from dunning_engine.kernel.calendar import local_day
from dunning_engine.policy.arranged import KEY_OF, PROMISE, HoldTerms
from dunning_engine.policy.model import Pause, Policy, Stop

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Channel
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.kernel.spans import Days

ALWAYS: Final[Mapping[HoldReason, Pause]] = {
    HoldReason.DISPUTE: Pause.DISPUTED,
    HoldReason.MANUAL: Pause.HOLD,
    HoldReason.IDENTITY_THEFT: Pause.IDENTITY_THEFT,
}
"""Holds that let what they are about wait, whatever the policy lists."""

LISTED: Final[Mapping[HoldReason, Pause]] = {
    HoldReason.PLAN: Pause.PLAN_ON_TRACK,
    HoldReason.HARDSHIP: Pause.HARDSHIP,
    HoldReason.CEASE: Pause.CEASE,
    HoldReason.ATTORNEY: Pause.ATTORNEY,
}
"""Holds that let a case wait where the policy's `pause_while` lists them."""

STOPS: Final[Mapping[Stop, HoldReason]] = {
    Stop.BANKRUPT: HoldReason.BANKRUPTCY,
    Stop.DECEASED: HoldReason.DECEASED,
    Stop.HARDSHIP: HoldReason.HARDSHIP,
    Stop.IDENTITY_THEFT: HoldReason.IDENTITY_THEFT,
    Stop.CEASE: HoldReason.CEASE,
    Stop.ATTORNEY: HoldReason.ATTORNEY,
}

_OF_THE_PERSON: Final = frozenset({HoldReason.CEASE, HoldReason.ATTORNEY, HoldReason.BANKRUPTCY, HoldReason.DECEASED})
"""Holds that are about the debtor, even where only one invoice was named."""

ORDER: Final = (
    Pause.DISPUTED,
    Pause.HOLD,
    Pause.IDENTITY_THEFT,
    Pause.HARDSHIP,
    Pause.CEASE,
    Pause.ATTORNEY,
    Pause.PLAN_ON_TRACK,
    Pause.PROMISE_OPEN,
)
"""In which order reasons are told."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch in which a case or an invoice waits: `over` at or before `end`, which may be known beforehand.

    `silent` is a wait in which the ladder goes on and the gate refuses contacts: its days are given back afterwards.
    """

    key: str
    start: Instant
    end: Instant | None
    invoice: str | None
    terms: HoldTerms
    pause: Pause | None = None
    silent: bool = False

    def in_force(self, now: Instant) -> bool:
        """What is known holds, even where a clock that was set back says that it only begins later."""
        return self.end is None or now < self.end


@dataclass(frozen=True, slots=True)
class Waiting:
    """Everything that waits at an instant.

    `holds` are the reasons in force; `aside` the invoices that wait for another reason than a dispute, with the word
    for it; `paused` the words for which the whole case waits; `channels` those by which nobody is contacted.
    """

    holds: frozenset[HoldReason] = frozenset()
    disputed: Disputed = UNDISPUTED
    aside: Mapping[str, Pause] = field(default_factory=dict)
    paused: frozenset[Pause] = frozenset()
    stopped: str = ""
    channels: frozenset[Channel] = frozenset()
    promises: tuple[PromiseCourse, ...] = ()
    plans: tuple[PlanCourse, ...] = ()
    waits: tuple[Wait, ...] = ()
    changes: tuple[Instant, ...] = ()
    unanswered: bool = False
    remarks: tuple[str, ...] = ()


LATE: Final = "a dispute is not answered, and the time for that is over"

NOTHING: Final = Waiting()


def waiting(case: Case, policy: Policy, now: Instant) -> Waiting:
    """Everything that waits at an instant; `NOTHING` where the case has no hold, promise or plan."""
    if not (case.holds or case.promises or case.plans):
        return NOTHING
    ends = [(hold, ending(hold, case, policy)) for hold in case.holds]
    in_force = [hold for hold, end in ends if end is None or now < end]
    general = [hold for hold in in_force if hold.channel is None]
    promises = promise_courses(case, policy) if case.promises else ()
    plans = plan_courses(case, policy, now) if case.plans else ()
    waits = (*_of_holds(ends, policy), *_of_promises(promises, policy), *_of_plans(plans, policy))
    standing = [wait for wait in waits if wait.pause is not None and wait.in_force(now)]
    late = sorted(_answers(general, case, policy))
    return Waiting(
        holds=frozenset((*(hold.reason for hold in general), *_planned(plans, now))),
        disputed=disputed(general),
        aside={w.invoice: w.pause for w in standing if w.invoice is not None and w.pause is not None},
        paused=frozenset(w.pause for w in standing if w.invoice is None and w.pause is not None),
        stopped=_stopped(general, policy),
        channels=frozenset(hold.channel for hold in in_force if hold.channel is not None),
        promises=promises,
        plans=plans,
        waits=waits,
        changes=(*_changes(ends, promises, plans, now), *(at for at in late if at > now)),
        unanswered=any(at <= now for at in late),
        remarks=(*_remarks(promises, policy, now), *(LATE for at in late[:1] if at <= now)),
    )


def ending(hold: Hold, case: Case, policy: Policy) -> Instant | None:
    """When a hold ends: when it was lifted, or as soon as its last day is over wherever debtor and creditor are."""
    if hold.until is None:
        return hold.end
    over = last_end(hold.until + 1, case, policy)
    return over if hold.end is None else min(hold.end, over)


def _planned(plans: Sequence[PlanCourse], now: Instant) -> Iterator[HoldReason]:
    if any(course.state(now) is PlanState.ON_TRACK for course in plans):
        yield HoldReason.PLAN


def _stopped(holds: Sequence[Hold], policy: Policy) -> str:
    """The word of `stop_when` that is so; of what is about one invoice only, none is."""
    reasons = {hold.reason for hold in holds if hold.invoice is None or hold.reason in _OF_THE_PERSON}
    return next((stop.value for stop, reason in STOPS.items() if reason in reasons and stop in policy.stop_when), "")


def _changes(
    ends: Sequence[tuple[Hold, Instant | None]],
    promises: Sequence[PromiseCourse],
    plans: Sequence[PlanCourse],
    now: Instant,
) -> Iterator[Instant]:
    """When time alone ends something."""
    every = (*(end for _hold, end in ends), *(c.end for c in promises), *(c.end for c in plans))
    return (end for end in every if end is not None and end > now)


def _answers(holds: Sequence[Hold], case: Case, policy: Policy) -> list[Instant]:
    """When the time to answer each open dispute without an answer is over."""
    within = policy.arranged.disputes.answer_within
    if within is None:
        return []
    asked = [h for h in holds if h.reason is HoldReason.DISPUTE and h.answered is None]
    return [over_after(local_day(h.start, policy.zone), within, case, policy) for h in asked]


def _remarks(promises: Sequence[PromiseCourse], policy: Policy, now: Instant) -> tuple[str, ...]:
    """Open promises that let nothing wait, and why."""
    if Pause.PROMISE_OPEN not in policy.pause_while:
        return ()
    return tuple(
        f"a promise is open and does not let it wait: {course.beyond}"
        for course in promises
        if course.beyond and course.state(now) is PromiseState.OPEN
    )


# Waits ----------------------------------------------------------------------------------------------------------------


def _of_holds(ends: Sequence[tuple[Hold, Instant | None]], policy: Policy) -> Iterator[Wait]:
    for hold, end in ends:
        if hold.channel is None and hold.amount is None:
            key = KEY_OF[hold.reason]
            invoice = None if hold.reason in _OF_THE_PERSON else hold.invoice
            pause = _pause(hold.reason, policy)
            silent = pause is None and _silences(hold.reason, policy)
            pause = None if hold.reason is HoldReason.DISPUTE else pause
            yield Wait(key, hold.start, end, invoice, _terms(hold, policy), pause, silent)


def _terms(hold: Hold, policy: Policy) -> HoldTerms:
    """What a hold itself says, or else the policy."""
    usual = policy.arranged.terms(KEY_OF[hold.reason])
    return HoldTerms(hold.resume or usual.resume, hold.clock or usual.clock)


def _pause(reason: HoldReason, policy: Policy) -> Pause | None:
    """The word under which a hold lets wait; `None` where it does not."""
    listed = LISTED.get(reason)
    return listed if listed in policy.pause_while else ALWAYS.get(reason)


def _silences(reason: HoldReason, policy: Policy) -> bool:
    """Whether nobody is contacted, or the case is closed, while a hold is in force that does not let it wait."""
    return reason in _OF_THE_PERSON or any(r is reason and stop in policy.stop_when for stop, r in STOPS.items())


def _of_promises(promises: Sequence[PromiseCourse], policy: Policy) -> Iterator[Wait]:
    if Pause.PROMISE_OPEN in policy.pause_while:
        terms = policy.arranged.terms(PROMISE)
        for course in promises:
            if not course.beyond:
                promise = course.promise
                yield Wait(PROMISE, promise.made_at, course.end, promise.invoice, terms, Pause.PROMISE_OPEN)


def _of_plans(plans: Sequence[PlanCourse], policy: Policy) -> Iterator[Wait]:
    if Pause.PLAN_ON_TRACK in policy.pause_while:
        key = KEY_OF[HoldReason.PLAN]
        for course in plans:
            plan = course.plan
            yield Wait(key, plan.agreed_at, course.end, plan.invoice, policy.arranged.terms(key), Pause.PLAN_ON_TRACK)


# The clock ------------------------------------------------------------------------------------------------------------


def held_days(found: Waiting, case: Case, policy: Policy, lead: str, today: Day, now: Instant) -> Days:
    """Days on which the clock of the leading invoice stood still: from the day a wait began up to the day it ended."""
    stretches = []
    for wait in found.waits:
        if wait.terms.clock is Clock.STOPS and wait.invoice in (None, lead) and _stops(wait, now):
            end = today if wait.end is None else local_day(wait.end, policy.zone)
            stretches.append((local_day(wait.start, policy.zone), end))
    if lead and any(hold.amount is not None for hold in case.holds):
        stretches += _whole_by_parts(case, policy, lead, today)
    return merged(stretches)


def _whole_by_parts(case: Case, policy: Policy, lead: str, today: Day) -> Iterator[tuple[Day, Day]]:
    """Days on which disputes of parts left nothing of an invoice to ask for: the clock stood still as for all of it."""
    holds = [h for h in case.holds if h.reason is HoldReason.DISPUTE and h.channel is None]
    ends = [(hold, ending(hold, case, policy)) for hold in holds if hold.invoice in (None, lead)]
    stopping = [(h, end) for h, end in ends if _terms(h, policy).clock is Clock.STOPS]
    if not stopping:
        return
    moves = principal_courses(case).get(lead, ())
    whole = sum(r.amount if r.billed is None else r.billed for r in case.receivables if r.number == lead)
    marks = sorted(
        {at for at, _open in moves} | {h.start for h, _ in stopping} | {e for _, e in stopping if e is not None}
    )
    for since, until in zip(marks, (*marks[1:], None), strict=True):
        parts = [h for h, end in stopping if h.start <= since and (end is None or since < end)]
        open_ = next((minor for at, minor in reversed(moves) if at <= since), whole)
        if parts and 0 < open_ <= disputed(parts).of(lead):
            yield local_day(since, policy.zone), today if until is None else local_day(until, policy.zone)


def _stops(wait: Wait, now: Instant) -> bool:
    """Whether a wait stops the clock: it lets something wait, or it silenced the debtor and is over."""
    if wait.silent:
        return wait.end is not None and wait.end <= now
    return wait.pause is not None or wait.key == KEY_OF[HoldReason.DISPUTE]


def merged(stretches: Sequence[tuple[Day, Day]]) -> Days:
    """Stretches of days as their union."""
    union: list[tuple[Day, Day]] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[0] <= stretch[1]):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(end, union[-1][1]))
        else:
            union.append((start, end))
    return tuple(union)


# Where the ladder goes on ---------------------------------------------------------------------------------------------


_HOW: Final = {Resume.RESTART: How.RESTART, Resume.BACK: How.BACK}


def resumptions(case: Case, policy: Policy, now: Instant) -> tuple[SetBack, ...]:
    """Ends of waits whose rule is to restart the ladder or to go back a step, in order of time.

    A wait of one invoice counts where nothing else was overdue when it ended: otherwise the ladder never stood still.
    A broken promise or plan that leads to a step sets nothing back.
    """
    return ended_with(waiting(case, policy, now), case, policy, now)


def ended_with(
    found: Waiting, case: Case, policy: Policy, now: Instant, notices: Sequence[Instant] = ()
) -> tuple[SetBack, ...]:
    """As `resumptions`, where what waits is worked out already.

    A wait in which the ladder went back to a notice sets it no further step back.
    """
    ended = []
    for wait in found.waits:
        rule = wait.terms.resume
        if rule is Resume.CONTINUE or wait.end is None or wait.end > now or wait.end <= wait.start:
            continue
        if rule is Resume.BACK and any(wait.start <= at <= wait.end for at in notices):
            continue
        if _held_anything(wait) and alone(wait.invoice, wait.end, case, policy) and not _leads(wait, found, policy):
            cause = f"{wait.key}@{wait.start}{'' if wait.invoice is None else f'/{wait.invoice}'}"
            ended.append(SetBack(wait.end, cause, _HOW[rule], f"{wait.key.replace('_', ' ')} ended: {rule.value}"))
    return tuple(sorted(ended, key=lambda mark: (mark.at, mark.cause)))


def _held_anything(wait: Wait) -> bool:
    return wait.pause is not None or wait.silent or wait.key == KEY_OF[HoldReason.DISPUTE]


def alone(invoice: str | None, end: Instant, case: Case, policy: Policy) -> bool:
    """Whether nothing but an invoice that waited (all of them where none is named) was overdue when its wait ended."""
    if invoice is None:
        return True
    day = local_day(end, policy.zone)
    others = [r for r in case.receivables if r.number != invoice and r.added_at <= end]
    return all(r.due >= day or (r.settled_at is not None and r.settled_at <= end) for r in others)


def _leads(wait: Wait, found: Waiting, policy: Policy) -> bool:
    """Whether a wait was a promise or plan that ended broken, and the policy says to which step that leads."""
    rules = policy.arranged
    if wait.key == PROMISE and rules.promises.then is not None:
        return any(not c.kept and c.end == wait.end and c.promise.made_at == wait.start for c in found.promises)
    if wait.key == KEY_OF[HoldReason.PLAN] and rules.plans.then is not None:
        return any(c.ended_as is PlanState.BROKEN and c.end == wait.end for c in found.plans)
    return False


def led_to(found: Waiting, policy: Policy, lead: str, now: Instant) -> tuple[str, Instant] | None:
    """The step to which the latest broken promise or plan of the leading invoice leads, and when it broke."""
    rules, broken = policy.arranged, []
    if rules.promises.then is not None:
        ends = (c.end for c in found.promises if c.broken(now) and c.promise.invoice in (None, lead))
        broken += [(end, rules.promises.then) for end in ends]
    if rules.plans.then is not None:
        plans = (c for c in found.plans if c.state(now) is PlanState.BROKEN and c.plan.invoice in (None, lead))
        broken += [(c.end, rules.plans.then) for c in plans if c.end is not None]
    latest = max(broken, default=None)
    return None if latest is None else (latest[1], latest[0])
