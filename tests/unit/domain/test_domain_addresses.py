"""Two spellings of one address, and times that last over midnight."""

from __future__ import annotations

import pytest

from dunning_engine.domain.docket import InconvenientTime, same_address, stretches


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+13035550134", "(303) 555-0134", True),
        ("+13035550134", "+1 303 555 0134", True),
        ("+13035550134", "+13035550135", False),
        ("ann@example.com", " Ann@Example.COM ", True),
        ("ann@example.com", "bob@example.com", False),
        ("ann@example.com", "+13035550134", False),
        ("1 Main St,  Denver", "1 main st, denver", True),
        ("1 Main St", "2 Main St", False),
        ("12345", "345", False),
        ("M1", "m1", True),
        ("M1", "M2", False),
    ],
)
def test_what_people_write_in_several_ways_is_one_address(one, other, same):
    """Who refused an address refused it however it is spelled."""
    assert same_address(one, other) is same
    assert same_address(other, one) is same


def test_a_time_within_a_day_is_one_stretch():
    """As it was told."""
    time = InconvenientTime(frozenset({1}), 9 * 60, 12 * 60)
    assert stretches(time) == (time,)


def test_a_time_over_midnight_has_an_evening_and_a_morning():
    """The morning counts on the day after as well, and a day longer."""
    evening, morning = stretches(InconvenientTime(frozenset({6}), 18 * 60, 9 * 60, through=700_000))
    assert evening == InconvenientTime(frozenset({6}), 18 * 60, 1439, 700_000)
    assert morning == InconvenientTime(frozenset({6, 0}), 0, 9 * 60, 700_001)
    every_day = stretches(InconvenientTime(first=18 * 60, last=9 * 60))
    assert [time.weekdays for time in every_day] == [frozenset(), frozenset()]
    assert [time.through for time in every_day] == [None, None]
