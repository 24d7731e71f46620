"""Laws of ladders that people set by hand: one action once, limits in every window, pauses that never add."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.decision.by_hand import steered
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import HoldLifted, HoldPlaced
from dunning_engine.domain.facts import BY_HAND, StepNews
from dunning_engine.kernel.errors import UsageError

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "decision"))
from story import Story, at, local, policy

RULES = policy("""
    contact_limits: [2 contacts in 7 days per debtor]
    steps:
      - {step: one, when: 3 days after due, send: email one or else letter one}
      - {step: two, when: 4 days after one, send: email two, cadence: every 3 days up to 2 times}
      - {step: three, when: 5 days after two, send: letter three, deadline: 5 days}
      - {step: four, when: 1 day after three expires, send: email four}
""")
DAY = 86_400
START = at("2026-03-01")
DAYS = 50

deeds = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.builds(
            StepNews, st.sampled_from([step.name for step in RULES.steps]), st.sampled_from(sorted(BY_HAND, key=str))
        ),
    ),
    max_size=6,
)


def played(told, *, looks=1, held=None):
    """A story day by day, in which people set the ladder by hand in the afternoon; `held` pauses the case for some days."""
    story = Story(RULES)
    by_day = sorted(told, key=lambda one: one[0])
    for day in range(DAYS):
        for _ in range(looks):
            story.look(START + day * DAY + 18 * 3600)
        if held is not None and day in held:
            story.tell(START + day * DAY + 19 * 3600, (HoldPlaced if day == held[0] else HoldLifted)(HoldReason.MANUAL))
        for _, news in (one for one in by_day if one[0] == day):
            now = START + day * DAY + 20 * 3600
            with suppress(UsageError):
                story.tell(now, *steered(story.case, RULES, news, by="eve", reason="a test", now=now))
    return story


def sent(story):
    return sorted(d.armed_at for d in story.case.deliveries.values() if d.armed_at is not None)


@settings(deadline=None)
@given(deeds)
def test_no_two_actions_have_one_identity(told):
    """Each went out once at most, whatever was rewound, cancelled or forced: an identity is a key, a step and a run."""
    story = played(told)
    keys = [d.key for d in story.case.deliveries.values()]
    assert len(set(keys)) == len(keys)
    assert len(sent(story)) == len(story.case.contacts)


@settings(deadline=None)
@given(deeds)
def test_limits_hold_in_every_window(told):
    """What was undone still counts as a contact."""
    days = [at(local(moment)[:10]) // DAY for moment in sent(played(told))]
    assert all(sum(first <= day < first + 7 for day in days) <= 2 for first in days)


@settings(deadline=None)
@given(deeds)
def test_looking_often_or_once_is_the_same(told):
    """A second look on the same facts adds nothing."""
    assert sent(played(told)) == sent(played(told, looks=3))


@settings(deadline=None)
@given(deeds, st.integers(0, 30), st.integers(1, 15))
def test_a_pause_never_adds_a_contact(told, start, length):
    """Up to any day there are at most as many as without it, and none while it lasts."""
    held = (start, start + length)
    paused, free = sent(played([], held=held)), sent(played([]))
    for day in range(DAYS):
        end = START + (day + 1) * DAY
        assert sum(one < end for one in paused) <= sum(one < end for one in free)
    ends = START + start * DAY + 19 * 3600, START + (start + length) * DAY + 19 * 3600
    assert not any(ends[0] <= one < ends[1] for one in sent(played(told, held=held)))


@settings(deadline=None)
@given(deeds)
def test_nothing_harsher_comes_before_a_deadline_is_over(told):
    """Force does not go past it: `four` stays five days away from the last `three` that stands."""
    story = played(told)
    gone = [(d.armed_at, d.key.step) for d in story.case.deliveries.values() if d.armed_at is not None]
    threes = [moment for moment, step in gone if step == "three"]
    fours = [moment for moment, step in gone if step == "four"]
    assert all(not 0 < four - three < 5 * DAY for three in threes for four in fours)
    assert all(d.state is not DeliveryState.BLOCKED for d in story.case.deliveries.values())
