"""Which step of the ladder is due, found anew from policy and facts at every look.

Steps are taken in file order: none starts before its predecessor has happened, lapsed or been passed over, nor before
an earlier deadline has expired, nor closer than `min_gap` to the last contact. A step that never went out never lets another one climb on it. On which
day and at which instant each of them may start, the timetable knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.conditions import objection, outcome_of
from dunning_engine.decision.notices import notice_of
from dunning_engine.decision.progress import PENDING, UNDER_WAY
from dunning_engine.decision.revisions import forcings, skipped_steps
from dunning_engine.decision.standing import Standing
from dunning_engine.decision.timetable import LATER, NEVER, Timetable
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.ladder_events import Skip
from dunning_engine.kernel.calendar import Day, Instant, day_start, local_day
from dunning_engine.policy.model import CatchUp, Policy, Proof, Step, Test

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.ladder_events import Forcing
    from dunning_engine.domain.receivables import Receivable

LAPSED: Final = "its time ended with the due date"


NOWHERE: Final = (-1, LATER)
"""No step to which something leads."""


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


class Ladder:
    """The steps of a policy for one case at one instant."""

    __slots__ = (
        "_case",
        "_forced",
        "_given_up",
        "_lead",
        "_led",
        "_led_on",
        "_policy",
        "_skipped",
        "_standing",
        "progress",
        "timetable",
    )  # fmt: skip

    def __init__(self, case: Case, policy: Policy, standing: Standing, lead: Receivable) -> None:
        self._case = case
        self._policy = policy
        self._standing = standing
        self._lead = lead
        self._given_up: list[Due] = []
        self._skipped = skipped_steps(case, policy, standing.run, standing.anew) if case.skipped else {}
        self._forced = forcings(case, standing.cycle) if case.forced else {}
        self.timetable = Timetable(case, policy, standing, lead)
        self.progress = self.timetable.progress
        self._led, self._led_on = NOWHERE if standing.led is None else self._lead_on(standing.led)

    def _lead_on(self, led: tuple[str, Instant]) -> tuple[int, Day]:
        """The position of the step to which a broken promise or plan of this run leads, and since when; -1 where none does."""
        if any(anew.at >= led[1] for anew in self._standing.anew):
            return NOWHERE
        index, day = self._policy.index[led[0]], local_day(led[1], self._policy.zone)
        if self._policy.restricts:
            notice = notice_of(self._policy, index)
            index = notice if notice > self.progress.begun else index
        return (index, day) if index > self.progress.begun and day > self.timetable.run_due else NOWHERE

    def give_up(self, due: Due) -> None:
        """Pass over an occurrence for the rest of this look: nothing of it can go out now."""
        self.timetable.given_up.add((due.step.name, due.occurrence))
        if not self.progress.has_begun(due.step.name):
            self._given_up.append(due)

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
            if index <= begun or forcing.step in self._skipped or (forcing.step, 1) in self.timetable.given_up:
                continue
            step = self._policy.steps[index]
            bound = self.timetable.bound_until(index)
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
        if (step.name, progress.begun) in self.timetable.given_up:
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
        if not forced and self.timetable.lapsed(step, progress.begun):
            look.passed += ((step, LAPSED),)
            return None
        bound = self.timetable.bound_until(self._policy.index[step.name])
        bound = max(bound, 0 if forced else self.timetable.opens(step, progress.begun))
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
            or (step.name, progress.begun + 1) in self.timetable.given_up
            or step.name in self._skipped
        ):
            return None
        if begun > index if cadence.until is None else self.progress.has_begun(cadence.until):
            return None
        if cadence.times is not None and progress.begun >= cadence.times:
            return None
        day = self.timetable.repeats_on(step, progress.begun + 1)
        if day == NEVER:
            return None
        if self.timetable.lapses(step, day):
            look.passed += ((step, LAPSED),)
            return None
        planned = self.timetable.instant(step, index, day)
        if planned <= self._standing.now and objection(step, self._case, self._standing):
            look.again += self._ripens(step)
            return None
        return Due(step, progress.begun + 1, planned, tuple(range(len(step.actions))))

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
        if (step.name, 1) in self.timetable.given_up:
            return None
        if step.name in self._skipped:
            skip = self._skipped[step.name]
            if skip.by:
                look.passed += ((step, skip.why),)
            return None
        day = self.timetable.day(step, index)
        if index == self._led and not 0 <= day <= self._led_on:
            day = self._led_on
        if day == NEVER:
            look.passed += ((step, "what it is counted from was never sent"),)
            return None
        if day == LATER:
            look.waits_for = step, "what it is counted from has not happened"
            return None
        if self.timetable.lapses(step, day):
            look.passed += ((step, LAPSED),)
            return None
        planned = self.timetable.instant(step, index, day)
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
