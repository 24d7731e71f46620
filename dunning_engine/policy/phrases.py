"""The closed grammars of a policy: every phrase that a value may be, with one spelling each.

A grammar reads and prints the same phrase. Contact limits, quiet hours and quiet days are spelled in `domain.limits`,
because rulebooks share them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from dunning_engine.domain.actions import ActionSpec, ClimbOn, Do
from dunning_engine.domain.parties import OFFERED, Channel, Collector
from dunning_engine.kernel.grammar import (
    AMOUNT,
    COUNT,
    COUNTRY,
    CURRENCY,
    TIME,
    WORD,
    Form,
    Grammar,
    Misfit,
    Slot,
)
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import SPAN_SLOT
from dunning_engine.policy.forms import FACT, LANGUAGE_CODE, LIMIT, STEP, VERSION_NUMBER, form_of, like, single, words
from dunning_engine.policy.model import (
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

OUTCOMES = ("sent", "delivered", "bounced", "opened", "answered")
PROOFS = ("sent", "delivered", "opened", "answered")


# Single words ---------------------------------------------------------------------------------------------------------

POLICY_NAME = single("a policy name", like("us-consumer"))
STEP_NAME = single("a step name", like("reminder"))
VERSION = single("a version", VERSION_NUMBER)
RULEBOOK = single("a rulebook", Slot("a rulebook", "[a-z]{2}/[a-z0-9-]+", str, str, "us/reg-f-limits"))
REGULATOR = single("a regulator", like("fca"))
ZONE = single("a time zone", Slot("a zone", "[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", str, str, "America/New_York"))
CALENDAR = single("a business calendar", Slot("a calendar", "[A-Za-z]+(?:-[A-Za-z0-9]+)?", str, str, "US"))
SEND_AT = single("a time of day", TIME)
SCRIPT = Grammar(
    "a call script",
    [form_of("{name}", partial(ActionSpec, Do.CALL, channel=Channel.CALL), name=like("reminder-script"))],
)
COLLECTOR = words("a collector", {c.value: c for c in (Collector.FIRST_PARTY, Collector.THIRD_PARTY)})
UNIT = words("what a case is about", {member.value: member for member in Unit})
LEAD = words("which receivable leads", {"oldest": Lead.OLDEST})
ON_LEAD_PAID = words("what follows when the lead is paid", {member.value: member for member in OnLeadPaid})
CATCH_UP = words("a way to catch up", {member.value: member for member in CatchUp})
ROLL = words("a way to roll", {member.value: member for member in Roll})
CLIMB_ON = words("what a step climbs on", {member.value: member for member in ClimbOn})
PAUSE = words("a reason to pause", {member.value: member for member in Pause})
STOP = words("a reason to stop", {member.value: member for member in Stop})

# When a step is due ---------------------------------------------------------------------------------------------------


def _anchor(pattern: str, kind: AnchorKind, **slots: Slot[Any]) -> Form[Anchor]:
    return form_of(pattern, partial(Anchor, kind), **slots)


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
        form_of("every {every}", Cadence, every=SPAN_SLOT),
        form_of("every {every} up to {times} time[s]", Cadence, every=SPAN_SLOT, times=COUNT),
        form_of("every {every} until {until}", Cadence, every=SPAN_SLOT, until=STEP),
        form_of("every {every} up to {times} time[s] until {until}", Cadence, every=SPAN_SLOT, times=COUNT, until=STEP),
    ),
)

# Conditions -----------------------------------------------------------------------------------------------------------


def _asks(pattern: str, test: Test, word: str = "", *, below: bool = False, **slots: Slot[Any]) -> Form[Condition]:
    return form_of(pattern, partial(Condition, test, value=word, below=below), **slots)


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
    yield _asks("promise partly kept", Test.PROMISE_PARTLY)
    yield _asks("at least {count} promise[s] broken", Test.PROMISES_BROKEN, count=COUNT)
    yield _asks("plan broken", Test.PLAN_BROKEN)
    yield _asks("at least {count} instalment[s] missed", Test.INSTALMENTS_MISSED, count=COUNT)
    yield _asks("dispute unanswered", Test.DISPUTE_UNANSWERED)
    yield _asks("fact {name} is {value}", Test.HOST_FACT, name=FACT, value=WORD)


CONDITION = Grammar("a condition", _condition_forms())

PROOF = Grammar("a proof", [form_of(f"{{step}} {word}", partial(Proof, outcome=word), step=STEP) for word in PROOFS])

APPROVAL = Grammar(
    "an approval",
    (
        form_of("{role}", Approval, role=like("credit-manager")),
        form_of("{role} within {days} day[s]", Approval, role=like("credit-manager"), days=COUNT),
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
    return form_of(f"{words} {{name}}{' with invoice' if invoice else ''}", make, name=like("reminder"))


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

AGENCY = Grammar("a hand-off", [form_of("agency {name}", partial(ActionSpec, Do.HAND_OFF), name=like("acme-recovery"))])


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
