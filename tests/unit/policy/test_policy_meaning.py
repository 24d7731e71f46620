"""What is said about policies that fit, and make no sense."""

from __future__ import annotations

import pytest

from dunning_engine.kernel.diagnostics import Severity, render


def ladder(*steps):
    """Steps given as the inside of a flow mapping, each sending something unless it says otherwise."""
    acting = ("send:", "call:", "hand_off:")
    lines = [step if any(key in step for key in acting) else f"{step}, send: email x" for step in steps]
    return "steps:\n" + "\n".join(f"  - {{{line}}}" for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ladder("step: a, when: 7 days after b"), 'there is no step "b"'),
        (ladder("step: a, when: 7 days after a"), 'the step "a" refers to itself'),
        (
            ladder("step: a, when: 1 day after due, requires: b sent", "step: b, when: 9 days after due"),
            '"b" comes later: a step can only refer to steps above it',
        ),
        (
            ladder("step: a, when: 1 day after due", "step: b, when: 9 days after due, cadence: every 1 day until a"),
            '"a" comes earlier: "until" names a step below this one',
        ),
        (
            ladder("step: a, when: 7 days after previous"),
            "the first step has no previous one: count from the due date or from the issue date",
        ),
        (
            ladder("step: due, when: 1 day after due"),
            '"due" cannot be the name of a step: it is a word of the language',
        ),
        (
            ladder("step: a, when: 1 day after due", "step: a, when: 9 days after due"),
            'a step called "a" stands in line 5 already: give one of them another name',
        ),
        (
            ladder("step: a, when: 1 day after due", "step: b, when: a expires"),
            '"a" never expires: it has no deadline; write "deadline: 14 days", or your own, at that step',
        ),
        ("time: {zone: Europe/Berlni}", 'there is no time zone "Europe/Berlni"'),
        ("time: {zone: UTC, business_days: DR}", 'there is no business calendar "DR"'),
        ("quiet_hours: 09:00 to 09:00", "these quiet hours cover the whole day: no contact could ever be made"),
        (
            "quiet_days: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]",
            "these quiet days cover the whole week: no contact could ever be made",
        ),
        ("steps: []", "a policy needs at least one step"),
        (
            "steps: [{step: a, when: 1 day after due}]",
            'the step "a" does nothing: give it an action, such as "send" or "charge"',
        ),
        (
            ladder("step: a, when: 1 day after due, hand_off: agency x, cadence: every 7 days"),
            "a hand-off is made once in a case: a step with hand_off has no cadence",
        ),
        (
            ladder("step: a, when: on the due date, deadline: 14 days"),
            "nothing is overdue yet when this step is taken: set the deadline at a step after the due date",
        ),
        (
            ladder("step: a, when: 1 day after due, hand_off: agency x, deadline: 14 days"),
            "a hand-off tells the debtor nothing: set the deadline at a step that sends or calls",
        ),
        (
            ladder("step: a, when: 1 day after due", "step: b, when: 7 days after a", "step: c, when: on the due date"),
            'steps are taken in file order, and "a" above is due later: this step is never taken',
        ),
        ("applies_to: reminder sent", "nobody can know this before a case is open: move the condition to a step"),
        (
            "applies_to: [currency is EUR, currency is USD]",
            "this is never true together with the condition in line 9",
        ),
        (
            ladder("step: a, when: 1 day after due, only_if: promise broken, unless: promise broken"),
            "the same condition stands in only_if: this step is never taken",
        ),
        ("tolerance: [1.00 EUR, 2.00 EUR]", "there is a tolerance in EUR already"),
    ],
)
def test_errors(text, message, part):
    """Each is told in one sentence that says what to do."""
    result = part(text)
    assert [finding.message for finding in result.diagnostics] == [message]
    assert result.diagnostics[0].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "time: {zone: UTC, send_at: 07:00}\nquiet_hours: 20:00 to 09:00",
            "contacts are due at 07:00, within the quiet hours 20:00 to 09:00: each one will wait until 09:00",
        ),
        (
            "quiet_hours: 10:00 to 12:00",
            "contacts are due at 10:00, within the quiet hours 10:00 to 12:00: each one will wait until 12:00",
        ),
        (ladder("step: a, when: 1 day after due, send: [email a, email b]"), "this step has an email already"),
        (ladder("step: a, when: 1 day after due, send: [sms a, sms b]"), "this step has an sms already"),
        (ladder("step: a, when: 1 day after due, call: [a, b]"), "this step has a call already"),
        (
            ladder("step: a, when: 1 day after due, send: [letter a, certified letter b]"),
            "this step has a letter already",
        ),
        (ladder("step: a, when: 1 day after due, hand_off: [agency a, agency b]"), "this step has a hand-off already"),
        (
            ladder("step: a, when: 5 days before due, cadence: every 1 day"),
            "this step ends the day after due: write the repetition as a step after the due date",
        ),
        (
            "grace: 2 weeks\n" + ladder("step: a, when: 14 days after due"),
            "this day lies within the grace of 2 weeks: the step will wait until grace ends",
        ),
        (
            "grace: 3 business days\n" + ladder("step: a, when: 3 business days after due"),
            "this day lies within the grace of 3 business days: the step will wait until grace ends",
        ),
        (
            "grace: 3 business days\n" + ladder("step: a, when: 3 days after due"),
            "this day lies within the grace of 3 business days: the step will wait until grace ends",
        ),
        ("quiet_days: [sunday, sunday]", "this stands in the list already"),
    ],
)
def test_warnings(text, message, part):
    """The policy is usable, and does something that was probably not meant."""
    result = part(text)
    assert [finding.message for finding in result.diagnostics] == [message]
    assert result.diagnostics[0].severity is Severity.WARNING
    assert result.policy is not None


@pytest.mark.parametrize(
    "text",
    [
        "grace: 2 weeks\n" + ladder("step: a, when: 15 days after due"),
        "grace: 3 business days\n" + ladder("step: a, when: 1 month after due"),
        "grace: 3 days\n" + ladder("step: a, when: 1 day after issue"),
        "grace: 3 days\n" + ladder("step: a, when: 3 business days after due"),
        ladder("step: a, when: 1 day after issue", "step: b, when: 5 days before due"),
        ladder("step: a, when: 1 day after due, cadence: every 7 days, unless: a answered"),
        ladder("step: a, when: 1 day after due, cadence: every 7 days until b", "step: b, when: 9 days after due"),
        ladder("step: a, when: 1 day after due, send: email a or else email b"),
        "applies_to: [balance at least 10.00, balance below 20.00, fact a is 1, fact b is 2, country is US]",
        "applies_to: [balance at least 10.00, balance at least 20.00, overdue amount below 5.00]",
        "quiet_hours: 10:01 to 09:59",
    ],
)
def test_what_makes_sense_is_not_found_fault_with(text, part):
    """Close to a finding, and fine."""
    assert part(text).diagnostics == ()


def test_a_missing_zone_is_a_note(part):
    """Days are counted in UTC, which few people mean."""
    (finding,) = part("time: {send_at: 10:00}").diagnostics
    assert finding.severity is Severity.NOTE
    assert finding.message == (
        "no time zone is named, so days are counted in UTC: write time: {zone: Europe/Berlin} or your own"
    )


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("time: {zone: Europe/Berlni}", "Europe/Berlin"),
        ("time: {zone: UTC, business_days: EBC}", "ECB"),
        (ladder("step: first, when: 1 day after due", "step: b, when: 7 days after frist"), "first"),
    ],
)
def test_names_are_suggested(text, suggestion, part):
    """What was probably meant."""
    assert [finding.suggestion for finding in part(text).diagnostics] == [suggestion]


@pytest.mark.parametrize(
    "text",
    [
        "grace: soon\n" + ladder("step: a, when: grace ends"),
        "grase: 3 days\n" + ladder("step: a, when: grace ends"),
        ladder("step: a, when: 1 day after due, deadline: soon", "step: b, when: a expires"),
        ladder("step: a, when: 1 day after due, dedline: 3 days", "step: b, when: a expires"),
        ladder("step: A, when: 1 day after due", "step: b, when: 7 days after a").replace("after a", "after due"),
        ladder("stp: a, when: 1 day after due", "step: b, when: 7 days after a"),
        "steps: [{step: a, when: 1 day after due, send: fax a}]",
        "steps: nothing",
        "time: {zone: Nowhere at all}",
        "time: UTC",
    ],
)
def test_what_follows_from_a_reported_mistake_is_not_reported(text, part):
    """One mistake, one finding."""
    assert len(part(text).diagnostics) == 1


@pytest.mark.parametrize(
    ("when", "suggestion"),
    [
        ("30 days after deu", "30 days after due"),
        ("30 days after isue", "30 days after issue"),
        ("30 days after remindr", "reminder"),
        ("30 days after zebra", None),
    ],
)
def test_a_word_of_the_language_is_suggested_beside_the_steps(when, suggestion, part):
    """Whoever mistypes `due` has not named a step."""
    steps = "steps: [{{step: reminder, when: grace ends, send: email a}}, {{step: b, when: {}, send: email b}}]"
    (finding,) = part("grace: 3 days\n" + steps.format(when)).diagnostics
    assert (finding.code, finding.suggestion) == ("DUN301", suggestion)


def test_zones_are_examples(part):
    """Three zones are not all there are."""
    (finding,) = part("time: {zone: Europe/Berln}").diagnostics
    assert "for example: America/New_York, Europe/Berlin, UTC" in render(finding, "")


def test_a_report_behind_a_required_notice_needs_no_other(findings):
    """What the step requires to have been delivered is the notice."""
    text = """
steps:
  - {step: warning, when: 3 days after due, send: certified letter warning}
  - {step: bureau, when: 30 days after due, report: to bureau experian, requires: [warning delivered]}
"""
    assert not {"DUN360", "DUN361"} & {code for code, _message in findings(text)}
