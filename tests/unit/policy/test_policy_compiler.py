"""What a policy file becomes: the frozen policy, its hash, and its findings in one list."""

from __future__ import annotations

from pathlib import Path

import pytest

from dunning_engine.domain.actions import ActionSpec, ClimbOn, Do
from dunning_engine.domain.charges import ItemClass, LedgerTerms, OnPaid
from dunning_engine.domain.events import PolicyRef
from dunning_engine.domain.limits import CONTACT_LIMIT, QUIET_DAY, QUIET_HOURS, ClosedDays, ContactLimit, Hours
from dunning_engine.domain.parties import OFFERED, Channel, Collector
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.kernel.spans import SPAN, Span, Unit
from dunning_engine.policy import phrases
from dunning_engine.policy.compiler import compile_policy
from dunning_engine.policy.document import PolicyDocument
from dunning_engine.policy.model import (
    Amount,
    Anchor,
    AnchorKind,
    Approval,
    Cadence,
    CatchUp,
    Condition,
    OnLeadPaid,
    Pause,
    Proof,
    Roll,
    Stop,
    Test,
)
from dunning_engine.policy.model import Unit as CaseUnit

HOUSE = Path(__file__).parents[2] / "policies/good/house_example.yaml"
EVERY = Path(__file__).parents[2] / "policies/good/every_phrase.yaml"


@pytest.fixture(scope="module")
def house(compiled):
    return compiled(HOUSE.read_text(encoding="utf-8")).policy


@pytest.fixture(scope="module")
def every(compiled):
    return compiled(EVERY.read_text(encoding="utf-8")).policy


def test_the_head_of_the_house_example(house):
    """Name, collector, law and what the policy is for."""
    assert house.ref == PolicyRef("us-consumer", 3, house.hash)
    assert house.title == "Households in the United States, our own invoices"
    assert house.collector is Collector.FIRST_PARTY
    assert house.law == ("us/reg-f-limits",)
    assert house.applies_to == (
        Condition(Test.DEBTOR_KIND, "consumer"),
        Condition(Test.COUNTRY, "US"),
        Condition(Test.CURRENCY, "USD"),
        Condition(Test.BALANCE, amount=Amount(250_000)),
    )


def test_the_times_of_the_house_example(house):
    """Zone, calendar, send time, grace, and the limits under the ids that reasons quote."""
    assert (house.zone, house.calendar.name, house.send_at) == ("America/New_York", "US", 600)
    assert house.grace == Span(3, Unit.BUSINESS_DAY)
    assert house.rules == (
        ("policy/contact-limit-1", ContactLimit(3, 7)),
        ("policy/contact-limit-2", ContactLimit(1, 1, frozenset({Channel.CALL}))),
        ("policy/quiet-hours", Hours(((540, 1199),))),
        ("policy/business-days", ClosedDays(non_business=True)),
    )


def test_the_steps_of_the_house_example(house):
    """Anchors, cadence, conditions, fallbacks, deadline and approval."""
    courtesy, reminder, chase, ultimatum, agency = house.steps
    assert courtesy.when == Anchor(AnchorKind.BEFORE_DUE, Span(5))
    assert reminder.actions == (
        (ActionSpec(Do.SEND, "reminder", Channel.EMAIL, with_invoice=True, slot="email"),),
        (ActionSpec(Do.SEND, "nudge", Channel.SMS, slot="sms"),),
    )
    assert chase.cadence == Cadence(Span(5, Unit.BUSINESS_DAY), 3)
    assert ultimatum.actions == (
        (
            ActionSpec(Do.SEND, "final-demand", Channel.LETTER, certified=True, slot="certified letter"),
            ActionSpec(Do.SEND, "final-demand", Channel.LETTER, slot="letter"),
        ),
    )
    assert (ultimatum.deadline, ultimatum.only_if) == (Span(14), (Condition(Test.BALANCE, amount=Amount(500_000)),))
    assert agency.actions == ((ActionSpec(Do.HAND_OFF, "acme-recovery", slot="agency"),),)
    assert agency.approval == Approval("credit-manager")


def test_the_ends_of_the_house_example(house):
    """What pauses and what stops a case."""
    assert house.pause_while == {Pause.DISPUTED, Pause.PROMISE_OPEN, Pause.PLAN_ON_TRACK}
    assert house.stop_when == {Stop.PAID, Stop.BANKRUPT, Stop.DECEASED}


def test_every_key_arrives_in_the_policy(every):
    """The keys that the house example leaves to their defaults."""
    assert every.regulated_as == ("fca", "rbi")
    assert every.unit is CaseUnit.INVOICE
    assert every.on_lead_paid is OnLeadPaid.RESTART
    assert every.catch_up is CatchUp.JUMP
    assert every.tolerance == {"EUR": 500, "USD": 500}
    assert every.terms == LedgerTerms((ItemClass.PRINCIPAL, ItemClass.FEES, ItemClass.INTEREST), OnPaid.LAPSE)
    assert every.min_gap == Span(2, Unit.BUSINESS_DAY)
    assert every.roll is Roll.NEXT
    assert every.roll_of(Channel.LETTER) is Roll.NONE
    assert every.roll_of(Channel.EMAIL) is Roll.PREVIOUS
    assert every.roll_of(None) is Roll.NONE
    assert ("policy/quiet-days", ClosedDays(frozenset({6}), holidays=True)) in every.rules
    sixth = every.steps[every.index["sixth"]]
    assert sixth.approval == Approval("credit-manager", 14)
    assert sixth.requires[0] == Proof("fifth", "delivered")
    assert every.steps[every.index["fifth"]].climb_on is ClimbOn.DELIVERED


def test_a_policy_says_what_its_steps_use(every, house):
    """A host has to have an adapter for each channel; decisions look up deadlines and cadences by position."""
    assert every.contact_channels == {*OFFERED} - {Channel.PUSH, Channel.PORTAL}
    assert every.hands_off
    assert house.deadlines == (3,)
    assert house.cadences == (2,)
    assert (every.charging <= every.index.keys(), house.charging) == (True, frozenset())


def test_steps_know_whether_they_reach_the_debtor_and_what_they_climb_on(house, every):
    """A certified letter climbs on delivery, anything else when it is sent, unless the step says otherwise."""
    ultimatum, agency = house.steps[3:]
    assert ultimatum.is_contact
    assert not agency.is_contact
    assert [spec.certified for spec in ultimatum.actions[0]] == [True, False]
    courtesy = every.steps[1]
    assert courtesy.climb_on is ClimbOn.EMITTED
    assert courtesy.when.before_or_on_due


def test_amounts_are_rounded_up_where_a_currency_has_fewer_digits():
    """`balance at least 50.005` is 50.01 dollars and 51 yen."""
    amount = Amount(500_050)
    assert [amount.minor(currency) for currency in ("USD", "JPY", "KWD")] == [5001, 51, 50005]


def test_defaults_of_a_small_policy(part):
    """What a policy does not say: first party, no law, next business day, paid ends the case."""
    policy = part("time: {zone: Europe/Berlin}").policy
    assert policy.title == "example"
    assert (policy.collector, policy.law, policy.roll, policy.send_at) == (Collector.FIRST_PARTY, (), Roll.NEXT, 600)
    assert (policy.calendar.name, policy.rolls) == ("none", {})
    assert (policy.stop_when, policy.pause_while) == ({Stop.PAID}, frozenset())


def test_paid_always_ends_a_case(part):
    """Nobody who has paid is dunned, whatever the list says."""
    assert part("stop_when: bankrupt").policy.stop_when == {Stop.PAID, Stop.BANKRUPT}


def test_actions_keep_the_order_of_the_file(part):
    """A call written before a message is gated before it."""
    step = """
steps:
  - step: chase
    when: 7 days after due
    {}
"""
    first = part(step.format("call: script\n    send: [email a, sms b]")).policy
    second = part(step.format("send: [email a, sms b]\n    call: script")).policy
    assert [choice[0].slot for choice in first.steps[0].actions] == ["call", "email", "sms"]
    assert [choice[0].slot for choice in second.steps[0].actions] == ["email", "sms", "call"]
    assert first.hash != second.hash


def test_the_same_channel_twice_gets_numbers(part):
    """Slots keep apart what would have one identity."""
    policy = part(
        "steps: [{step: a, when: 1 day after due, send: [email a, email b or else letter c, letter d]}]"
    ).policy
    assert [[spec.slot for spec in choice] for choice in policy.steps[0].actions] == [
        ["email"],
        ["email#2", "letter"],
        ["letter#2"],
    ]


def test_no_business_day_rule_without_rolling(part):
    """`roll: none` sends on any day."""
    time = "time: {{zone: UTC, business_days: DE, roll: {}}}"
    rules = [name for name, _ in part(time.format("previous")).policy.rules]
    assert rules == ["policy/quiet-hours", "policy/business-days"]
    assert [name for name, _ in part(time.format("none")).policy.rules] == rules[:1]


SAME = (
    "grace: 3 business days\ncollector: first_party\nlaw: []",
    "law: []\ngrace:   3   business days  # a comment\nlead: oldest",
    "grace: '3 business days'\ntime:\n  send_at: 10:00\n  roll: next\n  business_days: DE\n  zone: Europe/Berlin",
    "grace: 3 business days\ntime: {zone: Europe/Berlin, business_days: DE, roll: {default: next}}\nstop_when: paid",
)


def test_layout_and_written_defaults_do_not_change_the_hash(part):
    """Comments, white space, quotes, key order and defaults that are written out are not content."""
    assert len({part(text).policy.hash for text in SAME}) == 1


@pytest.mark.parametrize("change", ["title: Another", "grace: 4 business days", "version: 2", "tolerance: 1.00 EUR"])
def test_content_changes_the_hash(change, part):
    """Titles are content too: they are read by people."""
    assert part(change).policy.hash != part("").policy.hash


def test_tolerances_in_any_order_and_spelling_are_the_same(part):
    """Currencies have no order."""
    texts = ("tolerance: {EUR: 5.00, USD: 1.00}", "tolerance: [1.00 USD, 5.00 EUR]")
    assert len({part(text).policy.hash for text in texts}) == 1


def test_warnings_and_notes_leave_a_policy_usable(part):
    """Only errors take the policy away."""
    result = part("time: {send_at: 09:30}\npause_while: [disputed, disputed]")
    assert [finding.severity for finding in result.diagnostics] == [Severity.NOTE, Severity.WARNING]
    assert result.policy is not None
    assert isinstance(result.document, PolicyDocument)


def test_errors_take_the_policy_away(part):
    """A document that fits is handed out even where its meaning is wrong; one that does not fit is not."""
    meaningless, misshapen = part("law: us/nothing"), part("grace: soon")
    assert meaningless.policy is None
    assert meaningless.document is not None
    assert (misshapen.policy, misshapen.document) == (None, None)


def test_findings_name_the_file():
    """The name is only printed, never opened."""
    result = compile_policy("policy: x: y", file="somewhere.yaml", calendars=None, rulebooks=())
    assert str(result.diagnostics[0]).startswith("somewhere.yaml:1:9 DUN101 ")


PHRASES = {
    "quiet_hours": QUIET_HOURS,
    "quiet_days": QUIET_DAY,
    "contact_limits": CONTACT_LIMIT,
    "grace": SPAN,
    "applies_to": phrases.CONDITION,
    "tolerance": phrases.TOLERANCE,
    "pause_while": phrases.PAUSE,
    "stop_when": phrases.STOP,
    "time.zone": phrases.ZONE,
    "time.business_days": phrases.CALENDAR,
    "law": phrases.RULEBOOK,
    "version": phrases.VERSION,
}
FINE = {"DUN309", "DUN319", "DUN320", "DUN380"}
"""What is about the rest of the file is no fault of an example."""


@pytest.mark.parametrize("key", PHRASES)
def test_what_is_shown_as_accepted_compiles(key, part):
    """Whoever copies an example gets no finding about it."""
    outer, _, inner = key.partition(".")
    for example in PHRASES[key].examples():
        found = part(f"{outer}: {{{inner}: {example}}}" if inner else f"{outer}: {example}").diagnostics
        assert [str(finding) for finding in found if finding.code not in FINE] == []
