"""Rulebooks that a policy names."""

from __future__ import annotations

import pytest

from dunning_engine.kernel.diagnostics import Severity


def test_an_unknown_rulebook_is_an_error_with_a_suggestion(part):
    """The rulebooks of this installation are listed."""
    (finding,) = part("law: [us/reg-f-limit]").diagnostics
    assert (finding.code, finding.message) == ("DUN401", 'there is no rulebook "us/reg-f-limit"')
    assert finding.suggestion == "us/reg-f-limits"
    assert finding.accepted == ("us/reg-f", "us/reg-f-limits")


def test_regulation_f_cannot_bind_who_collects_in_their_own_name(part):
    """The same limits can be taken on by choice."""
    result = part("law: us/reg-f")
    (finding,) = result.diagnostics
    assert (finding.code, finding.severity) == ("DUN402", Severity.WARNING)
    assert finding.message == (
        "us/reg-f binds only those who collect for others: under collector: first_party it has no effect"
    )
    assert finding.suggestion == "us/reg-f-limits"
    assert result.policy is not None


@pytest.mark.parametrize("text", ["collector: third_party\nlaw: us/reg-f", "law: us/reg-f-limits", "law: []"])
def test_what_can_bind_is_fine(text, part):
    """Either the regulation for third parties, or its limits by choice."""
    assert part(text).diagnostics == ()


def test_a_collector_with_a_mistake_says_nothing_about_the_law(part):
    """Who collects is not known yet."""
    assert [finding.code for finding in part("collector: 3rd_party\nlaw: us/reg-f").diagnostics] == ["DUN204"]


@pytest.mark.parametrize(
    ("text", "idle"),
    [
        ("law: us/reg-f-limits\nquiet_hours: 23:00 to 05:00", ["DUN403"]),
        ("law: us/reg-f-limits\ncontact_limits: 30 calls in 7 days per debt", ["DUN403"]),
        ("law: us/reg-f-limits\ncontact_limits: 14 calls in 8 days per debt", ["DUN403"]),
        ("law: us/reg-f-limits\ncontact_limits: 13 calls in 8 days per debt", []),
        ("law: us/reg-f-limits\ncontact_limits: 7 calls in 7 days per debt", []),
        ("law: us/reg-f-limits\ncontact_limits: 30 calls in 7 days per debtor", []),
        ("law: us/reg-f-limits\ncontact_limits: 30 contacts in 7 days per debt", []),
        ("law: us/reg-f-limits\nquiet_hours: 12:00 to 13:00", []),
        ("collector: third_party\nlaw: us/reg-f\nquiet_hours: 23:00 to 05:00", []),
        (
            "collector: third_party\nlaw: us/reg-f\napplies_to: debtor is consumer\nquiet_hours: 23:00 to 05:00",
            ["DUN403"],
        ),
        ("quiet_hours: 23:00 to 05:00", []),
    ],
)
def test_a_limit_that_the_law_always_forestalls(text, idle, part):
    """A warning where the policy lets through whatever its rulebooks let through, for every debtor it may meet."""
    assert [finding.code for finding in part(text).diagnostics] == idle


HEAD = "policy: p\nversion: 1\ntime: {zone: UTC}\n"


@pytest.mark.parametrize(
    ("actions", "rest", "words"),
    [
        ("send: email a", "", "an email"),
        ("send: [letter a or else sms b]", "", "an sms"),
        ("send: email a, call: b", "", "an email or a call"),
        ("send: letter a", "", None),
        ("hand_off: agency a", "", None),
        ("send: email a", "law: us/reg-f-limits\n", None),
        ("send: email a", "quiet_hours: 20:00 to 09:00\n", None),
    ],
)
def test_nothing_keeps_contacts_out_of_the_night(actions, rest, words, compiled):
    """A note where contacts arrive at once and neither the policy nor its law names hours."""
    text = f"{HEAD}{rest}steps:\n  - {{step: a, when: 1 day after due, {actions}}}\n"
    notes = [finding for finding in compiled(text).diagnostics if finding.code == "DUN404"]
    assert [finding.severity for finding in notes] == [Severity.NOTE] * (words is not None)
    assert all(finding.message.startswith(f"no quiet hours are named: {words} that") for finding in notes)


def test_quiet_hours_with_a_mistake_are_not_missing(part):
    """What was meant to be quiet is one finding."""
    assert [finding.code for finding in part("quiet_hours: 8pm to 9am").diagnostics] == ["DUN204"]


@pytest.mark.parametrize("text", ["law: US/REG-F", "law: [US/REG-F]"])
def test_a_name_that_no_rulebook_can_have_is_told_which_there_are(text, part):
    (finding,) = part(f"collector: third_party\n{text}").diagnostics
    assert (finding.code, finding.suggestion) == ("DUN204", "us/reg-f")
    assert finding.accepted == ("us/reg-f", "us/reg-f-limits")


def test_other_mistakes_stay_as_they_are(part):
    (finding,) = part("applies_to: debtor is who\nlaw: []").diagnostics
    assert "us/reg-f" not in finding.accepted
