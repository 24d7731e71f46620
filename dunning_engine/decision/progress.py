"""How far a case has come on its ladder: what each step has done in the present run, read off its deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.decision.revisions import in_run
from dunning_engine.domain.actions import ClimbOn, Do, OnUncertain
from dunning_engine.domain.case import Case
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.verbs import VERBS
from dunning_engine.kernel.calendar import Day, Instant, local_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.decision.standing import Standing
    from dunning_engine.policy.model import Policy, Step

UNDER_WAY: Final = frozenset(
    {
        DeliveryState.CLEARED,
        DeliveryState.ARMED,
        DeliveryState.UNCERTAIN,
        DeliveryState.SENT,
        DeliveryState.DELIVERED,
        DeliveryState.BOUNCED,
        DeliveryState.OMITTED,
    }
)
"""States of an action that has left the decision, or of which nothing was to be done: its step has begun."""

PENDING: Final = frozenset(
    {DeliveryState.DEFERRED, DeliveryState.AWAITING, DeliveryState.APPROVED, DeliveryState.CANCELLED}
)
"""States of an action that is wanted and has not left yet: it waits for its time or its approval, or was taken back."""

_FOLLOWING: Final = frozenset(do for do, verb in VERBS.items() if not verb.asked)
"""What follows from the facts: no step asks for it."""

IN_FLIGHT: Final = frozenset({DeliveryState.CLEARED, DeliveryState.ARMED, DeliveryState.UNCERTAIN})


class StepProgress:
    """What one step has done in this run: its deliveries by occurrence."""

    __slots__ = ("begun", "occurrences")

    def __init__(self) -> None:
        self.occurrences: dict[int, dict[str, Delivery]] = {}
        self.begun = 0

    def add(self, delivery: Delivery, *, away: bool) -> None:
        key = delivery.key
        actions = self.occurrences.setdefault(key.occurrence, {})
        known = actions.get(key.slot)
        if known is None or away or known.state not in UNDER_WAY:
            actions[key.slot] = delivery  # of two revisions that both count, what went out
        if away and key.occurrence > self.begun:
            self.begun = key.occurrence

    def actions(self, occurrence: int) -> dict[str, Delivery]:
        return self.occurrences.get(occurrence, {})

    def waits(self, occurrence: int) -> bool:
        """Whether some action of an occurrence was proposed before and still waits for its time or its approval."""
        return any(d.state not in UNDER_WAY for d in self.actions(occurrence).values())


class Progress:
    """The ladder of one run: begun steps, instants at which they happened, the last contact of the case."""

    __slots__ = ("_armed", "_deemed", "_happened", "_policy", "begun", "last_contact", "steps")

    def __init__(self, case: Case, policy: Policy, standing: Standing) -> None:
        self._policy = policy
        self._deemed = standing.deemed
        self._happened: dict[tuple[str, int], Instant | None] = {}
        self._armed: dict[str, Instant] = {}
        self.steps: dict[str, StepProgress] = {}
        self.begun = -1
        self.last_contact: Instant | None = None
        run, undone = standing.run, standing.undone
        for delivery in case.deliveries.values():
            cycle, away = delivery.key.cycle, delivery.state in UNDER_WAY
            own = cycle == run or in_run(cycle, run, case)
            if away and delivery.channel is not None:
                self._reached(delivery, own=own)
            if own:
                if away:
                    self._made(delivery)
                if delivery.id not in undone:
                    self._add(delivery, away=away)

    def _reached(self, delivery: Delivery, *, own: bool) -> None:
        """A contact of whichever run keeps the gap, for it is one debtor who hears of all.

        What another run has on its way counts from when it was decided; in this run the ladder waits for it anyway.
        """
        made = delivery.sent_at or delivery.armed_at or (None if own else delivery.cleared_at)
        if made is not None and (self.last_contact is None or made > self.last_contact):
            self.last_contact = made

    def _made(self, delivery: Delivery) -> None:
        """What was handed over keeps deadlines, also where the ladder was set back behind it or has lost its step."""
        armed, step = delivery.armed_at, delivery.key.step
        if armed is not None and armed > self._armed.get(step, -1):
            self._armed[step] = armed

    def _add(self, delivery: Delivery, *, away: bool) -> None:
        """Take in an action; `away` says whether it has left the decision."""
        step = delivery.key.step
        index = self._policy.index.get(step)
        if index is None:
            return  # a step that this version of the policy no longer has
        if delivery.do is Do.CHARGE and self._policy.steps[index].is_contact:
            return  # it goes with the message and is done when that is
        if delivery.do in _FOLLOWING:
            return  # it follows from the facts, and no step asked for it
        progress = self.steps.get(step)
        if progress is None:
            progress = self.steps[step] = StepProgress()
        progress.add(delivery, away=away)
        if away and index > self.begun:
            self.begun = index

    def learn(self, delivery: Delivery) -> None:
        """Take in an action of this run that was decided in this look."""
        self._happened.pop((delivery.key.step, delivery.key.occurrence), None)
        self._add(delivery, away=delivery.state in UNDER_WAY)

    def has_begun(self, step: str) -> bool:
        progress = self.steps.get(step)
        return progress is not None and progress.begun > 0

    def happened(self, step: Step, occurrence: int | None = None) -> Instant | None:
        """When an occurrence of a step (its latest so far) counted as done, by what the step climbs on."""
        progress = self.steps.get(step.name)
        if progress is None:
            return None
        number = progress.begun if occurrence is None else occurrence
        key = (step.name, number)
        if key not in self._happened:
            times = [
                t
                for t in (_achieved(d, step, self._deemed) for d in progress.actions(number).values())
                if t is not None
            ]
            self._happened[key] = min(times, default=None)
        return self._happened[key]

    def in_flight(self, step: Step) -> bool:
        """Whether an action of the step's latest occurrence is on its way and nothing is known of it yet."""
        progress = self.steps[step.name]
        known = IN_FLIGHT if step.on_uncertain is not OnUncertain.SKIP else IN_FLIGHT - {DeliveryState.UNCERTAIN}
        return any(d.state in known for d in progress.actions(progress.begun).values())

    def passed_on(self, step: Step) -> Day | None:
        """The day on which a step was handed over of which nobody knows more, and past which its policy lets the ladder go."""
        progress = self.steps.get(step.name)
        if step.on_uncertain is not OnUncertain.SKIP or progress is None:
            return None
        unknown = any(d.state is DeliveryState.UNCERTAIN for d in progress.actions(progress.begun).values())
        return self.armed_day(step) if unknown else None

    def unproven(self, step: Step) -> bool:
        """Whether the latest occurrence was sent, but not yet proven to have arrived where the step climbs on proof."""
        progress = self.steps[step.name]
        actions = progress.actions(progress.begun).values()
        return any(d.state is DeliveryState.SENT for d in actions) and self.happened(step) is None

    def happened_day(self, step: Step, occurrence: int | None = None) -> Day | None:
        """The policy's calendar day on which an occurrence of a step (its latest so far) happened."""
        at = self.happened(step, occurrence)
        return None if at is None else local_day(at, self._policy.zone)

    def armed_day(self, step: Step) -> Day | None:
        """The policy's calendar day on which an action of a step was last handed over, whatever became of it."""
        made = self._armed.get(step.name)
        return None if made is None else local_day(made, self._policy.zone)


def _achieved(delivery: Delivery, step: Step, deemed: Mapping[str, Instant]) -> Instant | None:
    if delivery.do is Do.CHARGE:
        return delivery.cleared_at  # the charge stands from then on, whoever keeps the books
    climb = step.climb_on or (ClimbOn.DELIVERED if delivery.certified else ClimbOn.SENT)
    match climb:
        case ClimbOn.EMITTED:
            return delivery.cleared_at
        case ClimbOn.SENT:
            return delivery.sent_at
        case ClimbOn.DELIVERED:
            return deemed.get(delivery.id) if delivery.delivered_at is None else delivery.delivered_at
        case _:
            assert_never(climb)
