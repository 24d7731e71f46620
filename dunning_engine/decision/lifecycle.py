"""The life of a case, declared once: the only home of `transitions`.

`TABLE` is the design. `pull` and `fire` interpret it in the hot path as a dictionary of integers; `machine()` hands the same rows
to the `transitions` library, for hosts that want callbacks and for pictures. A property test keeps the two in step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntFlag, auto
from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.domain.case import CaseStatus
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from transitions import Machine

    from dunning_engine.policy.model import Policy


class Facts(IntFlag):
    """What guards look at: each is derived from the case at `now`."""

    NONE = 0
    SETTLED = auto()
    STOPPED = auto()
    PAUSED = auto()
    OVERDUE = auto()
    PLACED = auto()


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition of a move: facts that must be so, and facts that must not."""

    needs: Facts = Facts.NONE
    forbids: Facts = Facts.NONE

    def holds(self, facts: int) -> bool:
        return facts & self.needs == self.needs and not facts & self.forbids


GUARDS: Final[Mapping[str, Guard]] = {
    "settled": Guard(Facts.SETTLED),
    "stopped": Guard(Facts.STOPPED),
    "paused": Guard(Facts.PAUSED),
    "overdue": Guard(Facts.OVERDUE),
    "current": Guard(forbids=Facts.OVERDUE),
    "placed": Guard(Facts.PLACED),
    "unplaced": Guard(forbids=Facts.PLACED),
    "owing": Guard(forbids=Facts.SETTLED | Facts.STOPPED),
    "free": Guard(forbids=Facts.SETTLED | Facts.STOPPED | Facts.PAUSED),
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


Row: TypeAlias = tuple[int, int, CaseStatus]
"""A move as integers: facts needed, facts forbidden, destination."""


def _compiled() -> dict[CaseStatus, dict[str, tuple[Row, ...]]]:
    table: dict[CaseStatus, dict[str, tuple[Row, ...]]] = {status: {} for status in CaseStatus}
    for move in TABLE:
        needs = forbids = 0
        for name in move.guards:
            needs |= GUARDS[name].needs.value
            forbids |= GUARDS[name].forbids.value
        for source in move.sources:
            rows = table[source]
            rows[move.trigger] = (*rows.get(move.trigger, ()), (needs, forbids, move.dest))
    return table


_COMPILED: Final = _compiled()


def fire(status: CaseStatus, trigger: str, facts: int) -> CaseStatus | None:
    """The state that a trigger leads to, or `None` where no row allows it."""
    for needs, forbids, dest in _COMPILED[status].get(trigger, ()):
        if facts & needs == needs and not facts & forbids:
            return dest
    return None


def _pulled(status: CaseStatus, facts: int) -> tuple[str, CaseStatus] | None:
    found = ((trigger, fire(status, trigger, facts)) for trigger in _COMPILED[status])
    return next(((trigger, dest) for trigger, dest in found if dest is not None), None)


_PULLED: Final = {status: [_pulled(status, facts) for facts in range(1 << len(Facts))] for status in CaseStatus}
"""Every answer of `pull`: there are not many."""


def pull(status: CaseStatus, facts: int) -> tuple[str, CaseStatus] | None:
    """The first trigger that the facts pull in a state, and where it leads; `None` where the case may stay."""
    return _PULLED[status][facts]


class CaseModel:
    """What a `transitions` machine moves: a status and the facts that its guards read."""

    def __init__(self, facts: int = 0) -> None:
        self.facts = facts
        self.state = CaseStatus.UPCOMING.value


def case_machine(model: object | None = None) -> Machine:
    """The lifecycle of every case as a `transitions` machine; `model.get_graph().source` is its picture in Mermaid."""
    from transitions.extensions import GraphMachine

    rows = [
        {
            "trigger": move.trigger,
            "source": [source.value for source in move.sources],
            "dest": move.dest.value,
            "conditions": [_condition(name) for name in move.guards],
        }
        for move in TABLE
    ]
    return GraphMachine(
        model=model or CaseModel(),
        states=[status.value for status in CaseStatus],
        initial=CaseStatus.UPCOMING.value,
        transitions=rows,
        auto_transitions=False,
        send_event=True,
        title="Case",
        show_conditions=True,
        graph_engine="mermaid",
    )


def _condition(name: str) -> Callable[[object], bool]:
    guard = GUARDS[name]

    def holds(event: object) -> bool:
        return guard.holds(event.model.facts)  # type: ignore[attr-defined]  # the library passes its own untyped EventData

    holds.__name__ = name
    return holds


def machine(policy: Policy, model: object | None = None) -> Machine:
    """The ladder of a policy as a `transitions` machine: one state per step, for a host's callbacks and pictures.

    A trigger named after a step (`-` becomes `_`) enters it from every state before it; `pause`, `resume`, `settle`
    and `stop` are there as in `case_machine`. The engine never asks this machine what to do. Without a model the
    machine moves itself; `get_graph().source` is its picture in Mermaid.
    """
    from transitions.extensions import GraphMachine

    taken = {"pause", "resume", "settle", "stop", "state", "trigger", "waiting", "paused", "closed", "get_graph"}
    names = [step.name for step in policy.steps]
    clash = sorted(taken & {name.replace("-", "_") for name in names})
    if clash:
        raise UsageError(
            f"a step called {clash[0]!r} has the name of a trigger or state of the machine: rename the step"
        )
    ladder = ["waiting", *names]
    rows = [
        {"trigger": name.replace("-", "_"), "source": ladder[: i + 1], "dest": name} for i, name in enumerate(names)
    ]
    rows += [
        {"trigger": "pause", "source": ladder, "dest": "paused"},
        {"trigger": "resume", "source": "paused", "dest": "waiting"},
        {"trigger": "settle", "source": [*ladder, "paused"], "dest": "closed"},
        {"trigger": "stop", "source": [*ladder, "paused"], "dest": "closed"},
    ]
    rows += [
        {"trigger": step.name.replace("-", "_"), "source": step.name, "dest": "="}
        for step in policy.steps
        if step.cadence
    ]
    states = [*ladder, "paused", "closed"]
    return GraphMachine(
        model=model or "self",
        states=states,
        initial="waiting",
        transitions=rows,
        auto_transitions=False,
        title=policy.title,
        graph_engine="mermaid",
    )
