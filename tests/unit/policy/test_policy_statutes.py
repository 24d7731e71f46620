"""Policies that name statutory money where the host handed none over."""

from __future__ import annotations

import pytest

from dunning_engine.policy.compiler import compile_policy
from dunning_engine.whereabouts.holidays import Holidays


@pytest.mark.parametrize(
    ("interest", "message"),
    [
        ("uk/late-payment", 'there is no pack of statutory money "uk/late-payment"'),
        ("{rate: 5 points above ecb-mro}", 'there is no reference rate "ecb-mro"'),
    ],
)
def test_without_statutes_no_name_of_one_means_anything(interest, message):
    """The finding stands at the name, and has nothing to offer in its place."""
    compiled = compile_policy(
        "policy: p\nversion: 1\ntime: {zone: Europe/London}\n"
        f"interest: {interest}\n"
        "steps:\n  - {step: a, when: 7 days after due, send: email a}\n",
        file="p.yaml",
        rulebooks=(),
        calendars=Holidays(),
    )
    (found,) = (finding for finding in compiled.diagnostics if finding.code == "DUN338")
    assert (compiled.policy, found.message, found.accepted, found.suggestion) == (None, message, (), None)
