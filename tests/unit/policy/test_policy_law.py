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
