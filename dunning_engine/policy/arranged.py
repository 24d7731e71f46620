"""What a policy says of holds, disputes, promises and payment plans: how long, how often, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.domain.arrangements import Clock, HoldReason, Resume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.kernel.spans import Span
    from dunning_engine.policy.model import Amount

PROMISE: Final = "promise"
"""The key of promises among the reasons of `holds`."""

KEY_OF: Final[Mapping[HoldReason, str]] = {
    reason: "manual" if reason is HoldReason.MANUAL else reason.value.replace(" ", "_") for reason in HoldReason
}
"""Reasons to wait by the word under which `holds` speaks of them."""

HoldTerm: TypeAlias = Resume | Clock
"""One word on a reason to wait: where the ladder goes on, or whether its clock runs."""


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """What a reason to wait does to the ladder."""

    resume: Resume = Resume.CONTINUE
    clock: Clock = Clock.STOPS

    @classmethod
    def of(cls, terms: tuple[HoldTerm, ...]) -> HoldTerms:
        """The terms that some words say together; the last word of a kind counts."""
        resume, clock = Resume.CONTINUE, Clock.STOPS
        for term in terms:
            if isinstance(term, Resume):
                resume = term
            else:
                clock = term
        return cls(resume, clock)


USUAL: Final = HoldTerms()


@dataclass(frozen=True, slots=True)
class DisputeRules:
    """How long we have to answer a dispute; `None` is as long as it takes."""

    answer_within: Span | None = None


@dataclass(frozen=True, slots=True)
class PromiseLimit:
    """A most of promises, open or broken, at which one more still lets the case wait."""

    open: int | None = None
    broken: int | None = None


@dataclass(frozen=True, slots=True)
class PlanBounds:
    """Which payment plan a step offers, and so may be agreed without asking: so many parts, each so large."""

    count: int
    every: str = "month"
    least: Amount | None = None

    @property
    def widest(self) -> int:
        """The most days between two instalments."""
        return 31 if self.every == "month" else 7


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """For how many days after its own a promise is still in time, how many let the case wait, where a broken one leads.

    `open` and `broken` are the most at which one more promise still lets the case wait; `None` is no limit.
    """

    tolerance: Span | None = None
    open: int | None = None
    broken: int | None = None
    then: str | None = None


@dataclass(frozen=True, slots=True)
class PlanRules:
    """For how many days after its own an instalment is still in time, and how many missed ones break the plan.

    `offer` is what may be agreed without anybody's approval; `None` is anything.
    """

    grace: Span | None = None
    broken_after: int = 1
    then: str | None = None
    offer: PlanBounds | None = None


@dataclass(frozen=True, slots=True)
class Arrangements:
    """All of it together."""

    holds: Mapping[str, HoldTerms]
    disputes: DisputeRules = DisputeRules()
    promises: PromiseRules = PromiseRules()
    plans: PlanRules = PlanRules()

    def terms(self, key: str) -> HoldTerms:
        """What a reason to wait does to the ladder, by its key in `holds`."""
        return self.holds.get(key, USUAL)


NONE: Final = Arrangements({})
