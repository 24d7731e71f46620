"""The one word for where a case stands: each of them at the first instant at which it is right."""

from __future__ import annotations

import pytest
from story import ANN, Story, at, held, invoice, paid, policy

from dunning_engine.decision.words import Word, word_of
from dunning_engine.domain.case import evolve
from dunning_engine.domain.events import CaseOpened, Recorded

TEXT = """
    grace: 3 days
    stop_when: [paid]
    steps:
      - {step: reminder, when: grace ends, send: email reminder}
      - {step: last, when: 10 days after due, send: email last}
"""


def word(story, when):
    return word_of(story.case, story.policy, at(when))


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("2026-03-01 23:59", Word.UPCOMING),
        ("2026-03-02 00:00", Word.DUE),
        ("2026-03-03 00:00", Word.IN_GRACE),
        ("2026-03-05 23:59", Word.IN_GRACE),
        ("2026-03-06 00:00", Word.OVERDUE),
    ],
)
def test_the_calendar_alone_moves_a_case_on(when, found):
    """From the invoice to the day on which it is late and nothing excuses it."""
    assert word(Story(TEXT), when) is found


def test_after_the_last_step_nothing_more_comes_by_itself():
    """A person has to say how it goes on."""
    story = Story(TEXT)
    story.follow("2026-03-01", "2026-03-11")
    assert word(story, "2026-03-11 12:00") is Word.OVERDUE
    story.follow("2026-03-11", "2026-03-20")
    assert word(story, "2026-03-20") is Word.FINAL


def test_a_case_that_waits_is_paused():
    """Whatever its dates say."""
    assert word(Story(TEXT).tell("2026-03-04", held()), "2026-03-10") is Word.PAUSED


def test_a_case_that_is_paid_is_closed():
    """At once, before any decision is recorded."""
    assert word(Story(TEXT, invoice()).tell("2026-03-04", paid()), "2026-03-04") is Word.CLOSED


def test_a_case_with_an_agency_is_placed():
    """From the hand-off on."""
    story = Story("steps: [{step: agency, when: 5 days after due, hand_off: agency acme}]")
    story.look("2026-03-07 12:00")
    story.decided("2026-03-07 12:01")
    assert word(story, "2026-03-08") is Word.PLACED


def test_a_case_without_invoices_is_upcoming():
    """It was opened, and nothing is owed yet."""
    rules = policy(TEXT)
    opened = evolve("case", None, Recorded(1, 0, 0, CaseOpened(ANN, rules.ref)))
    assert word_of(opened, rules, at("2026-03-10")) is Word.UPCOMING
