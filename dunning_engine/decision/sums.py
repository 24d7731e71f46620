"""The sums of fees and interest in minor units: exact until the end, then rounded once, a half up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.counting import ONCE, yearly
from dunning_engine.policy.charges import Band, Bands, Fee

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from dunning_engine.domain.counting import DayCount
    from dunning_engine.domain.statutes import RatePeriod
    from dunning_engine.kernel.calendar import Day

ROUNDING: Final = "half up, once, at the end"
"""How every charge is rounded."""


def part(minor: int, percent: Decimal) -> int:
    """A percentage of an amount."""
    return ONCE.whole(Fraction(minor) * Fraction(percent) / 100)


def fee_sum(fee: Fee, base: int, currency: str) -> int:
    """What a fee with a name comes to on a base; 0 where no band begins at or below it."""
    found = _banded(fee, base, currency) if fee.bands else _plain(fee, base, currency)
    if found is None:
        return 0
    amount = ONCE.whole(found)
    if fee.at_least is not None:
        amount = max(amount, fee.at_least.minor(currency))
    if fee.at_most is not None:
        amount = min(amount, fee.at_most.minor(currency))
    return amount


def _plain(fee: Fee, base: int, currency: str) -> Fraction:
    fixed = Fraction(0 if fee.fixed is None else fee.fixed.minor(currency))
    return fixed + (_share(base, fee.percent) if fee.percent is not None else 0)


def _banded(fee: Fee, base: int, currency: str) -> Fraction | None:
    """The bands that a base reaches: the last one over all of it, or each over its own part."""
    reached = [band for band in fee.bands if band.start.minor(currency) <= base]
    if not reached:
        return None
    if fee.method is Bands.WHOLE:
        return _taken(reached[-1], base, currency)
    ends = [*(band.start.minor(currency) for band in reached[1:]), base]
    parts = (_taken(band, end - band.start.minor(currency), currency) for band, end in zip(reached, ends, strict=True))
    return sum(parts, Fraction())


def _taken(band: Band, minor: int, currency: str) -> Fraction:
    fixed = Fraction(0 if band.fixed is None else band.fixed.minor(currency))
    return fixed + (_share(minor, band.percent) if band.percent is not None else 0)


def _share(minor: int, percent: Decimal) -> Fraction:
    return Fraction(minor) * Fraction(percent) / 100


# Interest -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row, both included, with one base in minor units and one rate in percent a year."""

    first: Day
    last: Day
    base: int
    percent: Decimal

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def stretches(
    opened: Sequence[tuple[Day, int]], periods: Sequence[RatePeriod], first: Day, through: Day
) -> Iterator[Stretch]:
    """The days from `first` to `through` by base and rate; `opened` are days from which on so much was open."""
    starts = {first, *(day for day, _minor in opened), *(period.first for period in periods)}
    days = sorted(day for day in starts if first <= day <= through)
    for start, after in zip(days, [*days[1:], through + 1], strict=True):
        base = next((minor for day, minor in reversed(opened) if day <= start), 0)
        percent = next(period.percent for period in periods if period.first <= start <= period.last)
        if base > 0:
            yield Stretch(start, after - 1, base, percent)


def interest_sum(parts: Sequence[Stretch], count: DayCount) -> int:
    """Simple interest of all days together."""
    exact = (
        yearly(Fraction(one.base), one.percent) * days / year
        for one in parts
        for days, year in count.pieces(one.first, one.last)
    )
    return ONCE.whole(sum(exact, Fraction()))
