"""One letter for several ladders: which levels fall due together, which of them carries, and which go along.

Under `lead: each` every receivable climbs its own ladder. What falls due at one instant by one channel, to one person,
goes into one letter: the harshest level gives it template, deadline and approval, the others go along in it. What is
overdue and what is not due yet never share a letter, so that none asks for money before its day.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.decision.conditions import objection
from dunning_engine.decision.progress import PENDING, UNDER_WAY
from dunning_engine.decision.revisions import in_run, run_of
from dunning_engine.decision.schedule import Ladder
from dunning_engine.decision.standing import on_its_own
from dunning_engine.domain.actions import ActionKey
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import ActionCancelled
from dunning_engine.domain.joining import LevelJoined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dunning_engine.decision.cargo import Cargo
    from dunning_engine.decision.schedule import Due
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.actions import ActionSpec, ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.events import Event
    from dunning_engine.domain.parties import Channel
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Choice, Policy


class Climb(NamedTuple):
    """The ladder of one receivable."""

    receivable: Receivable
    standing: Standing
    ladder: Ladder

    @property
    def overdue(self) -> bool:
        return self.receivable.due < self.standing.today

    @property
    def asked(self) -> int:
        """What of the receivable is open and not disputed, and the open charges on it, in minor units."""
        return self.receivable.open + self.standing.charged.by_invoice.get(self.receivable.number, 0)


class Rung(NamedTuple):
    """What is due on one ladder."""

    climb: Climb
    due: Due


class Rider(NamedTuple):
    """A level that goes along: whose, and the position among its step's actions."""

    rung: Rung
    position: int
    key: ActionKey
    spec: ActionSpec

    @property
    def number(self) -> str:
        """The receivable that the level is about."""
        return self.rung.climb.receivable.number


def climbs(case: Case, policy: Policy, whole: Standing) -> list[Climb]:
    """Every ladder of a case; a contact of one keeps the others at `min_gap`, for it is one debtor who hears of them."""
    found = []
    for receivable in whole.free:
        standing = on_its_own(case, policy, whole, receivable)
        ladder = Ladder(case, policy, standing, receivable)
        found.append(Climb(receivable, standing, ladder))
    return found


def of_cycle(case: Case, policy: Policy, whole: Standing, cycle: str) -> Standing:
    """Where the ladder of a run stands; the case as a whole where its receivable is settled or disputed."""
    receivable = next((r for r in whole.free if in_run(cycle, r.number, case)), None)
    return whole if receivable is None else on_its_own(case, policy, whole, receivable)


@dataclass(slots=True)
class Company:
    """What is due on several ladders at one instant, the harshest first, and what has become of it.

    `along` are actions that go in another's letter; `gone` the receivables of which something goes out or is asked for,
    `late` those of which something waits for its hour; `refused` the channels that were.
    """

    case: Case
    policy: Policy
    rungs: list[Rung]
    along: set[tuple[str, int]] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    refused: set[Channel | None] = field(default_factory=set)
    cargos: dict[str, Cargo] = field(default_factory=dict)
    """What the messages of each ladder's step carry, by the receivable."""

    def __post_init__(self) -> None:
        self.rungs.sort(key=self._mildness)

    def _mildness(self, rung: Rung) -> tuple[int, int, int, str]:
        receivable, due = rung.climb.receivable, rung.due
        return -self.policy.index[due.step.name], -due.occurrence, receivable.due, receivable.number

    def goes_along(self, rung: Rung, position: int) -> bool:
        """Whether an action of a rung is in another's letter already."""
        return (rung.climb.receivable.number, position) in self.along

    def riders(self, carrier: Rung, spec: ActionSpec, known: Delivery | None) -> tuple[Rider, ...]:
        """The levels that go along with a way of doing what a rung asks for; nothing goes along with what was refused."""
        if spec.channel is None or (known is not None and known.state is DeliveryState.REFUSED):
            return ()
        behind = self.rungs[self.rungs.index(carrier) + 1 :]
        fitting = (self._rider(rung, spec) for rung in behind if rung.climb.overdue is carrier.climb.overdue)
        return tuple(rider for rider in fitting if rider is not None)

    def _rider(self, rung: Rung, spec: ActionSpec) -> Rider | None:
        """An action of a rung that would go by the same way to the same person, and has not gone."""
        for position in rung.due.choices:
            own = None if self.goes_along(rung, position) else self._way(rung.due.step.actions[position])
            if own is not None and (own.channel, own.to) == (spec.channel, spec.to):
                due, cycle = rung.due, rung.climb.standing.cycle
                key = ActionKey(cycle, due.step.name, due.occurrence, own.slot, self.case.tenant)
                known = self.case.deliveries.get(key.action_id(self.case.id))
                if known is None or known.state not in UNDER_WAY:
                    return Rider(rung, position, key, own)
        return None

    def _way(self, choice: Choice) -> ActionSpec | None:
        """The first way of an action that was not refused in this look."""
        return next((spec for spec in choice if spec.channel not in self.refused), None)

    def went(self, rung: Rung, riders: Sequence[Rider]) -> None:
        """Note that a letter goes out, or that somebody is asked whether it may."""
        self.gone.update(self._told(rung, riders))

    def waits(self, rung: Rung, riders: Sequence[Rider]) -> None:
        """Note that a letter waits for its hour."""
        self.late.update(self._told(rung, riders))

    def _told(self, rung: Rung, riders: Sequence[Rider]) -> set[str]:
        self.along.update((rider.number, rider.position) for rider in riders)
        return {rung.climb.receivable.number, *(rider.number for rider in riders)}

    def left_over(self, reached: Instant | None) -> list[Climb]:
        """Ladders that may look at what follows; those of a debtor who was reached just now keep their distance."""
        climbing = []
        for climb, due in self.rungs:
            number = climb.receivable.number
            first = not due.happened and due.occurrence == 1
            if number in self.gone or (number in self.late and first):
                continue
            climb.ladder.give_up(due)
            if reached is not None:
                climb.ladder.progress.last_contact = reached
            climbing.append(climb)
        return climbing


def speaking_of(
    action: ProposedAction, case: Case, riders: Sequence[Rider], loads: Sequence[Cargo] = ()
) -> ProposedAction:
    """The action with the levels that go along: it asks for their receivables too, and carries what they charge."""
    if not riders:
        return action
    others = {rider.number: rider.rung.climb for rider in riders if rider.number not in action.invoices}
    numbers = {*action.invoices, *others}
    return replace(
        action,
        invoices=tuple(receivable.number for receivable in case.receivables if receivable.number in numbers),
        amount=action.amount + sum(climb.asked for climb in others.values()) + sum(load.new for load in loads),
        charges=(*action.charges, *(charge for load in loads for charge in load.lines)),
        offers=(*action.offers, *(offer for load in loads for offer in load.offers)),
        levels=(action.key, *(rider.key for rider in riders)),
    )


def joining(letter: ProposedAction, rider: Rider, case: Case) -> Iterator[Event]:
    """The events of a level that goes along: what was to go alone is taken back."""
    action_id = rider.key.action_id(letter.case_id)
    known = case.deliveries.get(action_id)
    if known is not None and known.into == letter.id:
        return
    if known is not None and not known.into and known.state in _ALONE:
        yield ActionCancelled(action_id, f"it goes along with {letter.spec.words}")
    planned = rider.rung.due.planned_at
    yield LevelJoined(action_id, rider.key, rider.spec.words, rider.spec.certified, planned, letter.id, rider.number)


_ALONE: Final = PENDING - {DeliveryState.CANCELLED}


def asked_in(letter: ProposedAction, standing: Standing) -> list[Receivable]:
    """The receivables that a letter of several levels asks for, as they are open now."""
    return [receivable for receivable in standing.free if receivable.number in letter.invoices]


def unwanted(letter: ProposedAction, case: Case, policy: Policy, standing: Standing) -> str:
    """Why a level that goes along would not be taken any more; empty where all of them would."""
    for key in letter.levels[1:]:
        index = policy.index.get(key.step)
        if index is None:
            return f"the policy no longer has a step {key.step}"
        why = objection(policy.steps[index], case, of_cycle(case, policy, standing, key.cycle))
        if why:
            return f"{key.step} of {run_of(key.cycle, case)}: {why}"
    return ""
