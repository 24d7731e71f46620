"""The days and instants on which the steps of a ladder may start, computed anew from policy and facts.

What a step is counted from is always what actually happened to an earlier step; one that was passed over counts from
the day on which it was due. Floors lift a day: the gap to the last contact, and every deadline that was stated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.decision.ends import last_day, last_end
from dunning_engine.decision.progress import Progress
from dunning_engine.decision.waiting import merged
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.kernel.calendar import Day, Instant, day_start, local_day, resolve
from dunning_engine.kernel.spans import add, before, month_end
from dunning_engine.policy.model import AnchorKind, Policy, Roll, Step

if TYPE_CHECKING:
    from dunning_engine.decision.revisions import Anew
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.spans import Days

NEVER: Final = -1
"""Day of a step whose anchor can no longer come: it hangs on something that was never sent."""

LATER: Final = -2
"""Day of a step whose anchor has not come yet, and may."""


class Timetable:
    """When each step of a policy may start, for one receivable of a case at one instant."""

    __slots__ = ("_case", "_first", "_held", "_lead", "_policy", "_standing", "given_up", "progress", "run_due")

    def __init__(self, case: Case, policy: Policy, standing: Standing, lead: Receivable) -> None:
        self._case = case
        self._policy = policy
        self._standing = standing
        self._lead = lead
        self._held = standing.held
        first = lead if standing.run == lead.number else case.receivable(standing.run)
        self._first = lead if first is None else first
        self.run_due = self._first.due
        self.progress = Progress(case, policy, standing)
        self.given_up: set[tuple[str, int]] = set()
        for anew in standing.anew:
            if anew.shifts:
                self._shift(anew)

    def _shift(self, anew: Anew) -> None:
        """Steps that are climbed anew keep their distances, counted from the day on which the ladder was set back.

        What is the first of them to come is due that day, as if the clock had stood still since it was due before.
        """
        since = local_day(anew.at, self._policy.zone)
        for index in range(anew.index, len(self._policy.steps)):
            step = self._policy.steps[index]
            day = self.day(step, index)
            if day < 0:
                return
            if not self.ahead(step, day):
                if day < since:
                    self._held = merged((*self._held, (day, since)))
                return

    def ahead(self, step: Step, day: Day) -> bool:
        """Whether a day makes a step one of those up to the due date: the lead's, or that with which the run began.

        A due date that was moved later makes no reminder of what was sent as a demand before.
        """
        if step.when.before_or_on_due:
            return day <= self._lead.due
        return day <= self.run_due and self._drawn(step) <= self.run_due

    def _drawn(self, step: Step) -> Day:
        """The day of a step as the policy draws the ladder from the due date, whatever has happened."""
        anchor, policy, due = step.when, self._policy, self.run_due
        index = policy.index[step.name]
        base = policy.steps[policy.index[anchor.step] if anchor.step else max(index - 1, 0)]
        match anchor.kind:
            case AnchorKind.BEFORE_DUE:
                assert anchor.span is not None
                return before(due, anchor.span, policy.calendar)
            case AnchorKind.ON_DUE:
                return due
            case AnchorKind.AFTER_ISSUE:
                day = self._first.issued
            case AnchorKind.AFTER_STEP | AnchorKind.AFTER_PREVIOUS:
                day = self._drawn(base)
            case AnchorKind.AFTER_EXPIRY:
                assert base.deadline is not None
                day = last_day(policy, base.deadline, self._drawn(base), ()) + 1
            case _:
                return self.day(step, index)
        return day if anchor.span is None else add(day, anchor.span, policy.calendar)

    def lapsed(self, step: Step, occurrence: int) -> bool:
        """Whether an occurrence was meant for the time up to the due date, which is over; the same whoever asks."""
        return self.lapses(step, self._day_of(step, occurrence))

    def _day_of(self, step: Step, occurrence: int) -> Day:
        first = occurrence == 1
        return self.day(step, self._policy.index[step.name]) if first else self.repeats_on(step, occurrence)

    def opens(self, step: Step, occurrence: int) -> Instant:
        """When a demand that was begun may go on, where the due date was moved behind it since; 0 where it may now."""
        due = self._lead.due
        if due < self._standing.today or self.ahead(step, self._day_of(step, occurrence)):
            return 0
        return day_start(due + 1, self._policy.zone)

    def lapses(self, step: Step, day: Day) -> bool:
        return self._standing.today > self._lead.due and day >= 0 and self.ahead(step, day)

    def repeats_on(self, step: Step, occurrence: int) -> Day:
        """The day of a further occurrence, counted from the one before; of what never happened none comes."""
        happened = self.progress.happened_day(step, occurrence - 1)
        if happened is None or step.cadence is None:
            return NEVER
        return add(happened, step.cadence.every, self._policy.calendar, self._held)

    def day(self, step: Step, index: int) -> Day:
        """The day that a step's anchor names, before floors and rolling."""
        anchor, policy, held = step.when, self._policy, self._held
        match anchor.kind:
            case AnchorKind.BEFORE_DUE:
                assert anchor.span is not None
                return before(self._lead.due, anchor.span, policy.calendar)
            case AnchorKind.ON_DUE:
                return self._lead.due
            case AnchorKind.AFTER_DUE:
                base = self._lead.due
            case AnchorKind.AFTER_ISSUE:
                base = self._lead.issued
            case AnchorKind.AFTER_GRACE:
                base = self._grace_end(held)
            case AnchorKind.AFTER_STEP:
                base = self._base(policy.index[anchor.step or ""])
            case AnchorKind.AFTER_PREVIOUS:
                base = self._previous(index)
            case AnchorKind.AFTER_EXPIRY:
                base = self.expiry(policy.steps[policy.index[anchor.step or ""]])
            case AnchorKind.MONTH_END:
                return month_end(self._lead.due + 1)
            case AnchorKind.AFTER_RESUME:
                base = self._standing.held[-1][1] if self._standing.held else LATER
            case AnchorKind.BALANCE_REACHES:
                assert anchor.amount is not None
                return self._reached(anchor.amount.minor(self._case.currency))
            case AnchorKind.FAILED_PAYMENTS:
                failed = self._case.failed_payments
                return local_day(failed[anchor.count - 1], policy.zone) if len(failed) >= anchor.count else LATER
            case _:
                assert_never(anchor.kind)
        return base if base < 0 or anchor.span is None else add(base, anchor.span, policy.calendar, held)

    def _grace_end(self, held: Days) -> Day:
        """The first day after grace; without grace the day after the due date."""
        grace = self._policy.grace
        if grace is None:
            return self._lead.due + 1
        return add(self._lead.due, grace, self._policy.calendar, held) + 1

    def _base(self, index: int) -> Day:
        """The day from which "after this step" counts."""
        step = self._policy.steps[index]
        happened = self.progress.happened_day(step)
        if happened is not None:
            return happened
        unknown = self.progress.passed_on(step)
        if unknown is not None:
            return unknown
        return NEVER if self._failed(step) else self.day(step, index)

    def _failed(self, step: Step) -> bool:
        """Whether a step was tried and nothing of it went out."""
        progress = self.progress.steps.get(step.name)
        if (step.name, 1) in self.given_up:
            return True
        if progress is None:
            return False
        if progress.begun:
            return True
        return any(d.state in (DeliveryState.BLOCKED, DeliveryState.REFUSED) for d in progress.actions(1).values())

    def _previous(self, index: int) -> Day:
        """The day of the latest step that happened; if none has, the day on which the one before was due."""
        days = [self.progress.happened_day(step) for step in self._policy.steps[:index]]
        known = [day for day in days if day is not None]
        if known:
            return max(known)
        return self._base(index - 1) if index else self._lead.due

    def expiry(self, step: Step) -> Day:
        """The first day after a step's deadline, counted from when it happened; nothing it has stated ends before."""
        happened = self.progress.happened_day(step)
        if happened is None or step.deadline is None:
            return NEVER
        over = last_day(self._policy, step.deadline, happened, self._standing.held) + 1
        return max(over, self._promised(step))

    def _promised(self, step: Step) -> Day:
        """The first day after every last day to pay that a step has stated so far; `NEVER` where it has stated none.

        What came back, or was never proven to arrive, has stated its day too: nothing harsher comes before that.
        """
        made = self.progress.armed_day(step)
        if made is None or step.deadline is None:
            return NEVER
        return last_day(self._policy, step.deadline, made, self._standing.held) + 1

    def _stands_until(self, step: Step) -> Day:
        """The first day on which a deadline keeps nothing back any more; `NEVER` where none was set."""
        return max(self.expiry(step), self._promised(step))

    def _reached(self, amount: int) -> Day:
        """The day on which the open balance last came to an amount; as long as it is below, nobody knows."""
        moves: list[tuple[Instant, int | None]] = [(r.added_at, r.amount) for r in self._case.receivables]
        moves += [(entry.at, -entry.lowers if entry.amount else None) for entry in self._case.entries]
        total, since = 0, None
        for at, move in sorted(moves, key=lambda moved: (moved[0], moved[1] or 0)):
            total = 0 if move is None else total + move  # a write-off without a sum is one of all
            since = None if total < amount else at if since is None else since
        return LATER if since is None else local_day(since, self._policy.zone)

    def instant(self, step: Step, index: int, day: Day) -> Instant:
        """The instant at which a step may start: its day, lifted by the floors, rolled to business, at send time."""
        policy = self._policy
        ahead = self.ahead(step, day)
        floor = self._floor(index)
        if not ahead and floor <= self._lead.due:
            floor = self._lead.due + 1
        if step.channel is None:
            day = max(day, floor)
        else:
            if not ahead:
                floor = max(floor, self._grace_end(self._standing.held))
            day = self._rolled(max(day, floor), policy.roll_of(step.channel), floor, ahead=ahead)
        start = 0
        for name in self._case.zones or (policy.zone,):
            start = max(start, resolve(day, policy.send_at, name))
        return max(start, self.bound_until(index))

    def _floor(self, index: int) -> Day:
        """The first day on which gap and earlier deadlines let the step at a position start."""
        floor = 0
        if self.progress.last_contact is not None:
            zones = (self._policy.zone, *self._case.zones)
            last = max(local_day(self.progress.last_contact, name) for name in zones)
            floor = add(last, self._policy.min_gap, self._policy.calendar)
        for position in self._policy.deadlines:
            if position < index:
                floor = max(floor, self._stands_until(self._policy.steps[position]))
        return floor

    def bound_until(self, index: int) -> Instant:
        """The instant at which every deadline before a step is over wherever creditor and debtor are; 0 where none is."""
        if not self._policy.deadlines or self._policy.deadlines[0] >= index:
            return 0
        steps = [self._policy.steps[position] for position in self._policy.deadlines if position < index]
        ends = [self._stands_until(step) for step in steps]
        return max((last_end(end, self._case, self._policy) for end in ends if end != NEVER), default=0)

    def _rolled(self, day: Day, roll: Roll, floor: Day, *, ahead: bool) -> Day:
        """A contact on a day without business moves; what comes before the due date moves to an earlier day."""
        calendar = self._policy.calendar
        if roll is Roll.NONE or calendar.is_working(day):
            return day
        if ahead or roll is Roll.PREVIOUS:
            earlier = calendar.previous(day)
            if earlier >= floor:
                return earlier
        return calendar.next(day)
