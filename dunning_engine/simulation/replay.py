"""Two policies over the same debtors: which contacts come earlier, later, anew or no more, and what limits hold up.

Debtors never meet, so the comparison of a portfolio is the sum of those of its debtors, however they are dealt out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from dunning_engine.kernel.calendar import iso, local_day

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.simulation.run import Line

LARGEST: Final = 10
"""Moves that are told one by one."""

CLEARED: Final = "cleared"


class Fate(Enum):
    """What a change of policy does to one action."""

    SAME = "same"
    EARLIER = "earlier"
    LATER = "later"
    NEW = "new"
    DROPPED = "dropped"
    REWORDED = "reworded"
    """At the same instant, with other words or by another way."""


class Which(NamedTuple):
    """An action as both policies know it: `way` is its channel, or what is done; `number` tells two of one way apart."""

    case_id: str
    cycle: str
    step: str
    occurrence: int
    way: str
    number: int


@dataclass(frozen=True, slots=True)
class Move:
    """What became of one action that goes out under one of the policies at least."""

    which: Which
    fate: Fate
    was: Instant | None
    now: Instant | None
    zone: str
    days: int = 0
    """Calendar days in the debtor's zone, below zero where it comes earlier."""

    def as_json(self) -> dict[str, Any]:
        return {
            "case": self.which.case_id,
            "step": self.which.step,
            "way": self.which.way,
            "fate": self.fate.value,
            "was": None if self.was is None else iso(self.was, self.zone),
            "now": None if self.now is None else iso(self.now, self.zone),
            "days": self.days,
        }


Held: TypeAlias = Counter[tuple[str, str]]
"""How many actions a rule deferred or blocked: by rule and verdict."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The comparison of two runs over the same debtors; `cases` are those that either of them acted upon."""

    cases: frozenset[str]
    moves: tuple[Move, ...]
    held_before: Held
    held_now: Held

    def __add__(self, other: Replay) -> Replay:
        return Replay(
            self.cases | other.cases,
            (*self.moves, *other.moves),
            self.held_before + other.held_before,
            self.held_now + other.held_now,
        )

    @property
    def changed_cases(self) -> frozenset[str]:
        """Cases of which some action is not the same."""
        return frozenset(move.which.case_id for move in self.moves if move.fate is not Fate.SAME)

    @property
    def fates(self) -> Counter[Fate]:
        return Counter(move.fate for move in self.moves)

    @property
    def days_moved(self) -> int:
        """By how many days contacts move, all together, earlier or later."""
        return sum(abs(move.days) for move in self.moves)

    def by_step(self) -> dict[tuple[str, str], Counter[Fate]]:
        """The same counts by step and way, sorted."""
        table: dict[tuple[str, str], Counter[Fate]] = {}
        for move in self.moves:
            table.setdefault((move.which.step, move.which.way), Counter())[move.fate] += 1
        return dict(sorted(table.items()))

    def largest(self, count: int = LARGEST) -> tuple[Move, ...]:
        """The moves by most days; of as many days by case and step."""
        moved = (move for move in self.moves if move.fate in (Fate.EARLIER, Fate.LATER))
        return tuple(sorted(moved, key=lambda move: (-abs(move.days), move.which))[:count])

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, the same whatever order the debtors came in."""
        return {
            "cases": len(self.cases),
            "cases_changed": len(self.changed_cases),
            "actions": {fate.value: self.fates[fate] for fate in Fate},
            "days_moved": self.days_moved,
            "by_step": [
                {"step": step, "way": way, **{fate.value: counts[fate] for fate in Fate}}
                for (step, way), counts in self.by_step().items()
            ],
            "held_up": [
                {"rule": rule, "verdict": verdict, "before": before, "now": now}
                for (rule, verdict), before, now in self.held_up()
            ],
            "largest_moves": [move.as_json() for move in self.largest()],
        }

    def held_up(self) -> Iterator[tuple[tuple[str, str], int, int]]:
        """Each rule and verdict with how many actions it held up before and now."""
        for rule in sorted(self.held_before | self.held_now):
            yield rule, self.held_before[rule], self.held_now[rule]


NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})


def compare(before: Sequence[Line], now: Sequence[Line], names: Mapping[str, str] = NO_NAMES) -> Replay:
    """What changes from one run to another over the same debtors; `names` are steps that only have a new name."""
    was, then = _gone_out(before, names), _gone_out(now, NO_NAMES)
    moves = tuple(_move(which, was.get(which), then.get(which)) for which in sorted(was.keys() | then.keys()))
    cases = frozenset(line.trace.action.case_id for line in (*before, *now))
    return Replay(cases, moves, _held(before), _held(now))


def _gone_out(lines: Iterable[Line], names: Mapping[str, str]) -> dict[Which, Line]:
    found: dict[Which, Line] = {}
    for line in lines:
        if line.trace.verdict != CLEARED:
            continue
        action = line.trace.action
        way = action.spec.channel.value if action.spec.channel is not None else action.spec.do.value.replace("_", " ")
        key = action.key
        which = Which(action.case_id, key.cycle, names.get(key.step, key.step), key.occurrence, way, 1)
        while which in found:
            which = which._replace(number=which.number + 1)
        found[which] = line
    return found


def _move(which: Which, was: Line | None, now: Line | None) -> Move:
    if was is None or now is None:
        line = was or now
        assert line is not None
        fate = Fate.NEW if was is None else Fate.DROPPED
        return Move(which, fate, was.at if was else None, now.at if now else None, line.zone)
    if was.at == now.at:
        same = was.trace.action.spec.words == now.trace.action.spec.words
        return Move(which, Fate.SAME if same else Fate.REWORDED, was.at, now.at, now.zone)
    days = local_day(now.at, now.zone) - local_day(was.at, now.zone)
    return Move(which, Fate.EARLIER if now.at < was.at else Fate.LATER, was.at, now.at, now.zone, days)


def _held(lines: Iterable[Line]) -> Held:
    held: Held = Counter()
    for line in lines:
        trace = line.trace
        if trace.verdict == "blocked" or trace.deferred_from is not None:
            verdict = "blocked" if trace.verdict == "blocked" else "deferred"
            held.update((rule, verdict) for rule in trace.reasons)
    return held
