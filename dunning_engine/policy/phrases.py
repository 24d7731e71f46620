"""The closed grammars of a policy: every phrase that a value may be, with one spelling each.

A grammar reads and prints the same phrase. Contact limits, quiet hours and quiet days are spelled in `domain.limits`,
because rulebooks share them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, TypeVar

from dunning_engine.domain.actions import ActionSpec, ClimbOn, Do
from dunning_engine.domain.parties import OFFERED, Channel, Collector
from dunning_engine.kernel.grammar import (
    AMOUNT,
    COUNT,
    COUNTRY,
    CURRENCY,
    NAME,
    TIME,
    WORD,
    Form,
    Grammar,
    Misfit,
    Slot,
)
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import SPAN_SLOT
from dunning_engine.policy.model import (
    Amount,
    Anchor,
    AnchorKind,
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
    Test,
    Unit,
)

T = TypeVar("T")

RESERVED_NAMES = frozenset({
    "after", "balance", "before", "due", "end", "ends", "expires", "failed", "grace", "issue", "month", "payments",
    "previous", "reaches", "resume", "until",
})  # fmt: skip
"""Words of anchors, which no step may be called."""

OUTCOMES = ("sent", "delivered", "bounced", "opened", "answered")
PROOFS = ("sent", "delivered", "opened", "answered")


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


def _form(pattern: str, make: Callable[..., T], **slots: Slot[Any]) -> Form[T]:
    """A form whose slots are the fields of the value that it makes."""

    def take(value: Any) -> Mapping[str, Any] | None:
        fields = {name: getattr(value, name) for name in slots}
        return fields if None not in fields.values() and make(**fields) == value else None

    return Form(pattern, slots=slots, make=make, take=take)


def _words(title: str, values: Mapping[str, T]) -> Grammar[T]:
    return Grammar(title, [_form(word, partial(_same, value)) for word, value in values.items()])


def _same(value: T) -> T:
    return value


def _single(title: str, slot: Slot[T]) -> Grammar[T]:
    return Grammar(title, [Form("{value}", slots={"value": slot}, make=_same, take=lambda value: {"value": value})])


def _like(example: str) -> Slot[str]:
    """A name with an example of its own."""
    return replace(NAME, example=example)


def _amount(text: str) -> Amount:
    value = AMOUNT.parse(text)
    if value != value.quantize(Decimal("0.0001")):
        raise ValueError(f"{text} has more than 4 decimal places")
    return Amount.of(value)


def show_amount(amount: Amount) -> str:
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

# Single words ---------------------------------------------------------------------------------------------------------

POLICY_NAME = _single("a policy name", _like("us-consumer"))
STEP_NAME = _single("a step name", _like("reminder"))
VERSION = _single("a version", Slot("a whole number", "[0-9]+", _version, str, "3"))
RULEBOOK = _single("a rulebook", Slot("a rulebook", "[a-z]{2}/[a-z0-9-]+", str, str, "us/reg-f-limits"))
REGULATOR = _single("a regulator", _like("fca"))
ZONE = _single("a time zone", Slot("a zone", "[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", str, str, "America/New_York"))
CALENDAR = _single("a business calendar", Slot("a calendar", "[A-Za-z]+(?:-[A-Za-z0-9]+)?", str, str, "US"))
SEND_AT = _single("a time of day", TIME)
SCRIPT = Grammar(
    "a call script",
    [_form("{name}", partial(ActionSpec, Do.CALL, channel=Channel.CALL), name=_like("reminder-script"))],
)
COLLECTOR = _words("a collector", {c.value: c for c in (Collector.FIRST_PARTY, Collector.THIRD_PARTY)})
UNIT = _words("what a case is about", {member.value: member for member in Unit})
LEAD = _words("which receivable leads", {"oldest": Lead.OLDEST})
ON_LEAD_PAID = _words("what follows when the lead is paid", {member.value: member for member in OnLeadPaid})
CATCH_UP = _words("a way to catch up", {member.value: member for member in CatchUp})
ROLL = _words("a way to roll", {member.value: member for member in Roll})
CLIMB_ON = _words("what a step climbs on", {member.value: member for member in ClimbOn})
PAUSE = _words(
    "a reason to pause",
    {
        "disputed": Pause.DISPUTED,
        "promise open": Pause.PROMISE_OPEN,
        "plan on track": Pause.PLAN_ON_TRACK,
        "on hold": Pause.HOLD,
    },
)
STOP = _words("a reason to stop", {member.value: member for member in Stop})

# When a step is due ---------------------------------------------------------------------------------------------------


def _anchor(pattern: str, kind: AnchorKind, **slots: Slot[Any]) -> Form[Anchor]:
    return _form(pattern, partial(Anchor, kind), **slots)


ANCHOR = Grammar(
    "when a step is due",
    (
        _anchor("{span} before due", AnchorKind.BEFORE_DUE, span=SPAN_SLOT),
        _anchor("on the due date", AnchorKind.ON_DUE),
        _anchor("{span} after due", AnchorKind.AFTER_DUE, span=SPAN_SLOT),
        _anchor("{span} after issue", AnchorKind.AFTER_ISSUE, span=SPAN_SLOT),
        _anchor("grace ends", AnchorKind.AFTER_GRACE),
        _anchor("{span} after grace ends", AnchorKind.AFTER_GRACE, span=SPAN_SLOT),
        _anchor("{span} after previous", AnchorKind.AFTER_PREVIOUS, span=SPAN_SLOT),
        _anchor("{span} after resume", AnchorKind.AFTER_RESUME, span=SPAN_SLOT),
        _anchor("{span} after {step}", AnchorKind.AFTER_STEP, span=SPAN_SLOT, step=STEP),
        _anchor("{step} expires", AnchorKind.AFTER_EXPIRY, step=STEP),
        _anchor("{span} after {step} expires", AnchorKind.AFTER_EXPIRY, span=SPAN_SLOT, step=STEP),
        _anchor("end of month after due", AnchorKind.MONTH_END),
        _anchor("balance reaches {amount}", AnchorKind.BALANCE_REACHES, amount=LIMIT),
        _anchor("{count} failed payment[s]", AnchorKind.FAILED_PAYMENTS, count=COUNT),
    ),
)

CADENCE = Grammar(
    "a cadence",
    (
        _form("every {every}", Cadence, every=SPAN_SLOT),
        _form("every {every} up to {times} time[s]", Cadence, every=SPAN_SLOT, times=COUNT),
        _form("every {every} until {until}", Cadence, every=SPAN_SLOT, until=STEP),
        _form("every {every} up to {times} time[s] until {until}", Cadence, every=SPAN_SLOT, times=COUNT, until=STEP),
    ),
)

# Conditions -----------------------------------------------------------------------------------------------------------


def _asks(pattern: str, test: Test, word: str = "", *, below: bool = False, **slots: Slot[Any]) -> Form[Condition]:
    return _form(pattern, partial(Condition, test, value=word, below=below), **slots)


def _condition_forms() -> Iterable[Form[Condition]]:
    yield _asks("balance at least {amount}", Test.BALANCE, amount=LIMIT)
    yield _asks("balance below {amount}", Test.BALANCE, below=True, amount=LIMIT)
    yield _asks("overdue amount at least {amount}", Test.OVERDUE_AMOUNT, amount=LIMIT)
    yield _asks("overdue amount below {amount}", Test.OVERDUE_AMOUNT, below=True, amount=LIMIT)
    yield _asks("at least {count} invoice[s] overdue", Test.OVERDUE_COUNT, count=COUNT)
    yield _asks("at least {count} day[s] overdue", Test.DAYS_OVERDUE, count=COUNT)
    yield _asks("debtor is consumer", Test.DEBTOR_KIND, "consumer")
    yield _asks("debtor is business", Test.DEBTOR_KIND, "business")
    yield _asks("country is {value}", Test.COUNTRY, value=COUNTRY)
    yield _asks("currency is {value}", Test.CURRENCY, value=CURRENCY)
    yield _asks("language is {value}", Test.LANGUAGE, value=LANGUAGE_CODE)
    for channel in OFFERED:
        yield _asks(f"reachable by {channel.value}", Test.REACHABLE, channel.value)
        yield _asks(f"opted out of {channel.value}", Test.OPTED_OUT, channel.value)
    for outcome in OUTCOMES:
        yield _asks(f"{{name}} {outcome}", Test.STEP_OUTCOME, outcome, name=STEP)
    yield _asks("promise broken", Test.PROMISE_BROKEN)
    yield _asks("plan broken", Test.PLAN_BROKEN)
    yield _asks("fact {name} is {value}", Test.HOST_FACT, name=FACT, value=WORD)


CONDITION = Grammar("a condition", _condition_forms())

PROOF = Grammar("a proof", [_form(f"{{step}} {word}", partial(Proof, outcome=word), step=STEP) for word in PROOFS])

APPROVAL = Grammar(
    "an approval",
    (
        _form("{role}", Approval, role=_like("credit-manager")),
        _form("{role} within {days} day[s]", Approval, role=_like("credit-manager"), days=COUNT),
    ),
)

TOLERANCE: Grammar[Money] = Grammar(
    "a tolerance",
    [
        Form(
            "{amount} {currency}",
            slots={"amount": AMOUNT, "currency": CURRENCY},
            make=lambda amount, currency: Money(f"{amount:f}", currency),
            take=lambda money: {"amount": money.amount, "currency": money.currency},
        )
    ],
)

# Actions --------------------------------------------------------------------------------------------------------------


def _sends(words: str, channel: Channel, *, certified: bool = False, invoice: bool = False) -> Form[ActionSpec]:
    make = partial(ActionSpec, Do.SEND, channel=channel, certified=certified, with_invoice=invoice)
    return _form(f"{words} {{name}}{' with invoice' if invoice else ''}", make, name=_like("reminder"))


SEND = Grammar(
    "a message",
    (
        _sends("email", Channel.EMAIL),
        _sends("email", Channel.EMAIL, invoice=True),
        _sends("sms", Channel.SMS),
        _sends("letter", Channel.LETTER),
        _sends("letter", Channel.LETTER, invoice=True),
        _sends("certified letter", Channel.LETTER, certified=True),
        _sends("certified letter", Channel.LETTER, certified=True, invoice=True),
    ),
)

AGENCY = Grammar("a hand-off", [_form("agency {name}", partial(ActionSpec, Do.HAND_OFF), name=_like("acme-recovery"))])


class Choices:
    """One action and what to do where it cannot be done: `certified letter a or else letter a or else email a`."""

    _OR_ELSE = re.compile(r"(?:^|\s+)or\s+else(?=\s|$)\s*")

    def __init__(self, one: Grammar[ActionSpec]) -> None:
        self.one = one
        self.title = one.title
        self.regex = f"(?:{one.regex})(?: or else (?:{one.regex}))*"

    def parse(self, text: str) -> Choice | Misfit:
        specs: list[ActionSpec] = []
        start = 0
        for end, following in [*((m.start(), m.end()) for m in self._OR_ELSE.finditer(text)), (len(text), 0)]:
            value = self.one.parse(text[start:end])
            if isinstance(value, Misfit):
                return _moved(value, text, start, end)
            specs.append(value)
            start = following
        return tuple(specs)

    def show(self, choice: Choice) -> str:
        return " or else ".join(self.one.show(replace(spec, slot="")) for spec in choice)

    def examples(self) -> tuple[str, ...]:
        single = self.one.examples()
        return (*single, f"{single[-1]} or else {single[0]}") if len(single) > 1 else single


def _moved(misfit: Misfit, text: str, start: int, end: int) -> Misfit:
    """The misfit of one part of a text, as a misfit of the text."""
    moved = replace(misfit, start=misfit.start + start, end=misfit.end + start)
    if text[moved.start : moved.end] == "or":
        better = f"{text[: moved.end]} else{text[moved.end :]}"
        return replace(moved, message='the fallback of an action begins with "or else"', suggestion=better, accepted=())
    if misfit.suggestion is None:
        return moved
    return replace(moved, suggestion=text[:start] + misfit.suggestion + text[end:])


SEND_CHOICE = Choices(SEND)
CALL_CHOICE = Choices(SCRIPT)
AGENCY_CHOICE = Choices(AGENCY)
