"""Two worlds that differ in one thing, over drawn tales under the whole language: a hold more, or more looks."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldPlaced
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.testing.exploring import Explorer
from dunning_engine.testing.happenings import Happening, Look, Tale
from dunning_engine.testing.monitors import MONITORS
from dunning_engine.testing.rehearsal import LOOKS_MAX, Rehearsal

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from soak import everything

POLICIES = cache(lambda: tuple(everything()))
PLACES = st.integers(0, 1000)
WORLDS = st.tuples(PLACES, st.integers(0, 10**6))
REASONS = st.sampled_from([r for r in HoldReason if r is not HoldReason.PLAN])
relaxed = settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


def drawn(world):
    """A policy of the whole language, and a tale under it of at most some months."""
    policies = POLICIES()
    policy = policies[world[0] % len(policies)]
    tale = Explorer(policy, 5).random(world[1])
    return policy, replace(tale, until=min(tale.until, tale.setting.opened_at + 200 * DAY_SECONDS))


def played(policy, tale, until=None):
    return Rehearsal.of(tale if until is None else replace(tale, until=until), policy, (), MONITORS)


def with_deeds(tale, *happenings):
    """The tale with some more happenings, each after what happens at its instant anyway."""
    told = sorted((*tale.happenings, *happenings), key=lambda one: one.at)
    return Tale(tale.setting, tuple(told), tale.until)


def gone(stage):
    """What went out, and when."""
    return [(handed.at, handed.action.id, handed.action.amount) for handed in stage.handed]


def within(tale, place):
    """An instant of a tale."""
    start = tale.setting.opened_at + 60
    return start + (tale.until - start) * place // 1000


def contacts(decision):
    return {c.action.id for c in decision.cleared if c.action.action.spec.channel is not None}


@relaxed
@given(WORLDS, PLACES, REASONS)
def test_one_more_hold_adds_no_contact(world, place, reason):
    """At the very look at which something went out: with the hold no other contact goes out."""
    policy, tale = drawn(world)
    out = played(policy, tale).handed
    assume(out)
    at = out[place % len(out)].at
    free, held = (played(policy, tale, at - 1) for _ in range(2))
    held.now = at
    held._befall(HoldPlaced(reason))

    assert contacts(held.ask(at)) <= contacts(free.ask(at))


@relaxed
@given(WORLDS, st.lists(PLACES, max_size=20))
def test_more_looks_change_nothing(world, places):
    """Hourly, daily, or only when told: the same goes out at the same instants."""
    policy, tale = drawn(world)
    looks = (Happening(within(tale, place), Look()) for place in places)
    few, many = played(policy, tale), played(policy, with_deeds(tale, *looks))
    assume(max(len(few.decisions), len(many.decisions)) < LOOKS_MAX)

    assert gone(few) == gone(many)
