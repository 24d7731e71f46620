"""The closed grammars of a policy: every phrase that a value may be, with one spelling each.

A grammar reads and prints the same phrase. Contact limits, quiet hours and quiet days are spelled in `domain.limits`,
because rulebooks share them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from dunning_engine.domain.actions import ClimbOn, OnUncertain
from dunning_engine.domain.parties import OFFERED, Collector, Risk
from dunning_engine.kernel.grammar import Form, Grammar, Slot
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.slots import AMOUNT, COUNT, COUNTRY, CURRENCY, TIME, WORD
from dunning_engine.kernel.spans import SPAN_SLOT, Span
from dunning_engine.policy.forms import (
    FACT,
    LANGUAGE_CODE,
    LENGTH,
    LIMIT,
    REGION,
    SEGMENT,
    STEP,
    VERSION_NUMBER,
    form_of,
    like,
    single,
    words,
)
from dunning_engine.policy.model import (
    Anchor,
    AnchorKind,
    Approval,
    Cadence,
    CatchUp,
    Condition,
    Lead,
    OnLeadPaid,
    Pause,
    Proof,
    Restore,
    Roll,
    Stop,
    Test,
    Unit,
)
from dunning_engine.policy.phrases_actions import TOPICS

OUTCOMES = ("sent", "delivered", "bounced", "opened", "answered", "accepted", "declined")
PROOFS = ("sent", "delivered", "opened", "answered", "declined")


# Single words ---------------------------------------------------------------------------------------------------------

POLICY_NAME = single("a policy name", like("us-consumer"))
STEP_NAME = single("a step name", like("reminder"))
VERSION = single("a version", VERSION_NUMBER)
RULEBOOK = single("a rulebook", Slot("a rulebook", "[a-z]+/[a-z0-9-]+", str, str, "us/reg-f-limits"))
REGULATOR = single("a regulator", like("fca"))
ZONE = single("a time zone", Slot("a zone", "[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", str, str, "America/New_York"))
CALENDAR = single("a business calendar", Slot("a calendar", "[A-Za-z]+(?:-[A-Za-z0-9]+)?", str, str, "US"))
SEND_AT = single("a time of day", TIME)
COLLECTOR = words("a collector", {c.value: c for c in (Collector.FIRST_PARTY, Collector.THIRD_PARTY)})
UNIT = words("what a case is about", {member.value: member for member in Unit})
LEAD = words("which receivable leads", {member.value: member for member in Lead})
ON_LEAD_PAID = words("what follows when the lead is paid", {member.value: member for member in OnLeadPaid})
CATCH_UP = words("a way to catch up", {member.value: member for member in CatchUp})
ROLL = words("a way to roll", {member.value: member for member in Roll})
CLIMB_ON = words("what a step climbs on", {member.value: member for member in ClimbOn})
ON_UNCERTAIN = words("what follows an uncertain sending", {member.value: member for member in OnUncertain})
DEEMED: Grammar[Span] = Grammar(
    "a deemed delivery",
    [Form("{span} after sending", slots={"span": SPAN_SLOT}, make=lambda span: span, take=lambda span: {"span": span})],
)
PAUSE = words("a reason to pause", {member.value: member for member in Pause})
RESTORE_WHEN = words("a reason to restore", {member.value: member for member in Restore})
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
    yield _asks("balance at least {amount} {currency}", Test.BALANCE, amount=LIMIT, currency=CURRENCY)
    yield _asks("balance below {amount}", Test.BALANCE, below=True, amount=LIMIT)
    yield _asks("balance below {amount} {currency}", Test.BALANCE, below=True, amount=LIMIT, currency=CURRENCY)
    yield _asks("overdue amount at least {amount}", Test.OVERDUE_AMOUNT, amount=LIMIT)
    yield _asks("overdue amount at least {amount} {currency}", Test.OVERDUE_AMOUNT, amount=LIMIT, currency=CURRENCY)
    yield _asks("overdue amount below {amount}", Test.OVERDUE_AMOUNT, below=True, amount=LIMIT)
    yield _asks(
        "overdue amount below {amount} {currency}", Test.OVERDUE_AMOUNT, below=True, amount=LIMIT, currency=CURRENCY
    )
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
    yield _asks("proposal unanswered for {count} day[s]", Test.PROPOSAL_UNANSWERED, count=COUNT)
    for topic in TOPICS:
        yield _asks(f"{topic} unanswered for {{count}} day[s]", Test.PROPOSAL_UNANSWERED, topic, count=COUNT)
    yield _asks("fact {name} is {value}", Test.HOST_FACT, name=FACT, value=WORD)


def _screening_forms() -> Iterable[Form[Condition]]:
    yield _asks("region is {value}", Test.REGION, value=REGION)
    yield _asks("group is {value}", Test.GROUP, value=replace(WORD, example="wholesale"))
    for risk in Risk:
        yield _asks(f"risk is {risk.value}", Test.RISK, risk.value)
    yield _asks("customer for at least {span}", Test.CUSTOMER_FOR, span=LENGTH)
    yield _asks("customer for less than {span}", Test.CUSTOMER_FOR, below=True, span=LENGTH)
    yield _asks("paid late at least {count} time[s] in {span}", Test.PAID_LATE, count=COUNT, span=LENGTH)


OF_SEGMENTS = Grammar("a condition", (*_condition_forms(), *_screening_forms()))
"""What a segment is made of: everything but segments."""

CONDITION = Grammar("a condition", (*OF_SEGMENTS.forms, _asks("segment is {name}", Test.SEGMENT, name=SEGMENT)))
SEGMENT_NAME = single("the name of a segment", SEGMENT)

PROOF = Grammar("a proof", [form_of(f"{{step}} {word}", partial(Proof, outcome=word), step=STEP) for word in PROOFS])

APPROVAL = Grammar(
    "an approval",
    (
        form_of("{role}", Approval, role=like("credit-manager")),
        form_of("{role} within {days} day[s]", Approval, role=like("credit-manager"), days=COUNT),
        form_of("{role} and {other}", Approval, role=like("credit-manager"), other=like("finance")),
        form_of(
            "{role} and {other} within {days} day[s]",
            Approval,
            role=like("credit-manager"),
            other=like("finance"),
            days=COUNT,
        ),
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
