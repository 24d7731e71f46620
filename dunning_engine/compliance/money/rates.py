"""Reference rates by half-year, as central banks publish them and statutes take them up.

A table knows the half-years that somebody has checked. Any other one is an error that says what to add: an old rate is
never carried forward, because a claim with a guessed rate is a wrong claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from dunning_engine.compliance.rulebook import Citation, Confidence
from dunning_engine.domain.given import given_day, given_percent
from dunning_engine.kernel.calendar import Day, day_of
from dunning_engine.kernel.errors import UsageError


class RateMissing(UsageError, LookupError):
    """A half-year that a table of reference rates does not know; the message says what to add."""


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """January to June (1) or July to December (2) of a year."""

    year: int
    half: int

    @classmethod
    def of(cls, day: Day) -> HalfYear:
        """The half-year that a day lies in."""
        there = date.fromordinal(day)
        return cls(there.year, 1 if there.month <= 6 else 2)

    @property
    def first(self) -> Day:
        return date(self.year, 1 if self.half == 1 else 7, 1).toordinal()

    @property
    def last(self) -> Day:
        return date(self.year, *((6, 30) if self.half == 1 else (12, 31))).toordinal()

    def __str__(self) -> str:
        return f"{self.year}-H{self.half}"


class ReadOn(Enum):
    """Which day's rate speaks for a half-year."""

    FIRST_DAY = "first_day"
    EVE = "eve"
    """The day before it begins: 31 December and 30 June, as in the United Kingdom."""

    def reference_date(self, half: HalfYear) -> Day:
        return half.first - (self is ReadOn.EVE)


@dataclass(frozen=True, slots=True)
class Rate:
    """A reference rate in percent a year, the day on which it was read, and how sure we are.

    The day may be a `date` or ISO 8601 text, the rate text; both are kept as `Day` and `Decimal`.
    """

    day: Day
    percent: Decimal
    confidence: Confidence = Confidence.HOUSE

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", given_day(self.day, "the day of a rate"))
        object.__setattr__(self, "percent", given_percent(self.percent, "a rate"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    """The published values of one reference rate. `with_rows` adds what a host has looked up itself."""

    name: str
    title: str
    source: Citation
    unit: str
    read_on: ReadOn
    last_verified: HalfYear
    rows: tuple[Rate, ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if row.day != self.read_on.reference_date(self._half(row)):
                raise UsageError(
                    f"{_iso(row.day)} is no reference day of {self.name}: it is read on {self._days()} only"
                )

    def at(self, day: Day) -> Rate:
        """The rate that speaks for the half-year of a day; a half-year without one raises `RateMissing`."""
        wanted = self.reference_date(day)
        found = self._row(wanted)
        if found is not None:
            return found
        raise RateMissing(
            f"{self.name} has no rate for {HalfYear.of(day)}, verified is {self.last_verified}: "
            f"look up the rate of {_iso(wanted)} ({self.source.text}) and add it to "
            f"dunning_engine/compliance/money/tables/{self.name}.yaml, or pass a table made by RateTable.with_rows"
        )

    def reference_date(self, day: Day) -> Day:
        """The day whose rate speaks for the half-year of a day."""
        return self.read_on.reference_date(HalfYear.of(day))

    def knows(self, half: HalfYear) -> bool:
        """Whether there is a rate for a half-year."""
        return self._row(self.read_on.reference_date(half)) is not None

    def with_rows(self, rows: Iterable[Rate]) -> RateTable:
        """The table with more rows, or newer ones for the same days."""
        known = {row.day: row for row in (*self.rows, *rows)}
        merged = tuple(known[day] for day in sorted(known))
        return replace(self, rows=merged, last_verified=max(self.last_verified, *map(self._half, merged)))

    def _row(self, day: Day) -> Rate | None:
        return next((row for row in self.rows if row.day == day), None)

    def _half(self, row: Rate) -> HalfYear:
        return HalfYear.of(row.day + (self.read_on is ReadOn.EVE))

    def _days(self) -> str:
        return "1 January and 1 July" if self.read_on is ReadOn.FIRST_DAY else "31 December and 30 June"


def table_of(data: Mapping[str, Any]) -> RateTable:
    """A table from its compiled JSON."""
    year, _, half = data["last_verified"].partition("-H")
    return RateTable(
        name=data["table"],
        title=data["title"],
        source=Citation(data["source"]["text"], data["source"]["url"]),
        unit=data["unit"],
        read_on=ReadOn(data["read_on"]),
        last_verified=HalfYear(int(year), int(half)),
        rows=tuple(
            Rate(day_of(day), Decimal(row["rate"]), Confidence(row["confidence"]))
            for day, row in sorted(data["rates"].items())
        ),
    )


def _iso(day: Day) -> str:
    return date.fromordinal(day).isoformat()
