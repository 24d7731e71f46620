"""What worlds of a simulation leave behind for a test to look at: decisions, and where things stood at the end of days."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from dunning_engine.decision.standing import Standing, stand
from dunning_engine.decision.words import word_of
from dunning_engine.kernel.calendar import DAY_SECONDS, local_day
from dunning_engine.kernel.money import Money
from dunning_engine.testing.diff import Happened
from dunning_engine.testing.expectations import Expectation, Kind

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.facts import StepNews
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.simulation.run import Simulation
    from dunning_engine.simulation.world import Thread

SUMS_OF: Final[Mapping[Kind, Callable[[Case, Standing], int]]] = {
    Kind.OWED: lambda _case, standing: standing.owed,
    Kind.PRINCIPAL: lambda _case, standing: standing.balance,
    Kind.FEES: lambda _case, standing: standing.fees,
    Kind.INTEREST: lambda _case, standing: standing.interest,
    Kind.CREDIT: lambda case, _standing: case.credit,
}


class Played(Protocol):
    """One debtor's cases played to an end: a world of a simulation, or what another host of the engine made of them."""

    @property
    def threads(self) -> Mapping[str, Thread]:
        """The cases by their names."""

    @property
    def decisions(self) -> Sequence[Decision]:
        """Everything that was decided, in order."""

    @property
    def unheard(self) -> Sequence[tuple[Instant, str, StepNews]]:
        """News of steps that had no action which it could be about, or that the ladder refused."""

    @property
    def refusals(self) -> Mapping[tuple[str, StepNews], str]:
        """Why a person's word on a ladder was refused."""

    @property
    def kept(self) -> Mapping[Instant, tuple[Case, ...]]:
        """The cases as they stood before the instants that were asked about."""


Play: TypeAlias = "Callable[[Simulation], Iterable[Played]]"
"""Whoever plays what a test describes."""


def happenings_of(worlds: Iterable[Played], zone: str) -> Happened:
    """Everything that a test may ask of finished worlds; days are those of the zone."""
    worlds = tuple(worlds)
    cases = [thread.case for world in worlds for thread in world.threads.values() if thread.case is not None]
    return Happened(
        decisions=[decision for world in worlds for decision in world.decisions],
        unheard=[
            (at, news, world.refusals.get((case, news), "")) for world in worlds for at, case, news in world.unheard
        ],
        zones={case.id: case.zones[0] if case.zones else zone for case in cases},
        states={key: states for world in worlds for key, states in _states(world, zone)},
    )


def _states(world: Played, zone: str) -> Iterator[tuple[tuple[Day, Kind], tuple[Expectation, ...]]]:
    """By the day at whose end they were so: sums, one for each currency of the debtor, and where each case stood."""
    for end, cases in world.kept.items():
        day = local_day(end - DAY_SECONDS // 2, zone)
        known = [(case, world.threads[case.id].policy) for case in cases if case.currency]
        for kind, totals in _totals(known, end - 1).items():
            sums = (Money.of_minor(total, currency).amount for currency, total in totals.items())
            yield (day, kind), tuple(Expectation(kind, over=sum_) for sum_ in sums)
        words = [word_of(case, policy, end - 1).value for case, policy in known]
        yield (day, Kind.STANDS), tuple(Expectation(Kind.STANDS, why=word) for word in words)


def _totals(cases: Iterable[tuple[Case, Policy]], at: Instant) -> dict[Kind, dict[str, int]]:
    totals: dict[Kind, dict[str, int]] = {kind: {} for kind in SUMS_OF}
    for case, policy in cases:
        standing = stand(case, policy, at)
        for kind, of in SUMS_OF.items():
            totals[kind][case.currency] = totals[kind].get(case.currency, 0) + of(case, standing)
    return totals
