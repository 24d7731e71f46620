"""Simulate policies over a portfolio: recorded facts through the real core, one debtor after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance.rulebook import named
from dunning_engine.decision.routing import Routed
from dunning_engine.domain.events import CaseOpened, ReceivableAdded
from dunning_engine.domain.parties import Party
from dunning_engine.kernel.calendar import Instant, day_start, iso
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.values import changed
from dunning_engine.simulation.world import ASSUMED_ADDRESS, AT_ONCE, ActionTrace, Approvals, World

if TYPE_CHECKING:
    from datetime import date

    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Event
    from dunning_engine.domain.facts import StepNews
    from dunning_engine.engine.casework import CasePlan
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.sources import PlaceSource, ZoneSource


@dataclass(frozen=True, slots=True)
class Line:
    """One action at its final verdict, as `dunning simulate --format jsonl` prints it."""

    at: Instant
    zone: str
    trace: ActionTrace

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; `at` is when the action was handed over or refused, with the offset of the debtor's zone."""
        action = self.trace.action
        deferred = self.trace.deferred_from
        return {
            "at": iso(self.at, self.zone),
            "case": action.case_id,
            "debtor": action.debtor_id,
            "invoices": list(action.invoices),
            "step": action.step,
            "do": action.spec.do.value,
            "channel": action.spec.channel.value if action.spec.channel is not None else None,
            "template": action.spec.name,
            "verdict": self.trace.verdict,
            "deferred_from": iso(deferred, self.zone) if deferred is not None else None,
            "reasons": list(self.trace.reasons),
            **_charged(action),
            **_routed(self.trace.case),
        }


def _charged(action: ProposedAction) -> dict[str, Any]:
    """What an action adds to the debt, or tells the books of; amounts as decimal text."""
    lines = [
        {"rule": one.rule, "amount": str(Money.of_minor(one.amount, action.currency)), "invoice": one.invoice}
        for one in action.charges
    ]
    return {"charges": lines} if lines else {}


def _routed(case: Case) -> dict[str, Any]:
    """The policy and variant of a case that routing chose them for."""
    return {"policy": case.policy.name, "variant": case.variant or None} if case.route else {}


def _places() -> PlaceSource:
    from dunning_engine.whereabouts.places import Places

    return Places()


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What to simulate: from the start of one day up to the end of another, both in each policy's own zone."""

    plans: Sequence[CasePlan]
    rulebooks: Mapping[str, Rulebook]
    zones: ZoneSource
    start: date
    until: date
    approvals: Approvals = AT_ONCE
    places: PlaceSource = field(default_factory=_places)
    asked: Sequence[date] = ()
    """Days at whose end the cases are kept as they stand."""

    def worlds(self) -> Iterator[tuple[str, World]]:
        """Each debtor's world, run to its end."""
        for plans in self.by_debtor():
            world = self.world(plans)
            world.run()
            yield plans[0].debtor.id, world

    def by_debtor(self) -> Collection[Sequence[CasePlan]]:
        """The cases of each debtor."""
        found: dict[str, list[CasePlan]] = {}
        for plan in self.plans:
            found.setdefault(plan.debtor.id, []).append(plan)
        return found.values()

    def played_out(self) -> Iterator[World]:
        """The worlds alone."""
        return (world for _debtor, world in self.worlds())

    def run(self, progress: Callable[[str], None] = lambda _debtor: None) -> list[Line]:
        """Every action, in order of time; `progress` is told each debtor that is done."""
        return self.played(progress)[0]

    def played(self, progress: Callable[[str], None] = lambda _debtor: None) -> tuple[list[Line], list[Case]]:
        """Every action, in order of time, and the cases as they stand in the end."""
        lines: list[Line] = []
        cases: list[Case] = []
        for debtor, world in self.worlds():
            lines += lines_of(world)
            cases += (thread.case for thread in world.threads.values() if thread.case is not None)
            progress(debtor)
        return sorted(lines, key=lambda line: (line.at, line.trace.action.case_id)), cases

    def world(self, plans: Sequence[CasePlan]) -> World:
        """The world of one debtor, before anything has happened in it."""
        world = self.opened(plans)
        for plan in plans:
            for at, event in told(plan):
                world.tell(plan.case_id, at, event)
        return world

    def opened(self, plans: Sequence[CasePlan]) -> World:
        """The same where nobody tells more than what is owed."""
        zone = plans[0].policy.zone
        world = World(
            start=day_start(self.start.toordinal(), zone),
            until=self.end(plans),
            approvals=self.approvals,
            asked=[day_start(day.toordinal() + 1, zone) for day in self.asked],
        )
        for plan in plans:
            self._open(world, plan)
        return world

    def end(self, plans: Sequence[CasePlan]) -> Instant:
        """When the simulation of a debtor ends."""
        return day_start(self.until.toordinal() + 1, plans[0].policy.zone)

    def _open(self, world: World, plan: CasePlan) -> None:
        policy = plan.policy
        world.add_case(plan.case_id, policy, law_of(policy, self.rulebooks))
        debtor = with_address(plan.debtor)
        routed = plan.routed or Routed("")
        opened = CaseOpened(
            debtor,
            policy.ref,
            self.zones.hints(debtor),
            self.places.places(debtor),
            terms=policy.terms,
            variant=routed.variant,
            route=routed.route,
        )
        world.tell(plan.case_id, _opening(plan), opened)
        for incoming in plan.invoices:
            issued = incoming.invoice.issued or incoming.invoice.due
            world.tell(plan.case_id, day_start(issued.toordinal(), policy.zone), ReceivableAdded(incoming.invoice))


def lines_of(world: World) -> list[Line]:
    """The actions of a world, times in the debtor's first zone or the policy's."""
    lines = []
    for trace in world.outcomes():
        zone = trace.case.zones[0] if trace.case.zones else world.threads[trace.action.case_id].policy.zone
        lines.append(Line(trace.at, zone, trace))
    return lines


def law_of(policy: Policy, rulebooks: Mapping[str, Rulebook]) -> tuple[Rulebook, ...]:
    """The rulebooks that a policy is asked under, and those that they include."""
    return named(rulebooks.values(), policy.books)


def with_address(debtor: Party) -> Party:
    """The debtor with the postal address that simulations assume."""
    return debtor if debtor.address else changed(debtor, {"address": ASSUMED_ADDRESS})


def told(plan: CasePlan) -> Iterator[tuple[Instant, Event | StepNews]]:
    """What happens to a case, each with its instant: nothing before the case is opened."""
    opening, zone = _opening(plan), plan.policy.zone
    for day, event in plan.facts:
        yield opening if day is None else max(opening, day_start(day.toordinal(), zone)), event


def _opening(plan: CasePlan) -> Instant:
    opened = min((incoming.invoice.issued or incoming.invoice.due).toordinal() for incoming in plan.invoices)
    return day_start(opened, plan.policy.zone)
