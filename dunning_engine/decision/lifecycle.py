"""The life of a case, declared once: the only home of `transitions`.

`TABLE` is the design. `advance_status` interprets it in the hot path as a dictionary; `machine()` hands the same rows
to the `transitions` library, for hosts that want callbacks and for pictures. A property test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.case import CaseStatus
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from transitions import Machine

    from dunning_engine.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards look at: each is derived from the case at `now`."""

    settled: bool = False
    stopped: bool = False
    paused: bool = False
    overdue: bool = False
    placed: bool = False


Guard = Callable[[Facts], bool]

GUARDS: Final[Mapping[str, Guard]] = {
    "settled": lambda facts: facts.settled,
    "stopped": lambda facts: facts.stopped,
    "paused": lambda facts: facts.paused,
    "overdue": lambda facts: facts.overdue,
    "placed": lambda facts: facts.placed,
    "current": lambda facts: not facts.overdue,
    "unplaced": lambda facts: not facts.placed,
    "owing": lambda facts: not facts.settled and not facts.stopped,
    "free": lambda facts: not facts.settled and not facts.stopped and not facts.paused,
}


@dataclass(frozen=True, slots=True)
class Move:
    """One row: by this trigger, from these states, where these guards hold, to that state."""

    trigger: str
    sources: tuple[CaseStatus, ...]
    dest: CaseStatus
    guards: tuple[str, ...]


_U, _O, _P, _A, _C = CaseStatus.UPCOMING, CaseStatus.OVERDUE, CaseStatus.PAUSED, CaseStatus.PLACED, CaseStatus.CLOSED

TABLE: Final[tuple[Move, ...]] = (
    Move("settle", (_U, _O, _P, _A), _C, ("settled",)),
    Move("stop", (_U, _O, _P, _A), _C, ("stopped",)),
    Move("pause", (_U, _O, _A), _P, ("paused", "owing")),
    Move("place", (_U, _O), _A, ("placed", "free")),
    Move("resume", (_P,), _A, ("placed", "free")),
    Move("resume", (_P,), _O, ("overdue", "free")),
    Move("resume", (_P,), _U, ("free",)),
    Move("reopen", (_C,), _A, ("placed", "owing")),
    Move("reopen", (_C,), _O, ("overdue", "owing")),
    Move("reopen", (_C,), _U, ("owing",)),
    Move("recall", (_A,), _O, ("unplaced", "overdue", "free")),
    Move("fall_due", (_U,), _O, ("overdue", "free")),
    Move("cure", (_O,), _U, ("current", "free")),
)
"""Rows of one trigger and source are tried in this order."""

TRIGGERS: Final = tuple(dict.fromkeys(move.trigger for move in TABLE))


def _compiled() -> dict[tuple[CaseStatus, str], tuple[tuple[CaseStatus, tuple[Guard, ...]], ...]]:
    table: dict[tuple[CaseStatus, str], tuple[tuple[CaseStatus, tuple[Guard, ...]], ...]] = {}
    for move in TABLE:
        row = move.dest, tuple(GUARDS[name] for name in move.guards)
        for source in move.sources:
            table[source, move.trigger] = (*table.get((source, move.trigger), ()), row)
    return table


_COMPILED: Final = _compiled()
_FROM: Final = {status: tuple(t for t in TRIGGERS if (status, t) in _COMPILED) for status in CaseStatus}


def fire(status: CaseStatus, trigger: str, facts: Facts) -> CaseStatus | None:
    """The state that a trigger leads to, or `None` where no row allows it."""
    for dest, guards in _COMPILED.get((status, trigger), ()):
        if all(guard(facts) for guard in guards):
            return dest
    return None


def advance_status(status: CaseStatus, facts: Facts) -> tuple[str, CaseStatus] | None:
    """The first trigger that the facts pull in a state, and where it leads; `None` where the case may stay."""
    for trigger in _FROM[status]:
        dest = fire(status, trigger, facts)
        if dest is not None:
            return trigger, dest
    return None


class CaseModel:
    """What a `transitions` machine moves: a status and the facts that its guards read."""

    def __init__(self, facts: Facts | None = None) -> None:
        self.facts = facts or Facts()
        self.state = CaseStatus.UPCOMING.value


def case_machine(model: object | None = None) -> Machine:
    """The lifecycle of every case as a `transitions` machine; it draws itself with the library's own tools."""
    from transitions import Machine

    rows = [
        {
            "trigger": move.trigger,
            "source": [source.value for source in move.sources],
            "dest": move.dest.value,
            "conditions": [_condition(name) for name in move.guards],
        }
        for move in TABLE
    ]
    return Machine(
        model=model,
        states=[status.value for status in CaseStatus],
        initial=CaseStatus.UPCOMING.value,
        transitions=rows,
        auto_transitions=False,
        send_event=True,
    )


def _condition(name: str) -> Callable[[object], bool]:
    guard = GUARDS[name]

    def holds(event: object) -> bool:
        return guard(event.model.facts)  # type: ignore[attr-defined]  # the library passes its own untyped EventData

    holds.__name__ = name
    return holds


def machine(policy: Policy, model: object | None = None) -> Machine:
    """The ladder of a policy as a `transitions` machine: one state per step, for a host's callbacks and pictures.

    A trigger named after a step (`-` becomes `_`) enters it from every state before it; `pause`, `resume`, `settle`
    and `stop` are there as in `case_machine`. The engine never asks this machine what to do.
    """
    from transitions import Machine

    taken = {"pause", "resume", "settle", "stop", "state", "trigger", "waiting", "paused", "closed"}
    names = [step.name for step in policy.steps]
    clash = sorted(taken & {name.replace("-", "_") for name in names})
    if clash:
        raise UsageError(f"a step called {clash[0]!r} has the name of a trigger or state of the machine: rename the step")
    ladder = ["waiting", *names]
    rows = [{"trigger": name.replace("-", "_"), "source": ladder[: i + 1], "dest": name} for i, name in enumerate(names)]
    rows += [
        {"trigger": "pause", "source": ladder, "dest": "paused"},
        {"trigger": "resume", "source": "paused", "dest": "waiting"},
        {"trigger": "settle", "source": [*ladder, "paused"], "dest": "closed"},
        {"trigger": "stop", "source": [*ladder, "paused"], "dest": "closed"},
    ]
    rows += [{"trigger": step.name.replace("-", "_"), "source": step.name, "dest": "="} for step in policy.steps if step.cadence]
    return Machine(
        model=model, states=[*ladder, "paused", "closed"], initial="waiting", transitions=rows, auto_transitions=False
    )
