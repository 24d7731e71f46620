"""`dunning report`: lists for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest

LATE = "2026-01-29T10:00:00Z"


@pytest.fixture
def ran(house, dunning):
    """The store after two runs: the reminder on its day, the question for approval ten days later."""
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    dunning("run", "--now", LATE)
    return house


def test_aging(ran, dunning):
    """What is past due, with sums by age; the count is told beside the list."""
    result = dunning("report", "aging", "--now", LATE)

    assert result.exit_code == 0
    assert [line.split()[:3] for line in result.stdout.splitlines()[1:3]] == [
        ["14", "ann", "I-1"],
        ["14", "bob", "I-2"],
    ]
    assert "EUR" in result.stdout
    assert "150.00" in result.stdout
    assert result.stderr == "2 open receivables past due\n"


def test_aging_of_everything_open(ran, dunning):
    """On the due date nothing is past due."""
    assert dunning("report", "aging", "--now", "2026-01-15T10:00:00Z").stderr == "no open receivables past due\n"
    assert dunning("report", "aging", "--all", "--now", "2026-01-15T10:00:00Z").stderr == "2 open receivables\n"


def test_for_spreadsheets_and_programs(ran, dunning):
    """The same rows as CSV and as JSON."""
    table = list(csv.DictReader(StringIO(dunning("report", "aging", "--now", LATE, "--format", "csv").stdout)))
    rows = json.loads(dunning("report", "aging", "--now", LATE, "--format", "json").stdout)

    assert [{key: str(value) for key, value in row.items()} for row in rows] == table
    assert rows[0]["open"] == "100.00 EUR"


def test_contacts(ran, dunning):
    """Every action with what became of it; one case alone where asked."""
    everything = json.loads(dunning("report", "contacts", "--format", "json").stdout)
    of_bob = json.loads(dunning("report", "contacts", "--case", "bob/I-2", "--format", "json").stdout)

    assert [(row["case"], row["what"], row["result"]) for row in everything][:1] == [
        ("ann/I-1", "email reminder", "delivered")
    ]
    assert of_bob == [row for row in everything if row["case"] == "bob/I-2"]
    assert {row["result"] for row in of_bob} == {"blocked"}
    assert all(row["rules"] for row in of_bob)
    assert "email reminder" in dunning("report", "contacts").stdout


def test_steps(ran, dunning):
    """How far the ladder was climbed, and what was paid on the way."""
    rows = json.loads(dunning("report", "steps", "--format", "json").stdout)

    assert [(row["step"], row["reached"], row["paid"]) for row in rows] == [("reminder", 1, 0), ("agency", 0, 0)]
    assert "reminder" in dunning("report", "steps").stdout


def test_an_empty_store(house, dunning):
    """A report of nothing is told what makes a store."""
    result = dunning("report", "aging")

    assert result.exit_code == 2
    assert "dunning run --config" in result.stderr
