"""Debtors who are alike go one way together until a fact parts them; each stretch is decided once, and counted for all.

What comes of it is what comes of playing each debtor alone: a way is a `World` in which one of them stands for all, and
where a fact comes that is not everybody's, those to whom it happens go on in a copy.

Where a step charges something, or would, debts begin to count to the last cent, and all start again. What is charged
grows with what is owed, so whoever owes something between two others comes to pass what both of these do: the least and
the most are played side by side, and where they part, each half of those between them has its own two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.simulation.likeness import Happening, Key, Walker, debts, happened, likeness, same_way, walker

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
        yield from _ways(simulation, walkers, walkers[:1], rough=len(walkers) > 1)


class _Played(NamedTuple):
    """A world that is played, and the cases of the debtor in it."""

    world: World
    plans: Sequence[CasePlan]


class _Way(NamedTuple):
    """A stretch of a way: the worlds so far, who goes there, and how many of their facts have happened."""

    played: tuple[_Played, ...]
    walkers: list[Walker]
    known: int


def _ways(simulation: Simulation, walkers: list[Walker], leaders: Sequence[Walker], *, rough: bool) -> Iterator[End]:
    """The ends of the ways of debtors who are alike, as their leaders come to them.

    One leads all who owe the same, or as good as the same (`rough`, as long as nothing is charged); two lead, where
    they owe the least and the most, all who owe something between.
    """
    open_ = [_Way(tuple(_Played(simulation.opened(one.plans), one.plans) for one in leaders), walkers, 0)]
    while open_:
        played, going, known = open_.pop()
        going.sort(key=lambda one: _next(one, known))
        world = played[0].world
        while going:
            now = world.next_instant()
            leaving = _leaving(going, known, _NEVER if now is None else now + 1)
            if leaving:
                del going[: len(leaving)]
                open_ += _parted(played, leaving, known)
            elif now is None:
                yield End(world, going)
                break
            else:
                for one in played:
                    one.world.step(now)
                if rough and _charges(world):
                    yield from _between(simulation, _by_debt(simulation, going))
                    break
                if len(played) > 1 and not same_way(*(one.world for one in played)):
                    groups = _by_debt(simulation, going)
                    for part in (groups[: len(groups) // 2], groups[len(groups) // 2 :]):
                        yield from _between(simulation, part)
                    break


def _next(one: Walker, known: int) -> Instant:
    return one.happenings[known].at if known < len(one.happenings) else _NEVER


def _leaving(going: Sequence[Walker], known: int, end: Instant) -> list[Walker]:
    """Those to whom something happens before an instant."""
    count = 0
    while count < len(going) and _next(going[count], known) < end:
        count += 1
    return list(going[:count])


def _parted(played: tuple[_Played, ...], leaving: Sequence[Walker], known: int) -> Iterator[_Way]:
    """The ways of those to whom something happens: one for all to whom the same happens at once."""
    groups: dict[tuple[Happening, ...], list[Walker]] = {}
    for one in leaving:
        groups.setdefault(_at_once(one.happenings[known:]), []).append(one)
    for happenings, walkers in groups.items():
        ways = tuple(_Played(one.world.copy(), one.plans) for one in played)
        for happening in happenings:
            for world, plans in ways:
                world.tell(plans[happening.case].case_id, happening.at, happened(happening, plans))
        yield _Way(ways, walkers, known + len(happenings))


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


def _by_debt(simulation: Simulation, walkers: Sequence[Walker]) -> list[list[Walker]]:
    """Those who owe the same together, whoever owes least first."""
    owing: dict[Key, list[Walker]] = {}
    for one in walkers:
        owing.setdefault(likeness(simulation, one.plans, exact=True), []).append(one)
    return sorted(owing.values(), key=lambda same: debts(same[0].plans))


def _between(simulation: Simulation, groups: Sequence[list[Walker]]) -> Iterator[End]:
    """The ends of those for whom sums count, from the beginning: two lead those between them who owe one invoice each."""
    if not groups:
        return
    if len(groups) > 1 and len(debts(groups[0][0].plans)) == 1:
        leaders = (groups[0][0], groups[-1][0])
        yield from _ways(simulation, [one for same in groups for one in same], leaders, rough=False)
        return
    for same in groups:
        yield from _ways(simulation, same, same[:1], rough=False)
