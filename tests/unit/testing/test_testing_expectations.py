"""The phrases of `expect`, and how they are compared with what happened."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.decision.words import Word
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.policy.model import Stop
from dunning_engine.testing.expectations import EXPECTATION, NOTHING, SUMS, WISH, Expectation, Kind, Seen, Wish, compare

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,12}", fullmatch=True)
HEADS = st.sampled_from(["email", "sms", "call", "letter", "certified letter", "agency"])
WISHES = st.builds(
    lambda head, name, to, invoice: Wish(
        f"{head} {name}{f' to {to}' if to and head != 'agency' else ''}", invoice and "letter" in head
    ),
    HEADS,
    NAMES,
    st.just("") | NAMES,
    st.booleans(),
)
EXPECTATIONS = st.one_of(
    st.builds(lambda wish: Expectation(Kind.DONE, wish), WISHES),
    st.builds(
        lambda wish, at, over: Expectation(Kind.DONE, wish, at=at, over=over),
        WISHES,
        st.none() | st.integers(0, 1439),
        st.none() | st.decimals(0, 10**6, places=2),
    ),
    st.builds(lambda kind, over: Expectation(kind, over=over), st.sampled_from(SUMS), st.decimals(0, 10**6, places=2)),
    st.builds(lambda word: Expectation(Kind.STANDS, why=word.value), st.sampled_from(Word)),
    st.builds(lambda wish: Expectation(Kind.BLOCKED, wish), WISHES),
    st.builds(lambda wish, to: Expectation(Kind.DEFERRED, wish, to), WISHES, st.dates(date(1970, 1, 1))),
    st.builds(lambda stop: Expectation(Kind.CLOSED, why=stop.value), st.sampled_from(Stop)),
    st.sampled_from([Expectation(Kind.PAUSED), Expectation(Kind.RESUMED), Expectation(Kind.REOPENED), NOTHING]),
)


@given(EXPECTATIONS)
def test_round_trip(expectation):
    """What is printed is read as the same value."""
    assert EXPECTATION.parse(str(expectation)) == expectation


@pytest.mark.parametrize("phrase", [*EXPECTATION.examples(), *WISH.examples()])
def test_examples(phrase):
    """Every accepted phrase that a message shows can be written."""
    assert not isinstance(EXPECTATION.parse(phrase), Misfit)


def test_hand_off():
    """Both ways to name a hand-off are the same, and one of them is printed."""
    long, short = EXPECTATION.parse("hand off agency acme"), EXPECTATION.parse("agency acme")

    assert long == short
    assert str(long) == "agency acme"


@pytest.mark.parametrize(
    ("phrase", "suggestion"),
    [
        ("email upcoming invoice", "email upcoming-invoice"),
        ("emial reminder", "email reminder"),
        ("closed as payed", "closed as paid"),
        ("block email reminder", "blocked email reminder"),
        ("Nothing", "nothing"),
    ],
)
def test_did_you_mean(phrase, suggestion):
    """A slip of the pen is met with the phrase that was meant."""
    misfit = EXPECTATION.parse(phrase)

    assert isinstance(misfit, Misfit)
    assert misfit.suggestion == suggestion


def seen(phrase: str) -> Seen:
    return Seen(1, EXPECTATION.parse(phrase), decision=None)


def test_with_may_be_left_out():
    """An action without `with …` stands for the one with it, never the other way round."""
    with_invoice, bare = "email reminder with invoice", "email reminder"

    assert compare([EXPECTATION.parse(bare)], [seen(with_invoice)])[:2] == ([], [])
    assert compare([EXPECTATION.parse(with_invoice)], [seen(bare)])[:2] != ([], [])


def test_compare_counts():
    """The same action twice is not the same action once; order does not matter."""
    missing, extra, met = compare(
        [EXPECTATION.parse(text) for text in ("sms nudge", "email reminder", "email reminder")],
        [seen("email reminder"), seen("letter reminder"), seen("sms nudge")],
    )

    assert [str(one) for one in missing] == ["email reminder"]
    assert [str(one.what) for one in extra] == ["letter reminder"]
    assert [str(one) for one in met] == ["sms nudge", "email reminder"]


@pytest.mark.parametrize("phrase", ["email reminder", "email reminder at 10:00", "email reminder over 75.00"])
def test_what_is_not_said_may_be_anything(phrase):
    """An hour or a sum is compared where the test names one."""
    happened = seen("email reminder at 10:00 over 75.00")

    assert compare([EXPECTATION.parse(phrase)], [happened])[:2] == ([], [])


@pytest.mark.parametrize(
    "phrase", ["email reminder at 10:01", "email reminder over 75.01", "email reminder at 10:00 over 1.00"]
)
def test_another_hour_or_sum(phrase):
    """What is named has to be so."""
    assert compare([EXPECTATION.parse(phrase)], [seen("email reminder at 10:00 over 75.00")])[0] != []
