"""What worlds of a simulation leave behind for a test to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.standing import Standing, stand
from dunning_engine.kernel.calendar import DAY_SECONDS, local_day
from dunning_engine.kernel.money import Money
from dunning_engine.testing.diff import Happened
from dunning_engine.testing.expectations import Kind

if TYPE_CHECKING:
    from decimal import Decimal

    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.simulation.world import World

SUMS_OF: Final[Mapping[Kind, Callable[[Case, Standing], int]]] = {
    Kind.OWED: lambda _case, standing: standing.balance,
    Kind.CREDIT: lambda case, _standing: case.credit,
}


def happenings_of(worlds: Iterable[World], zone: str) -> Happened:
    """Everything that a test may ask of finished worlds; days are those of the zone."""
    worlds = tuple(worlds)
    cases = [thread.case for world in worlds for thread in world.threads.values() if thread.case is not None]
    return Happened(
        decisions=[decision for world in worlds for decision in world.decisions],
        unheard=[(at, news) for world in worlds for at, _case, news in world.unheard],
        zones={case.id: case.zones[0] if case.zones else zone for case in cases},
        sums={key: sums for world in worlds for key, sums in _sums(world, zone).items()},
    )


def _sums(world: World, zone: str) -> dict[tuple[Day, Kind], tuple[Decimal, ...]]:
    """Sums by the day at whose end they stood, one for each currency of the debtor."""
    found: dict[tuple[Day, Kind], tuple[Decimal, ...]] = {}
    for end, cases in world.kept.items():
        for kind in SUMS_OF:
            totals = _totals(kind, cases, world, end)
            found[local_day(end - DAY_SECONDS // 2, zone), kind] = tuple(
                Money.of_minor(total, currency).amount for currency, total in totals.items()
            )
    return found


def _totals(kind: Kind, cases: Iterable[Case], world: World, end: Instant) -> dict[str, int]:
    totals: dict[str, int] = {}
    for case in cases:
        if case.currency:
            standing = stand(case, _policy(world, case), end - 1)
            totals[case.currency] = totals.get(case.currency, 0) + SUMS_OF[kind](case, standing)
    return totals


def _policy(world: World, case: Case) -> Policy:
    return world.threads[case.id].policy
