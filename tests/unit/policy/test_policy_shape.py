"""What is said about keys and values that do not fit."""

from __future__ import annotations

import pytest

STEP = "steps: [{{step: a, when: 1 day after due, send: email a, {}}}]"


@pytest.mark.parametrize(
    ("text", "code", "message", "suggestion"),
    [
        ("titel: x", "DUN201", 'there is no key "titel" here', "title"),
        ("xyz: x", "DUN201", 'there is no key "xyz" here', None),
        (STEP.format("cadenza: every 7 days"), "DUN201", 'there is no key "cadenza" in a step', "cadence"),
        ("deadline: 14 days", "DUN201", '"deadline" belongs to a step: move it below "steps"', None),
        (
            STEP.format("grace: 3 days"),
            "DUN201",
            '"grace" is no key of a step: it stands once in the file, not indented',
            None,
        ),
        ("time: {zon: UTC}", "DUN201", 'there is no key "zon" here', "zone"),
        ("steps: [{step: a, send: email a}]", "DUN202", 'this step has no "when"', None),
        ("grace: [3 days]", "DUN203", '"grace" takes one phrase, not a list', None),
        ("title: {a: b}", "DUN203", '"title" takes one text, not keys with values', None),
        ("time: UTC", "DUN203", '"time" takes keys with values, not a text', None),
        ("law: {a: b}", "DUN203", '"law" takes one phrase or a list, not keys with values', None),
        (
            "steps: {a: b}",
            "DUN203",
            '"steps" takes a list, each item with a dash such as "- step: reminder", not keys with values',
            None,
        ),
        ("steps: [a]", "DUN203", "an item of the list takes keys with values, not a text", None),
        ("law: [[us/reg-f]]", "DUN203", "an item of the list takes one phrase, not a list", None),
        ("grace: 3 dayz", "DUN204", 'expected "days", "business", "weeks" or "months", not "dayz"', "3 days"),
        ("pause_while: hold", "DUN204", '"hold" does not fit the beginning of a reason to pause', "on hold"),
        (
            STEP.format("only_if: [promise broken, else plan broken]"),
            "DUN205",
            (
                'an item cannot begin with "else": a comma has cut it off from the phrase before it; '
                "write the phrase without a comma"
            ),
            None,
        ),
        (
            STEP.format("cadence: up to 3 times"),
            "DUN205",
            (
                'an item cannot begin with "up to": a comma has cut it off from the phrase before it; '
                "write the phrase without a comma"
            ),
            None,
        ),
        (
            "contact_limits: at most 3 contacts in 7 days",
            "DUN205",
            'this phrase does not begin with "at most"',
            "3 contacts in 7 days per debtor",
        ),
        ('title: ""', "DUN207", 'nothing is written for "title"', None),
        ("title:", "DUN207", 'nothing is written for "title"', None),
        ("resume: x", "DUN206", '"resume" is part of the language, but not there yet: remove it for now', None),
        ("grace:", "DUN207", 'nothing is written for "grace"', None),
        ("law: [us/reg-f-limits, '']", "DUN204", "a rulebook is missing", None),
        ("time:", "DUN207", 'nothing is written for "time"', None),
    ],
)
def test_messages(text, code, message, suggestion, part):
    """One mistake, one finding, in words of the person who wrote the file."""
    result = part(text)
    assert [(finding.code, finding.message, finding.suggestion) for finding in result.diagnostics] == [
        (code, message, suggestion)
    ]
    assert result.policy is None


def test_missing_keys_are_told_at_the_group_that_lacks_them(compiled):
    """All of them, at the first line of the policy."""
    result = compiled("# nothing but a title\ntitle: x\n")
    assert [(str(finding.place), finding.message) for finding in result.diagnostics if finding.code == "DUN202"] == [
        ("p.yaml:2:1", 'the policy has no "policy"'),
        ("p.yaml:2:1", 'the policy has no "version"'),
        ("p.yaml:2:1", 'the policy has no "steps"'),
    ]


@pytest.mark.parametrize(("text", "kind"), [("- a", "a list"), ("just words", "a text")])
def test_a_file_without_keys(text, kind, compiled):
    """There is nothing in it that could be checked further."""
    (finding,) = compiled(text).diagnostics
    assert finding.message == f"a policy is written as keys with values, not as {kind}"


def test_accepted_words_are_listed(part):
    """An unknown key lists the keys, a phrase its forms, a wrong kind examples."""
    (key,) = part("time: {zonk: UTC, zone: UTC}").diagnostics
    (word,) = part("catch_up: later").diagnostics
    (kind,) = part("catch_up: [next]").diagnostics
    assert key.accepted == ("zone", "business_days", "send_at", "roll")
    assert word.accepted == kind.accepted == ("next", "jump", "skip")


def test_findings_in_a_line_that_cannot_be_read_are_left_out(part):
    """An alias is one mistake: that `*soon` is no span is not told as well."""
    result = part("grace: *soon\nmin_gap: soon")
    assert [finding.code for finding in result.diagnostics] == ["DUN116", "DUN204"]


def test_every_wrong_value_of_a_phrase_is_told(part):
    """One mistake does not hide the next one."""
    found = part("quiet_hours: 25:00 to 09:60").diagnostics
    assert [(finding.code, finding.place.column) for finding in found] == [("DUN204", 14), ("DUN204", 23)]
    step = "steps: [{step: a, when: 1 day after due, send: email a, cadence: every 0 days up to 0 times}]"
    assert [finding.message for finding in part(step).diagnostics] == ["0 is too small: at least 1"] * 2
