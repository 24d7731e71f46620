"""Whatever comes between decision and delivery, in every order: nothing is armed after what closes the gate."""

from __future__ import annotations

import pytest
from sim_race import CLOSING, FACTS, Scene, every, play, race_policy, random_scene, scenes

RANDOM = 300
"""Random schedules of each run of the tests; `make simulator` plays 10,000."""

ARMED = 2
"""Stops of one worker after which the letter is armed: it has decided, and claimed."""


@pytest.mark.parametrize("workers", [1, 2], ids=["one worker and two facts", "two workers and one fact"])
def test_no_order_lets_anything_go_out_after_the_gate_closed(workers: int) -> None:
    """Every interleaving of decide, claim and arm, send, acknowledge with every pair of facts."""
    policy = race_policy()
    played = [one for scene in scenes() if scene.workers == workers for one in every(scene, policy)]

    assert [(one.schedule, one.broken) for one in played if one.broken] == []
    assert {one.duplicates for one in played} == {0}
    assert {(one.sent, one.cancelled) for one in played} >= {(1, 0), (0, 1), (0, 0)}


@pytest.mark.parametrize("fact", [fact for fact in FACTS if {*fact} & CLOSING], ids=lambda fact: fact[-1] or fact[0])
def test_a_fact_stops_what_is_not_armed_and_crosses_what_is(fact: tuple[str, object]) -> None:
    """Told before the arming it takes the action back; told later it finds the letter on its way."""
    played = list(every(Scene(1, (fact,)), race_policy()))

    assert {(one.told_at[0] >= ARMED, one.sent) for one in played} == {(True, 1), (False, 0)}


def test_random_schedules_break_nothing() -> None:
    """Up to three workers, four facts of those that close the gate and those that open it again."""
    policy = race_policy()
    for seed in range(RANDOM):
        scene, chance = random_scene(seed)
        one = play(scene, policy, (), chance)
        assert one.broken == (), (seed, scene, one.schedule)
