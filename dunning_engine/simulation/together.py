"""Debtors who are alike go one way together until a fact parts them; each stretch is decided once, and counted for all.

What comes of it is what comes of playing each debtor alone: a way is a `World` in which one of them stands for all, and
where a fact comes that is not everybody's, those to whom it happens go on in a copy. Where a step charges something, or
would, debts begin to count to the last cent: those who owe other sums start again among themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.simulation.likeness import Happening, Key, Walker, happened, likeness, walker

if TYPE_CHECKING:
    from dunning_engine.engine.casework import CasePlan
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.simulation.run import Simulation
    from dunning_engine.simulation.world import World

_NEVER: Final = 1 << 62


class End(NamedTuple):
    """The end of a way, and who came to it; `world` is that of one of them, or of somebody who is alike."""

    world: World
    walkers: Sequence[Walker]


def ends(simulation: Simulation) -> Iterator[End]:
    """What becomes of each debtor, for all together to whom the same happens."""
    alike: dict[Key, list[Walker]] = {}
    for plans in simulation.by_debtor():
        one = walker(simulation, plans)
        if one is None:
            world = simulation.world(plans)
            world.run()
            yield End(world, (Walker(plans, ()),))
        else:
            alike.setdefault(likeness(simulation, plans, exact=False), []).append(one)
    for walkers in alike.values():
        yield from _ways(simulation, walkers, exact=len(walkers) == 1)


class _Way(NamedTuple):
    """A stretch of a way: the world so far, who goes there, and how many of their facts have happened."""

    world: World
    walkers: list[Walker]
    known: int


def _ways(simulation: Simulation, walkers: list[Walker], *, exact: bool) -> Iterator[End]:
    """The ends of the ways of debtors who are alike; with `exact` they also owe the same."""
    leader = walkers[0].plans
    open_ = [_Way(simulation.opened(leader), walkers, 0)]
    while open_:
        world, going, known = open_.pop()
        going.sort(key=lambda one: _next(one, known))
        while going:
            now = world.next_instant()
            leaving = _leaving(going, known, _NEVER if now is None else now + 1)
            if leaving:
                del going[: len(leaving)]
                open_ += _parted(world, leaving, known, leader)
            elif now is None:
                yield End(world, going)
                break
            else:
                world.step(now)
                if not exact and _charges(world):
                    yield from _started_again(simulation, going)
                    break


def _next(one: Walker, known: int) -> Instant:
    return one.happenings[known].at if known < len(one.happenings) else _NEVER


def _leaving(going: Sequence[Walker], known: int, end: Instant) -> list[Walker]:
    """Those to whom something happens before an instant."""
    count = 0
    while count < len(going) and _next(going[count], known) < end:
        count += 1
    return list(going[:count])


def _parted(world: World, leaving: Sequence[Walker], known: int, leader: Sequence[CasePlan]) -> Iterator[_Way]:
    """The ways of those to whom something happens: one for all to whom the same happens at once."""
    groups: dict[tuple[Happening, ...], list[Walker]] = {}
    for one in leaving:
        groups.setdefault(_at_once(one.happenings[known:]), []).append(one)
    for happenings, walkers in groups.items():
        way = world.copy()
        for happening in happenings:
            way.tell(leader[happening.case].case_id, happening.at, happened(happening, leader))
        yield _Way(way, walkers, known + len(happenings))


def _at_once(happenings: tuple[Happening, ...]) -> tuple[Happening, ...]:
    return tuple(next(groupby(happenings, key=lambda happening: happening.at))[1])


def _charges(world: World) -> bool:
    """Whether a step has been taken that charges something, so that sums have been reckoned from what is owed."""
    return any(
        thread.case is not None
        and thread.policy.charging
        and any(delivery.key.step in thread.policy.charging for delivery in thread.case.deliveries.values())
        for thread in world.threads.values()
    )


def _started_again(simulation: Simulation, walkers: Sequence[Walker]) -> Iterator[End]:
    """The ends of those for whom sums count, each among those who owe the same."""
    owing: dict[Key, list[Walker]] = {}
    for one in walkers:
        owing.setdefault(likeness(simulation, one.plans, exact=True), []).append(one)
    for same in owing.values():
        yield from _ways(simulation, same, exact=True)
