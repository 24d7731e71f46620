"""The sentences of `explain` on reasons to wait, money, who leads, and what actions carry."""

from __future__ import annotations

import pytest

from dunning_engine.policy.explain import explain

REMINDER = "steps:\n  - {step: reminder, when: 3 days after due, send: email reminder}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("applies_to: debtor is business", "a business; that is asked once, when a case is opened."),
        ("grace: 1 day", "After a wait the ladder goes on where it stood, and the days of the wait do not count."),
        ("grace: 1 day", "A dispute waits for its answer, however long that takes."),
        ("grace: 1 day", "A payment plan is broken when an instalment is missed."),
        (
            "grace: 1 day",
            "Money settles fees first, then interest, then principal; in each the oldest due comes first.",
        ),
        ("holds: {dispute: restart}", "After any other wait the ladder goes on where it stood, and"),
        ("holds: {dispute: [restart, clock runs]}", "After a dispute"),
        ("disputes: {answer_within: 30 days}", "A dispute is to be answered within 30 days."),
        ("promises: {tolerance: 2 days}", "A promise is kept when the money comes within 2 days after its day."),
        ("promises: {at_most: 1 open}", "A promise changes nothing while 1 other is open."),
        ("promises: {at_most: 2 open}", "A promise changes nothing while 2 others are open."),
        ("promises: {at_most: 1 broken}", "After 1 broken promise no promise lets the case wait."),
        ("promises: {at_most: 2 broken}", "After 2 broken promises no promise lets the case wait."),
        (f"promises: {{then: reminder}}\n{REMINDER}", "A broken promise leads to the step reminder."),
        ("plans: {grace: 3 days}", "An instalment is in time up to 3 days after its day."),
        (
            "plans: {broken_after: 2 missed instalments}",
            "A payment plan is broken when 2 instalments are missed at once.",
        ),
        ("plans: {offer: plan of up to 3 monthly instalments}", "Without approval we agree to a plan"),
        (f"plans: {{then: reminder}}\n{REMINDER}", "A broken plan leads to the step reminder."),
        ("minimum: {EUR: 10.00}", "Nobody is asked for what is overdue before it comes to 10.00 EUR."),
        ("contact_limits: no calls for 24 hours after a promise", "There are no calls for 24 hours after a promise."),
        ("lead: each", "every invoice climbs the steps by itself"),
        ("on_lead_paid: fall_back", "the ladder falls back to where the age of the next one puts it"),
    ],
)
def test_each_word_has_its_sentence(part, text, sentence):
    """A policy is read by people who do not read YAML."""
    compiled = part(f"pause_while: [disputed, promise open, plan on track]\n{text}")
    assert compiled.policy is not None, compiled.diagnostics
    assert sentence in explain(compiled.policy)


def test_reasons_to_charge_are_quoted(part):
    """The contract or statute on which a fee and interest rest stands beside them."""
    text = """
fees:
  late: {fixed: 15.00, basis: "clause 7 of our terms"}
interest: {rate: 5 %, basis: "clause 8 of our terms"}
steps:
  - {step: reminder, when: 3 days after due, send: email reminder, charge: [fee late]}
"""
    compiled = part(text)
    assert compiled.policy is not None, compiled.diagnostics
    told = explain(compiled.policy)
    assert "It rests on: clause 7 of our terms." in told
    assert "It rests on: clause 8 of our terms." in told


def test_money_without_a_reason_is_told_without_one(part):
    """A fee and a rate that name no basis are told like any other."""
    compiled = part("fees:\n  late: {fixed: 15.00}\ninterest: {rate: 5 %}\n" + REMINDER)
    assert compiled.policy is not None, compiled.diagnostics
    told = explain(compiled.policy)
    assert "The fee late is 15.00; it is charged " in told
    assert "It rests on" not in told


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ("send: letter x, deadline: 14 days", "14 days to pay, counted from the sending."),
        ("send: letter x, deadline: 14 days, climb_on: emitted", "counted from the day on which it is decided."),
        ("send: certified letter x, deadline: 14 days, climb_on: delivered", "counted from the proven delivery."),
        ("send: certified letter x, deadline: 14 days", "from the proven delivery of the certified letter."),
        (
            "send: certified letter x or else email x, deadline: 14 days",
            "from the proven delivery of the certified letter, of anything else from its sending.",
        ),
        ("send: certified letter x", "A certified letter counts as done once its delivery is proven."),
    ],
)
def test_a_deadline_says_what_it_counts_from(part, rest, told):
    """The sending, unless a certified letter or `climb_on` waits for the delivery."""
    compiled = part(f"steps: [{{step: ultimatum, when: 30 days after due, {rest}}}]")
    assert compiled.policy is not None, compiled.diagnostics
    assert told in explain(compiled.policy)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stop_when: paid", "What was restricted is given back, without a step, when everything is paid."),
        (
            "restore_when: [paid, plan on track]",
            "given back, without a step, when everything is paid or a payment plan is on track.",
        ),
        ("restore_when: []", "What was restricted is given back by a step alone."),
    ],
)
def test_a_restriction_says_what_ends_it(part, text, told):
    """What is given back without a step; nothing of it where nothing is restricted."""
    steps = """
steps:
  - {step: warning, when: 5 days after due, send: letter warning}
  - {step: "off", when: 6 days after due, restrict: service after warning}
"""
    compiled = part(text + steps)
    assert compiled.policy is not None, compiled.diagnostics
    assert told in explain(compiled.policy)
    assert "restricted is given back" not in explain(part(f"{text}\n{REMINDER}").policy)


def test_an_action_of_the_host_is_told_with_its_parameters(part):
    """As the file gives them."""
    text = """
actions:
  cancel: {when: [at once, at period end]}
steps:
  - {step: over, when: 30 days after due, do: [cancel: {when: at period end}]}
"""
    compiled = part(text)
    assert compiled.policy is not None, compiled.diagnostics
    told = explain(compiled.policy)
    assert "we ask for cancel (when: at period end)" in told
    assert "What cancel means is up to your own application, which is asked to do it." in told


def test_charges_without_a_reason_are_told_without_one(part):
    """Nothing is said to rest on nothing."""
    text = """
fees:
  late: {fixed: 15.00}
interest: {rate: 5 %}
steps:
  - {step: reminder, when: 3 days after due, send: email reminder, charge: [fee late]}
"""
    compiled = part(text)
    assert compiled.policy is not None, compiled.diagnostics
    assert "The fee late is 15.00" in explain(compiled.policy)
    assert "It rests on" not in explain(compiled.policy)


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ("after warning", "once the step warning has gone out"),
        ("after warning and 14 days", "once the step warning has gone out and 14 days have passed"),
    ],
)
def test_a_restriction_is_told_with_its_notice(part, after, told):
    """Which step gives it, and how long it stands before."""
    text = f"""
steps:
  - {{step: warning, when: 5 days after due, send: letter warning}}
  - {{step: off, when: 6 days after due, restrict: service {after}}}
"""
    compiled = part(text)
    assert compiled.policy is not None, compiled.diagnostics
    assert told in explain(compiled.policy)
