"""Actions of the host: functions by the names that `do:` uses, called with the case and typed parameters.

    def cancel_subscription(call: HostCall, *, when: str) -> None: ...

    HostActions({"cancel-subscription": cancel_subscription})

A function may return a reference as text, nothing, or an outcome of its own. What it raises leaves it uncertain whether
it happened, so that a person has a look; whoever knows that nothing happened returns `Retry` or `Bounced`.
"""

from __future__ import annotations

import inspect
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias, get_type_hints

from dunning_engine.adapters.recipients import check_handled
from dunning_engine.adapters.texts import plain_text, shortened
from dunning_engine.kernel.calendar import parse_date
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Bounced, Capability, Outcome, Retry, Sent, Uncertain

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.parties import Channel, Party
    from dunning_engine.ports.adapter import Message

MENDED: Final = 3_600
"""Seconds after a fault that only a person can mend."""


@dataclass(frozen=True, slots=True)
class HostCall:
    """What a function is told: `key` is the same each time that the same thing is asked for; `text` is JSON."""

    key: str
    case_id: str
    debtor: Party
    amount: int
    currency: str
    text: str


Function: TypeAlias = Callable[..., "Outcome | str | None"]


def _yes_no(text: str) -> bool:
    return {"yes": True, "no": False}[text]


_READ: Final[Mapping[Any, Callable[[str], Any]]] = {
    str: str,
    int: int,
    bool: _yes_no,
    Decimal: Decimal,
    date: parse_date,
}
"""How a parameter is made of its text, by the annotation of the function."""


class HostActions:
    """Calls functions by name, in a thread of their own so that none holds up the others.

    Parameters are given by keyword in the type that the function annotates: `str`, `int`, `bool`, `Decimal` or `date`;
    a `-` in a name is a `_` here. `capability` says what a function does when it is asked again with the same `key`.
    """

    __slots__ = ("_parameters", "capability", "functions")

    def __init__(self, functions: Mapping[str, Function], *, capability: Capability = Capability.NONE) -> None:
        self.functions = dict(functions)
        self.capability = capability
        self._parameters = {name: _parameters(name, function) for name, function in self.functions.items()}

    def __repr__(self) -> str:
        return f"HostActions({', '.join(sorted(self.functions))})"

    def __reduce__(self) -> tuple[object, ...]:
        return _host_actions, (self.functions, self.capability)

    @property
    def name(self) -> str:
        return "host actions"

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({"host"})

    def endpoint(self, action: ProposedAction) -> str:
        """Each function for itself: that one fails says nothing of the others."""
        return action.spec.name

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        check_handled(self, message)
        spec = message.action.spec
        if spec.name not in self.functions:
            return Retry(MENDED, f"configuration: no function is registered for {shortened(spec.name, 80)}")
        try:
            given = _given(dict(spec.given), self._parameters[spec.name])
        except (ValueError, KeyError, ArithmeticError, UsageError) as misfit:
            return Retry(MENDED, f"configuration: {spec.name}: {misfit}")
        return _called(self.functions[spec.name], _call(message), given, message.key, seconds)


def _host_actions(functions: Mapping[str, Function], capability: Capability) -> HostActions:
    return HostActions(functions, capability=capability)


def _call(message: Message) -> HostCall:
    action = message.action
    return HostCall(
        message.key, action.case_id, message.debtor, action.amount, action.currency, plain_text(message.text)
    )


def _parameters(name: str, function: Function) -> dict[str, Callable[[str], Any]]:
    """How each parameter of a function is read; the first one is the call."""
    hints = get_type_hints(function)
    found: dict[str, Callable[[str], Any]] = {}
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        kind = hints.get(parameter.name, str)
        if kind not in _READ:
            takes = "str, int, bool, Decimal or date"
            raise UsageError(
                f"{name}: the parameter {parameter.name} of its function is {kind}: annotate it as {takes}"
            )
        found[parameter.name] = _READ[kind]
    return found


def _given(given: Mapping[str, str], parameters: Mapping[str, Callable[[str], Any]]) -> dict[str, Any]:
    by_name = {name.replace("-", "_"): text for name, text in given.items()}
    if by_name.keys() != parameters.keys():
        raise UsageError(f"its function takes {_names(parameters)}, and the policy gives {_names(by_name)}")
    return {name: parameters[name](text) for name, text in by_name.items()}


def _names(names: Mapping[str, object]) -> str:
    return " and ".join(sorted(names)) or "nothing"


def _called(function: Function, call: HostCall, given: Mapping[str, Any], reference: str, seconds: float) -> Outcome:
    answers: queue.SimpleQueue[Outcome] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put(_outcome(function(call, **given), reference))
        except Exception as error:  # noqa: BLE001 - whatever a function raises is told, and stops no other action
            answers.put(Uncertain(f"{type(error).__name__}: {shortened(str(error), 200)}"))

    threading.Thread(target=run, name=f"host action {reference}", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except queue.Empty:
        return Uncertain(f"no answer within {seconds:g} seconds")


def _outcome(answer: Outcome | str | None, reference: str) -> Outcome:
    if isinstance(answer, (Sent, Bounced, Retry, Uncertain)):
        return answer
    return Sent(reference=answer or reference)
