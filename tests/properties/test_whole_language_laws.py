"""A small soak: under the whole language, each of its variants and each shipped policy, no monitor has anything to say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from soak import everything, shipped, soaked

POLICIES = [*everything(), *shipped()]


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_whatever_befalls_a_case_breaks_no_promise(policy):
    """Some examples of each; `make soak` plays many more."""
    told = [(played, breach) for played, breach in soaked(policy, 3, 25, 7, shrink=False)]
    assert [breach for _, breach in told if breach] == []
    assert sum(played for played, _ in told) >= 1
