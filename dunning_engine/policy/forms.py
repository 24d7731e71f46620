"""What every phrase of a policy is made of: forms whose slots are fields, words, single values; names and amounts.

The phrases themselves are in `phrases` and its siblings, one module per part of the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, TypeVar

from dunning_engine.kernel.grammar import Form, Grammar, Misfit, Slot
from dunning_engine.kernel.slots import AMOUNT, NAME
from dunning_engine.kernel.spans import SPAN, Span, Unit
from dunning_engine.policy.model import Amount

T = TypeVar("T")

RESERVED_NAMES = frozenset({
    "after", "balance", "before", "due", "end", "ends", "expires", "failed", "grace", "issue", "month", "payments",
    "previous", "reaches", "resume", "until",
})  # fmt: skip
"""Words of anchors, which no step may be called."""


class Phrases(Protocol):
    """What documents and schemas need of a grammar; `Grammar` is one, and so is `Choices`."""

    title: str
    regex: str

    def parse(self, text: str) -> Any | Misfit:
        """The value of a phrase, or why it is none."""

    def show(self, value: Any) -> str:
        """The phrase of a value."""

    def examples(self) -> tuple[str, ...]:
        """One phrase for each form."""


def form_of(pattern: str, make: Callable[..., T], **slots: Slot[Any]) -> Form[T]:
    """A form whose slots are the fields of the value that it makes."""

    def take(value: Any) -> Mapping[str, Any] | None:
        fields = {name: getattr(value, name, None) for name in slots}
        return fields if None not in fields.values() and make(**fields) == value else None

    return Form(pattern, slots=slots, make=make, take=take)


def words(title: str, values: Mapping[str, T]) -> Grammar[T]:
    """A grammar of fixed words."""
    return Grammar(title, [form_of(word, partial(_same, value)) for word, value in values.items()])


def _same(value: T) -> T:
    return value


def single(title: str, slot: Slot[T]) -> Grammar[T]:
    """A grammar of one value alone."""
    return Grammar(title, [Form("{value}", slots={"value": slot}, make=_same, take=lambda value: {"value": value})])


def like(example: str) -> Slot[str]:
    """A name with an example of its own."""
    return replace(NAME, example=example)


def _amount(text: str) -> Amount:
    value = AMOUNT.parse(text)
    if value != value.quantize(Decimal("0.0001")):
        raise ValueError(f"{text} has more than 4 decimal places")
    return Amount.of(value)


def show_amount(amount: Amount) -> str:
    """An amount as policies write it: two decimal places, more only where they say something."""
    whole, parts = divmod(amount.units, 10_000)
    return f"{whole}.{parts:04}".removesuffix("00")


def _step(text: str) -> str:
    if text in RESERVED_NAMES:
        raise ValueError(f'"{text}" cannot be the name of a step: it is a word of the language')
    return text


def _version(text: str) -> int:
    if len(text) > 9 or int(text) == 0:
        raise ValueError(f"{text} is not a version: count up from 1")
    return int(text)


STEP = Slot("a step", NAME.regex, _step, str, "reminder")
LIMIT = Slot("an amount", AMOUNT.regex, _amount, show_amount, "50.00")
LANGUAGE_CODE = Slot("a language", "[a-z]{2,3}(?:-[A-Z][A-Za-z]{1,3})?", str, str, "de")
FACT = Slot("a fact", "[a-z][a-z0-9_-]*", str, str, "vip")
VERSION_NUMBER = Slot("a whole number", "[0-9]+", _version, str, "3")
SEGMENT = Slot("a segment", NAME.regex, str, str, "risky")
REGION = Slot("a region", "[A-Z]{2}-[A-Z0-9]{1,3}", str, str, "US-CA")
LENGTH: Slot[Span] = Slot.of(
    Grammar("a length of time", [form for form in SPAN.forms if Unit.BUSINESS_DAY.value not in form.pattern]),
    "6 months",
)
