"""`dunning case skip`, `rewind`, `force`, `cancel-notice`, `pause`, `resume`; `dunning pause`, `resume`, `pauses`."""

from __future__ import annotations

import json

import pytest

SIGNED = ("--by", "Ida Moor", "--reason", "as agreed")
BEFORE, DAY, NEXT = "2026-01-16T10:00:00Z", "2026-01-18T10:00:00Z", "2026-01-20T10:00:00Z"


def mails(house):
    return len(list((house / "out").glob("*.eml")))


def case(dunning, word, *what, now=NEXT):
    return dunning("case", word, "ann/I-1", *what, *SIGNED, "--now", now)


def test_a_step_is_skipped(house, dunning):
    """Its day passes, and the case says by whom it was left out."""
    dunning("run", "--now", BEFORE)
    result = case(dunning, "skip", "reminder", now=BEFORE)
    dunning("run", "--now", DAY)

    assert result.stdout == "skipped reminder of case ann/I-1 by Ida Moor; the next run goes on from there\n"
    assert mails(house) == 0
    assert "skipped by Ida Moor: as agreed" in dunning("case", "show", "ann/I-1").stdout


def test_a_step_is_forced(house, dunning):
    """It goes two days early, at the next run."""
    dunning("run", "--now", BEFORE)
    result = case(dunning, "force", "reminder", now=BEFORE)
    dunning("run", "--now", BEFORE)

    assert (result.exit_code, mails(house)) == (0, 1)


@pytest.mark.parametrize("word", ["rewind", "cancel-notice"])
def test_a_notice_comes_again(house, dunning, word):
    """After a rewind to its step, or taken back."""
    dunning("run", "--now", DAY)
    result = case(dunning, word, "reminder")
    dunning("run", "--now", NEXT)
    dunning("run", "--now", NEXT)

    assert (result.exit_code, mails(house)) == (0, 2)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("rewind", "agency"), "has not come to step agency"),
        (("force", "reminder"), "has been taken: rewind to it"),
        (("skip", "remider"), "did you mean 'reminder'?"),
        (("cancel-notice", "agency"), "there is no notice to cancel"),
        (("resume",), "is not paused by hand"),
    ],
)
def test_what_cannot_be_done_is_refused(house, dunning, words, told):
    """With what to do instead, and nothing is written."""
    dunning("run", "--now", DAY)
    before = dunning("case", "show", "ann/I-1", "--format", "json").stdout
    result = case(dunning, *words)

    assert (result.exit_code, told in result.stderr) == (2, True)
    assert dunning("case", "show", "ann/I-1", "--format", "json").stdout == before


def test_nobody_steers_unsigned(house, dunning):
    """Who does it says their name and why."""
    dunning("run", "--now", BEFORE)

    assert dunning("case", "skip", "ann/I-1", "reminder", "--by", "Ida").exit_code == 2
    assert "says why" in dunning("case", "skip", "ann/I-1", "reminder", "--by", "Ida", "--reason", " ").stderr


def test_a_case_is_paused_and_resumed(house, dunning):
    """Nothing goes out meanwhile; afterwards what was due comes, later by the days that it waited."""
    dunning("run", "--now", BEFORE)
    paused = case(dunning, "pause", now=BEFORE)
    dunning("run", "--now", DAY)
    waited = mails(house)
    listed = json.loads(dunning("case", "list", "--status", "paused", "--format", "json").stdout)
    case(dunning, "resume", now=DAY)
    dunning("run", "--now", DAY)
    early = mails(house)
    dunning("run", "--now", NEXT)

    assert (paused.stdout, waited, early, mails(house)) == ("paused by Ida Moor: as agreed\n", 0, 0, 1)
    assert [row["case"] for row in listed] == ["ann/I-1"]


@pytest.mark.parametrize("scope", [("--debtor", "ann"), ("--policy", "gentle"), ("--everything",)])
def test_more_than_a_case_is_paused(house, dunning, scope):
    """The pause is listed with its author until it ends, and is made once."""
    dunning("run", "--now", BEFORE)
    dunning("pause", *scope, *SIGNED, "--now", BEFORE)
    dunning("run", "--now", DAY)
    waited = mails(house)
    rows = json.loads(dunning("pauses", "--format", "json").stdout)
    table = dunning("pauses").stdout
    again = dunning("pause", *scope, *SIGNED, "--now", DAY)
    ended = dunning("resume", *scope, *SIGNED, "--now", DAY)
    dunning("run", "--now", NEXT)

    assert (waited, mails(house)) == (0, 1)
    assert [(row["by"], row["reason"]) for row in rows] == [("Ida Moor", "as agreed")]
    assert "Ida Moor" in table
    assert (again.exit_code, "is paused already" in again.stderr) == (2, True)
    assert ended.stdout == "resumed by Ida Moor: as agreed\n"
    assert json.loads(dunning("pauses", "--format", "json").stdout) == []
    assert dunning("resume", *scope, *SIGNED, "--now", NEXT).exit_code == 2


def test_a_pause_says_of_what(house, dunning):
    """One thing, and one only."""
    dunning("run", "--now", BEFORE)
    for scope in ((), ("--everything", "--debtor", "ann")):
        result = dunning("pause", *scope, *SIGNED)
        assert (result.exit_code, "say what waits" in result.stderr) == (2, True)


def test_a_table_of_facts_does_not_steer(house, dunning):
    """It may be read again tomorrow, and would rewind again."""
    text = (house / "dunning.toml").read_text()
    (house / "dunning.toml").write_text(
        text.replace('mapping = "mapping.yaml"', 'mapping = "mapping.yaml"\nevents = "e.csv"')
    )
    (house / "e.csv").write_text("date,invoice,fact\n2026-01-18,I-1,rewound to reminder\n")
    result = dunning("run", "--now", DAY)

    assert result.exit_code == 1
    assert "“rewound to reminder” is not taken from a file" in result.stderr
