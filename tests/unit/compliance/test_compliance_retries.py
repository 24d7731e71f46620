"""Retries of a payment are counted by the hour, whoever made them, and the answer says when the next one is free."""

from __future__ import annotations

import pytest
from gate_scene import NOON, ask, of_law, proposed, situation

from dunning_engine.compliance.evidence import evidence
from dunning_engine.compliance.gate import assemble, gate
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.limits import Retries
from dunning_engine.engine.loading import load_rulebooks

HOUR = 3600
BOOK = assemble((), load_rulebooks(["cards/retries"]))


def asked(tries, limit, **facts):
    return ask(of_law(limit, offstage=True), channel=None, tries=tuple(tries), **facts)


@pytest.mark.parametrize(
    ("hours_ago", "until"),
    [
        ([], None),
        ([1], None),
        ([24, 1], None),
        ([23, 1], 1),
        ([1, 23], 1),
        ([23, 5, 1], 19),
        ([-1, 1], None),
    ],
)
def test_two_tries_in_24_hours(hours_ago, until):
    """A try that is exactly 24 hours old counts no more, nor does one that lies ahead; their order says nothing."""
    verdict = asked([NOON - int(hours * HOUR) for hours in hours_ago], Retries(2, 24))
    if until is None:
        assert isinstance(verdict, Cleared)
    else:
        assert isinstance(verdict, Deferred)
        assert verdict.until == NOON + until * HOUR


def of_schemes(tries=(), **facts):
    return gate(proposed(None), situation(docket=facts, tries=tuple(tries)), BOOK, NOON)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("decline", Decline)
def test_what_will_never_be_approved_is_never_tried_again(scheme, decline):
    """In any scheme, known or not; the answer carries code and citation."""
    verdict = of_schemes(scheme=scheme.value, decline=decline.term)
    assert isinstance(verdict, Blocked) is (decline is Decline.HARD)
    if isinstance(verdict, Blocked):
        assert len(verdict.reasons) == (3 if scheme is Scheme.UNSAID else 1)
        assert all(reason.code.endswith("_NEVER") and reason.citation and reason.url for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("scheme", "tries", "code"),
    [
        ("visa", 14, None),
        ("visa", 15, "VISA_RETRIES"),
        ("mastercard", 9, None),
        ("mastercard", 10, "MASTERCARD_RETRIES_DAY"),
        ("sepa", 1, None),
        ("sepa", 2, "SEPA_RETRIES"),
        ("unsaid", 1, None),
        ("unsaid", 2, "SEPA_RETRIES"),
    ],
)
def test_a_scheme_that_nobody_told_is_bound_by_the_strictest(scheme, tries, code):
    verdict = of_schemes([NOON - HOUR] * tries, scheme=scheme, decline="soft")
    codes = [] if isinstance(verdict, Cleared) else [reason.code for reason in verdict.reasons]
    assert codes == ([code] if code else [])


def test_other_acts_are_not_asked_about_schemes():
    assert isinstance(of_schemes([NOON] * 99, purpose="furnish"), Cleared)


def test_the_answer_tells_the_tries_that_count():
    """The last ten of them; of more it says how many there are."""
    made = situation(tries=(NOON - HOUR, NOON - 30 * HOUR))
    assert evidence(Retries(2, 24), made, NOON) == ("tried again on Wed 2026-06-10 11:00",)
    many = evidence(Retries(2, 24), situation(tries=(NOON,) * 12), NOON)
    assert (many[0], len(many)) == ("2 more before", 11)
