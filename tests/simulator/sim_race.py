"""Every order in which workers and facts may come between each other, for one action that is due.

A schedule says, stop by stop, who goes on next: one of the workers (decide, claim and arm, send, acknowledge) or the
host, who tells its next fact. All schedules of a scene are played, one after the other, each from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, Final

from sim_facts import fact_of, invoice
from sim_sinks import Sinks, Words, sinks
from sim_workers import Hub, Worker
from sim_world import Clock, debtor_of

from dunning_engine.domain.events import Event
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.couriers import Direct
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import moment
from dunning_engine.policy.model import Policy
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.testing.invariants import Evidence, Violation, violations

POLICY: Final = """
policy: race
version: 1
title: "One letter"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: none, send_at: "09:00"}
contact_limits: [1 contact per day per debtor]
steps:
  - step: only
    when: 1 day after due
    send: email only
    on_uncertain: resend
pause_while: [disputed, promise open, on hold]
stop_when: [paid, bankrupt, deceased]
"""

FACTS: Final = (
    ("pay", 0), ("part", 30), ("refund", 30), ("chargeback", 30),
    ("hold", "cease"), ("hold", "dispute"), ("hold", "dispute-one"), ("hold", "manual"),
)  # fmt: skip
"""What may come between, with its measure."""

BACK: Final = (
    *FACTS,
    ("lift", "cease"),
    ("lift", "dispute"),
    ("lift", "manual"),
    ("opt-out", "email"),
    ("promise", 40),
)
"""What random schedules tell besides."""

CLOSING: Final = frozenset({"pay", "cease", "dispute", "dispute-one", "manual"})
"""After one of these, committed before the arming, nothing goes out."""

JOBS: Final = ("advance", "dispatch")


@dataclass(frozen=True)
class Scene:
    """How many workers look for something to do, how often each, and the facts that are told meanwhile."""

    workers: int
    facts: tuple[tuple[str, Any], ...]
    rounds: int = 1


@dataclass(frozen=True)
class Played:
    """A schedule, how many could have gone on at each stop, and what came of it."""

    schedule: tuple[int, ...]
    choices: tuple[int, ...]
    broken: tuple[Violation, ...]
    sent: int
    cancelled: int
    duplicates: int
    told_at: tuple[int, ...]
    """After how many stops of workers each fact was told."""


class Race:
    """One schedule of a scene, from the beginning."""

    def __init__(self, scene: Scene, policy: Policy) -> None:
        self.scene, self.policy = scene, policy
        self.clock = Clock(instant("2026-03-04T09:00:00Z"))
        self.hub, self.sinks = Hub(MemoryStore()), Sinks()
        self.host = self._engine(None)
        due = moment(self.clock.at, "UTC").date().replace(day=2)
        owner = debtor_of(0, policy.name)
        self.case_id = self.host.open_case(owner, [invoice("I1", 10_000, "EUR", due)], policy.name).id
        self.workers = [Worker(number, self.hub, self._engine) for number in range(scene.workers)]
        self.jobs = [list(JOBS) * scene.rounds for _ in self.workers]
        self.facts = list(scene.facts)
        self.told: list[tuple[str, Event]] = []

    def _engine(self, worker: Worker | None) -> DunningEngine:
        pause = (lambda _at: "sent") if worker is None else worker.pause
        return DunningEngine.open(
            self.hub.view(worker),
            policies=[self.policy],
            adapters=sinks(self.sinks, pause),
            renderer=Words(),
            clock=self.clock,
            courier=Direct(),
            monotonic=self.clock.monotonic,
        )

    def waiting(self) -> list[int]:
        """Who may go on: numbers of workers, and -1 for the host."""
        ready = [n for n, worker in enumerate(self.workers) if not worker.idle or self.jobs[n]]
        return [*ready, -1] if self.facts else ready

    def go_on(self, who: int) -> None:
        """Let somebody come to their next stop."""
        if who < 0:
            kind, given = self.facts.pop(0)
            case = self.host.case(self.case_id)
            fact = fact_of(kind, given, case, len(self.facts), self.clock.at)
            self.host.record(self.case_id, fact)
            self.told.append((self.case_id, fact))
            return
        worker = self.workers[who]
        worker.work(self.jobs[who].pop(0) if worker.idle else "", "sent")

    def judged(self) -> tuple[Violation, ...]:
        with self.hub.store.transaction() as tx:
            known = Evidence.read(tx, [self.policy], effects=self.sinks.effects, acknowledged=self.told)
        return tuple(violations(known))


def play(scene: Scene, policy: Policy, chosen: Sequence[int], chance: Random | None = None) -> Played:
    """A schedule that begins with some choices and goes on with the first that is ready, or by chance."""
    race, schedule, choices, told = Race(scene, policy), [], [], []
    while ready := race.waiting():
        number = len(schedule)
        drawn = 0 if chance is None else chance.randrange(len(ready))
        choice = chosen[number] if number < len(chosen) else drawn
        schedule.append(choice)
        choices.append(len(ready))
        if ready[choice] < 0:
            told.append(number - len(told))
        race.go_on(ready[choice])
    cancelled = len(race.host.outbox(state=OutboxState.CANCELLED))
    sent = len({effect.key for effect in race.sinks.effects})
    return Played(tuple(schedule), tuple(choices), race.judged(), sent, cancelled, race.sinks.duplicates(), tuple(told))


def every(scene: Scene, policy: Policy) -> Iterator[Played]:
    """Every schedule of a scene, each once."""
    chosen: list[int] | None = []
    while chosen is not None:
        played = play(scene, policy, chosen)
        yield played
        chosen = _next(played)


def _next(played: Played) -> list[int] | None:
    """The beginning of the next schedule, as an odometer counts."""
    for place in range(len(played.schedule) - 1, -1, -1):
        if played.schedule[place] + 1 < played.choices[place]:
            return [*played.schedule[:place], played.schedule[place] + 1]
    return None


def scenes() -> Iterator[Scene]:
    """One worker with every pair of facts; two workers with every fact."""
    for pair in product(FACTS, repeat=2):
        yield Scene(1, pair)
    for fact in FACTS:
        yield Scene(2, (fact,))


def random_scene(seed: int) -> tuple[Scene, Random]:
    """A longer scene, with facts that open the gate again."""
    chance = Random(f"race/{seed}")
    facts = tuple(chance.choice(BACK) for _ in range(chance.randrange(1, 5)))
    return Scene(chance.choice((1, 2, 2, 3)), facts, rounds=chance.choice((1, 2))), chance


def race_policy() -> Policy:
    return policy_of(POLICY, "race.yaml")
