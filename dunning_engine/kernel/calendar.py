"""Instants, local dates, zones and working days: the only home of `pendulum`, and of every zone rule.

Inside the library an *instant* is a whole number of seconds since 1970-01-01T00:00Z and a *day* is a proleptic
Gregorian ordinal (`date.toordinal()`): both compare, add and store the same everywhere. They become `datetime` and
`date` only where people or hosts look. Zone rules come from the `tzdata` package and never from the machine, so that
two machines agree; `tzdata_version` says which rules were used.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Final, TypeAlias
from zoneinfo import ZoneInfo

from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Instant: TypeAlias = int
"""Seconds since 1970-01-01T00:00Z."""

Day: TypeAlias = int
"""Proleptic Gregorian ordinal of a calendar day."""

Minute: TypeAlias = int
"""Minutes since local midnight, 0 to 1439."""

LocalDate: TypeAlias = date

DAY_SECONDS: Final = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


class CalendarError(UsageError, ValueError):
    """A zone, date or calendar that does not exist or has no data."""


# Zones ----------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The rules of an IANA zone such as `America/Denver`, from the `tzdata` package."""
    *folders, leaf = name.split("/")
    try:
        if not leaf or not all(
            part.replace("_", "").replace("-", "").replace("+", "").isalnum() for part in (*folders, leaf)
        ):
            raise FileNotFoundError(name)
        file = resources.files("tzdata.zoneinfo").joinpath(*folders, leaf)
        with file.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (OSError, ValueError, ModuleNotFoundError):
        raise CalendarError(f"{name!r} is not an IANA time zone such as America/New_York or Europe/Berlin") from None


def tzdata_version() -> str:
    """Version of the zone data in use, as in `2026.6`."""
    return metadata.version("tzdata")


@lru_cache(maxsize=65_536)
def resolve(day: Day, minute: Minute, name: str) -> Instant:
    """The instant at which a zone's clocks show a local time.

    A local time that does not exist becomes the first instant after the gap; one that exists twice is read the later
    way: both let a contact come later, never earlier.
    """
    rules = zone(name)
    wall = (day - _EPOCH) * DAY_SECONDS + minute * 60
    naive = datetime.fromordinal(day) + timedelta(minutes=minute)
    early = _offset(naive, rules, 0)
    late = _offset(naive, rules, 1)
    if early >= late:
        return wall - late
    return _transition(wall - late, wall - early, rules)


@lru_cache(maxsize=65_536)
def earliest_reading(day: Day, minute: Minute, name: str) -> Instant:
    """Like `resolve`, but a local time that exists twice is read the earlier way: when a window opens."""
    naive = datetime.fromordinal(day) + timedelta(minutes=minute)
    early, late = _offset(naive, zone(name), 0), _offset(naive, zone(name), 1)
    return resolve(day, minute, name) - max(0, early - late)


@lru_cache(maxsize=65_536)
def local(instant: Instant, name: str) -> tuple[Day, Minute]:
    """What calendar and clock on the wall show in a zone, down to the whole minute."""
    there = datetime.fromtimestamp(instant, zone(name))
    return there.toordinal(), there.hour * 60 + there.minute


@lru_cache(maxsize=65_536)
def local_day(instant: Instant, name: str) -> Day:
    """The calendar day of an instant in a zone."""
    return datetime.fromtimestamp(instant, zone(name)).toordinal()


def day_start(day: Day, name: str) -> Instant:
    """The first instant of a calendar day in a zone."""
    return resolve(day, 0, name)


def _offset(naive: datetime, rules: ZoneInfo, fold: int) -> int:
    offset = rules.utcoffset(naive.replace(fold=fold))
    return offset.days * DAY_SECONDS + offset.seconds if offset is not None else 0


def _transition(before: Instant, after: Instant, rules: ZoneInfo) -> Instant:
    """The instant in (before, after] at which the zone's offset changes."""
    old = datetime.fromtimestamp(before, rules).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, rules).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


# Seams: what hosts pass in and people read ----------------------------------------------------------------------------


def instant_of(moment: datetime) -> Instant:
    """The instant of an aware datetime (pendulum's are datetimes too), down to the second."""
    if moment.tzinfo is None:
        raise CalendarError(f"{moment!r} has no time zone: pass an aware datetime such as datetime.now(UTC)")
    return int(moment.timestamp() // 1)


def parse_instant(text: str) -> Instant:
    """The instant of an ISO 8601 text with offset, such as `2026-03-06T10:00:00-05:00` or `…Z`."""
    try:
        return instant_of(datetime.fromisoformat(text))
    except ValueError:
        raise CalendarError(f"{text!r} is not an instant such as 2026-03-06T10:00:00-05:00") from None


def moment(instant: Instant, name: str = "UTC") -> datetime:
    """An aware datetime of an instant, as shown in a zone."""
    return datetime.fromtimestamp(instant, UTC if name == "UTC" else zone(name))


def iso(instant: Instant, name: str = "UTC") -> str:
    """ISO 8601 with offset."""
    return moment(instant, name).isoformat()


def day_of(value: date | str) -> Day:
    """The ordinal of a date or of an ISO 8601 date text."""
    return parse_date(value).toordinal() if isinstance(value, str) else value.toordinal()


def parse_date(text: str, layout: str | None = None) -> LocalDate:
    """A calendar date from ISO 8601 text, or by a layout of Pendulum tokens such as `M/D/YYYY`."""
    try:
        if layout is None:
            return date.fromisoformat(text)
        import pendulum

        return pendulum.from_format(text, layout).date()
    except ValueError:
        shape = "YYYY-MM-DD" if layout is None else layout
        raise CalendarError(f"{text!r} is not a date of the form {shape}") from None


# Working days ---------------------------------------------------------------------------------------------------------


class BusinessCalendar:
    """Working days of a country or market: weekends and public holidays, year by year.

    `holidays_of(year)` gives the holidays of one year; it is asked once per year and only for years from `first` to
    `last`, outside of which the source has no data and asking is an error, never an empty calendar.
    Counting is by bisection over an index of working days, so that 5 or 500 business days cost the same.
    """

    __slots__ = ("_closed", "_days", "_from", "_holidays_of", "_to", "_years", "first", "last", "name", "weekend")

    def __init__(
        self,
        name: str,
        *,
        holidays_of: Callable[[int], Iterable[date]] = lambda _year: (),
        weekend: Iterable[int] = (5, 6),
        first: int = 1970,
        last: int = 2200,
    ) -> None:
        self.name = name
        self.weekend = frozenset(weekend)
        self.first, self.last = first, last
        self._holidays_of = holidays_of
        self._days: list[Day] = []
        self._closed: set[Day] = set()
        self._years: range = range(0)
        self._from = self._to = 0

    def __repr__(self) -> str:
        return f"<BusinessCalendar {self.name}>"

    def is_working(self, day: Day) -> bool:
        days = self._index(day)
        at = bisect_left(days, day)
        return at < len(days) and days[at] == day

    def is_holiday(self, day: Day) -> bool:
        """Whether it is a public holiday, on whatever weekday."""
        self._index(day)
        return day in self._closed

    def after(self, day: Day, count: int) -> Day:
        """The `count`-th working day after a day, which itself is day 0."""
        days = self._index(day)
        at = bisect_right(days, day) + count - 1
        while at >= len(days) - 1:
            days = self._grow(self._years.stop)
        return days[at] if count else day

    def next(self, day: Day) -> Day:
        """The day itself where it is a working day, else the next one."""
        return self.after(day - 1, 1)

    def previous(self, day: Day) -> Day:
        """The day itself where it is a working day, else the last one before."""
        days = self._index(day)
        at = bisect_right(days, day) - 1
        while at < 0:
            days = self._grow(self._years.start - 1)
            at = bisect_right(days, day) - 1
        return days[at]

    def between(self, start: Day, end: Day) -> int:
        """How many working days lie in [start, end)."""
        self._index(start)
        days = self._index(end)
        return max(0, bisect_left(days, end) - bisect_left(days, start))

    def _index(self, day: Day) -> list[Day]:
        if self._from <= day < self._to:
            return self._days
        year = date.fromordinal(day).year
        while year not in self._years:
            self._grow(
                year if not self._years else self._years.stop if year >= self._years.stop else self._years.start - 1
            )
        return self._days

    def _grow(self, year: int) -> list[Day]:
        if not self.first <= year <= self.last:
            raise CalendarError(
                f"the business calendar {self.name} has data for {self.first} to {self.last}, not for {year}"
            )
        start, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        self._closed |= {day.toordinal() for day in self._holidays_of(year)}
        working = [
            day for day in range(start, end + 1) if (day - 1) % 7 not in self.weekend and day not in self._closed
        ]
        if not self._years:
            self._days, self._years = working, range(year, year + 1)
        elif year < self._years.start:
            self._days, self._years = working + self._days, range(year, self._years.stop)
        else:
            self._days, self._years = self._days + working, range(self._years.start, year + 1)
        self._from = date(self._years.start, 1, 1).toordinal()
        self._to = date(self._years.stop, 1, 1).toordinal()
        return self._days


EVERY_DAY: Final = BusinessCalendar("none", weekend=())
"""The calendar of `business_days: none`: every day is a working day."""
