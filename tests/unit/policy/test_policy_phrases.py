"""The phrases of policies: what each one means, and that reading and printing are each other's inverse."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain.actions import ActionSpec, ClimbOn, Do, OnUncertain
from dunning_engine.domain.arrangements import Clock, Resume
from dunning_engine.domain.charges import ItemClass, OnPaid
from dunning_engine.domain.parties import OFFERED, Channel, Collector
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import Span
from dunning_engine.kernel.spans import Unit as SpanUnit
from dunning_engine.policy import forms, phrases, phrases_actions, phrases_arrangements, phrases_ledger, phrases_money
from dunning_engine.policy.arranged import PlanBounds, PromiseLimit
from dunning_engine.policy.charges import Band, ChargeForm, ChargeWord, Discount, FeeBase, RateWord, Settlement
from dunning_engine.policy.model import (
    Amount,
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
    Roll,
    Stop,
    Test,
    Unit,
)

names = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
steps = names.filter(lambda name: name not in forms.RESERVED_NAMES)
counts = st.integers(1, 9999)
spans = st.builds(Span, counts, st.sampled_from(SpanUnit))
amounts = st.builds(Amount, st.integers(0, 10**12))

anchors = st.one_of(
    st.builds(Anchor, st.sampled_from([AnchorKind.ON_DUE, AnchorKind.AFTER_GRACE, AnchorKind.MONTH_END])),
    st.builds(
        Anchor,
        st.sampled_from(
            [
                AnchorKind.BEFORE_DUE,
                AnchorKind.AFTER_DUE,
                AnchorKind.AFTER_ISSUE,
                AnchorKind.AFTER_GRACE,
                AnchorKind.AFTER_PREVIOUS,
                AnchorKind.AFTER_RESUME,
            ]
        ),
        span=spans,
    ),
    st.builds(Anchor, st.sampled_from([AnchorKind.AFTER_STEP, AnchorKind.AFTER_EXPIRY]), span=spans, step=steps),
    st.builds(Anchor, st.just(AnchorKind.AFTER_EXPIRY), step=steps),
    st.builds(Anchor, st.just(AnchorKind.BALANCE_REACHES), amount=amounts),
    st.builds(Anchor, st.just(AnchorKind.FAILED_PAYMENTS), count=counts),
)

channels = st.sampled_from([channel.value for channel in OFFERED])
conditions = st.one_of(
    st.builds(Condition, st.sampled_from([Test.BALANCE, Test.OVERDUE_AMOUNT]), amount=amounts, below=st.booleans()),
    st.builds(
        Condition,
        st.sampled_from([Test.BALANCE, Test.OVERDUE_AMOUNT]),
        amount=amounts,
        below=st.booleans(),
        currency=st.sampled_from(["EUR", "USD", "JPY"]),
    ),
    st.builds(Condition, st.sampled_from([Test.OVERDUE_COUNT, Test.DAYS_OVERDUE]), count=counts),
    st.builds(Condition, st.just(Test.DEBTOR_KIND), st.sampled_from(["consumer", "business"])),
    st.builds(Condition, st.just(Test.COUNTRY), st.sampled_from(["US", "NO", "DE"])),
    st.builds(Condition, st.just(Test.CURRENCY), st.sampled_from(["USD", "JPY", "KWD"])),
    st.builds(Condition, st.just(Test.LANGUAGE), st.sampled_from(["de", "de-AT", "zh-Hant", "gsw"])),
    st.builds(Condition, st.sampled_from([Test.REACHABLE, Test.OPTED_OUT]), channels),
    st.builds(Condition, st.just(Test.STEP_OUTCOME), st.sampled_from(phrases.OUTCOMES), steps),
    st.builds(Condition, st.sampled_from([Test.PROMISE_BROKEN, Test.PLAN_BROKEN])),
    st.builds(
        Condition,
        st.just(Test.PROPOSAL_UNANSWERED),
        st.sampled_from(["", "mediation", "arbitration"]),
        count=counts,
    ),
    st.builds(Condition, st.just(Test.HOST_FACT), st.sampled_from(["true", "3.5", "gold_1"]), names),
)

sends = st.one_of(
    st.builds(ActionSpec, st.just(Do.SEND), names, st.sampled_from([c for c in OFFERED if c is not Channel.CALL])),
    st.builds(ActionSpec, st.just(Do.SEND), names, st.just(Channel.EMAIL), with_invoice=st.just(True)),
    st.builds(ActionSpec, st.just(Do.SEND), names, st.just(Channel.SMS), to=names),
    st.builds(ActionSpec, st.just(Do.SEND), names, st.just(Channel.EMAIL), with_invoice=st.just(True), to=names),
    st.builds(
        ActionSpec,
        st.just(Do.SEND),
        names,
        st.just(Channel.LETTER),
        certified=st.booleans(),
        with_invoice=st.booleans(),
    ),
)


def chains(specs):
    return st.lists(specs, min_size=1, max_size=4).map(tuple)


calls = st.builds(ActionSpec, st.just(Do.CALL), names, st.just(Channel.CALL))


def of_verb(do, names=names, **more):
    return chains(st.builds(ActionSpec, st.just(do), names, **more))


def after_notice(do, names):
    later = st.builds(ActionSpec, st.just(do), names, after=steps, wait=st.none() | spans)
    return chains(st.builds(ActionSpec, st.just(do), names) | later)


proposals = st.builds(
    ActionSpec,
    st.just(Do.PROPOSE),
    names,
    st.just(Channel.LETTER),
    certified=st.booleans(),
    topic=st.sampled_from(["mediation", "arbitration"]),
)


percents = st.decimals("0.01", "99.99", places=2).map(lambda value: value.normalize())
charged = st.one_of(
    st.builds(
        ChargeWord,
        st.just(ChargeForm.FEE),
        amount=amounts,
        currency=st.sampled_from(["", "USD", "EUR"]),
        per_invoice=st.booleans(),
    ),
    st.builds(ChargeWord, st.just(ChargeForm.PERCENT), percent=percents, base=st.sampled_from(FeeBase)),
    st.builds(ChargeWord, st.sampled_from([ChargeForm.FIXED_SUM, ChargeForm.INTEREST])),
    st.builds(ChargeWord, st.just(ChargeForm.NAMED), name=names.filter(lambda name: name != "of")),
)
bands = st.builds(Band, amounts, amounts, st.none() | percents) | st.builds(Band, amounts, st.none(), percents)

plan_offers = st.builds(
    PlanBounds,
    st.integers(1, 99),
    st.sampled_from(["month", "week"]),
    st.none() | st.integers(1, 10**6).map(lambda cents: Amount(cents * 100)),
)
VALUES = {
    "charge": (phrases_money.CHARGE, charged),
    "band": (phrases_money.BAND, bands),
    "rate": (phrases_money.RATE, st.builds(RateWord, percents, st.just("") | names)),
    "discount": (phrases_money.DISCOUNT, st.builds(Discount, percents, spans)),
    "offer": (
        phrases_money.OFFER,
        st.builds(Discount, percents, spans) | st.builds(Settlement, percents, spans) | plan_offers,
    ),
    "anchor": (phrases.ANCHOR, anchors),
    "cadence": (phrases.CADENCE, st.builds(Cadence, spans, st.none() | counts, st.none() | steps)),
    "condition": (phrases.CONDITION, conditions),
    "proof": (phrases.PROOF, st.builds(Proof, steps, st.sampled_from(phrases.PROOFS))),
    "approval": (phrases.APPROVAL, st.builds(Approval, names, counts, st.just("") | names)),
    "tolerance": (
        phrases.TOLERANCE,
        st.builds(Money.of_minor, st.integers(0, 10**12), st.sampled_from(["EUR", "JPY", "KWD"])),
    ),
    "send": (phrases_actions.SEND, chains(sends)),
    "call": (phrases_actions.CALL, chains(calls)),
    "hand_off": (phrases_actions.HAND_OFF, of_verb(Do.HAND_OFF)),
    "recall": (phrases_actions.RECALL, of_verb(Do.RECALL)),
    "notify": (phrases_actions.NOTIFY, of_verb(Do.NOTIFY)),
    "do": (phrases_actions.HOST, of_verb(Do.HOST)),
    "retry": (phrases_actions.RETRY, of_verb(Do.RETRY, st.just("payment"))),
    "restore": (phrases_actions.RESTORE, of_verb(Do.RESTORE, st.just("service"))),
    "write_off": (phrases_actions.WRITE_OFF, of_verb(Do.WRITE_OFF, st.just("balance"))),
    "restrict": (phrases_actions.RESTRICT, after_notice(Do.RESTRICT, st.just("service"))),
    "report": (phrases_actions.REPORT, after_notice(Do.REPORT, names)),
    "prepare": (
        phrases_actions.PREPARE,
        of_verb(Do.PREPARE, st.just("bundle"), topic=st.sampled_from(phrases_actions.BUNDLES)),
    ),
    "propose": (phrases_actions.PROPOSE, chains(proposals)),
    "policy": (phrases.POLICY_NAME, names),
    "step": (phrases.STEP_NAME, names),
    "version": (phrases.VERSION, st.integers(1, 999_999_999)),
    "rulebook": (phrases.RULEBOOK, st.from_regex(r"[a-z]{2}/[a-z0-9-]{1,9}", fullmatch=True)),
    "regulator": (phrases.REGULATOR, names),
    "zone": (phrases.ZONE, st.sampled_from(["UTC", "America/Argentina/La_Rioja", "Etc/GMT+5"])),
    "calendar": (phrases.CALENDAR, st.sampled_from(["US", "DE-BY", "ECB", "none", "US-CA"])),
    "send_at": (phrases.SEND_AT, st.integers(0, 1439)),
    "collector": (phrases.COLLECTOR, st.sampled_from([Collector.FIRST_PARTY, Collector.THIRD_PARTY])),
    "unit": (phrases.UNIT, st.sampled_from(Unit)),
    "lead": (phrases.LEAD, st.sampled_from(Lead)),
    "on_lead_paid": (phrases.ON_LEAD_PAID, st.sampled_from(OnLeadPaid)),
    "allocation": (phrases_ledger.ALLOCATION, st.sampled_from(ItemClass)),
    "on_paid": (phrases_ledger.ON_PAID, st.sampled_from(OnPaid)),
    "catch_up": (phrases.CATCH_UP, st.sampled_from(CatchUp)),
    "roll": (phrases.ROLL, st.sampled_from(Roll)),
    "climb_on": (phrases.CLIMB_ON, st.sampled_from(ClimbOn)),
    "on_uncertain": (phrases.ON_UNCERTAIN, st.sampled_from(OnUncertain)),
    "pause": (phrases.PAUSE, st.sampled_from(Pause)),
    "stop": (phrases.STOP, st.sampled_from(Stop)),
    "hold term": (phrases_arrangements.HOLD_TERM, st.sampled_from([*Resume, *Clock])),
    "promise limit": (
        phrases_arrangements.PROMISE_LIMIT,
        st.integers(1, 99).flatmap(lambda n: st.sampled_from([PromiseLimit(open=n), PromiseLimit(broken=n)])),
    ),
    "missed": (phrases_arrangements.MISSED, st.integers(1, 99)),
    "then": (phrases_arrangements.THEN, st.sampled_from(["ultimatum", "reminder"])),
    "plan offer": (
        phrases_arrangements.PLAN_OFFER,
        plan_offers,
    ),
}
BY_NAME = pytest.mark.parametrize(("grammar", "values"), VALUES.values(), ids=VALUES)


@BY_NAME
@given(data=st.data())
def test_what_is_printed_is_read_back(grammar, values, data):
    """Every value has one phrase, and the phrase means that value."""
    value = data.draw(values)
    assert grammar.parse(grammar.show(value)) == value


@BY_NAME
def test_examples_are_phrases_in_their_one_spelling(grammar, values):
    """Every example can be read, is printed as it stands, and fits the pattern that editors use."""
    import re

    for example in grammar.examples():
        assert grammar.show(grammar.parse(example)) == example
        assert re.fullmatch(grammar.regex, example)


def span(count, unit=SpanUnit.DAY):
    return Span(count, unit)


@pytest.mark.parametrize(
    ("phrase", "anchor"),
    [
        ("5 days before due", Anchor(AnchorKind.BEFORE_DUE, span(5))),
        ("on the due date", Anchor(AnchorKind.ON_DUE)),
        ("2 weeks after due", Anchor(AnchorKind.AFTER_DUE, span(2, SpanUnit.WEEK))),
        ("1 month after issue", Anchor(AnchorKind.AFTER_ISSUE, span(1, SpanUnit.MONTH))),
        ("grace ends", Anchor(AnchorKind.AFTER_GRACE)),
        ("7 business days after grace ends", Anchor(AnchorKind.AFTER_GRACE, span(7, SpanUnit.BUSINESS_DAY))),
        ("7 days after reminder", Anchor(AnchorKind.AFTER_STEP, span(7), "reminder")),
        ("7 days after previous", Anchor(AnchorKind.AFTER_PREVIOUS, span(7))),
        ("ultimatum expires", Anchor(AnchorKind.AFTER_EXPIRY, None, "ultimatum")),
        ("7 days after ultimatum expires", Anchor(AnchorKind.AFTER_EXPIRY, span(7), "ultimatum")),
        ("end of month after due", Anchor(AnchorKind.MONTH_END)),
        ("1 day after resume", Anchor(AnchorKind.AFTER_RESUME, span(1))),
        ("balance reaches 100.00", Anchor(AnchorKind.BALANCE_REACHES, amount=Amount.of(Decimal(100)))),
        ("3 failed payments", Anchor(AnchorKind.FAILED_PAYMENTS, count=3)),
    ],
)
def test_anchors_mean_what_they_say(phrase, anchor):
    """Each anchor of the language, in its own words."""
    assert phrases.ANCHOR.parse(phrase) == anchor


@pytest.mark.parametrize(
    ("phrase", "condition"),
    [
        ("balance at least 50.00", Condition(Test.BALANCE, amount=Amount(500_000))),
        ("balance at least 50.00 EUR", Condition(Test.BALANCE, amount=Amount(500_000), currency="EUR")),
        ("overdue amount below 0.5", Condition(Test.OVERDUE_AMOUNT, amount=Amount(5_000), below=True)),
        ("at least 2 invoices overdue", Condition(Test.OVERDUE_COUNT, count=2)),
        ("at least 30 days overdue", Condition(Test.DAYS_OVERDUE, count=30)),
        ("debtor is business", Condition(Test.DEBTOR_KIND, "business")),
        ("country is NO", Condition(Test.COUNTRY, "NO")),
        ("reachable by email", Condition(Test.REACHABLE, "email")),
        ("opted out of sms", Condition(Test.OPTED_OUT, "sms")),
        ("final-demand bounced", Condition(Test.STEP_OUTCOME, "bounced", "final-demand")),
        ("promise broken", Condition(Test.PROMISE_BROKEN)),
        ("fact vip is true", Condition(Test.HOST_FACT, "true", "vip")),
    ],
)
def test_conditions_mean_what_they_say(phrase, condition):
    """Bounds stand in `amount` and `count`, steps and facts in `name`, words in `value`."""
    assert phrases.CONDITION.parse(phrase) == condition


def test_a_chain_keeps_its_order_and_its_white_space_does_not_matter():
    """The first action is preferred, the others are fallbacks from left to right."""
    choice = phrases_actions.SEND.parse("certified letter a  or  else\nletter b or else email c with invoice")
    assert [spec.words for spec in choice] == ["certified letter a", "letter b", "email c"]


@pytest.mark.parametrize(
    ("grammar", "phrase", "marked", "message", "suggestion"),
    [
        (phrases.ANCHOR, "7 days aftr due", "aftr", 'expected "before" or "after", not "aftr"', "7 days after due"),
        (
            phrases.ANCHOR,
            "7 days after end",
            "end",
            '"end" cannot be the name of a step: it is a word of the language',
            None,
        ),
        (phrases.CONDITION, "balance at least 1.00001", "1.00001", "1.00001 has more than 4 decimal places", None),
        (phrases_money.CHARGE, "fee of 0 %", "0", "0 % is no part to take: more than 0, at most 1000", None),
        (
            phrases_money.CHARGE,
            "fee of 1000.01 %",
            "1000.01",
            "1000.01 % is no part to take: more than 0, at most 1000",
            None,
        ),
        (phrases_money.CHARGE, "fee of 0.00001 %", "0.00001", "0.00001 has more than 4 decimal places", None),
        (phrases_money.CHARGE, "fee of", "of", 'a fee without a name goes on with an amount: "fee of 15.00"', None),
        (
            phrases_money.DISCOUNT,
            "100 % within 10 days of issue",
            "100",
            "100 % would let nothing go: less than 100",
            None,
        ),
        (phrases.VERSION, "0", "0", "0 is not a version: count up from 1", None),
        (phrases.VERSION, "1234567890", "1234567890", "1234567890 is not a version: count up from 1", None),
        (phrases.TOLERANCE, "5.005 EUR", "5.005 EUR", "'5.005' has more than the 2 decimal places of EUR", None),
        (
            phrases_actions.SEND,
            "email a or letter b",
            "or",
            'the fallback of an action begins with "or else"',
            "email a or else letter b",
        ),
        (
            phrases_actions.SEND,
            "email a or else leter b or else sms c",
            "leter",
            'expected "email", "sms", "push", "portal", "letter" or "certified", not "leter"',
            "email a or else letter b or else sms c",
        ),
        (
            phrases_actions.SEND,
            "email a or else fax b",
            "fax",
            'expected "email", "sms", "push", "portal", "letter" or "certified", not "fax"',
            None,
        ),
        (phrases_actions.SEND, "email a or else", "", "a message is missing", None),
    ],
)
def test_a_misfit_points_at_the_word_and_says_what_could_stand_there(grammar, phrase, marked, message, suggestion):
    """What is wrong, where in the phrase, and what was probably meant."""
    misfit = grammar.parse(phrase)
    assert isinstance(misfit, Misfit)
    assert phrase[misfit.start : misfit.end] == marked
    assert misfit.message == message
    assert misfit.suggestion == suggestion


def test_slots_are_not_part_of_a_phrase():
    """Actions print alike before and after the compiler has numbered them."""
    spec = ActionSpec(Do.SEND, "reminder", Channel.EMAIL, slot="email#2")
    assert phrases_actions.SEND.show((spec,)) == "email reminder"


@pytest.mark.parametrize(
    ("grammar", "phrase", "suggestion"),
    [
        (phrases.ANCHOR, "after 30 days", "30 days after due"),
        (phrases.ANCHOR, "before 5 business days", "5 business days before due"),
        (phrases.CONDITION, "country is UK", "country is GB"),
        (phrases_actions.SEND, "email final demand", "email final-demand"),
    ],
)
def test_likely_phrases(grammar, phrase, suggestion):
    """What credit controllers write is understood well enough to say what to write instead."""
    assert grammar.parse(phrase).suggestion == suggestion


def test_a_word_that_is_no_condition_is_not_taken_for_a_step():
    """All conditions are listed, not only those about steps."""
    assert phrases.CONDITION.parse("unpaid").accepted == phrases.CONDITION.examples()
