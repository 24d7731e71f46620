"""Revisions of a run: which steps count as taken after something has set the ladder back, and what is told apart by it.

A restart or a rewind takes nothing back that went out: it says from which step on the ladder is climbed anew. All of it
is derived from marks and deliveries at each look. A set-back that undoes something names what comes after it
(`INV-1~17`), so that an action of the second climb is another one than that of the first; the name is that of its
cause, so that what becomes known later never renames what has gone out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.decision.notices import notice_of
from dunning_engine.domain.ladder_events import Forcing, How, SetBack, Skip
from dunning_engine.kernel.calendar import Day, Instant, local_day
from dunning_engine.kernel.spans import add, before, month_end
from dunning_engine.policy.model import AnchorKind, Lead, OnLeadPaid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.spans import Days
    from dunning_engine.policy.model import Policy

SEPARATOR: Final = "~"
"""Between the name of a run and the cause of its revision."""

BASE: Final = 0


@dataclass(frozen=True, slots=True)
class Anew:
    """A set-back that undid something: from the step at `index` (from its `occurrence` on) the ladder is climbed anew.

    `shifts` tells whether the steps keep their distances from that day on, or come at the days of their receivable.
    """

    cycle: str
    index: int
    occurrence: int
    at: Instant
    shifts: bool
    why: str


@dataclass(frozen=True, slots=True)
class Revision:
    """The present revision of a run: its name, and what the set-backs before it undid."""

    cycle: str
    undone: frozenset[str] = frozenset()
    anew: tuple[Anew, ...] = ()


def in_run(cycle: str, run: str, case: Case) -> bool:
    """Whether a cycle is a run or a revision of it."""
    return cycle == run or (cycle.startswith(run + SEPARATOR) and case.receivable(cycle) is None)


def run_of(cycle: str, case: Case) -> str:
    """The run that a cycle belongs to."""
    return next((r.number for r in case.receivables if in_run(cycle, r.number, case)), cycle)


def revised(case: Case, policy: Policy, run: str, marks: Iterable[SetBack], lead: Receivable, held: Days) -> Revision:
    """What set-backs, in order of time, leave of a run."""
    anew: list[Anew] = []
    undone: set[str] = set()
    deliveries = [d for d in case.deliveries.values() if in_run(d.key.cycle, run, case) and d.key.step in policy.index]
    skips = [s for s in case.skipped if in_run(s.cycle, run, case) and s.step in policy.index]
    marks = sorted(
        (m for m in marks if not m.run or in_run(m.run, run, case)),
        key=lambda m: (m.at, m.how is How.NOTICE, len(m.cause), m.cause),
    )
    ranks = {f"{run}{SEPARATOR}{mark.cause}": number for number, mark in enumerate(marks, start=1)}
    for rank, mark in enumerate(marks, start=1):
        counting = [d for d in deliveries if d.id not in undone]
        index = _index(mark, counting, policy, lead, held)
        if index is None:
            continue
        hit = {
            d.id
            for d in counting
            if (policy.index[d.key.step], d.key.occurrence) >= (index, mark.occurrence)
            and _precedes(_when(d), mark)
            and ranks.get(d.key.cycle, BASE) < rank
        }
        passed = any(
            policy.index[s.step] >= index and _precedes(s.at, mark) and ranks.get(s.cycle, BASE) < rank for s in skips
        )
        if hit or passed:
            undone |= hit
            cycle, shifts = f"{run}{SEPARATOR}{mark.cause}", mark.how is not How.AGE
            anew.append(Anew(cycle, index, mark.occurrence, mark.at, shifts, mark.why))
    return Revision(anew[-1].cycle if anew else run, frozenset(undone), tuple(anew))


def skipped_steps(case: Case, policy: Policy, run: str, anew: tuple[Anew, ...]) -> dict[str, Skip]:
    """The steps of a run that were skipped, and that nothing has opened again since."""
    ranks = {each.cycle: number for number, each in enumerate(anew, start=1)}
    return {
        skip.step: skip
        for skip in case.skipped
        if in_run(skip.cycle, run, case)
        and not any(
            policy.index.get(skip.step, -1) >= each.index and skip.at <= each.at and ranks.get(skip.cycle, BASE) < rank
            for rank, each in enumerate(anew, start=1)
        )
    }


def forcings(case: Case, cycle: str) -> dict[str, Forcing]:
    """The steps that people let go now in a revision of a run."""
    return {forcing.step: forcing for forcing in case.forced if forcing.cycle == cycle}


def _when(delivery: Delivery) -> Instant:
    """When an action was taken: what went out after a set-back counts, however late the set-back became known."""
    if delivery.armed_at is not None:
        return delivery.armed_at
    return delivery.changed_at if delivery.cleared_at is None else delivery.cleared_at


def _precedes(at: Instant, mark: SetBack) -> bool:
    """Whether something was done before a set-back: at the instant at which a wait ended, what is done follows it."""
    return at < mark.at or (at == mark.at and mark.how is How.STEP)


def _index(mark: SetBack, counting: list[Delivery], policy: Policy, lead: Receivable, held: Days) -> int | None:
    """The position of the first step that a set-back opens again; `None` where it opens none."""
    if mark.how is How.RESTART:
        return 0
    if mark.how is How.STEP:
        return policy.index.get(mark.step)
    if mark.how is How.AGE:
        return _beyond(policy, lead, local_day(mark.at, policy.zone), held)
    taken = [policy.index[d.key.step] for d in counting if d.cleared_at is not None and _precedes(_when(d), mark)]
    if mark.how is How.NOTICE:
        return _unused_notice(mark, taken, policy)
    return max(taken, default=None)


def _unused_notice(mark: SetBack, taken: list[int], policy: Policy) -> int | None:
    """The position of a notice that was given, where the ladder has not come to the restriction behind it."""
    restriction = policy.index[mark.step]
    notice = notice_of(policy, restriction)
    return notice if notice in taken and max(taken) < restriction else None


# The age of the receivable that leads ---------------------------------------------------------------------------------


def fallen_back(case: Case, policy: Policy, run: str, lead: Receivable, today: Day) -> Iterator[SetBack]:
    """That another receivable led the run before and is paid: the ladder stands where the age of this one puts it."""
    if policy.on_lead_paid is not OnLeadPaid.FALL_BACK or run == lead.number:
        return
    paid = [
        r.settled_at
        for r in case.receivables
        if r.settled_at is not None
        and r.due < min(today, local_day(r.settled_at, policy.zone))
        and _led(r, lead, policy.lead)
    ]
    if paid:
        yield SetBack(max(paid), lead.number, How.AGE, f"{lead.number} leads, and its own age counts", run)


def _led(receivable: Receivable, lead: Receivable, rule: Lead) -> bool:
    """Whether a receivable that was paid when it was overdue came before the lead.

    Nobody keeps who led on which day. The rule is asked of the two as they were billed: a `largest` one that had been
    paid down below the lead before, or one that waited (disputed) until it was paid, counts as having led all the same.
    """
    match rule:
        case Lead.OLDEST:
            return (receivable.due, receivable.number) < (lead.due, lead.number)
        case Lead.NEWEST:
            return (receivable.due, receivable.number) > (lead.due, lead.number)
        case _:
            return receivable.amount >= lead.amount and receivable is not lead


def _beyond(policy: Policy, lead: Receivable, day: Day, held: Days) -> int:
    """The position of the first step that a receivable's age alone has not brought up to a day."""
    days: list[Day] = []
    for index in range(len(policy.steps)):
        days.append(_of_age(policy, index, days, lead, held))
        if days[-1] > day:
            return index
    return len(days)


def _of_age(policy: Policy, index: int, days: list[Day], lead: Receivable, held: Days) -> Day:
    """The day of a step if every step before it had been taken on its day."""
    anchor, calendar = policy.steps[index].when, policy.calendar
    base = days[-1] if days else lead.due
    match anchor.kind:
        case AnchorKind.BEFORE_DUE:
            assert anchor.span is not None
            return before(lead.due, anchor.span, calendar)
        case AnchorKind.ON_DUE | AnchorKind.AFTER_DUE:
            base = lead.due
        case AnchorKind.AFTER_ISSUE:
            base = lead.issued
        case AnchorKind.MONTH_END:
            return month_end(lead.due + 1)
        case AnchorKind.AFTER_GRACE:
            base = lead.due + 1 if policy.grace is None else add(lead.due, policy.grace, calendar, held) + 1
        case AnchorKind.AFTER_STEP:
            base = days[policy.index[anchor.step or ""]]
        case AnchorKind.AFTER_EXPIRY:
            earlier = policy.index[anchor.step or ""]
            deadline = policy.steps[earlier].deadline
            assert deadline is not None
            base = add(days[earlier], deadline, calendar, held) + 1
        case AnchorKind.AFTER_RESUME | AnchorKind.BALANCE_REACHES | AnchorKind.FAILED_PAYMENTS:
            return base  # facts bring these, not age
        case AnchorKind.AFTER_PREVIOUS:
            pass
        case _:
            assert_never(anchor.kind)
    return base if anchor.span is None else add(base, anchor.span, calendar, held)
