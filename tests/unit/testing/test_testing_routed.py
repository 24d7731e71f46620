"""Tests of routing: the policy that is chosen, then the days under it."""

from __future__ import annotations

import pytest

from dunning_engine.testing.runner import run_file

POLICY = """
policy: {}
version: 1
time: {{zone: Europe/Berlin}}
steps: [{{step: reminder, when: 3 days after due, send: letter reminder}}]
"""
ROUTING = (
    "routing: shop\nversion: 1\nroutes: [{use: firms, when: debtor is business}, {use: homes, when: country is DE}]\n"
)
TESTS = """
routing: shop
tests:
  - name: one
    given:
      debtor: {name: ann, kind: KIND, country: CC}
      invoice: {number: I-1, amount: 80.00 EUR, due: 2026-03-02}
    policy: POLICY
"""


@pytest.fixture
def run(tmp_path):
    for name in ("firms", "homes"):
        (tmp_path / f"{name}.yaml").write_text(POLICY.format(name))
    (tmp_path / "shop.yaml").write_text(ROUTING)

    def run_text(kind, country, policy, more="", file="shop.test.yaml"):
        text = TESTS.replace("KIND", kind).replace("CC", country).replace("POLICY", policy) + more
        (tmp_path / file).write_text(text)
        return run_file(tmp_path / file)

    return run_text


@pytest.mark.parametrize(
    ("kind", "country", "policy", "passed"),
    [
        ("business", "DE", "firms", True),
        ("consumer", "DE", "homes", True),
        ("consumer", "FR", "none", True),
        ("consumer", "DE", "firms", False),
        ("consumer", "FR", "homes", False),
    ],
)
def test_the_policy_is_compared(kind, country, policy, passed, run):
    """`none` is for what no route should match."""
    assert run(kind, country, policy).passed is passed


def test_a_failure_says_why(run):
    """Both policies, and the reasons of the routes."""
    (result,) = run("consumer", "DE", "firms").results
    assert result.message.splitlines() == [
        "- policy firms",
        "+ policy homes",
        "shop 1",
        "  route 1, firms: its condition “debtor is business” does not hold",
        "  route 2, homes: matches, so the policy is homes",
    ]


def test_then_come_the_days(run):
    """They are played under the policy that was chosen."""
    assert run("consumer", "DE", "homes", "    expect: {2026-03-05: letter reminder}\n").passed
    assert not run("consumer", "DE", "homes", "    expect: {2026-03-06: letter reminder}\n").passed


@pytest.mark.parametrize(
    ("policy", "more", "code"),
    [
        ("homs", "", "DUN280"),
        ("homes", "    expect: {2026-03-05: letter remindr}\n", "DUN280"),
        ("../homes", "", "DUN274"),
    ],
)
def test_mistakes(policy, more, code, run):
    """Names that lead nowhere are told before anything runs."""
    assert [finding.code for finding in run("consumer", "DE", policy, more).diagnostics] == [code]


def test_routing_that_is_not_there(run, tmp_path):
    """It is looked for beside the tests and in the folder of policies."""
    (tmp_path / "shop.yaml").unlink()
    assert [finding.code for finding in run("consumer", "DE", "homes").diagnostics] == ["DUN279"]


def test_routing_with_mistakes(run, tmp_path):
    """Its mistakes are those of the test file."""
    (tmp_path / "shop.yaml").write_text(ROUTING.replace("use: firms", "use: frims"))
    assert "DUN384" in [finding.code for finding in run("consumer", "DE", "homes").diagnostics]
