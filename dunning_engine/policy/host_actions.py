"""Actions of the host: what `actions:` declares at the top of a file, and how a step asks for one.

actions:
  cancel-subscription: {when: [at once, at period end]}
steps:
  - step: last
    do: {cancel-subscription: {when: at once}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NoReturn

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.grammar import Grammar, Misfit, Slot
from dunning_engine.kernel.slots import AMOUNT, DATE, NAME
from dunning_engine.policy.forms import single
from dunning_engine.policy.model import Choice
from dunning_engine.policy.phrases_actions import Choices
from dunning_engine.policy.values import Fault, OneOrMany, Phrase, refusal

CHOICE = "choice"


class Kind(Enum):
    """What a parameter of a host action takes; a choice is declared by listing its words."""

    TEXT = "text"
    NUMBER = "number"
    AMOUNT = "amount"
    DAY = "day"
    YES_NO = "yes/no"
    CHOICE = CHOICE


KINDS = tuple(kind.value for kind in Kind if kind is not Kind.CHOICE)

_PLAIN: dict[Kind, Grammar[Any]] = {
    Kind.TEXT: single("a text", Slot("a text", ".+", str, str, "anything")),
    Kind.NUMBER: single("a whole number", Slot("a whole number", "[0-9]{1,18}", int, str, "3")),
    Kind.AMOUNT: single("an amount", AMOUNT),
    Kind.DAY: single("a date", DATE),
    Kind.YES_NO: single("yes or no", Slot("yes or no", "yes|no", str, str, "yes")),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an action of the host; `choices` are the words that a choice is among."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()

    def misfit(self, text: str) -> str:
        """Why a text is no value of it; empty where it is one."""
        if self.kind is Kind.CHOICE:
            near = suggest(text, self.choices)
            hint = f': did you mean "{near}"?' if near else ""
            return "" if text in self.choices else f"{self.name} is one of {', '.join(self.choices)}{hint}"
        if self.kind is Kind.TEXT:
            return "" if text.strip() else f"{self.name} is a text"
        value = _PLAIN[self.kind].parse(text)
        return f"{self.name} is {_PLAIN[self.kind].title}" if isinstance(value, Misfit) else ""


@dataclass(frozen=True, slots=True)
class HostVerb:
    """An action that the host offers, with its parameters; all of them have to be given."""

    name: str
    parameters: tuple[Parameter, ...] = ()

    def misfit(self, spec: ActionSpec) -> str:
        """Why a step cannot ask for it like this; empty where it can."""
        declared = {parameter.name: parameter for parameter in self.parameters}
        given = dict(spec.given)
        for name, text in given.items():
            if name not in declared:
                near = suggest(name, declared)
                hint = f': did you mean "{near}"?' if near else f"; it has {', '.join(declared) or 'none'}"
                return f"{self.name} has no parameter {name}{hint}"
            if why := declared[name].misfit(text):
                return why
        lacking = [name for name in declared if name not in given]
        return f"{self.name} needs {' and '.join(lacking)}" if lacking else ""


# In the file ----------------------------------------------------------------------------------------------------------


def _refuse(message: str) -> NoReturn:
    raise refusal(Fault((), "DUN364", message))


@dataclass(frozen=True, slots=True)
class HostVerbs:
    """Reads and writes the declarations of a file."""

    description: str

    def read(self, value: object) -> tuple[HostVerb, ...]:
        if not isinstance(value, dict):
            _refuse("actions are declared by name, each with its parameters: cancel-subscription: {when: day}")
        return tuple(_verb(name, parameters) for name, parameters in value.items())

    @staticmethod
    def show(value: tuple[HostVerb, ...]) -> dict[str, dict[str, str | list[str]]]:
        return {
            verb.name: {p.name: list(p.choices) if p.kind is Kind.CHOICE else p.kind.value for p in verb.parameters}
            for verb in value
        }

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(self.show)
        return core_schema.no_info_plain_validator_function(self.read, serialization=shown)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        parameter = {"anyOf": [{"enum": list(KINDS)}, {"type": "array", "items": {"type": "string"}}]}
        declared = {"type": "object", "additionalProperties": parameter}
        return {
            "description": self.description,
            "type": "object",
            "propertyNames": {"pattern": f"^(?:{NAME.regex})$"},
            "additionalProperties": declared,
        }


def _verb(name: str, parameters: object) -> HostVerb:
    if isinstance(single("a name", NAME).parse(name), Misfit):
        _refuse(f"{name} is no name of an action: write it like cancel-subscription")
    if parameters == "":
        return HostVerb(name)
    if not isinstance(parameters, dict):
        _refuse(f"{name} takes its parameters as keys: {name}: {{when: day}}, or {name}: {{}} where it has none")
    return HostVerb(name, tuple(sorted((_parameter(key, kind) for key, kind in parameters.items()), key=_name)))


def _name(parameter: Parameter) -> str:
    return parameter.name


def _parameter(name: str, kind: object) -> Parameter:
    if isinstance(kind, list) and kind and all(isinstance(word, str) and word for word in kind):
        return Parameter(name, Kind.CHOICE, tuple(kind))
    if isinstance(kind, str) and kind in KINDS:
        return Parameter(name, Kind(kind))
    near = suggest(kind, KINDS) if isinstance(kind, str) else None
    hint = f': did you mean "{near}"?' if near else ""
    _refuse(f"{name} is {', '.join(KINDS)} or a list of words to choose from{hint}")


@dataclass(frozen=True, slots=True)
class HostAction:
    """Reads and writes one action of a step: its name, or its name with its parameters."""

    grammar: Choices

    def read(self, value: object) -> Choice:
        if isinstance(value, str):
            choice: Choice = Phrase(self.grammar).parse(value)  # type: ignore[assignment]  # the grammar's own value
            return choice
        if not isinstance(value, dict) or len(value) != 1:
            raise refusal(Fault((), "DUN363", "an item is one action, with its parameters as keys"))
        ((name, given),) = value.items()
        spec = self.read(name)[0]
        if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
            raise refusal(Fault((), "DUN363", f"the parameters of {name} are keys with one value each"))
        return (replace(spec, given=tuple(sorted(given.items()))),)

    def show(self, value: Choice) -> str | dict[str, Mapping[str, str]]:
        first = value[0]
        return {first.name: dict(first.given)} if first.given else self.grammar.show(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(self.show)
        return core_schema.no_info_plain_validator_function(self.read, serialization=shown)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        phrase = {"type": "string", "pattern": f"^(?:{self.grammar.regex})$", "examples": list(self.grammar.examples())}
        given = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
        return {"anyOf": [phrase, {"type": "object", "maxProperties": 1, "additionalProperties": given}]}


class OneOrManyActions(OneOrMany):
    """A list of host actions; a single one needs no brackets, with parameters or without."""

    __slots__ = ()

    @staticmethod
    def _listed(value: object) -> object:
        return [value] if isinstance(value, (str, dict)) else value
