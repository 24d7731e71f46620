"""What reads right and does not work: each finding, and what is close to it and fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from dunning_engine.engine.loading import default_calendars, rulebook_limits, rulebook_names
from dunning_engine.engine.money_shelf import ShippedStatutes
from dunning_engine.policy.compiler import compile_policy

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(path for path in (ROOT / "policies").glob("*.yaml") if "steps:" in path.read_text("utf-8"))
REALISTIC = sorted((ROOT / "tests/policies/realistic").glob("*.yaml"))


def ladder(*steps: str) -> str:
    """Steps on one line each; those that do nothing else send an e-mail."""
    does = ("send:", "call:", "hand_off:", "propose:")
    lines = [step if any(word in step for word in does) else f"{step}, send: email x" for step in steps]
    return "steps:\n" + "\n".join(f"  - {{step: {line}}}" for line in lines)


ULTIMATUM = "u, when: 30 days after due, send: letter x, deadline: 14 days"
EVERY_DAY_COUNTS = "time: {zone: Europe/Berlin}\n"
ONE_A_WEEK = "contact_limits: [1 contact in 7 days per debtor]\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ladder(ULTIMATUM, "a, when: 7 days after u", "b, when: 7 days after a"), ["DUN405"]),
        (ladder("a, when: 1 day after due, cadence: every 1 month"), ["DUN406"]),
        (
            "applies_to: debtor is consumer\n" + ladder("a, when: 9 days after due, hand_off: agency x", ULTIMATUM),
            ["DUN407"],
        ),
        (ladder("u, when: 30 days after due, send: [email x, letter x], deadline: 4 days"), ["DUN408"]),
        (ladder("u, when: 30 days after due, send: certified letter x, deadline: 2 days, climb_on: sent"), ["DUN408"]),
        (ONE_A_WEEK + ladder("a, when: 9 days after due, send: [email x, sms x]"), ["DUN409"]),
        (ONE_A_WEEK + ladder("a, when: 9 days after due", "b, when: 3 days after previous"), ["DUN409"]),
        (ONE_A_WEEK + ladder("a, when: 9 days after due", "b, when: 2 business days after a"), ["DUN409"]),
        (
            "contact_limits: [1 call in 30 days]\n"
            + ladder("a, when: 9 days after due, cadence: every 2 weeks up to 3 times, call: x"),
            ["DUN409"],
        ),
        ("min_gap: 1 week\n" + ladder("a, when: 9 days after due, cadence: every 5 days up to 2 times"), ["DUN410"]),
        ("min_gap: 1 month\n" + ladder("a, when: 9 days after due", "b, when: 3 weeks after a"), ["DUN410"]),
        (ladder("a, when: 1 day before due", "b, when: 5 days before due"), ["DUN411"]),
        (ladder("a, when: 9 days after issue", "b, when: 5 days after issue"), ["DUN411"]),
        (
            ladder("a, when: on the due date, only_if_any: [at least 2 days overdue, at least 3 days overdue]"),
            ["DUN412"],
        ),
        (ladder("a, when: balance reaches 50.00, only_if: [country is DE, balance below 50.00]"), ["DUN413"]),
        (ladder("a, when: 1 day after due, call: x", "b, when: 9 days after due, unless: a opened"), ["DUN414"]),
        (ladder("a, when: 1 day after due, send: letter x, climb_on: delivered"), ["DUN414"]),
        (
            EVERY_DAY_COUNTS + ladder("a, when: 3 business days after due", "b, when: 10 business days after a"),
            ["DUN415"],
        ),
        ("time: {zone: UTC, business_days: none}\ngrace: 1 business day\n" + ladder("a, when: grace ends"), ["DUN415"]),
        ("time: {zone: UTC, business_days: US}\ngrace: 1 business day\n" + ladder("a, when: grace ends"), []),
        (EVERY_DAY_COUNTS + "title: Ten or 10 business days\n" + ladder("a, when: 3 days after due"), []),
        (
            ladder("a, when: 1 day after due, hand_off: agency x", "b, when: 9 days after due, only_if: a answered"),
            ["DUN414"],
        ),
        (
            ladder("a, when: 1 day after due", "b, when: 9 days after due, only_if: proposal unanswered for 3 days"),
            ["DUN416"],
        ),
        (
            ladder(
                "a, when: 1 day after due, propose: arbitration by email x",
                "b, when: 9 days after due, unless: mediation unanswered for 3 days",
                "c, when: 12 days after due, only_if: proposal unanswered for 3 days",
            ),
            ["DUN416"],
        ),
    ],
)
def test_findings(text, found, part):
    """Each is told once, and as no error."""
    result = part(text)
    assert [finding.code for finding in result.diagnostics] == found
    assert result.policy is not None


REMINDERS = [f"s{n}, when: {n * 7} days after due" for n in range(1, 5)]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (REMINDERS, ["DUN371"]),
        (REMINDERS[:3], []),
        ([*REMINDERS[:3], REMINDERS[3] + ", notify: staff collections"], []),
        ([*REMINDERS[:3], REMINDERS[3] + ", deadline: 14 days"], []),
        ([*REMINDERS[:3], "s4, when: soon"], ["DUN204"]),
    ],
)
def test_a_ladder_that_leads_nowhere(steps, found, part):
    """Four steps or more that only write and call, and then the debt is nobody's; a mistake in a step is told alone."""
    assert [finding.code for finding in part(ladder(*steps)).diagnostics] == found


@pytest.mark.parametrize(
    ("head", "to", "found"),
    [
        ("applies_to: debtor is consumer\n", "to manager", ["DUN366"]),
        ("applies_to: debtor is consumer\n", "to guarantor", []),
        ("applies_to: debtor is consumer\n", "to representative", []),
        ("applies_to: debtor is consumer\n", "", []),
        ("applies_to: debtor is business\n", "to manager", []),
        ("", "to manager", []),
    ],
)
def test_a_private_persons_debt_told_to_others(head, to, found, part):
    """The gate would always block it; where businesses are dunned too, it may be meant."""
    text = head + ladder(f"a, when: 1 day after due, send: email x, call: x {to}")
    result = part(text)
    assert [finding.code for finding in result.diagnostics] == found
    assert result.policy is not None


@pytest.mark.parametrize("text", ["", "applies_to: country is US\n", "applies_to: debtor is consumer\n"])
def test_a_fee_without_basis_where_consumers_may_pay_it(text, part):
    """A policy that does not say whom it duns may dun a consumer."""
    found = part(text + ladder("a, when: 1 day after due, send: email x, charge: fee of 5.00"))
    assert [finding.code for finding in found.diagnostics] == ["DUN340"]


@pytest.mark.parametrize(
    "text",
    [
        ladder(ULTIMATUM),
        ladder(ULTIMATUM, "a, when: u expires", "b, when: 5 days after a, call: x"),
        ladder(ULTIMATUM, "a, when: 7 days after u expires, send: letter y, deadline: 14 days"),
        ladder("a, when: 1 day after due, cadence: every 7 days, unless: promise broken"),
        "applies_to: debtor is business\n" + ladder("a, when: 9 days after due, hand_off: agency x"),
        "applies_to: debtor is consumer\n" + ladder(ULTIMATUM, "a, when: u expires, hand_off: agency x"),
        ladder("u, when: 30 days after due, send: email x, deadline: 2 days"),
        ladder("u, when: 30 days after due, send: certified letter x, deadline: 3 days"),
        ladder("u, when: 30 days after due, send: letter x or else email x, deadline: 5 business days"),
        ONE_A_WEEK + ladder("a, when: 9 days after due, cadence: every 1 week up to 9 times"),
        ONE_A_WEEK + ladder("a, when: 9 days after due", "b, when: 7 days after a"),
        ONE_A_WEEK + ladder("a, when: 9 days after due", "b, when: 5 business days after a"),
        ONE_A_WEEK + ladder("a, when: 9 days after due, only_if: plan broken", "b, when: 3 days after previous"),
        ONE_A_WEEK + ladder("a, when: 9 days after due", "b, when: 3 days after a, hand_off: agency x"),
        "contact_limits: [1 call per day]\n" + ladder("a, when: 9 days after due, send: [email x, sms y], call: x"),
        "min_gap: 5 days\n" + ladder("a, when: 9 days after due", "b, when: 1 day after a, hand_off: agency x"),
        "min_gap: 5 business days\n" + ladder("a, when: 9 days after due", "b, when: 5 days after a"),
        ladder("a, when: 9 days after due, only_if: plan broken", "b, when: 5 days after due"),
        ladder("a, when: 5 days before due", "b, when: 1 day before due", "c, when: on the due date"),
        ladder("a, when: on the due date, only_if_any: [at least 2 days overdue, balance at least 9.00]"),
        ladder("a, when: balance reaches 50.00, only_if: [balance at least 20.00]"),
        ladder("a, when: 1 day after due", "b, when: 9 days after due, requires: a opened"),
        ladder("a, when: 1 day after due, send: sms x or else email x", "b, when: 9 days after due, unless: a opened"),
        ladder("a, when: 1 day after due, send: sms x", "b, when: 9 days after due, unless: a bounced"),
    ],
)
def test_what_works_is_not_found_fault_with(text, part):
    """Close to a finding, and fine."""
    assert part(text).diagnostics == ()


def test_limits_of_rulebooks_count_too(part):
    """Calls that a rulebook always defers are told with its name."""
    text = "law: [us/reg-f-limits]\n" + ladder(
        "a, when: 9 days after due, cadence: every 1 day, call: [x, y]", ULTIMATUM
    )
    (finding,) = (found for found in part(text).diagnostics if found.code == "DUN409")

    assert finding.message.endswith("a limit of us/reg-f-limits always defers one")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "applies_to: country is DE\n" + ladder("a, when: 1 day after due, unless: country is DE"),
            "this is always true with the condition in line 7: the step is never taken",
        ),
        (
            ladder("a, when: 1 day after due, only_if: balance at least 50.00, unless: balance at least 20.00"),
            "this is always true with the condition in line 5: the step is never taken",
        ),
        (
            ladder("a, when: 1 day after due, only_if: balance below 50.00, unless: balance below 60.00"),
            "this is always true with the condition in line 5: the step is never taken",
        ),
        (
            ladder("a, when: 1 day after due, only_if: at least 9 days overdue, unless: at least 3 days overdue"),
            "this is always true with the condition in line 5: the step is never taken",
        ),
        (
            "applies_to: country is DE\n"
            + ladder("a, when: 1 day after due, only_if_any: [country is FR, country is IT]"),
            "none of these is ever true together with the other conditions: the step is never taken",
        ),
    ],
)
def test_conditions_that_can_never_hold(text, message, part):
    """Bounds are compared across applies_to, only_if, only_if_any and unless."""
    result = part(text)
    assert [(finding.code, finding.message) for finding in result.diagnostics] == [("DUN321", message)]


@pytest.mark.parametrize(
    "text",
    [
        "applies_to: balance at least 50.00\n" + ladder("a, when: 1 day after due, only_if: balance below 20.00"),
        "applies_to: balance at least 50.00\n" + ladder("a, when: 1 day after due, unless: balance at least 20.00"),
        ladder("a, when: 1 day after due, only_if: balance at least 20.00, unless: balance at least 50.00"),
        ladder("a, when: 1 day after due, only_if: at least 3 days overdue, unless: at least 9 days overdue"),
        ladder("a, when: 1 day after due, only_if: balance at least 20.00, unless: overdue amount at least 5.00"),
    ],
)
def test_conditions_that_can_hold(text, part):
    """A payment lowers what was owed at the opening; and a wider bound leaves room."""
    assert part(text).diagnostics == ()


@pytest.mark.parametrize("file", [*SHIPPED, *REALISTIC], ids=lambda path: path.stem)
def test_policies_that_are_meant_as_they_are(file):
    """No false alarm on what ships, nor on what houses of all kinds write."""
    result = compile_policy(
        file.read_text(encoding="utf-8"),
        file=file.name,
        calendars=default_calendars(),
        rulebooks=rulebook_names(),
        limits=rulebook_limits(),
        statutes=ShippedStatutes(),
    )
    assert [str(finding) for finding in result.diagnostics] == []
