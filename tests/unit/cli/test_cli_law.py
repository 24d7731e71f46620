"""`dunning law list` and `dunning law show`: rulebooks, rules, their numbers, sources and examples."""

from __future__ import annotations

import json

import pytest

from dunning_engine.cli.law import clocks_of
from dunning_engine.engine.loading import load_rulebooks, rulebook_names

EVERY = [rule.id for book in load_rulebooks() for rule in book.rules]


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")


def test_the_list_names_every_rulebook(dunning, monkeypatch):
    monkeypatch.delenv("COLUMNS")
    result = dunning("law", "list")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == sorted(rulebook_names())
    (reg_f,) = [line for line in lines if line.startswith("us/reg-f ")]
    assert "third party; debts of consumers" in reg_f
    assert "low, " in reg_f
    assert " house" in reg_f
    assert "Not legal advice; state of 20" in result.stderr


def test_a_narrow_list_cuts_no_title(dunning, monkeypatch):
    """Titles and whom a rulebook binds go below its line."""
    monkeypatch.setenv("COLUMNS", "60")
    lines = dunning("law", "list").stdout.splitlines()

    at = next(at for at, line in enumerate(lines) if line.startswith("au/rg96 "))
    assert lines[0].split() == ["rulebook", "place", "rules", "lowest", "state", "of"]
    assert lines[at + 1 : at + 3] == [
        "    Australia: debt collection guideline (RG 96)",
        "    binds: debts of consumers",
    ]
    assert max(map(len, lines[1:])) <= 62
    assert not any("…" in line for line in lines)


def test_the_list_for_programs(dunning):
    found = {book["rulebook"]: book for book in json.loads(dunning("law", "list", "--format", "json").stdout)}

    assert set(found) == set(rulebook_names())
    assert found["us/ma"]["place"] == "US-MA"
    assert found["us/reg-f"]["confidence"]["house"] == found["us/reg-f"]["rules"] - sum(
        count for word, count in found["us/reg-f"]["confidence"].items() if word != "house"
    )
    assert "us/ma" in found["us/states"]["includes"]


def test_one_rule_leads_to_its_source(dunning):
    """What it says, whom it binds, its numbers over time, where it stands, and examples that the gate has answered."""
    text = dunning("law", "show", "us/reg-f/seven-calls").stdout

    assert text.startswith("us/reg-f/seven-calls\nAt most 7 calls within 7 consecutive days about one debt\n")
    assert "kind        presumption: beyond it a breach is presumed, and may be rebutted\n" in text
    assert "code        CALL_CAP_7_IN_7\n" in text
    assert "binds       third party; debts of consumers; calls\n" in text
    assert "unless      same_call is yes\n" in text
    assert "since       2021-11-30: at most 7 calls in 7 days about one debt" in text
    assert "source      12 CFR 1006.14(b)(2)(i)(A); (b)(3); (b)(4)\n" in text
    assert "            https://www.ecfr.gov/current/title-12/section-1006.14\n" in text
    assert "confidence  high: the primary text was read\n" in text
    assert "readings    C4:" in text
    assert (
        "one more call  refused until Mon 30 Nov 2026 10:00\n    Mon 30 Nov 2026 10:00  one more call  allowed" in text
    )
    assert text.rstrip().endswith("Not legal advice; state of 2026-11-22")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("us/reg-f/calls-a-day", "house rule: our number, not law"),
        ("us/reg-f/bankruptcy", "low confidence: one weak source"),
        ("us/reg-f/email-procedure", "email_basis  "),
        ("us/nyc/weekly-contacts-before", "first day not read: at most 2 contacts"),
        ("us/nyc/weekly-contacts-before", "2026-09-01: nothing any more"),
        ("us/nyc/weekly-contacts", "2026-09-01: at most 3 contacts"),
        ("us/reg-f/bureau-notice", "about acts that reach no debtor"),
        ("us/ma/hours", "and in America/New_York as well"),
        ("uk/conc/hours", "binds       regulated by FCA"),
        ("seven-in-seven", "no rule or rulebook is called seven-in-seven"),
        ("us/reg-f/seven-cals", "did you mean us/reg-f/seven-calls?"),
        ("hours", "several rules are called hours: "),
        ("rapid-succession", "us/reg-f/rapid-succession\n"),
    ],
)
def test_what_is_said_of_a_rule(dunning, rule, words):
    result = dunning("law", "show", rule)

    assert " ".join(words.split()) in " ".join((result.stdout + result.stderr).split())
    assert result.exit_code == (0 if result.stdout else 2)


def test_a_rulebook_shows_each_rule_with_its_newest_numbers(dunning):
    text = dunning("law", "show", "ca/on").stdout

    assert text.startswith("ca/on\nOntario: collection agencies\n")
    assert "Monday to Saturday open 07:01 to 20:59; Sunday open 13:01 to 16:59" in text
    assert "ca/on/holidays\n" in text
    assert "us/reg-f/deceased  house rule: our number, not law\n" in dunning("law", "show", "us/reg-f").stdout
    assert "includes    us/ca, us/dc" in dunning("law", "show", "us/states").stdout


def test_for_programs(dunning):
    rule = json.loads(dunning("law", "show", "us/reg-f/hours", "--format", "json").stdout)
    book = json.loads(dunning("law", "show", "us/ma", "--format", "json").stdout)

    assert rule["since"] == [
        {"day": "1978-03-20", "asks": "open 08:01 to 20:59 every day; in every zone of the debtor"}
    ]
    assert rule["confidence"] == "high"
    assert rule["examples"][0]["lines"][0] == {
        "at": "2026-11-23T08:00:00-05:00",
        "what": "call",
        "answer": "refused",
        "until": "2026-11-23T08:01:00-05:00",
        "why": "",
    }
    assert next(each["rule"] for each in book["each"]) == "us/ma/hours"


@pytest.mark.parametrize("rule", EVERY)
def test_every_rule_can_be_shown(dunning, rule):
    """Whatever a rulebook asks has words, a source, and, while it asks anything, examples in which it refuses."""
    found = json.loads(dunning("law", "show", rule, "--format", "json").stdout)

    assert found["citation"]
    assert all(since["asks"] for since in found["since"])
    answers = [line["answer"] for example in found.get("examples", ()) for line in example["lines"]]
    assert "refused" in answers or found["since"][-1]["asks"] == "nothing any more"


@pytest.mark.parametrize(
    ("book", "clocks"),
    [
        ("us/reg-f", ("America/New_York", "America/Los_Angeles")),
        ("us/ca", ("America/Los_Angeles", "America/New_York")),
        ("ca/qc", ("America/Toronto", "America/Vancouver")),
        ("uk/conc", ("Europe/London", "")),
        ("uk/pap-debt", ("Europe/London", "")),
    ],
)
def test_examples_use_the_clocks_of_the_place(book, clocks):
    (found,) = [each for each in load_rulebooks([book]) if each.name == book]

    assert clocks_of(found) == clocks
