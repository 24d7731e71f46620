"""State-machine libraries on the same move: a case falls due, a guard allows it, the state changes; then back again.

Run by the environment of the peers; prints microseconds per move. Each library is used as its own manual shows it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from automat import TypeMachineBuilder
from sismic.interpreter import Interpreter
from sismic.io import import_from_yaml
from statemachine import State, StateMachine
from timing import best, tell
from transitions import Machine

CHART = """
statechart:
  name: case
  root state:
    name: root
    initial: upcoming
    states:
      - name: upcoming
        transitions: [{target: overdue, event: fall_due, guard: "event.overdue"}]
      - name: overdue
        transitions: [{target: upcoming, event: pay, guard: "not event.overdue"}]
"""


class Debt:
    overdue = True

    def is_overdue(self) -> bool:
        return self.overdue

    def is_paid(self) -> bool:
        return not self.overdue


def with_transitions() -> Callable[[], object]:
    debt = Debt()
    machine = Machine(debt, ["upcoming", "overdue"], initial="upcoming", auto_transitions=False)
    machine.add_transition("fall_due", "upcoming", "overdue", conditions="is_overdue")
    machine.add_transition("pay", "overdue", "upcoming", conditions="is_paid")

    def both() -> None:
        debt.overdue = True
        assert debt.fall_due()
        debt.overdue = False
        assert debt.pay()

    return both


def with_statemachine() -> Callable[[], object]:
    class Case(StateMachine):
        upcoming = State(initial=True)
        overdue = State()
        fall_due = upcoming.to(overdue, cond="is_overdue")
        pay = overdue.to(upcoming, cond="is_paid")

    debt = Debt()
    machine = Case(debt)

    def both() -> None:
        debt.overdue = True
        machine.fall_due()
        debt.overdue = False
        machine.pay()
        assert machine.upcoming.is_active

    return both


def with_automat() -> Callable[[], object]:
    from typing import Protocol

    class Case(Protocol):
        def fall_due(self) -> None: ...
        def pay(self) -> None: ...

    builder = TypeMachineBuilder(Case, Debt)
    upcoming, overdue = builder.state("upcoming"), builder.state("overdue")
    upcoming.upon(Case.fall_due).to(overdue).returns(None)
    overdue.upon(Case.pay).to(upcoming).returns(None)
    case = builder.build()(Debt())

    def both() -> None:
        case.fall_due()
        case.pay()

    return both


def with_sismic() -> Callable[[], object]:
    interpreter = Interpreter(import_from_yaml(CHART))
    interpreter.execute()

    def both() -> None:
        interpreter.queue("fall_due", overdue=True).execute_once()
        interpreter.queue("pay", overdue=False).execute_once()
        assert "upcoming" in interpreter.configuration

    return both


LIBRARIES = {
    "automat (no guard)": with_automat,
    "transitions": with_transitions,
    "sismic": with_sismic,
    "python-statemachine": with_statemachine,
}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    tell({name: best(make()) / 2 for name, make in LIBRARIES.items()})
