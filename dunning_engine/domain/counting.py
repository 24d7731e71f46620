"""How days become parts of a year, and how an exact amount becomes money. The statutes are silent on both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from math import floor
from typing import Final, TypeAlias, assert_never

from dunning_engine.kernel.calendar import Day

Pieces: TypeAlias = "tuple[tuple[int, int], ...]"
"""Days and the length of the year that they are a part of, as in ((184, 365), (10, 366))."""


class DayCount(Enum):
    """What a day is a part of. Courts and official examples mostly use a year of 365 days."""

    ACTUAL_365 = "actual/365"
    ACTUAL_360 = "actual/360"
    ACTUAL_ACTUAL = "actual/actual"
    """Each day by the length of its own year: 366 in a leap year."""
    THIRTY_360 = "30/360"
    """Months of 30 days, the 31st counting as the 30th."""

    def pieces(self, first: Day, last: Day) -> Pieces:
        """The days from `first` to `last`, both included."""
        match self:
            case DayCount.ACTUAL_365:
                return ((last - first + 1, 365),)
            case DayCount.ACTUAL_360:
                return ((last - first + 1, 360),)
            case DayCount.ACTUAL_ACTUAL:
                return _by_year(first, last)
            case DayCount.THIRTY_360:
                return ((_thirty(last) - _thirty(first - 1), 360),)
            case _:
                assert_never(self)


def _by_year(first: Day, last: Day) -> Pieces:
    years = range(date.fromordinal(first).year, date.fromordinal(last).year + 1)
    return tuple(_in_year(year, first, last) for year in years)


def _in_year(year: int, first: Day, last: Day) -> tuple[int, int]:
    start, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return min(last, end) - max(first, start) + 1, end - start + 1


def _thirty(day: Day) -> int:
    there = date.fromordinal(day)
    return there.year * 360 + there.month * 30 + min(there.day, 30)


class Step(Enum):
    """Which figure is rounded."""

    END = "once at the end"
    DAILY = "the daily figure"
    PUBLISHED = "the daily percentage"


class Ties(Enum):
    """Where exactly half a minor unit goes."""

    UP = "half up"
    EVEN = "half even"


@dataclass(frozen=True, slots=True)
class Rounding:
    """What is rounded, and how.

    The daily percentage is rounded to `places`; `daily_percent` is that figure where an authority has published it.
    """

    step: Step = Step.END
    ties: Ties = Ties.UP
    places: int = 3
    daily_percent: Decimal | None = None

    def amount(self, minor: Fraction, percent: Decimal, pieces: Pieces) -> Fraction:
        """Interest in minor units on a base of so many, before the total is rounded."""
        match self.step:
            case Step.END:
                return sum((yearly(minor, percent) * days / basis for days, basis in pieces), Fraction())
            case Step.DAILY:
                return sum(
                    (Fraction(self.whole(yearly(minor, percent) / basis) * days) for days, basis in pieces), Fraction()
                )
            case Step.PUBLISHED:
                return sum((minor * self._daily(percent, basis) * days / 100 for days, basis in pieces), Fraction())
            case _:
                assert_never(self.step)

    def whole(self, value: Fraction) -> int:
        """The nearest whole number; a half goes away from zero, or to the even one."""
        if self.ties is Ties.EVEN:
            return round(value)
        nearest = floor(abs(value) + Fraction(1, 2))
        return nearest if value >= 0 else -nearest

    def _daily(self, percent: Decimal, basis: int) -> Fraction:
        if self.daily_percent is not None:
            return Fraction(self.daily_percent)
        scale = 10**self.places
        return Fraction(self.whole(Fraction(percent) / basis * scale), scale)


def yearly(minor: Fraction, percent: Decimal) -> Fraction:
    """A year's interest in minor units."""
    return minor * Fraction(percent) / 100


ONCE: Final = Rounding()
"""Half up, once, at the end: the default."""

DAILY_FIRST: Final = Rounding(Step.DAILY)
"""The daily figure is rounded and then multiplied, as the British government's example does."""

PUBLISHED_DAILY: Final = Rounding(Step.PUBLISHED)
"""The daily percentage to three places, as the Irish department publishes it."""

HALF_EVEN: Final = Rounding(ties=Ties.EVEN)
"""Once, at the end, a half going to the even minor unit."""
