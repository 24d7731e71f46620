"""What a clerk takes down at the command line: holds, answers, promises, plans."""

from __future__ import annotations

import pytest

NOW = ("--now", "2026-01-20T10:00:00Z")


@pytest.fixture
def ran(house, dunning):
    """The store after a run that opened the cases."""
    dunning("run", "--now", "2026-01-18T10:00:00Z")
    return house


def test_a_hold_until_a_day_is_placed_shown_and_released(ran, dunning):
    """With scope, end, author and what follows."""
    placed = dunning(
        "case", "hold", "ann/I-1", "hold", "--until", "2099-05-01", "--clock", "clock runs", "--by", "Ida", *NOW
    )
    assert placed.stdout == "case ann/I-1: hold for hold by Ida; the next run takes it into account\n"
    shown = dunning("case", "show", "ann/I-1").stdout
    assert "until 2099-05-01, by Ida; clock runs, then continue" in " ".join(shown.split())
    dunning("case", "release", "ann/I-1", "hold", "--by", "Ida", "--now", "2026-01-21T10:00:00Z")
    assert "then continue" not in dunning("case", "show", "ann/I-1").stdout


def test_a_dispute_of_a_part_is_placed_and_answered(ran, dunning):
    """In the currency of the case."""
    dunning("case", "hold", "ann/I-1", "dispute", "--invoice", "I-1", "--amount", "10.00", "--by", "Ida", *NOW)
    answered = dunning("case", "answer", "ann/I-1", "--invoice", "I-1", "--by", "Ida", "--now", "2026-01-21T10:00:00Z")
    assert answered.stdout == "case ann/I-1: dispute answered by Ida\n"
    shown = " ".join(dunning("case", "show", "ann/I-1").stdout.split())
    assert "on I-1 over 10.00" in shown
    assert "answered the dispute for I-1 by Ida" in shown


def test_a_promise_and_a_plan_are_taken_down_and_shown(ran, dunning):
    """The promise with its state, the plan with its instalments."""
    dunning("case", "promise", "ann/I-1", "10.00", "2026-02-01", *NOW)
    dunning(
        "case", "plan", "ann/I-1", "100.00", "--instalments", "3", "--from", "2026-03-01", "--first-payment", "10.00",
        "--by", "Ida", *NOW,
    )  # fmt: skip
    shown = " ".join(dunning("case", "show", "ann/I-1").stdout.split())
    assert "by 2026-02-01: " in shown
    assert "plan over 100.00" in shown
    assert "2026-04-01 30.00" in shown
