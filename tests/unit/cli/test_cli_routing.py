"""`route`, and the other commands over a routing file."""

from __future__ import annotations

import json

import pytest

ROUTING = """
routing: shop
version: 1
routes:
  - use: policy of the debtor
  - experiment: sooner
    split: [50 % gentle as control, 50 % gentle as sooner]
"""
CALL = ("--invoices", "invoices.csv", "--mapping", "mapping.yaml")


@pytest.fixture
def routed(house):
    from pathlib import Path

    Path("routing.yaml").write_text(ROUTING)
    mapping = Path("mapping.yaml").read_text()
    Path("mapping.yaml").write_text("".join(line for line in mapping.splitlines(True) if "policy" not in line.lower()))
    return house


def test_route(routed, dunning):
    """A line for each debtor, and of one the reasons."""
    result = dunning("route", "routing.yaml", *CALL)
    assert result.exit_code == 0, result.stderr
    assert "sooner/" in result.stdout
    one = dunning("route", "routing.yaml", *CALL, "--debtor", "ann").stdout
    assert "route 1, the policy of the debtor: the debtor has no policy of their own" in one
    assert "so the policy is gentle" in one
    rows = json.loads(dunning("route", "routing.yaml", *CALL, "--format", "json").stdout)
    assert {row["policy"] for row in rows} == {"gentle"}


def test_a_debtor_who_is_not_there(routed, dunning):
    """A word, and no traceback."""
    result = dunning("route", "routing.yaml", *CALL, "--debtor", "nobody")
    assert (result.exit_code, "nobody" in result.stderr) == (2, True)


def test_simulate_compares_the_variants(routed, dunning):
    """Figures per variant follow the actions, and each line has its variant."""
    call = ("simulate", "routing.yaml", *CALL, "--from", "2026-01-01", "--until", "2026-03-31")
    result = dunning(*call, "--format", "jsonl")
    assert result.exit_code == 0, result.stderr
    assert {json.loads(line)["policy"] for line in result.stdout.splitlines()} == {"gentle"}
    assert all(json.loads(line)["variant"].startswith("sooner/") for line in result.stdout.splitlines())
    assert "days to pay" in result.stderr


def test_check_explain_schema(routed, dunning):
    """A routing file is a file of its own kind."""
    assert dunning("check", "routing.yaml").exit_code == 0
    assert "The experiment sooner, for everything else" not in dunning("explain", "routing.yaml").stderr
    assert "experiment sooner" in dunning("explain", "routing.yaml").stdout
    assert json.loads(dunning("schema", "--routing").stdout)["title"] == "Dunning routing"


def test_check_tells_mistakes_of_policies_too(routed, dunning):
    """A policy that cannot be read is not one that is missing."""
    from pathlib import Path

    Path("gentle.yaml").write_text(Path("gentle.yaml").read_text().replace("steps:", "grase: 1 day\nsteps:"))
    result = dunning("check", "routing.yaml")
    assert result.exit_code == 1
    assert "DUN201" in result.stdout + result.stderr
