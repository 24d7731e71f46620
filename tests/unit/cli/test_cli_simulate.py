"""`simulate`: what a policy would have done."""

from __future__ import annotations

import json

import pytest

CALL = ("simulate", "gentle.yaml", "--invoices", "invoices.csv", "--mapping", "mapping.yaml", "--from", "2026-01-01")


@pytest.fixture
def simulate(house, dunning):
    return lambda *more: dunning(*CALL, "--until", "2026-03-31", *more)


def test_lines(simulate):
    """There is one object per action at its final verdict, in order of time."""
    result = simulate("--format", "jsonl")
    first, *rest = [json.loads(line) for line in result.stdout.splitlines()]

    assert first == {
        "at": "2026-01-18T10:00:00+01:00",
        "case": "ann/I-1",
        "debtor": "ann",
        "invoices": ["I-1"],
        "step": "reminder",
        "do": "send",
        "channel": "email",
        "template": "reminder",
        "verdict": "cleared",
        "deferred_from": None,
        "reasons": [],
    }
    assert [(line["case"], line["step"], line["verdict"]) for line in rest] == [
        ("bob/I-2", "reminder", "blocked"),
        ("ann/I-1", "agency", "cleared"),
    ]


def test_what_is_told(simulate):
    """Bad rows and blocked actions are told on the error stream; it ran, so the exit code is 0."""
    result = simulate()

    assert result.exit_code == 0
    assert "invoices.csv:4: error: Issued: '2026-01-xx' is not a date" in result.stderr
    assert "blocked 1 time: email reminder, first in case bob/I-2: no e-mail address is known" in result.stderr
    assert "2 cases, 2026-01-01 to 2026-03-31: 3 actions, 2 cleared, 1 blocked" in result.stderr


def test_table(simulate):
    """The table has a line per action under its header."""
    head, first, *_ = simulate().stdout.splitlines()

    assert head.split() == ["when", "case", "step", "action", "verdict", "why"]
    assert first.split() == ["2026-01-18", "10:00", "CET", "ann/I-1", "reminder", "email", "reminder", "cleared"]


@pytest.mark.parametrize(("words", "at"), [("instant", "2026-01-28"), ("2 days", "2026-01-30"), ("none", None)])
def test_approvals(simulate, words, at):
    """People answer at once, after some days, or never."""
    lines = [json.loads(line) for line in simulate("--format", "jsonl", "--approvals", words).stdout.splitlines()]
    agency = next(line for line in lines if line["step"] == "agency")

    assert agency["verdict"] == ("cleared" if at else "waiting")
    assert at is None or agency["at"].startswith(at)


def test_events_and_debtors(simulate, house):
    """Further tables bring facts and particulars."""
    (house / "events.csv").write_text("date,invoice,fact\n2026-01-20,I-1,payment of 100.00\n")
    (house / "people.csv").write_text("Who,Mail\nbob,bob@example.com\n")
    (house / "people.yaml").write_text("debtor: Who\nemail: Mail\n")
    result = simulate(
        "--format", "jsonl", "--events", "events.csv", "--debtors", "people.csv", "--debtors-mapping", "people.yaml"
    )

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["case"], line["step"], line["do"]) for line in lines] == [
        ("ann/I-1", "reminder", "send"),
        ("bob/I-2", "reminder", "send"),
        ("bob/I-2", "agency", "hand_off"),
        ("bob/I-2", "agency", "recall"),
    ]


def test_another_policy(simulate, house):
    """Rows of other policies are left out and told together."""
    (house / "mapping.yaml").write_text((house / "mapping.yaml").read_text() + "policy: {value: harsh}\n")
    result = simulate()

    assert result.exit_code == 0
    assert (
        "invoices.csv:2: note: 2 invoices from this line on (I-1 first) name the policy 'harsh', which is not simulated"
        in result.stderr
    )


def test_mapping_with_mistakes(simulate, house):
    """A mapping with mistakes stops it with findings: exit code 1."""
    (house / "mapping.yaml").write_text("invoice: Numbr\ndebtr: Debtor\n")
    result = simulate("--format", "jsonl")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "mapping.yaml:2:1 DUN252" in result.stderr
    assert 'did you mean "Number"?' in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--until", "2025-12-31"), "--until 2025-12-31 is before --from 2026-01-01"),
        (("--until", "9999-12-31"), "--until: 9999-12-31 is out of reach: years go from 1970 to 2199"),
        (("--from", "0001-01-01"), "--from: 0001-01-01 is out of reach: years go from 1970 to 2199"),
        (("--until", "soon"), "--until: 'soon' is not a date such as 2026-03-31"),
        (("--approvals", "maybe"), "--approvals: 'maybe' is none of"),
        (("--invoices", "more.csv"), "there is no file more.csv"),
        (("--events", "."), ". is a folder, not a file"),
    ],
)
def test_wrong_use(simulate, arguments, message):
    """Dates, words and files that make no sense are one line and exit code 2."""
    result = simulate(*arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("data", [b"", "Number,Debtor\n".encode("utf-16")])
def test_a_file_that_is_no_table(simulate, house, data):
    """The file is blamed once, the mapping not at all."""
    (house / "invoices.csv").write_bytes(data)
    result = simulate()

    finding, summary = result.stderr.splitlines()
    assert finding.startswith("invoices.csv:1: error: th")
    assert summary.startswith("no cases")


def test_table_without_mapping(house, dunning):
    """A table needs a mapping."""
    result = dunning(*CALL[:4], *CALL[6:], "--until", "2026-02-01")

    assert (result.exit_code, result.stderr) == (
        2,
        "dunning: invoices.csv is a table: a mapping has to say which column is what\n",
    )


@pytest.mark.parametrize("workers", ["0", "65", "100000"])
def test_processes_are_bounded(simulate, workers):
    """A slip of the hand does not bring the machine down."""
    result = simulate("--workers", workers)

    assert result.exit_code == 2
    assert "Input should be" in result.stderr
