"""The shape of a policy file: which keys there are and which phrases they take, for reading and for the JSON Schema.

Each part is declared once. The *draft* of a part may lack everything; the *document* narrows the keys that have to be
there. A file with mistakes is still read as a draft, so that what is fine in it can be checked for its meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, core_schema

from dunning_engine.domain.actions import ClimbOn
from dunning_engine.domain.limits import CONTACT_LIMIT, QUIET_DAY, QUIET_HOURS, ContactLimit, QuietHours
from dunning_engine.domain.parties import Collector
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.grammar import Grammar, Misfit
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import SPAN, Span
from dunning_engine.policy import phrases, reserved
from dunning_engine.policy.model import (
    Anchor,
    Approval,
    Cadence,
    CatchUp,
    Choice,
    Condition,
    Lead,
    OnLeadPaid,
    Pause,
    Proof,
    Roll,
    Stop,
    Unit,
)

M = TypeVar("M", bound=BaseModel)
Key = str | int

SPLIT = ("or else", "else", "up to", "at most")
"""How a list item begins that a comma has cut off from the phrase before it."""

A_LIST = 'a list, each item with a dash such as "- step: reminder"'


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
            return Fault(path, "DUN203", A_LIST if path == ("steps",) else "one phrase or a list")
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

    grammar: phrases.Phrases
    description: str | None = None
    number: bool = False

    def parse(self, value: object) -> object:
        if not isinstance(value, str):
            raise _refusal(Fault((), "DUN203", "one phrase", accepted=self.grammar.examples()))
        parsed = self.grammar.parse(value)
        if isinstance(parsed, Misfit):
            raise _refusal(self._fault(value, parsed))
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


def _refusal(fault: Fault) -> PydanticCustomError:
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
    """A part that may be written as the word of its key `default`."""

    word: Phrase

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._keyed, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        word = self.word.__get_pydantic_json_schema__(schema, handler)
        return {"description": word.pop("description"), "anyOf": [word, handler(schema)]}

    @staticmethod
    def _keyed(value: object) -> object:
        return {"default": value} if isinstance(value, str) else value


# The parts ------------------------------------------------------------------------------------------------------------

ConditionItem = Annotated[Condition, Phrase(phrases.CONDITION)]
ProofItem = Annotated[Proof, Phrase(phrases.PROOF)]
SendItem = Annotated[Choice, Phrase(phrases.SEND_CHOICE)]
CallItem = Annotated[Choice, Phrase(phrases.CALL_CHOICE)]
AgencyItem = Annotated[Choice, Phrase(phrases.AGENCY_CHOICE)]
ContactLimitItem = Annotated[ContactLimit, Phrase(CONTACT_LIMIT)]
QuietDayItem = Annotated[str, Phrase(QUIET_DAY)]
MoneyItem = Annotated[Money, Phrase(phrases.TOLERANCE)]
RulebookItem = Annotated[str, Phrase(phrases.RULEBOOK)]
RegulatorItem = Annotated[str, Phrase(phrases.REGULATOR)]
PauseItem = Annotated[Pause, Phrase(phrases.PAUSE)]
StopItem = Annotated[Stop, Phrase(phrases.STOP)]

StepName = Annotated[str, Phrase(phrases.STEP_NAME, "The name by which other steps, tests and reports call this step.")]
When = Annotated[Anchor, Phrase(phrases.ANCHOR, "The day from which this step is due.")]
PolicyName = Annotated[str, Phrase(phrases.POLICY_NAME, "The name of the policy; cases and mappings quote it.")]
Version = Annotated[
    int, Phrase(phrases.VERSION, "Raise it with every change: a registered version never changes.", number=True)
]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RollDocument(Part):
    """Where contacts go that fall on a day without business, by channel."""

    default: Annotated[Roll, Phrase(phrases.ROLL, "For every channel that is not named.")] = Roll.NEXT
    email: Annotated[Roll, Phrase(phrases.ROLL, "For e-mails.")] | None = None
    sms: Annotated[Roll, Phrase(phrases.ROLL, "For text messages.")] | None = None
    call: Annotated[Roll, Phrase(phrases.ROLL, "For calls.")] | None = None
    letter: Annotated[Roll, Phrase(phrases.ROLL, "For letters.")] | None = None


class TimeDocument(Part):
    """The clock and the calendar of the policy."""

    zone: Annotated[str, Phrase(phrases.ZONE, "The IANA time zone in which the policy counts days.")] = "UTC"
    business_days: Annotated[
        str, Phrase(phrases.CALENDAR, "Whose working days count: a country, a country with subdivision, ECB or none.")
    ] = "none"
    send_at: Annotated[
        int, Phrase(phrases.SEND_AT, "When contacts are due on their day, in the westernmost zone of the debtor.")
    ] = 600
    roll: Annotated[
        RollDocument, WordOrKeys(Phrase(phrases.ROLL, "Where a contact goes that falls on a day without business."))
    ] = RollDocument()


class StepDraft(Part):
    """A rung of the ladder."""

    step: StepName | None = None
    when: When | None = None
    cadence: Annotated[Cadence, Phrase(phrases.CADENCE, "How often the step is repeated.")] | None = None
    only_if: Annotated[tuple[ConditionItem, ...], OneOrMany("The step is taken only where all of these are true.")] = ()
    only_if_any: Annotated[
        tuple[ConditionItem, ...], OneOrMany("The step is taken only where at least one of these is true.")
    ] = ()
    unless: Annotated[tuple[ConditionItem, ...], OneOrMany("The step is not taken where any of these is true.")] = ()
    requires: Annotated[
        tuple[ProofItem, ...], OneOrMany("What earlier steps must have achieved, with proof, before this one.")
    ] = ()
    send: Annotated[tuple[SendItem, ...], OneOrMany("Messages: channel and template.")] = ()
    call: Annotated[tuple[CallItem, ...], OneOrMany("Call tasks: the script to follow.")] = ()
    hand_off: Annotated[tuple[AgencyItem, ...], OneOrMany("Who takes the case over.")] = ()
    deadline: Annotated[Span, Phrase(SPAN, "How long the debtor has: makes the step an ultimatum.")] | None = None
    approval: (
        Annotated[Approval, Phrase(phrases.APPROVAL, "The role that has to agree to each action of this step.")] | None
    ) = None
    climb_on: (
        Annotated[
            ClimbOn,
            Phrase(phrases.CLIMB_ON, "What has to happen to the action before the next step may count from it."),
        ]
        | None
    ) = None


class StepDocument(StepDraft):
    """A rung of the ladder: when it is due, and what is done."""

    step: StepName
    when: When


class PolicyDraft(Part):
    """A policy file, as far as it can be read."""

    policy: PolicyName | None = None
    version: Version | None = None
    title: Annotated[str, Field(description="What the policy is called in reports.", pattern=r"\S")] | None = None
    collector: Annotated[
        Collector, Phrase(phrases.COLLECTOR, "Whether the debt is our own, or collected for others.")
    ] = Collector.FIRST_PARTY
    regulated_as: Annotated[
        tuple[RegulatorItem, ...], OneOrMany("Regulators that bind this collector beyond its kind.")
    ] = ()
    law: Annotated[
        tuple[RulebookItem, ...], OneOrMany("The rulebooks that are enforced, whatever the rest of this file says.")
    ] = ()
    applies_to: Annotated[
        tuple[ConditionItem, ...], OneOrMany("Which debts this policy is for; tested once, when a case is opened.")
    ] = ()
    time: Annotated[TimeDocument, Field(description="The clock and the calendar of the policy.")] = TimeDocument()
    unit: Annotated[Unit, Phrase(phrases.UNIT, "One case per debtor, or one per invoice.")] = Unit.DEBTOR
    lead: Annotated[Lead, Phrase(phrases.LEAD, "Which of the debtor's receivables carries the ladder.")] = Lead.OLDEST
    on_lead_paid: Annotated[
        OnLeadPaid, Phrase(phrases.ON_LEAD_PAID, "Where the ladder stands when the next receivable leads.")
    ] = OnLeadPaid.CONTINUE
    grace: (
        Annotated[Span, Phrase(SPAN, "Days after the due date in which nobody is contacted and payment is in time.")]
        | None
    ) = None
    tolerance: Annotated[
        tuple[MoneyItem, ...], OneOrManyAmounts("Open amounts up to this one count as paid, per currency.")
    ] = ()
    min_gap: Annotated[Span, Phrase(SPAN, "The shortest time between two contacts of the ladder.")] = Span(1)
    catch_up: Annotated[
        CatchUp, Phrase(phrases.CATCH_UP, "What happens to steps whose day passed before they could be taken.")
    ] = CatchUp.NEXT
    contact_limits: Annotated[tuple[ContactLimitItem, ...], OneOrMany("The most contacts in a number of days.")] = ()
    quiet_hours: (
        Annotated[QuietHours, Phrase(QUIET_HOURS, "Hours without contact, in every zone where the debtor may be.")]
        | None
    ) = None
    quiet_days: Annotated[tuple[QuietDayItem, ...], OneOrMany("Days without contact.")] = ()
    steps: tuple[StepDraft, ...] = ()
    pause_while: Annotated[tuple[PauseItem, ...], OneOrMany("What makes the case wait.")] = ()
    stop_when: Annotated[tuple[StopItem, ...], OneOrMany("What ends the case.")] = (Stop.PAID,)


class PolicyDocument(PolicyDraft):
    """A dunning policy: who it is for, when nothing happens, and the steps from a courtesy to the hand-off."""

    policy: PolicyName
    version: Version
    steps: Annotated[tuple[StepDocument, ...], Field(description="The ladder, from top to bottom.")]


KEYS: dict[tuple[str, ...], type[Part]] = {
    (): PolicyDocument,
    ("time",): TimeDocument,
    ("time", "roll"): RollDocument,
    ("steps", "*"): StepDocument,
}
"""Which part stands at which path."""
