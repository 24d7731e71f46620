"""What will happen, drawn from a seed as plain values before anything happens: so it can be repeated, cut and kept."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeAlias

from sim_sinks import OUTCOMES

from dunning_engine.ports.checkpoints import Point

Step: TypeAlias = tuple[Any, ...]
"""A word and its numbers; indices are taken modulo what there is, so that every cut of a plan is a plan."""

STORES: Final = ("memory",) * 6 + ("sqlite",) * 3 + ("file",)
WORKERS: Final = 3
JOBS: Final = ("advance", "dispatch", "dispatch")
REASONS: Final = (
    "dispute", "dispute", "dispute-one", "dispute-one", "dispute-part", "cease", "cease", "manual", "manual", "manual",
    "bankruptcy", "attorney", "deceased",
)  # fmt: skip
FACTS: Final = (
    "pay", "part", "part", "refund", "chargeback", "chargeback", "credit", "hold", "lift", "lift", "lift",
    "promise", "opt-out", "opt-in", "opt-in", "invoice", "invoice", "declined",
)  # fmt: skip
CHANNELS: Final = ("email", "sms", "letter", "call")
WHERE: Final = ("here",) * 8 + tuple(point.value for point in Point if not point.value.startswith("record"))
"""Where a worker dies: at once, or at the labelled point that it comes to first."""
FAULTS: Final = ("", "", "", "", "before", "after", "twice")


@dataclass(frozen=True)
class Plan:
    """A world and what happens in it."""

    seed: int
    store: str
    policies: tuple[int, ...]
    debtors: int
    steps: tuple[Step, ...]

    def cut(self, steps: tuple[Step, ...]) -> Plan:
        return Plan(self.seed, self.store, self.policies, self.debtors, steps)

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "store": self.store,
            "policies": list(self.policies),
            "debtors": self.debtors,
            "steps": [list(step) for step in self.steps],
        }

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Plan:
        steps = tuple(tuple(step) for step in told["steps"])
        return cls(told["seed"], told["store"], tuple(told["policies"]), told["debtors"], steps)


def draw(seed: int, steps: int, store: str | None = None) -> Plan:
    """The plan of a seed: the same on every machine."""
    chance = Random(f"simulator/{seed}")
    chosen = chance.choice(STORES)
    policies = chance.choice(((0,), (0,), (1,), (1,), (0, 1), (2,)))
    debtors = chance.choice((1, 1, 2, 3))
    opening: list[Step] = [
        ("owe", debtor, chance.randrange(9), chance.randrange(1, 400) * 100, -chance.randrange(12))
        for debtor in range(debtors)
        for _ in range(chance.choice((1, 1, 2, 3)))
    ]
    busy = chance.randrange(WORKERS)
    drawn: list[Step] = []
    while len(drawn) < steps - len(opening):
        if chance.random() < 0.1:
            busy = chance.randrange(WORKERS)
        drawn.append(_step(chance, busy))
    return Plan(seed, store or chosen, policies, debtors, (*opening, *drawn)[:steps])


def _step(chance: Random, busy: int) -> Step:
    what = chance.random()
    worker = busy if chance.random() < 0.7 else chance.randrange(WORKERS)
    if what < 0.08:
        return "round", worker
    if what < 0.64:
        outcome = "sent" if chance.random() < 0.5 else chance.choice(OUTCOMES)
        return "work", worker, chance.choice(JOBS), outcome
    if what < 0.79:
        return _time(chance)
    if what < 0.90:
        return _fact(chance)
    if what < 0.93:
        return "answer", chance.random() < 0.7
    if what < 0.97:
        return "kill", worker, chance.choice(WHERE)
    if what < 0.985:
        return "lose", worker, chance.choice(("before", "after"))
    if what < 0.99:
        return "owe", chance.randrange(3), chance.randrange(9), chance.randrange(1, 400) * 100, chance.randrange(-9, 5)
    return ("restart",)


def _time(chance: Random) -> Step:
    kind = chance.random()
    if kind < 0.55:
        return ("wake",)
    if kind < 0.90:
        return "clock", chance.choice((1, 30, 61, 121, 600, 3600, 4 * 3600, 86_400, 3 * 86_400))
    if kind < 0.97:
        return "clock", -chance.choice((1, 5, 30, 59))
    return "clock", chance.choice((30 * 86_400, 366 * 86_400, -3600, -86_400, -366 * 86_400))


def _fact(chance: Random) -> Step:
    case, fault, late = chance.randrange(9), chance.choice(FAULTS), chance.choice((0, 0, 0, 0, 1, 3))
    kind = chance.choice(FACTS)
    match kind:
        case "part" | "refund" | "chargeback" | "credit" | "promise":
            return "fact", case, kind, chance.randrange(1, 100), fault, late
        case "hold" | "lift":
            return "fact", case, kind, chance.choice(REASONS), fault, late
        case "opt-out" | "opt-in":
            return "fact", case, kind, chance.choice(CHANNELS), fault, late
        case "invoice":
            return "fact", case, kind, chance.randrange(1, 300) * 100, fault, 0
        case _:
            return "fact", case, kind, 0, fault, late
