"""When each step of the ladder is due, computed anew from policy and facts at every look.

Steps are taken in file order: none starts before its predecessor has happened, lapsed or been passed over, nor before
an earlier deadline has expired, nor closer than `min_gap` to the last contact. What a step is counted from is always
what actually happened to an earlier step; a step that never went out never lets another one climb on it, while one
that was passed over (its condition was false, its day had lapsed) counts from the day on which it was due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.decision.conditions import objection, outcome_of
from dunning_engine.decision.ends import last_end
from dunning_engine.decision.progress import PENDING, UNDER_WAY, Progress
from dunning_engine.decision.revisions import forcings, skipped_steps
from dunning_engine.decision.standing import Standing
from dunning_engine.decision.waiting import merged
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.ladder_events import Skip
from dunning_engine.kernel.calendar import Day, Instant, day_start, local_day, resolve
from dunning_engine.kernel.spans import add, before, month_end
from dunning_engine.policy.model import AnchorKind, CatchUp, Policy, Proof, Roll, Step, Test

if TYPE_CHECKING:
    from dunning_engine.decision.revisions import Anew
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.ladder_events import Forcing
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.spans import Days, Span

NEVER: Final = -1
"""Day of a step whose anchor can no longer come: it hangs on something that was never sent."""

LATER: Final = -2
"""Day of a step whose anchor has not come yet, and may."""

LAPSED: Final = "its time ended with the due date"


@dataclass(slots=True)
class Due:
    """An occurrence of a step whose time has come; `choices` are the positions of its actions that are still open."""

    step: Step
    occurrence: int
    planned_at: Instant
    choices: tuple[int, ...]
    happened: bool = False


@dataclass(slots=True)
class Look:
    """One look down the ladder: what is due now, what was passed over on the way, when the next thing comes.

    `again` are instants at which time alone may make what was passed over due after all.
    """

    due: Due | None = None
    skipped: tuple[tuple[Step, Instant, str], ...] = ()
    passed: tuple[tuple[Step, str], ...] = ()
    next: tuple[Step, Instant] | None = None
    waits_for: tuple[Step, str] | None = None
    again: tuple[Instant, ...] = ()


def last_day(policy: Policy, deadline: Span, start: Day, held: Days) -> Day:
    """The last day to pay of a deadline that starts on a day: an end without business moves later, never earlier."""
    end = add(start, deadline, policy.calendar, held)
    return end if policy.roll is Roll.NONE else policy.calendar.next(end)


class Ladder:
    """The steps of a policy for one case at one instant."""

    __slots__ = (
        "_attempted",
        "_case",
        "_forced",
        "_given_up",
        "_held",
        "_lead",
        "_led",
        "_led_on",
        "_policy",
        "_run_due",
        "_skipped",
        "_standing",
        "progress",
    )  # fmt: skip

    def __init__(self, case: Case, policy: Policy, standing: Standing, lead: Receivable) -> None:
        self._case = case
        self._policy = policy
        self._standing = standing
        self._lead = lead
        first = lead if standing.run == lead.number else case.receivable(standing.run)
        self._run_due = lead.due if first is None else first.due
        self._attempted: set[tuple[str, int]] = set()
        self._given_up: list[Due] = []
        self._skipped = skipped_steps(case, policy, standing.run, standing.anew) if case.skipped else {}
        self._forced = forcings(case, standing.cycle) if case.forced else {}
        self._held = standing.held
        self.progress = Progress(case, policy, standing)
        for anew in standing.anew:
            if anew.shifts:
                self._shift(anew)
        self._led, self._led_on = self._lead_on()

    def _lead_on(self) -> tuple[int, Day]:
        """The position of the step to which a broken promise or plan of this run leads, and since when; -1 where none does."""
        led = self._standing.led
        if led is None or any(anew.at >= led[1] for anew in self._standing.anew):
            return -1, LATER
        index, day = self._policy.index[led[0]], local_day(led[1], self._policy.zone)
        return (index, day) if index > self.progress.begun and day > self._run_due else (-1, LATER)

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

    def give_up(self, due: Due) -> None:
        """Pass over an occurrence for the rest of this look: nothing of it can go out now."""
        self._attempted.add((due.step.name, due.occurrence))
        if not self.progress.has_begun(due.step.name):
            self._given_up.append(due)

    def ahead(self, step: Step, day: Day) -> bool:
        """Whether a day makes a step one of those up to the due date: the lead's, or that with which the run began."""
        return day <= (self._lead.due if step.when.before_or_on_due else self._run_due)

    def lapsed(self, step: Step, occurrence: int) -> bool:
        """Whether an occurrence was meant for the time up to the due date, which is over; the same whoever asks."""
        first = occurrence == 1
        day = self.day(step, self._policy.index[step.name]) if first else self._repeats_on(step, occurrence)
        return self._lapses(step, day)

    def _lapses(self, step: Step, day: Day) -> bool:
        return self._standing.today > self._lead.due and day >= 0 and self.ahead(step, day)

    def look(self) -> Look:
        """What is due now, or when the next step will be."""
        look = Look()
        begun = self.progress.begun
        if self._forced:
            look.due = self._by_force(look, begun)
            if look.due is not None:
                return look
        if begun >= 0:
            step = self._policy.steps[begun]
            look.due = self._unfinished(look, step)
            if look.due is not None:
                return look
            if self.progress.happened(step) is None:
                if self.progress.in_flight(step):
                    look.waits_for = step, "it is on its way, nothing is known of it yet"
                    return look
                if self.progress.unproven(step):
                    look.waits_for = step, "it was sent, the proof that it arrived is missing"
                    return look
        repeated = None if self._led >= 0 else self._repetition(look, begun)
        following = self._following(look, max(begun + 1, self._led))
        self._choose(look, repeated, following)
        if look.skipped:
            now, cycle = self._standing.now, self._standing.cycle
            self._skipped |= {step.name: Skip(now, cycle, step.name, "", why) for step, _planned, why in look.skipped}
        return look

    def _choose(self, look: Look, repeated: Due | None, following: list[Due]) -> None:
        """The earliest of what may come; of two at the same instant the one that stands first in the file."""
        now = self._standing.now
        first = following[0] if following else None
        if first is None or (repeated is not None and repeated.planned_at <= first.planned_at):
            first = repeated
        if first is None:
            return
        if first.planned_at > now:
            look.next = first.step, first.planned_at
        elif self._policy.catch_up is CatchUp.JUMP and following and following[0].planned_at <= now:
            look.due = following[-1]
            overtaken = f"overtaken by {look.due.step.name}"
            look.skipped += tuple((due.step, due.planned_at, overtaken) for due in self._jumped(following))
        else:
            look.due = first

    def _jumped(self, following: list[Due]) -> list[Due]:
        """Steps that the last of some overtakes; also those that could not go out in this look: the next one would."""
        tried = [due for due in self._given_up if due.step.name not in self._skipped]
        return [*tried, *following[:-1]]

    def _by_force(self, look: Look, begun: int) -> Due | None:
        """A step that a person lets go now; a deadline that was stated, and proofs that are required, bind it all the same."""
        for forcing in self._forced.values():
            index = self._policy.index.get(forcing.step, -1)
            if index <= begun or forcing.step in self._skipped or (forcing.step, 1) in self._attempted:
                continue
            step = self._policy.steps[index]
            bound = self.bound_until(index)
            if bound > self._standing.now:
                look.again += (bound,)
            elif self.missing(step) is None:
                return Due(step, 1, forcing.at, tuple(range(len(step.actions))))
        return None

    def forced(self, step: Step, occurrence: int) -> Forcing | None:
        """A person's word that a step goes now, whatever its day and its conditions."""
        return self._forced.get(step.name) if occurrence == 1 else None

    def skipped(self, step: Step) -> Skip | None:
        """Why a step is passed over, where the catch-up rule or a person said so."""
        return self._skipped.get(step.name)

    # What may come -----------------------------------------------------------------------------------------------------

    def _unfinished(self, look: Look, step: Step) -> Due | None:
        """Actions of the latest step that still wait for their hour, or whose message came back and has a fallback."""
        progress = self.progress.steps[step.name]
        if (step.name, progress.begun) in self._attempted:
            return None
        deliveries = progress.actions(progress.begun)
        happened = self.progress.happened(step) is not None
        still_open = []
        for position, choice in enumerate(step.actions):
            tried = [deliveries[spec.slot] for spec in choice if spec.slot in deliveries]
            if self._waits(tried) or self._fell_back(tried, len(choice)):
                still_open.append(position)
        forced = self.forced(step, progress.begun) is not None
        if not still_open or (not forced and objection(step, self._case, self._standing)):
            return None
        if not forced and self.lapsed(step, progress.begun):
            look.passed += ((step, LAPSED),)
            return None
        bound = self.bound_until(self._policy.index[step.name])
        if bound > self._standing.now:
            look.again += (bound,)
            return None
        planned = min(d.planned_at for d in deliveries.values())
        return Due(step, progress.begun, planned, tuple(still_open), happened)

    @staticmethod
    def _waits(tried: list[Delivery]) -> bool:
        """Whether some way of an action waits, and none has been taken."""
        if any(d.state in UNDER_WAY and d.state is not DeliveryState.BOUNCED for d in tried):
            return False
        return any(d.state in PENDING for d in tried)

    @staticmethod
    def _fell_back(tried: list[Delivery], choices: int) -> bool:
        """Whether the last way tried bounced and another one is left."""
        states = [d.state for d in tried]
        return bool(states) and states[-1] is DeliveryState.BOUNCED and len(states) < choices

    def _repetition(self, look: Look, begun: int) -> Due | None:
        """The next occurrence of the repeating steps that have not ended."""
        best: Due | None = None
        for index in self._policy.cadences:
            if index <= begun:
                due = self._occurrence(look, self._policy.steps[index], index, begun)
                if due is not None and (best is None or due.planned_at < best.planned_at):
                    best = due
        return best

    def _occurrence(self, look: Look, step: Step, index: int, begun: int) -> Due | None:
        cadence = step.cadence
        progress = self.progress.steps.get(step.name)
        if (
            cadence is None
            or progress is None
            or progress.begun == 0
            or (step.name, progress.begun + 1) in self._attempted
            or step.name in self._skipped
        ):
            return None
        if begun > index if cadence.until is None else self.progress.has_begun(cadence.until):
            return None
        if cadence.times is not None and progress.begun >= cadence.times:
            return None
        day = self._repeats_on(step, progress.begun + 1)
        if day == NEVER:
            return None
        if self._lapses(step, day):
            look.passed += ((step, LAPSED),)
            return None
        planned = self._instant(step, index, day)
        if planned <= self._standing.now and objection(step, self._case, self._standing):
            look.again += self._ripens(step)
            return None
        return Due(step, progress.begun + 1, planned, tuple(range(len(step.actions))))

    def _repeats_on(self, step: Step, occurrence: int) -> Day:
        """The day of a further occurrence, counted from the one before; of what never happened none comes."""
        happened = self.progress.happened_day(step, occurrence - 1)
        if happened is None or step.cadence is None:
            return NEVER
        return add(happened, step.cadence.every, self._policy.calendar, self._held)

    def _following(self, look: Look, start: int) -> list[Due]:
        """The next step in file order; under `jump` also those behind it whose time has come as well."""
        found: list[Due] = []
        for index in range(start, len(self._policy.steps)):
            step = self._policy.steps[index]
            due = self._candidate(look, step, index)
            if due is None:
                if look.waits_for is not None:
                    break
                continue
            if due.planned_at > self._standing.now and found:
                look.next = step, due.planned_at
                break
            found.append(due)
            if due.planned_at > self._standing.now or self._policy.catch_up is not CatchUp.JUMP:
                break
        if found:
            look.waits_for = None
        return found

    def _candidate(self, look: Look, step: Step, index: int) -> Due | None:
        """A step with the instant at which it is due; `None` where it is passed over, or the ladder waits for it."""
        if (step.name, 1) in self._attempted:
            return None
        if step.name in self._skipped:
            skip = self._skipped[step.name]
            if skip.by:
                look.passed += ((step, skip.why),)
            return None
        day = self.day(step, index)
        if index == self._led and not 0 <= day <= self._led_on:
            day = self._led_on
        if day == NEVER:
            look.passed += ((step, "what it is counted from was never sent"),)
            return None
        if day == LATER:
            look.waits_for = step, "what it is counted from has not happened"
            return None
        if self._lapses(step, day):
            look.passed += ((step, LAPSED),)
            return None
        planned = self._instant(step, index, day)
        if planned > self._standing.now:
            return Due(step, 1, planned, ())
        reason = objection(step, self._case, self._standing)
        if reason:
            look.passed += ((step, reason),)
            look.again += self._ripens(step)
            return None
        missing = self.missing(step)
        dropped = self._dropped_at(step, planned)
        if dropped is not None and (missing is None or not self.progress.has_begun(missing.step)):
            if self._standing.now >= dropped:
                look.skipped += ((step, planned, "its day had passed unseen"),)
                return None
            if missing is not None:
                look.again += (dropped,)
        if missing is not None:
            look.waits_for = step, f"it requires that {missing.step} is {missing.outcome}"
            return None
        return Due(step, 1, planned, tuple(range(len(step.actions))))

    def missing(self, step: Step) -> Proof | None:
        """The first proof that a step requires and does not have."""
        standing = self._standing
        return next((p for p in step.requires if not outcome_of(self._case, standing, p.step, p.outcome)), None)

    def _ripens(self, step: Step) -> tuple[Instant, ...]:
        """When the passing of days makes more of a step's conditions true."""
        counts = [c.count for c in (*step.only_if, *step.only_if_any) if c.test is Test.DAYS_OVERDUE]
        overdue = self._standing.days_overdue
        return tuple(day_start(self._lead.due + count, self._policy.zone) for count in counts if count > overdue)

    def _dropped_at(self, step: Step, planned: Instant) -> Instant | None:
        """When the policy drops this contact because nobody could take it on its day; `None` where it does not."""
        if self._policy.catch_up is not CatchUp.SKIP or not step.is_contact:
            return None
        progress = self.progress.steps.get(step.name)
        if progress is not None and progress.waits(1):
            return None
        zone = self._case.zones[0] if self._case.zones else self._policy.zone
        return day_start(local_day(planned, zone) + 1, zone)

    # Days and instants -------------------------------------------------------------------------------------------------

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
        return NEVER if self._failed(step) else self.day(step, index)

    def _failed(self, step: Step) -> bool:
        """Whether a step was tried and nothing of it went out."""
        progress = self.progress.steps.get(step.name)
        if (step.name, 1) in self._attempted:
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

    def _instant(self, step: Step, index: int, day: Day) -> Instant:
        """The instant at which a step may start: its day, lifted by the floors, rolled to business, at send time."""
        policy = self._policy
        ahead = self.ahead(step, day)
        floor = self._floor(index)
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
