"""Business calendars: names without the library, working days with it, no year without data."""

from __future__ import annotations

import runpy
import subprocess
import sys
from datetime import date
from pathlib import Path

import holidays
import pytest

from dunning_engine.kernel.calendar import EVERY_DAY, CalendarError
from dunning_engine.whereabouts.calendars import CALENDARS, VERSION
from dunning_engine.whereabouts.holidays import Holidays

ROOT = Path(__file__).parents[3]


def after(name, start, count):
    """The working day that many working days after a day."""
    calendar = Holidays().calendar(name)
    assert calendar is not None
    return date.fromordinal(calendar.after(date.fromisoformat(start).toordinal(), count)).isoformat()


@pytest.mark.parametrize(
    ("name", "start", "count", "day"),
    [
        ("US", "2026-07-02", 1, "2026-07-06"),  # Independence Day is a Saturday: Friday the 3rd is observed
        ("US-CA", "2026-03-30", 1, "2026-04-01"),  # Cesar Chavez Day
        ("DE", "2026-06-03", 1, "2026-06-04"),
        ("DE-BY", "2026-06-03", 1, "2026-06-05"),  # Corpus Christi is a holiday in Bavaria only
        ("ECB", "2026-04-02", 1, "2026-04-07"),  # Good Friday and Easter Monday
        ("NYSE", "2026-04-02", 1, "2026-04-06"),  # Good Friday only
        ("AE", "2026-01-08", 2, "2026-01-12"),  # Saturday and Sunday since 2022
        ("SA", "2026-01-07", 2, "2026-01-11"),  # Friday and Saturday
        ("none", "2026-07-03", 1, "2026-07-04"),
    ],
)
def test_working_days_are_those_of_the_place(name, start, count, day):
    """Holidays, observed days and weekends as the library knows them."""
    assert after(name, start, count) == day


@pytest.mark.parametrize("name", ["XX", "US-XX", "US-", "-", "", "us", "NYSE-X", "US-CA-LA"])
def test_a_name_that_means_nothing_is_no_calendar(name):
    """The caller says what was probably meant."""
    assert Holidays().calendar(name) is None


def test_a_year_without_data_is_an_error_and_never_an_empty_calendar():
    """Before and after what the library covers."""
    with pytest.raises(CalendarError, match="US has data for 1970 to 2100, not for 2101"):
        after("US", "2101-01-01", 1)
    with pytest.raises(CalendarError, match="IN has data for 2001 to 2035, not for 2036"):
        after("IN", "2036-01-01", 1)
    with pytest.raises(CalendarError, match="AE has data for 2022"):
        after("AE", "2021-12-01", 1)


def test_every_name_is_a_calendar():
    """What `names` offers, `calendar` has."""
    source = Holidays()
    names = source.names()
    assert len(names) == len(set(names))
    assert {"none", "US", "US-CA", "DE-BY", "ECB", "NYSE"} <= set(names)
    assert all(source.calendar(name) is not None for name in names)
    assert source.calendar("none") is EVERY_DAY
    assert source.calendar("US") is source.calendar("US")


def test_the_library_comes_in_only_when_working_days_are_asked_for():
    """It takes a third of a second, which no check of a policy should pay."""
    program = (
        "import sys; from dunning_engine.whereabouts.holidays import Holidays\n"
        "calendar = Holidays().calendar('US-CA'); assert 'holidays' not in sys.modules\n"
        "calendar.is_working(739000); assert 'holidays' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_the_library_still_knows_every_name_and_year():
    """First and last year of each country and market of the table."""
    for code, (first, last, weekend, subdivisions) in CALENDARS.items():
        known = getattr(holidays, code)
        assert known.start_year <= first <= last <= known.end_year
        assert set(subdivisions.split()) <= {*known.subdivisions, *known.subdivisions_aliases}
        assert weekend


SAMPLE = ("US", "DE", "IN", "JP", "AE", "SA", "MO", "UA", "LK", "ECB", "NYSE")


@pytest.mark.skipif(holidays.__version__ != VERSION, reason="the table was made from another version")
def test_the_table_is_what_its_tool_writes():
    """All codes, and the rows of those with something peculiar; every row would take the tool half a minute here."""
    tool = runpy.run_path(str(ROOT / "tools/calendars.py"))
    known = tool["known"]()
    rows = {code: tool["row"](*known[code]) for code in SAMPLE}
    assert {code: (*row[:3], " ".join(row[3])) for code, row in rows.items()} == {c: CALENDARS[c] for c in SAMPLE}
    assert set(CALENDARS) <= set(known)
    assert set(known) - set(CALENDARS) == {"BV", "HM", "IO"}  # nobody lives there, so there is no holiday


def test_an_older_library_that_lacks_a_name_or_a_year_is_told(monkeypatch):
    """The table may be newer than what is installed."""
    monkeypatch.setitem(CALENDARS, "XQ", (2000, 2030, "56", ""))
    monkeypatch.setitem(CALENDARS, "JP", (1970, 2200, "56", ""))
    with pytest.raises(CalendarError, match="does not know XQ"):
        after("XQ", "2026-01-01", 1)
    with pytest.raises(CalendarError, match="no data for JP in 2150"):
        after("JP", "2150-01-01", 1)
