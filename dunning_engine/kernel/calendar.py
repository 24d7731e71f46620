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
    if name not in zone_names():
        raise CalendarError(f"{name!r} is not an IANA time zone such as America/New_York or Europe/Berlin")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every zone of the `tzdata` package, spelled exactly so, whatever the machine's file system would let pass."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@lru_cache(maxsize=1)
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
    """The first instant of a calendar day in a zone, also where clocks are set back to midnight an hour later."""
    return earliest_reading(day, 0, name)


def set_back(start: Instant, end: Instant, name: str) -> Instant | None:
    """The instant in (start, end] at which a zone's clocks are set back, so that minutes come again; mostly none."""
    rules = zone(name)
    return _transition(start, end, rules) if _offset_at(end, rules) < _offset_at(start, rules) else None


def _offset(naive: datetime, rules: ZoneInfo, fold: int) -> int:
    offset = rules.utcoffset(naive.replace(fold=fold))
    return offset.days * DAY_SECONDS + offset.seconds if offset is not None else 0


def _offset_at(instant: Instant, rules: ZoneInfo) -> int:
    there = datetime.fromtimestamp(instant, rules)
    return _offset(there, rules, there.fold)


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
    offset = moment.utcoffset()
    if offset is None:
        raise CalendarError(f"{moment!r} has no time zone: pass an aware datetime such as datetime.now(UTC)")
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second - offset.seconds
    return (moment.toordinal() - _EPOCH - offset.days) * DAY_SECONDS + seconds


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
        from pendulum import datetime as moment_of
        from pendulum.formatting import Formatter

        parts = Formatter().parse(text, layout, moment_of(1, 1, 1))  # what a layout lacks must not come from the clock
        year = parts["year"] if parts["year"] > 1 else 0  # without a year there is no date
        return date(year, parts["month"], parts["day"])
    except ValueError:
        shape = "YYYY-MM-DD" if layout is None else layout
        raise CalendarError(f"{text!r} is not a date of the form {shape}") from None


# Working days ---------------------------------------------------------------------------------------------------------


class BusinessCalendar:
    """Working days of a country or market: weekends and public holidays, year by year.

    `holidays_of(year)` gives the holidays that fall into one year; it is asked only for years from `first` to `last`,
    outside of which the source has no data and asking is an error, never an empty calendar.
    Counting is by bisection over an index of working days, so that 5 or 500 business days cost the same.
    """

    __slots__ = ("_closed", "_holidays_of", "_known", "first", "last", "name", "weekend")

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
        self._closed: set[Day] = set()
        self._known: tuple[list[Day], range] = [], range(0)  # one value, so that threads never see half of it

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
        return self._at(bisect_right(self._index(day), day) + count - 1) if count else day

    def next(self, day: Day) -> Day:
        """The day itself where it is a working day, else the next one."""
        return self._at(bisect_left(self._index(day), day))

    def previous(self, day: Day) -> Day:
        """The day itself where it is a working day, else the last one before."""
        days = self._index(day)
        while (at := bisect_right(days, day) - 1) < 0:
            days, _ = self._grow(self._known[1].start - 1)
        return days[at]

    def between(self, start: Day, end: Day) -> int:
        """How many working days lie in [start, end)."""
        if end <= start:
            return 0
        self._index(start)
        days = self._index(end - 1)
        return bisect_left(days, end) - bisect_left(days, start)

    def _at(self, position: int) -> Day:
        days, span = self._known
        while position >= len(days):
            days, span = self._grow(span.stop)
        return days[position]

    def _index(self, day: Day) -> list[Day]:
        """The working days of every year looked at so far, and of the day's own."""
        days, span = self._known
        while day not in span:
            days, span = self._grow(day if not span else span.stop if day >= span.stop else span.start - 1)
        return days

    def _grow(self, day: Day) -> tuple[list[Day], range]:
        """Add the year of a day, which is the first one or a neighbour of those known."""
        year = date.fromordinal(day).year
        if not self.first <= year <= self.last:
            known = f"{self.first} to {self.last}"
            raise CalendarError(f"the business calendar {self.name} has data for {known}, not for {year}")
        closed = {holiday.toordinal() for holiday in self._holidays_of(year) if holiday.year == year}
        start, end = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1
        working = [day for day in range(start, end) if (day - 1) % 7 not in self.weekend and day not in closed]
        self._closed |= closed
        days, span = self._known
        if not span:
            self._known = working, range(start, end)
        elif end == span.start:
            self._known = working + days, range(start, span.stop)
        elif start == span.stop:
            self._known = days + working, range(span.start, end)
        return self._known


EVERY_DAY: Final = BusinessCalendar("none", weekend=())
"""The calendar of `business_days: none`: every day is a working day."""
