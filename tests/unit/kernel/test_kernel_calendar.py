"""Instants, days, zones and working days: the same everywhere, and late rather than early where a clock is ambiguous."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from importlib import resources
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.kernel.calendar import (
    DAY_SECONDS,
    EVERY_DAY,
    BusinessCalendar,
    CalendarError,
    day_of,
    day_start,
    earliest_reading,
    instant_of,
    iso,
    local,
    local_day,
    moment,
    parse_date,
    parse_instant,
    resolve,
    set_back,
    tzdata_version,
    zone,
    zone_names,
)
from dunning_engine.kernel.errors import UsageError

ZONES = (
    "America/New_York",
    "America/Havana",
    "America/Santiago",
    "America/Phoenix",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "UTC",
)
INSTANTS = st.integers(parse_instant("2010-01-01T00:00:00Z"), parse_instant("2035-01-01T00:00:00Z"))
DAYS = st.integers(day_of("2012-01-01"), day_of("2035-01-01"))


def at(text, name):
    """The instant of a local date and time."""
    day, _, clock = text.partition(" ")
    hours, minutes = clock.split(":")
    return resolve(day_of(day), int(hours) * 60 + int(minutes), name)


# Zones ----------------------------------------------------------------------------------------------------------------


def test_a_zone_comes_from_the_package_and_keeps_its_name():
    """The machine's own zone files are never asked."""
    assert zone("America/Denver").key == "America/Denver"
    assert zone("America/Denver") is zone("America/Denver")
    assert tzdata_version()[:2] == "20"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "America",
        "America/",
        "/America/Denver",
        "America//Denver",
        "America/Denver/",
        "america/denver",
        "AMERICA/DENVER",
        " America/Denver",
        "America/Denver\n",
        "America/Denver\x00",
        "../../../../etc/passwd",
        "America/../America/Denver",
        "zone.tab",
        "tzdata.zi",
        "leapseconds",
        "__init__",
        "Mars/Olympus_Mons",
        "EST5EDT4",
        "+02:00",
        "a" * 100_000,
    ],
)
def test_what_is_no_zone_is_refused_whatever_it_tries(name):
    """Paths, folders, other files, other spellings: only the exact names of the zone data are zones."""
    with pytest.raises(CalendarError, match="is not an IANA time zone such as"):
        zone(name)


def test_every_zone_can_be_read():
    """The list of names and the files of the zone data agree."""
    assert len(zone_names()) > 400
    assert {zone(name).key for name in zone_names()} == zone_names()


# Local time to instants -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted", "got"),
    [
        ("America/New_York", "2026-03-08 02:30", "2026-03-08T03:00:00-04:00"),
        ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "2026-03-29 02:59", "2026-03-29T03:00:00+02:00"),
        ("Europe/Dublin", "2026-03-29 01:30", "2026-03-29T02:00:00+01:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04T02:30:00+11:00"),
        ("America/Santiago", "2026-09-06 00:00", "2026-09-06T01:00:00-03:00"),
        ("Pacific/Apia", "2011-12-30 10:00", "2011-12-31T00:00:00+14:00"),
        ("Pacific/Kwajalein", "1993-08-21 12:00", "1993-08-22T00:00:00+12:00"),
    ],
)
def test_a_local_time_that_does_not_exist_is_the_first_instant_after_the_gap(name, wanted, got):
    """Also where a whole day was skipped, or half an hour."""
    assert iso(at(wanted, name), name) == got


@pytest.mark.parametrize(
    ("name", "wanted", "early", "late"),
    [
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"),
        ("Europe/Berlin", "2026-10-25 02:00", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"),
        ("Atlantic/Azores", "2026-10-25 00:00", "2026-10-25T00:00:00+00:00", "2026-10-25T00:00:00-01:00"),
    ],
)
def test_a_local_time_that_comes_twice_is_read_the_later_way(name, wanted, early, late):
    """A contact comes later, never earlier; only the opening of a window asks for the first."""
    day, _, clock = wanted.partition(" ")
    minute = int(clock[:2]) * 60 + int(clock[3:])
    assert iso(resolve(day_of(day), minute, name), name) == late
    assert iso(earliest_reading(day_of(day), minute, name), name) == early


def test_an_unambiguous_time_has_one_reading():
    """On all other days both ways of reading agree."""
    day = day_of("2026-06-10")
    assert resolve(day, 600, "Europe/Berlin") == earliest_reading(day, 600, "Europe/Berlin")
    assert iso(resolve(day, 600, "Europe/Berlin")) == "2026-06-10T08:00:00+00:00"


@given(instant=INSTANTS, name=st.sampled_from(ZONES))
def test_what_the_clock_shows_leads_back_to_the_instant_or_to_its_second_coming(instant, name):
    """`resolve` undoes `local`, but for the hour that comes twice."""
    minute_start = instant - instant % 60
    there = resolve(*local(instant, name), name)
    first = earliest_reading(*local(instant, name), name)
    assert minute_start in (there, first)
    assert first <= there


@given(instant=INSTANTS, name=st.sampled_from(ZONES))
def test_the_clock_on_the_wall_is_that_of_the_standard_library(instant, name):
    """`local` and `local_day` against `zoneinfo` itself, with the same zone data."""
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as data:
        there = datetime.fromtimestamp(instant, ZoneInfo.from_file(data))
    assert local(instant, name) == (there.toordinal(), there.hour * 60 + there.minute)
    assert local_day(instant, name) == there.toordinal()


@given(day=DAYS, name=st.sampled_from(ZONES))
def test_a_day_starts_when_the_calendar_turns(day, name):
    """The instant before belongs to an earlier day, also where clocks change at midnight."""
    start = day_start(day, name)
    assert local_day(start, name) == day
    assert local_day(start - 1, name) == day - 1


@pytest.mark.parametrize(
    ("name", "day", "start"),
    [
        ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00+00:00"),
        ("America/Havana", "2027-11-07", "2027-11-07T00:00:00-04:00"),
        ("America/Santiago", "2026-09-06", "2026-09-06T01:00:00-03:00"),
    ],
)
def test_a_day_whose_midnight_comes_twice_or_not_at_all_has_one_start(name, day, start):
    """The first of two midnights, or the end of the gap."""
    assert iso(day_start(day_of(day), name), name) == start


def test_a_day_that_was_skipped_starts_with_the_next_one():
    """Samoa had no 30 December 2011."""
    skipped = day_of("2011-12-30")
    assert day_start(skipped, "Pacific/Apia") == day_start(skipped + 1, "Pacific/Apia")
    assert local_day(day_start(skipped, "Pacific/Apia") - 1, "Pacific/Apia") == skipped - 1


def test_clocks_that_are_set_back_within_a_stretch_are_found():
    """The instant from which on minutes come again; setting clocks forward repeats nothing."""
    start, end = parse_instant("2026-10-25T00:00:00+02:00"), parse_instant("2026-10-25T12:00:00+01:00")
    assert set_back(start, end, "Europe/Berlin") == parse_instant("2026-10-25T02:00:00+01:00")
    assert set_back(start, end, "Asia/Tokyo") is None
    spring = parse_instant("2026-03-29T00:00:00+01:00")
    assert set_back(spring, spring + DAY_SECONDS, "Europe/Berlin") is None


# Seams ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "seen",
    [
        datetime(2026, 3, 6, 15, 0, tzinfo=UTC),
        datetime(2026, 3, 6, 10, 0, tzinfo=timezone(timedelta(hours=-5))),
        datetime(2026, 3, 6, 10, 0, 0, 999_999, tzinfo=ZoneInfo("America/New_York")),
        pendulum.datetime(2026, 3, 6, 10, tz="America/New_York"),
    ],
)
def test_an_instant_is_any_aware_datetime_down_to_the_second(seen):
    """Pendulum's, the standard library's, of any zone."""
    assert instant_of(seen) == 1_772_809_200


@pytest.mark.parametrize("year", [1, 1969, 9999])
def test_instants_are_exact_at_the_ends_of_the_calendar(year):
    """Counting is in whole numbers, before 1970 too: half a second before is the second before."""
    seen = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert moment(instant_of(seen)) == seen.replace(microsecond=0)


def test_a_datetime_without_zone_is_refused():
    """Nobody knows which instant it means."""
    with pytest.raises(CalendarError, match="has no time zone: pass an aware datetime such as"):
        instant_of(datetime(2026, 3, 6, 10))


def test_instants_are_read_and_written_in_iso_8601():
    """With an offset: that of UTC, or of a zone that one asks for."""
    instant = parse_instant("2026-03-06T10:00:00-05:00")
    assert instant == parse_instant("2026-03-06T15:00:00Z")
    assert iso(instant) == "2026-03-06T15:00:00+00:00"
    assert iso(instant, "America/New_York") == "2026-03-06T10:00:00-05:00"
    assert moment(instant).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "soon", "2026-03-06", "2026-03-06T10:00:00", "2026-02-30T10:00:00Z"])
def test_what_is_no_instant_is_refused(text):
    """A date alone, or a time without offset, is not an instant."""
    with pytest.raises(CalendarError, match="is not an instant such as"):
        parse_instant(text)


def test_days_come_from_dates_and_from_text():
    """Both mean the same day."""
    assert day_of("2026-03-06") == day_of(date(2026, 3, 6)) == date(2026, 3, 6).toordinal()


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("2026-03-05", None),
        ("3/5/2026", "M/D/YYYY"),
        ("03/05/26", "MM/DD/YY"),
        ("5.3.2026", "D.M.YYYY"),
        ("Mar 5, 2026", "MMM D, YYYY"),
        ("2026-03-05 23:59", "YYYY-MM-DD HH:mm"),
    ],
)
def test_dates_are_read_by_a_layout(text, layout):
    """ISO 8601, or the tokens of Pendulum that a mapping names."""
    assert parse_date(text, layout) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("text", "layout", "shape"),
    [
        ("3/5/2026", None, "YYYY-MM-DD"),
        ("2026-02-30", None, "YYYY-MM-DD"),
        ("", None, "YYYY-MM-DD"),
        ("30/2/2026", "D/M/YYYY", "D/M/YYYY"),
        ("13/1/2026", "M/D/YYYY", "M/D/YYYY"),
        ("3/5/2026 ", "M/D/YYYY", "M/D/YYYY"),
        ("", "M/D/YYYY", "M/D/YYYY"),
    ],
)
def test_what_is_no_date_of_the_layout_is_refused(text, layout, shape):
    """The message names the form that was expected."""
    with pytest.raises(CalendarError, match=f"is not a date of the form {shape}$"):
        parse_date(text, layout)


@pytest.mark.parametrize(("text", "layout"), [("3/5", "M/D"), ("10:00", "HH:mm"), ("(", "(")])
def test_a_layout_without_a_year_finds_no_date(text, layout):
    """What is missing is never taken from today: the same text means the same day for ever."""
    with pytest.raises(CalendarError, match="is not a date of the form"):
        parse_date(text, layout)


# Working days ---------------------------------------------------------------------------------------------------------

FEASTS = ((1, 1), (5, 1), (7, 4), (12, 25), (12, 26), (12, 31))
FIRST, LAST = 2024, 2028
INSIDE = st.integers(date(FIRST, 1, 1).toordinal(), date(LAST, 12, 31).toordinal())


def feasts(year):
    return [date(year, month, day) for month, day in FEASTS]


def made(**more):
    return BusinessCalendar("test", holidays_of=feasts, first=FIRST, last=LAST, **more)


def works(day, weekend=(5, 6)):
    """What a person with a wall calendar says."""
    seen = date.fromordinal(day)
    return seen.weekday() not in weekend and (seen.month, seen.day) not in FEASTS


def in_years(day):
    return FIRST <= date.fromordinal(day).year <= LAST


def walked(day, count, step=1):
    """Day by day; `None` where the data ends first."""
    while count:
        day += step
        if not in_years(day):
            return None
        count -= works(day)
    return day


def outcome(ask):
    """A day, or `None` for a year without data."""
    try:
        return ask()
    except CalendarError:
        return None


@given(asked=st.lists(st.tuples(INSIDE, st.integers(0, 300)), min_size=1, max_size=5))
def test_counting_forward_agrees_with_walking(asked):
    """`after` against a walk day by day, in whatever order the years are looked at."""
    calendar = made()
    for day, count in asked:
        assert outcome(lambda day=day, count=count: calendar.after(day, count)) == walked(day, count)


@given(days=st.lists(INSIDE, min_size=1, max_size=5))
def test_the_nearest_working_days_agree_with_walking(days):
    """`next` and `previous` are the day itself where it is a working day."""
    calendar = made()
    for day in days:
        assert calendar.is_working(day) is works(day)
        assert calendar.is_holiday(day) is ((date.fromordinal(day).month, date.fromordinal(day).day) in FEASTS)
        assert outcome(lambda day=day: calendar.next(day)) == walked(day - 1, 1)
        assert outcome(lambda day=day: calendar.previous(day)) == walked(day + 1, 1, step=-1)


@given(start=INSIDE, end=INSIDE)
def test_the_working_days_between_two_days_agree_with_counting(start, end):
    """The start counts, the end does not; an end before the start leaves nothing."""
    assert made().between(start, end) == sum(works(day) for day in range(start, end))


def test_the_last_days_of_the_data_can_be_asked_about():
    """An answer that lies within the data needs no data beyond it."""
    calendar = BusinessCalendar("one year", first=2026, last=2026)
    end, start = day_of("2026-12-31"), day_of("2026-01-01")
    assert calendar.after(day_of("2026-12-30"), 1) == calendar.next(end) == calendar.after(end, 0) == end
    assert calendar.next(start) == calendar.previous(start) == start
    assert calendar.between(end, end + 1) == 1


@pytest.mark.parametrize(
    ("ask", "year"),
    [
        (lambda c: c.is_working(day_of("2029-01-01")), 2029),
        (lambda c: c.is_holiday(day_of("2023-12-31")), 2023),
        (lambda c: c.after(day_of("2028-12-29"), 1), 2029),
        (lambda c: c.previous(day_of("2024-01-01")), 2023),
        (lambda c: c.between(day_of("2028-12-01"), day_of("2029-01-02")), 2029),
    ],
)
def test_a_year_without_data_is_an_error(ask, year):
    """Never an empty calendar: a holiday that nobody knows of would become a working day."""
    with pytest.raises(CalendarError, match=f"^the business calendar test has data for 2024 to 2028, not for {year}$"):
        ask(made())


def test_only_the_holidays_of_the_year_count():
    """A source that tells a holiday of another year as well cannot make answers depend on the order of questions."""
    shifted = BusinessCalendar("odd", holidays_of=lambda year: [date(year, 12, 24), date(year - 1, 12, 31)])
    eve = day_of("2026-12-31")
    assert shifted.is_working(eve)
    assert not shifted.is_working(day_of("2027-12-24"))
    assert shifted.is_working(eve)
    assert not shifted.is_holiday(eve)


def test_a_year_that_another_thread_added_meanwhile_is_not_added_again():
    """Growing the index twice by the same year leaves it as it was."""
    calendar = made()
    day = day_of("2026-06-10")
    calendar.is_working(day)
    before = calendar._known
    assert calendar._grow(day) == before


def test_weekends_differ():
    """Friday and Saturday, or none at all."""
    friday, sunday = day_of("2026-06-12"), day_of("2026-06-14")
    gulf = BusinessCalendar("gulf", weekend=(4, 5))
    assert not gulf.is_working(friday)
    assert gulf.is_working(sunday)
    assert EVERY_DAY.is_working(sunday)
    assert repr(EVERY_DAY) == "<BusinessCalendar none>"


def test_a_calendar_error_is_the_callers_to_mend():
    """It is a `UsageError`, and a `ValueError` for those who know no better."""
    assert issubclass(CalendarError, UsageError)
    assert issubclass(CalendarError, ValueError)
