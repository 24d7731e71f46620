"""The real engine under drawn trouble: seeds that hold, seeds that once did not, and plans that repeat and can be cut."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sim_plan import Plan, draw
from sim_shrink import failure, shrunk
from sim_world import World

from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.invariants import crossed

SEEDS = 40
"""Seeds of each run of the tests; `make simulator SEEDS=5000` is the long run."""

TWINS = 3
"""Seeds that are played for two tenants at once."""

KEY = re.compile(r"about [0-9a-f]{6}")
"""Identities of actions are of their tenant."""

REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.json"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_promise_is_broken(seed: int) -> None:
    """Workers that die, commits whose answers are lost, receivers that fail, facts that come between, clocks that jump."""
    said, trace = failure(draw(seed, 150))

    assert said == "", "\n".join([f"seed {seed}: {said}", *trace[-20:]])


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_what_once_broke_holds(path: Path) -> None:
    """Plans that failed, cut down to what they need."""
    said, trace = failure(Plan.from_json(json.loads(path.read_text("utf-8"))), every=1)

    assert said == "", "\n".join([said, *trace])


@pytest.mark.parametrize("store", ["memory", "sqlite", "file"])
def test_a_seed_gives_the_same_run_again(store: str) -> None:
    """Also from its JSON, and the store makes no difference to what happens."""
    plan = draw(7, 120, store)
    assert Plan.from_json(json.loads(json.dumps(plan.as_json()))) == plan
    assert failure(plan) == failure(draw(7, 120, "memory"))


@pytest.mark.parametrize("seed", range(TWINS))
def test_tenants_of_one_store_do_not_notice_each_other(seed: int) -> None:
    """The same plan for two tenants, step by step in turn: to each it is as if it were alone, and nothing is shared."""
    plan = draw(seed, 100, "sqlite")
    store = SqlStore("sqlite:///:memory:")
    worlds = [World(plan, store.of("north")), World(plan, store.of("south")), World(plan)]
    try:
        for step in plan.steps:
            for world in worlds:
                world.take(step)
        for world in worlds:
            assert world.judge() == []
            world.come_to_rest()
            assert world.judge(at_rest=True) == []
        north, south, alone = ([KEY.sub("", line) for line in world.trace] for world in worlds)
        assert north == south == alone
        assert list(crossed([world.evidence() for world in worlds])) == []
    finally:
        for world in worlds:
            world.close()
        store.close()


def test_a_failing_plan_is_cut_to_what_it_needs() -> None:
    """Here what counts as failing is that something arrived: that needs a debt, its day, a decision and a hand-over."""
    plan = next(plan for plan in (draw(seed, 120, "memory") for seed in range(50)) if arrived(plan))

    small = shrunk(plan, lambda said: said == "arrived", failing=lambda plan: "arrived" if arrived(plan) else "")

    assert arrived(small)
    assert len(small.steps) <= 6


def arrived(plan: Plan) -> bool:
    world = World(plan)
    try:
        for step in plan.steps:
            world.take(step)
        return bool(world.sinks.effects)
    finally:
        world.close()
