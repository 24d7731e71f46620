"""What statutory money looks like to those who charge it: rates by day, and fixed sums.

The packs and tables themselves are law, on the floor above; whoever compiles a policy hands over what it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from decimal import Decimal

    from dunning_engine.domain.parties import PartyKind
    from dunning_engine.kernel.calendar import Day
    from dunning_engine.kernel.money import Money


class RateUnknown(LookupError):
    """A day for which nobody has looked up the reference rate: nothing may be charged on a guess."""


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """Days in a row with one rate in percent a year; `read_on` is the day whose reference rate it is."""

    first: Day
    last: Day
    percent: Decimal
    read_on: Day | None = None


class RateCourse(Protocol):
    """The rate at which a debt bears interest, through time."""

    @property
    def citation(self) -> str:
        """Where the rate stands."""

    def periods(self, debtor: PartyKind, first: Day, through: Day) -> tuple[RatePeriod, ...]:
        """The rates of days in a row, both included. Raises `RateUnknown`."""


class Statute(RateCourse, Protocol):
    """What one statute gives a creditor who is paid late."""

    @property
    def name(self) -> str:
        """The name of its pack: `uk/late-payment`."""

    @property
    def countries(self) -> frozenset[str]:
        """Where it is the law."""

    @property
    def debtors(self) -> frozenset[PartyKind]:
        """Whom it binds to pay interest."""

    @property
    def fixed_sum_debtors(self) -> frozenset[PartyKind]:
        """Whom it binds to pay the fixed sum."""

    @property
    def currency(self) -> str:
        """The currency of its fixed sums."""

    @property
    def fixed_sum_citation(self) -> str:
        """Where the fixed sum stands."""

    def fixed_sum(self, debt: Money, debtor: PartyKind) -> Money:
        """The lump sum for one debt in the currency of the statute."""


class Statutes(Protocol):
    """The packs and reference rates that exist."""

    def statute(self, name: str) -> Statute | None:
        """A pack, or None where the name means nothing."""

    def names(self) -> tuple[str, ...]:
        """Every pack, for "did you mean"."""

    def above(self, table: str, points: Decimal) -> RateCourse | None:
        """Points above a reference rate that floats by half-year; None where no table has that name."""

    def tables(self) -> tuple[str, ...]:
        """Every reference rate, for "did you mean"."""


class _NoStatutes:
    """Where nobody handed over any law of money."""

    def statute(self, name: str) -> Statute | None:  # noqa: ARG002
        return None

    def names(self) -> tuple[str, ...]:
        return ()

    def above(self, table: str, points: Decimal) -> RateCourse | None:  # noqa: ARG002
        return None

    def tables(self) -> tuple[str, ...]:
        return ()


NO_STATUTES: Final[Statutes] = _NoStatutes()
