"""A world in which a plan is played: a store, workers with engines of their own, a host, receivers, one clock."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim_facts import fact_of, invoice
from sim_plan import WORKERS, Plan, Step
from sim_policies import policies
from sim_sinks import Sinks, Words, sinks
from sim_workers import Hub, LostAnswer, Worker

from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.parties import Party
from dunning_engine.engine import dispatcher
from dunning_engine.engine.casework import concerns_person
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.couriers import Direct
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.kernel.calendar import DAY_SECONDS, moment
from dunning_engine.kernel.errors import Conflict, UsageError
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.invariants import Evidence, Violation, violations

if TYPE_CHECKING:
    from dunning_engine.domain.events import Event
    from dunning_engine.ports.store import Store

dispatcher.PATIENCE_SECONDS = (0.0,) * 7  # a database that is back at once is not waited for

SKEWS: Final = (0, 3, -2)
"""Seconds by which the clocks of the workers differ from the host's."""

LOOK_EVERY: Final = 40
"""Steps between two judgements; there is one more at the end."""

FARTHEST: Final = 60 * DAY_SECONDS
"""How far `wake` lets the clock run at once."""


class Clock:
    """A clock that the plan moves, in both directions."""

    def __init__(self, now: int) -> None:
        self.at = now
        self.passed = 0

    def now(self) -> int:
        return self.at

    def move(self, seconds: int) -> None:
        """Let time pass, or set the clock back: that is not seen by who counts seconds."""
        self.at += seconds
        self.passed += max(0, seconds)

    def monotonic(self) -> float:
        return float(self.passed)


class Skewed:
    """A clock of a machine of its own."""

    def __init__(self, clock: Clock, skew: int) -> None:
        self._clock, self._skew = clock, skew

    def now(self) -> int:
        return self._clock.now() + self._skew


class World:
    """Everything of one run. `trace` tells what happened, a line per step. A store that is given stays open."""

    def __init__(self, plan: Plan, store: Store | None = None) -> None:
        self.plan = plan
        self.policies = [policies()[number] for number in plan.policies]
        self.clock = Clock(instant("2026-03-02T07:00:00Z") + plan.seed % 300 * DAY_SECONDS)
        self.sinks = Sinks()
        self.acknowledged: list[tuple[str, Event]] = []
        self.trace: list[str] = []
        self.killed = self.facts = 0
        self._began = self.clock.at
        self._home = tempfile.TemporaryDirectory() if plan.store == "file" else None
        self._given = store is not None
        self.hub = Hub(self._store() if store is None else store)
        self._open()

    # The house --------------------------------------------------------------------------------------------------------

    def _store(self) -> Store:
        match self.plan.store:
            case "memory":
                return MemoryStore()
            case "sqlite":
                return SqlStore("sqlite:///:memory:")
            case _:
                assert self._home is not None
                return SqlStore(f"sqlite:///{Path(self._home.name) / 'dunning.db'}")

    def _open(self) -> None:
        self.host = self._engine(None)
        self.workers = [Worker(number, self.hub, self._engine) for number in range(WORKERS)]

    def _engine(self, worker: Worker | None) -> DunningEngine:
        clock = self.clock if worker is None else Skewed(self.clock, SKEWS[worker.number % len(SKEWS)])
        pause = (lambda _at: "sent") if worker is None else worker.pause
        return DunningEngine.open(
            self.hub.view(worker),
            policies=self.policies,
            adapters=sinks(self.sinks, pause),
            renderer=Words(),
            clock=clock,
            courier=Direct(),
            monotonic=self.clock.monotonic,
            checkpoint=(lambda _point: None) if worker is None else worker.checkpoint,
        )

    def close(self) -> None:
        """Let everything go."""
        for worker in self.workers:
            worker.die()
        if not self._given:
            self.hub.store.close()
        if self._home is not None:
            self._home.cleanup()

    @property
    def days(self) -> int:
        """How many days the clock went on."""
        return (self.clock.at - self._began) // DAY_SECONDS

    # A run ------------------------------------------------------------------------------------------------------------

    def play(self, *, every: int = LOOK_EVERY) -> list[Violation]:
        """Take every step, come to rest, and judge; the first violations end the run."""
        for number, step in enumerate(self.plan.steps, 1):
            self.take(step)
            if number % every == 0 and (found := self.judge()):
                return found
        if found := self.judge():
            return found
        self.come_to_rest()
        return self.judge(at_rest=True)

    def take(self, step: Step) -> None:
        """One step of a plan, in its own words in the trace."""
        said = getattr(self, f"_{step[0]}")(*step[1:])
        self.trace.append(f"{moment(self.clock.at, 'UTC'):%Y-%m-%d %H:%M:%S} {' '.join(map(str, step))}: {said}")

    def judge(self, *, at_rest: bool = False) -> list[Violation]:
        """Whatever is not as it must be, by the log alone."""
        return list(violations(self.evidence(), at_rest=self.clock.now() if at_rest else None))

    def evidence(self) -> Evidence:
        """The log, and what receivers and hosts know."""
        with self.hub.store.transaction() as tx:
            return Evidence.read(tx, policies(), effects=self.sinks.effects, acknowledged=self.acknowledged)

    def come_to_rest(self) -> None:
        """No more faults: everybody finishes, leases run out, and what waits for its day gets it."""
        self.clock.at = max(self.clock.at, self._latest())
        for worker in self.workers:
            worker.fault = ""
            while not worker.idle:
                worker.work("", "sent")
        for _ in range(12):
            self._settle()
            waiting = [row.next_at for row in self.host.outbox() if row.next_at is not None]
            if not waiting:
                break
            self.clock.move(max(1, *(at - self.clock.at for at in waiting)))
        self._settle()

    def _latest(self) -> int:
        with self.hub.store.transaction(write=False) as tx:
            return max(tx.latest() or 0, self.clock.at)

    def _settle(self) -> None:
        for _ in range(200):
            busy = [self.host.advance(), self.host.dispatch()]
            if not any(busy):
                return
            self.clock.move(1)

    # Steps ------------------------------------------------------------------------------------------------------------

    def _work(self, number: int, job: str, outcome: str) -> str:
        worker = self.workers[number]
        try:
            said = worker.work(job, outcome)
        except Conflict as conflict:
            said = f"conflict: {conflict}"
        return said

    def _round(self, number: int) -> str:
        """A worker finishes what it does, decides, and hands over all that is due, with nothing going wrong."""
        worker, said = self.workers[number], []
        for job in ("advance", "dispatch", "dispatch", "dispatch", "advance", "dispatch"):
            said.append(self._work(number, job, "sent"))
            while not worker.idle:
                said.append(self._work(number, "", "sent"))
        return "; ".join(said)

    def _kill(self, number: int, where: str) -> str:
        worker = self.workers[number]
        if where != "here":
            worker.doomed = where
            worker.work("dispatch" if "dispatch" in where else "advance", "sent")
        at = worker.at
        worker.die()
        self.killed += 1
        self.workers[number] = Worker(number, self.hub, self._engine)
        return at

    def _lose(self, number: int, when: str) -> str:
        self.workers[number].fault = when
        return self._work(number, "advance", "sent")

    def _restart(self) -> str:
        for worker in self.workers:
            worker.die()
        if self.plan.store == "file":
            self.hub.store.close()
            self.hub.store = self._store()
        self._open()
        return "everything begins anew"

    def _clock(self, seconds: int) -> str:
        self.clock.move(seconds)
        return ""

    def _wake(self) -> str:
        look = self.host.next_look()
        if look is not None and self.clock.at < look <= self.clock.at + FARTHEST:
            self.clock.move(look - self.clock.at)
        return ""

    def _owe(self, debtor: int, policy: int, minor: int, days: int) -> str:
        chosen = self.policies[policy % len(self.policies)].name
        self.facts += 1
        due = moment(self.clock.at, "UTC").date() + timedelta(days=days)
        currency = "USD" if chosen == "us-consumer" else "EUR"
        owed = invoice(f"I{self.facts}", minor, currency, due)
        opening = self.host.open_cases(debtor_of(debtor % self.plan.debtors, chosen), [owed], chosen)
        return " ".join(case.id for case in opening.cases) or f"refused: {opening.refused}"

    def _answer(self, yes: bool) -> str:
        for case in self.host.cases():
            for delivery in case.deliveries.values():
                if delivery.state is DeliveryState.AWAITING:
                    answer = self.host.approve if yes else self.host.refuse
                    with suppress(UsageError):
                        answer(case.id, delivery.id, by="eve", role=self._role(case.id, delivery.key.step))
                        return delivery.words
        return "nobody asks"

    def _role(self, case_id: str, step: str) -> str:
        policy = self.host.policy_of(case_id)
        approval = policy.steps[policy.index[step]].approval
        return "" if approval is None else approval.role

    def _fact(self, case: int, kind: str, given: Any, fault: str, late: int) -> str:
        cases = self.host.cases()
        if not cases:
            return "no case"
        one = cases[case % len(cases)]
        self.facts += 1
        now = self.clock.now()
        try:
            fact = fact_of(kind, given, one, self.facts, now)
            self._told(one.id, fact, now - late * DAY_SECONDS, fault)
        except UsageError as error:
            return f"refused: {error}"
        return f"{one.id}"

    def _told(self, case_id: str, fact: Any, at: int, fault: str) -> None:
        """Record a fact as a careful host does: again, with the same identity, until there is an answer."""
        identity = {"source": "host", "event_id": f"e{self.facts}"}
        if hasattr(fact, "event_id"):
            identity = {}
        self.hub.host_fault = fault if fault in ("before", "after") else ""
        try:
            self.host.record(case_id, fact, at, **identity)
        except LostAnswer:
            self.host.record(case_id, fact, at, **identity)
        finally:
            self.hub.host_fault = ""
        if fault == "twice":
            assert not self.host.record(case_id, fact, at, **identity)
        debtor = self.host.case(case_id).debtor.id
        homes = [c.id for c in self.host.cases(debtor_id=debtor)] if concerns_person(fact) else [case_id]
        self.acknowledged += [(home, fact) for home in homes]


def debtor_of(number: int, policy: str) -> Party:
    """A debtor who can be reached by everything that the policies use."""
    if policy == "us-consumer":
        return Party.consumer(
            f"us{number}", email=f"us{number}@example.com", phone="+13035550100", address=["1 Main St", "Denver"],
            postal_code="80202", region="CO", country="US", zone="America/Denver",
        )  # fmt: skip
    return Party.consumer(
        f"d{number}", email=f"d{number}@example.com", phone="+4930123456", address=["Weg 1", "Berlin"],
        country="DE", zone="Europe/Berlin",
    )  # fmt: skip
