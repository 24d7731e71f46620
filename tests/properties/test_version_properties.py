"""Laws of versions: the same policy changes nothing, and who moves to another version keeps what was done."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from dunning_engine.decision.decider import decide
from dunning_engine.decision.moving import moved, moving, refusal
from dunning_engine.engine.casework import casework
from dunning_engine.engine.loading import load_rulebooks
from dunning_engine.simulation.replay import Fate, compare
from dunning_engine.simulation.run import Simulation
from dunning_engine.testing.strategies_policies import compiled, policies
from dunning_engine.testing.strategies_worlds import portfolios
from dunning_engine.whereabouts.zones import Whereabouts

relaxed = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
START = date(2025, 4, 1)


def simulation(policy, intake, days):
    return Simulation(
        plans=casework(intake, {policy.name: policy}, default=policy.name).plans,
        rulebooks={book.name: book for book in load_rulebooks(policy.law)},
        zones=Whereabouts(),
        start=START,
        until=START + timedelta(days),
    )


def stopped(policy, intake, days):
    """Cases in the middle of their way, with the whole log of contacts of each debtor, and the last instant looked at."""
    run = simulation(policy, intake, days)
    for _, world in run.worlds():
        for thread in world.threads.values():
            if thread.case is not None:
                yield thread.case, thread.rulebooks, world._until


def following(text, *changes):
    """The next version of a policy."""
    text = text.replace("version: 1", "version: 2")
    for old, new in changes:
        text = text.replace(old, new)
    return compiled(text)


@relaxed
@given(drawn=policies(), intake=portfolios(), days=st.integers(30, 900))
def test_the_same_steps_change_no_next_look(drawn, intake, days):
    """A version that differs in its number alone: nothing is taken back, and the next look is the same."""
    assume("approval" not in drawn.text)
    new = following(drawn.text)
    for case, books, now in stopped(drawn.policy, intake, days):
        events = moving(case, new, {}, outbox=(), now=now)
        before, after = decide(case, drawn.policy, books, now), decide(moved(case, events, now), new, books, now)
        assert len(events) == 1
        assert after.next_look == before.next_look
        assert [verdict.action.id for verdict in after.cleared] == [verdict.action.id for verdict in before.cleared]


@relaxed
@given(drawn=policies(), intake=portfolios(), days=st.integers(30, 900))
def test_new_names_of_steps_change_no_next_look(drawn, intake, days):
    """Every step has another name, and the map says so: the same comes next, at the same instant, and nothing twice."""
    assume("approval" not in drawn.text)
    new = following(
        drawn.text, *((f"step: step{n}", f"step: rung{n}") for n in range(1, 5)), ("after step", "after rung")
    )
    steps = {step.name: step.name.replace("step", "rung") for step in drawn.policy.steps}
    for case, books, now in stopped(drawn.policy, intake, days):
        assert refusal(case, drawn.policy, new, {}) != ""
        assert refusal(case, drawn.policy, new, steps) == ""
        there = moved(case, moving(case, new, steps, outbox=(), now=now), now)
        before, after = decide(case, drawn.policy, books, now), decide(there, new, books, now)
        assert after.next_look == before.next_look
        assert [v.action.spec for v in after.cleared] == [v.action.spec for v in before.cleared]
        assert there.deliveries.keys() == case.deliveries.keys()
        back = {new: old for old, new in steps.items()}
        again = moved(there, moving(there, drawn.policy, back, outbox=(), now=now), now)
        assert {d.key for d in again.deliveries.values()} == {d.key for d in case.deliveries.values()}


@relaxed
@given(drawn=policies(), intake=portfolios())
def test_a_replay_of_the_same_policy_changes_nothing(drawn, intake):
    """Whatever the debtors, no case changes, and limits hold up the same."""
    lines = [simulation(policy, intake, 900).run() for policy in (drawn.policy, following(drawn.text))]
    told = compare(*lines)

    assert told.changed_cases == frozenset()
    assert set(told.fates) <= {Fate.SAME}
    assert told.held_before == told.held_now
    assert told.largest() == ()


@relaxed
@given(drawn=policies(), other=policies(), intake=portfolios(), seed=st.integers(0, 99))
def test_a_replay_is_the_sum_of_its_debtors(drawn, other, intake, seed):
    """Dealing the debtors out to several runs, in any order, tells the same."""
    runs = [simulation(policy, intake, 900).run() for policy in (drawn.policy, other.policy)]
    whole = compare(*runs)
    debtors = list(intake.parties)
    random.Random(seed).shuffle(debtors)
    parts = [compare(*([one for one in run if one.trace.action.debtor_id == name] for run in runs)) for name in debtors]
    total = parts[0]
    for part in parts[1:]:
        total += part

    assert total.as_json() == whole.as_json()
