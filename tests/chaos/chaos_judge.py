"""After the last kill: everything comes to rest, and the record is held against the logs of hosts and receivers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import product
from typing import Any, Final

from chaos_host import Host, ledger_of, told
from chaos_house import TENANTS, House, tenant_of

from dunning_engine.domain.events import Event
from dunning_engine.engine.defaults import store_of
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.policy.model import Policy
from dunning_engine.ports.codec import decode_event
from dunning_engine.testing.invariants import Effect, Evidence, Violation, crossed, violations

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
        return self._count("I6", "I7", "I10")

    @property
    def chain_ok(self) -> bool:
        return not self._count("I8", "I9")


def come_to_rest(house: House, names: Sequence[str], opened: Callable[[str], DunningEngine]) -> None:
    """Nobody is killed any more: hosts get their answers, and whatever waits for its time gets it."""
    with ExitStack() as stack:
        engines = {tenant: stack.enter_context(opened(tenant)) for tenant in TENANTS}
        for tenant, name in product(TENANTS, names):
            host = Host(house, name, tenant, engines[tenant])
            host.catch_up()
            host.ledger.close()
        for seconds in FORWARD:
            house.ahead.value += seconds
            for _turn in range(TURNS_MAX):
                busy = [_turned(engine) for engine in engines.values()]
                if True not in busy:
                    break


def _turned(engine: DunningEngine) -> bool:
    return any([engine.advance(limit=500), engine.dispatch(limit=200)])


def judge(house: House, names: Sequence[str], policy: Policy) -> Judgement:
    """Everything that is not as it must be."""
    arrivals = [json.loads(line) for line in house.log("effects").read_text().splitlines()]
    effects = [*map(_effect, arrivals), *_letters(house)]
    several = [_evidence(house, tenant, names, policy) for tenant in TENANTS]
    known = {key for evidence in several for key in evidence.known}
    found: list[Violation] = [*crossed(several)]
    for evidence in several:
        theirs = [one for one in effects if one.action_id in evidence.known or one.action_id not in known]
        found += violations(replace(evidence, effects=theirs), at_rest=house.now())
        found += _answers(house, names, evidence)
    return Judgement(
        violations=tuple(found),
        actions=sum(len(evidence.outbox) for evidence in several),
        facts=sum(len(evidence.acknowledged) for evidence in several),
        duplicates=len(arrivals) - len({(one["receiver"], one["key"]) for one in arrivals}),
        states=dict(Counter(row.state.value for evidence in several for row in evidence.outbox)),
    )


def _evidence(house: House, tenant: str, names: Sequence[str], policy: Policy) -> Evidence:
    """What a tenant's part of the store holds, and what its hosts were told."""
    done = [line for name in names for line in told(ledger_of(house, name, tenant))[0]]
    facts: list[tuple[str, Event]] = [
        (line["case"], decode_event(*line["fact"])) for line in done if line["do"] == "fact"
    ]
    store = store_of(house.url, tenant=tenant)
    try:
        with store.transaction(write=False) as tx:
            return Evidence.read(tx, [policy], acknowledged=facts)
    finally:
        store.close()


def _answers(house: House, names: Sequence[str], evidence: Evidence) -> Iterator[Violation]:
    """Cases of which a host was told that they are open, and are not; and what a host never got an answer to."""
    for name in names:
        done, open_ends = told(ledger_of(house, name, evidence.tenant))
        if open_ends:
            yield Violation("I11", "?", f"a host of {evidence.tenant} has no answer: {name}")
        for line in done:
            if line["do"] == "open" and line["case"] not in evidence.held:
                yield Violation("I11", line["case"], "its opening was acknowledged, and it is not there")


def _effect(arrival: dict[str, Any]) -> Effect:
    return Effect(arrival["key"], arrival["digest"], arrival["receiver"], arrival["tenant"])


def _letters(house: House) -> Iterator[Effect]:
    """Every letter that lies in the folder; what a crash left half-written has no name of its own."""
    for path in sorted(house.letters.iterdir()):
        if path.suffix == ".txt" and not path.name.startswith("."):
            key = path.stem.rpartition("-")[2].rpartition("_")[2]
            content = path.read_bytes()
            yield Effect(key, sha256(content).hexdigest(), "letters", tenant_of(content))
