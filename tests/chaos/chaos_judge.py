"""After the last kill: everything comes to rest, and the record is held against the logs of hosts and receivers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from chaos_host import Host, told
from chaos_house import House

from dunning_engine.domain.events import Event
from dunning_engine.engine.defaults import store_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.policy.model import Policy
from dunning_engine.ports.codec import decode_event
from dunning_engine.testing.invariants import Effect, Evidence, Violation, violations

FORWARD: Final = (0, 3_600, 12 * 3_600, 8 * DAY_SECONDS, 8 * DAY_SECONDS)
"""By how much the clock is put forward, so that leases run out, what failed is tried again and limits have room."""

TURNS_MAX: Final = 2_000


@dataclass(frozen=True)
class Judgement:
    """What came of it all."""

    violations: tuple[Violation, ...]
    actions: int
    facts: int
    duplicates: int
    states: dict[str, int]

    def _count(self, *invariants: str) -> int:
        return sum(violation.invariant in invariants for violation in self.violations)

    @property
    def lost(self) -> int:
        """Actions without an end, and facts that were acknowledged and are not there."""
        return self._count("I2", "I11")

    @property
    def unkeyed(self) -> int:
        """Arrivals that no receiver could have recognised."""
        return self._count("I1", "I3")

    @property
    def after_stop(self) -> int:
        return self._count("I4")

    @property
    def limits(self) -> int:
        return self._count("I5")

    @property
    def otherwise(self) -> int:
        return self._count("I6", "I7")

    @property
    def chain_ok(self) -> bool:
        return not self._count("I8", "I9")


def come_to_rest(house: House, names: Sequence[str]) -> None:
    """Nobody is killed any more: hosts get their answers, and whatever waits for its time gets it."""
    with house.open() as engine:
        for name in names:
            host = Host(house, name, engine)
            host.catch_up()
            host.ledger.close()
        for seconds in FORWARD:
            house.ahead.value += seconds
            for _turn in range(TURNS_MAX):
                if not any([engine.advance(limit=500), engine.dispatch(limit=200)]):
                    break


def judge(house: House, names: Sequence[str], policy: Policy) -> Judgement:
    """Everything that is not as it must be."""
    arrivals = [json.loads(line) for line in house.log("effects").read_text().splitlines()]
    done = [line for name in names for line in told(house.log(f"host-{name}"))[0]]
    facts: list[tuple[str, Event]] = [
        (line["case"], decode_event(*line["fact"])) for line in done if line["do"] == "fact"
    ]
    store = store_of(house.url)
    try:
        with store.transaction(write=False) as tx:
            effects = [*map(_effect, arrivals), *_letters(house)]
            evidence = Evidence.read(tx, [policy], effects=effects, acknowledged=facts)
    finally:
        store.close()
    found = [*violations(evidence, at_rest=house.now()), *_unopened(done, evidence)]
    found += [
        Violation("I11", "?", f"a host has no answer: {name}") for name in names if told(house.log(f"host-{name}"))[1]
    ]
    return Judgement(
        violations=tuple(found),
        actions=len(evidence.outbox),
        facts=len(facts),
        duplicates=len(arrivals) - len({(one["receiver"], one["key"]) for one in arrivals}),
        states=dict(Counter(row.state.value for row in evidence.outbox)),
    )


def _effect(arrival: dict[str, Any]) -> Effect:
    return Effect(arrival["key"], arrival["digest"], arrival["receiver"])


def _letters(house: House) -> Iterator[Effect]:
    """Every letter that lies in the folder; what a crash left half-written has no name of its own."""
    for path in sorted(house.letters.iterdir()):
        if path.suffix == ".txt" and not path.name.startswith("."):
            key = path.stem.rpartition("-")[2].rpartition("_")[2]
            yield Effect(key, sha256(path.read_bytes()).hexdigest(), "letters")


def _unopened(done: list[dict[str, Any]], evidence: Evidence) -> Iterator[Violation]:
    for line in done:
        if line["do"] == "open" and line["case"] not in evidence.held:
            yield Violation("I11", line["case"], "its opening was acknowledged, and it is not there")
