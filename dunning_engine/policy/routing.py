"""Compiled routing: which policy a new case gets. The first route that matches chooses; an experiment splits by debtor."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from dunning_engine.kernel.calendar import EVERY_DAY
from dunning_engine.policy.model import Condition, Conditions, Policy, Test

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Use:
    """What a route chooses: a policy by name, or (empty) the one that was agreed with the debtor alone."""

    policy: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """`50 % us-consumer as control`: which percent of an experiment's debtors get which policy, under which name."""

    share: int
    policy: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One rule: for debts that meet its conditions, a policy or the variants of an experiment."""

    use: Use | None = None
    experiment: str = ""
    split: tuple[Variant, ...] = ()
    when: Conditions = ()
    when_any: Conditions = ()
    unless: Conditions = ()

    @property
    def unconditional(self) -> bool:
        """Whether it takes whatever comes to it."""
        return self.use != Use() and not (self.when or self.when_any or self.unless)

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that it names, each once."""
        named = (self.use.policy,) if self.use is not None and self.use.policy else ()
        return tuple(dict.fromkeys((*named, *(variant.policy for variant in self.split))))

    @property
    def words(self) -> str:
        """What it chooses, in a few words."""
        if self.use is not None:
            return self.use.policy or "the policy of the debtor"
        return f"experiment {self.experiment}"

    def conditions(self) -> Iterator[Condition]:
        yield from (*self.when, *self.when_any, *self.unless)


@dataclass(frozen=True, kw_only=True)
class Routing:
    """A version of routing, ready to choose by."""

    name: str
    version: int
    title: str
    hash: str
    zone: str = "UTC"
    segments: Mapping[str, Conditions] = field(default_factory=dict)
    routes: tuple[Route, ...]

    @property
    def label(self) -> str:
        """Name and version, as reasons quote them."""
        return f"{self.name} {self.version}"

    @cached_property
    def policies(self) -> tuple[str, ...]:
        """Every policy that some route names."""
        return tuple(dict.fromkeys(name for route in self.routes for name in route.policies))

    @cached_property
    def asks_history(self) -> bool:
        """Whether some condition needs to know how the debtor paid before."""
        return any(condition.asks_history for route in self.routes for condition in route.conditions())

    @cached_property
    def lens(self) -> Policy:
        """A policy without steps, to see with where a debt stands before it has a policy of its own."""
        return Policy(
            name=self.name,
            version=self.version,
            title=self.title,
            hash=self.hash,
            zone=self.zone,
            calendar=EVERY_DAY,
            steps=(),
        )


def spelled_out(conditions: Conditions) -> Conditions:
    """Conditions that all hold, with those of the segments among them."""
    return tuple(one for c in conditions for one in ((c, *c.parts) if c.test is Test.SEGMENT else (c,)))
