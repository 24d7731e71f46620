"""How the values of a policy file are read: phrases by their grammar, one or many, a word or keys; and what went wrong.

The parts of a file are declared with these in `document`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.grammar import Grammar, Misfit
from dunning_engine.policy import reserved
from dunning_engine.policy.forms import Phrases

M = TypeVar("M", bound=BaseModel)
Key = str | int

SPLIT = ("or else", "else", "up to", "at most")
"""How a list item begins that a comma has cut off from the phrase before it."""

_LISTS: Mapping[tuple[Key, ...], str] = MappingProxyType({
    ("steps",): 'a list, each item with a dash such as "- step: reminder"',
    ("routes",): 'a list, each item with a dash such as "- use: us-consumer"',
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in the shape. `start` and `end` count characters of the value; the rest is said where `code` is shown."""

    path: tuple[Key, ...]
    code: str
    message: str = ""
    start: int = 0
    end: int = 0
    suggestion: str | None = None
    accepted: tuple[str, ...] = ()
    also: tuple[Misfit, ...] = ()


def read(model: type[M], value: object) -> M | tuple[Fault, ...]:
    """The part that a tree of plain values is, or every mistake in it."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        return tuple(fault for details in errors for fault in _faults(details))


def _faults(details: ErrorDetails) -> Iterator[Fault]:
    path = details["loc"]
    if fault := details.get("ctx", {}).get("fault"):
        yield replace(fault, path=path, also=())
        for misfit in fault.also:
            yield Fault(path, fault.code, misfit.message, misfit.start, misfit.end)
    else:
        yield _fault(path, details["type"])


def _fault(path: tuple[Key, ...], kind: str) -> Fault:
    match kind:
        case "extra_forbidden":
            return Fault(path, "DUN201")
        case "missing":
            return Fault(path, "DUN202")
        case "tuple_type":
            return Fault(path, "DUN203", _LISTS.get(path, "one phrase or a list"))
        case "string_pattern_mismatch":
            return Fault(path, "DUN207")
        case "string_type":
            return Fault(path, "DUN203", "one text")
        case _:
            return Fault(path, "DUN203", "keys with values")


# How a value is read --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Phrase:
    """Reads and writes a value by its grammar; `number` lets editors take a bare number too."""

    grammar: Phrases
    description: str | None = None
    number: bool = False

    def parse(self, value: object) -> object:
        if not isinstance(value, str):
            raise refusal(Fault((), "DUN203", "one phrase", accepted=self.grammar.examples()))
        parsed = self.grammar.parse(value)
        if isinstance(parsed, Misfit):
            raise refusal(self._fault(value, parsed))
        return parsed

    @property
    def _has_words_only(self) -> bool:
        return isinstance(self.grammar, Grammar) and not any(form.slots for form in self.grammar.forms)

    def _fault(self, text: str, misfit: Misfit) -> Fault:
        if match := reserved.in_phrase(self.grammar.title, text):
            return Fault((), "DUN206", match[0], *match.span())
        begun = next((begin for begin in SPLIT if text.startswith(f"{begin} ")), None)
        if begun is None:
            likely = misfit.suggestion or (suggest(text, self.grammar.examples()) if self._has_words_only else None)
            return Fault((), "DUN204", misfit.message, misfit.start, misfit.end, likely, misfit.accepted, misfit.also)
        rest = self.grammar.parse(text.removeprefix(begun))
        suggestion = None if isinstance(rest, Misfit) else self.grammar.show(rest)
        return Fault((), "DUN205", begun, 0, len(begun), suggestion if begun == "at most" else None)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        shown = core_schema.plain_serializer_function_ser_schema(self.grammar.show)
        return core_schema.no_info_plain_validator_function(self.parse, serialization=shown)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        examples = list(self.grammar.examples())
        json: JsonSchemaValue = {"description": self.description} if self.description else {}
        if self._has_words_only:
            return {**json, "type": "string", "enum": examples}
        kinds: object = ["integer", "string"] if self.number else "string"
        return {**json, "type": kinds, "pattern": f"^(?:{self.grammar.regex})$", "examples": examples}


def refusal(fault: Fault) -> PydanticCustomError:
    return PydanticCustomError(fault.code, "{message}", {"message": fault.message, "fault": fault})


@dataclass(frozen=True, slots=True)
class OneOrMany:
    """A list of phrases; a single one needs no brackets."""

    description: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._listed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        array = handler(schema)
        return {"description": self.description, "anyOf": [array["items"], array]}

    @staticmethod
    def _listed(value: object) -> object:
        return [value] if isinstance(value, str) else value


class OneOrManyAmounts(OneOrMany):
    """Amounts of several currencies, also as `{EUR: 5.00, USD: 5.00}`."""

    __slots__ = ()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        json = OneOrMany.__get_pydantic_json_schema__(self, schema, handler)
        by_currency = {
            "type": "object",
            "propertyNames": {"pattern": "^[A-Z]{3}$"},
            "additionalProperties": {"type": ["number", "string"]},
        }
        return {**json, "anyOf": [*json["anyOf"], by_currency]}

    @staticmethod
    def _listed(value: object) -> object:
        if isinstance(value, dict) and all(isinstance(amount, str) for amount in value.values()):
            return [f"{amount} {currency}" for currency, amount in value.items()]
        return [value] if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class WordOrKeys:
    """A part that may be written as the word of one of its keys."""

    word: Phrase
    key: str = "default"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._keyed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        word = self.word.__get_pydantic_json_schema__(schema, handler)
        return {"description": word.pop("description"), "anyOf": [word, handler(schema)]}

    def _keyed(self, value: object) -> object:
        return {self.key: value} if isinstance(value, str) else value


class Part(BaseModel):
    """Keys with values: none that is not declared, and nothing changes them."""

    model_config = ConfigDict(frozen=True, extra="forbid")
