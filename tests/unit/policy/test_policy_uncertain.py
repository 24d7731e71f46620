"""Words for what nobody knows: `deemed_delivered` and `on_uncertain`."""

from __future__ import annotations

import pytest

from dunning_engine.domain.actions import OnUncertain
from dunning_engine.kernel.spans import Span, Unit
from dunning_engine.policy.explain import explain
from dunning_engine.policy.phrases import DEEMED

STEPS = """
policy: x
version: 1
steps:
  - {{step: ultimatum, when: 30 days after due, deadline: 14 days, send: {way} ultimatum, {words}}}
"""


@pytest.fixture
def read(compiled):
    """The policy with some words in its step."""
    return lambda words, way="letter": compiled(STEPS.format(words=words, way=way))


def test_a_deemed_delivery_is_read_and_told(read):
    """A length of time, in the words of every other."""
    policy = read("deemed_delivered: 3 business days after sending").policy
    assert policy.steps[0].deemed == Span(3, Unit.BUSINESS_DAY)
    assert DEEMED.show(policy.steps[0].deemed) == "3 business days after sending"
    assert "counts as delivered 3 business days after it was sent, without a proof" in explain(policy)
    assert (policy.deems, read("climb_on: sent").policy.deems) == (True, False)


def test_only_letters_are_deemed(read):
    """Of anything else a receipt tells."""
    found = [d.code for d in read("deemed_delivered: 3 days after sending", "email").diagnostics]
    assert ("DUN355" in found, "DUN355" in [d.code for d in read("climb_on: sent", "email").diagnostics]) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("word", "told"),
    [("ask", ""), ("resend", "it is sent once more"), ("skip", "the ladder goes on without it")],
)
def test_what_follows_doubt_is_read_and_told(read, word, told):
    """The default needs no words."""
    policy = read(f"on_uncertain: {word}").policy
    assert policy.steps[0].on_uncertain is OnUncertain(word)
    assert ("Where nobody knows whether it left" in explain(policy), told in explain(policy)) == (bool(told), True)
