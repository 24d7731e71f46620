"""Whether a case may be erased: what is in the way, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from story import Story, paid

from dunning_engine.decision.keeping import RETENTION_YEARS, kept, last_activity
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.events import DebtorUpdated, FactRecorded, HostFact, Recorded
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.kernel.calendar import DAY_SECONDS

REMINDER = "steps: [{step: reminder, when: 3 days after due, send: email reminder}]"
REG_F = load_rulebooks(["us/reg-f"])


def closed(text=REMINDER, **more):
    story = Story(text).tell("2026-03-10 12:00", paid("240.00"))
    story.case = replace(story.case, status=CaseStatus.CLOSED, **more)
    return story


def why(story, when, *, years=0, rulebooks=(), acted="2026-03-10 12:00"):
    return kept(story.case, story.policy, rulebooks, acted_at=story.at(acted), years=years, now=story.at(when))


def test_a_closed_case_goes_when_the_house_has_kept_it_long_enough():
    """The last day of the term counts in full."""
    story = closed()
    (reason,) = why(story, "2029-03-10 23:59", years=RETENTION_YEARS)
    assert reason == "the house keeps it until 2029-03-11, 3 years after the last activity"
    assert why(story, "2029-03-11 00:00", years=RETENTION_YEARS) == ()
    assert why(story, "2026-03-11 00:00") == ()


def test_an_open_case_stays():
    """However old it is."""
    assert why(Story(REMINDER), "2046-03-10") == ("it is upcoming: close it first",)


def test_a_legal_hold_stays_for_as_long_as_it_is_told():
    """And goes with the word that takes it back."""
    story = Story(REMINDER).tell("2026-03-03", FactRecorded("legal_hold", True))
    story.case = replace(story.case, status=CaseStatus.CLOSED)
    assert why(story, "2046-03-10") == ("a legal hold is on it",)
    story.tell("2030-01-01", FactRecorded("legal_hold", False))
    assert why(story, "2046-03-10") == ()


def test_the_law_of_collectors_is_asked_too():
    """Regulation F binds those who collect for others; the house may keep less, the law stands."""
    collector = closed("collector: third_party\n" + REMINDER)
    (reason,) = why(collector, "2029-03-10 23:59", rulebooks=REG_F)
    assert "us/reg-f/retention" in reason
    assert "12 CFR 1006.100(a)" in reason
    assert why(collector, "2029-03-11 00:00", rulebooks=REG_F) == ()
    assert why(closed(), "2026-03-12", rulebooks=REG_F) == ()


@pytest.mark.parametrize(("told", "due"), [("2026-03-01", "2029-03-11"), ("2027-05-02", "2030-05-03")])
def test_a_later_activity_that_was_recorded_counts(told, due):
    """Somebody who knows of a later act to collect tells it; an earlier one changes nothing."""
    collector = closed("collector: third_party\n" + REMINDER)
    when = FactRecorded("last_activity", collector.at(told))
    collector.tell("2027-06-01", when)
    collector.case = replace(collector.case, status=CaseStatus.CLOSED)
    assert why(collector, due, rulebooks=REG_F) == ()
    assert why(collector, f"{due[:-2]}{int(due[-2:]) - 1:02}", rulebooks=REG_F) != ()


def test_news_of_the_person_are_no_activity():
    """What keeps the term running is what was done about the debt."""
    story = closed()
    debt = [Recorded(1, 5, 9, paid("1.00")), Recorded(2, 3, 9, paid("2.00"))]
    person = [
        Recorded(3, 50, 50, HostFact("vip", "true")),
        Recorded(4, 60, 60, DebtorUpdated(story.case.debtor)),
        Recorded(5, 70, 70, FactRecorded("legal_hold", False)),
    ]
    assert last_activity(debt + person) == 5


@given(years=st.integers(0, 30), days=st.integers(0, 12_000))
def test_nothing_goes_before_its_term_is_over(years, days):
    """Of no term is a day left out, leap years included; and what may go once may go ever after."""
    story = closed()
    start = story.at("2026-03-10 12:00")
    over, later = (
        kept(story.case, story.policy, (), acted_at=start, years=years, now=start + day * DAY_SECONDS) == ()
        for day in (days, days + 1)
    )
    assert not over or days > years * 365
    assert over or days <= years * 366
    assert later or not over
