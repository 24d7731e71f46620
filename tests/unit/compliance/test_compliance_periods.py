"""Days that American regulators count, with federal holidays computed from the statute."""

from __future__ import annotations

from datetime import date

import pytest

from dunning_engine.compliance import periods
from dunning_engine.kernel.calendar import day_of

LEGAL, OBSERVED = periods.legal_calendar(), periods.observed_calendar()


def iso(day):
    return date.fromordinal(day).isoformat()


def test_the_holidays_of_2026():
    """Eleven, each on its own day, also where that is a Saturday."""
    assert [day.isoformat() for day in periods.legal_holidays(2026)] == [
        "2026-01-01",
        "2026-01-19",
        "2026-02-16",
        "2026-05-25",
        "2026-06-19",
        "2026-07-04",
        "2026-09-07",
        "2026-10-12",
        "2026-11-11",
        "2026-11-26",
        "2026-12-25",
    ]


@pytest.mark.parametrize("year", range(2021, 2041))
def test_the_computed_holidays_agree_with_the_package_of_holidays(year):
    """An independent source, for the days off too; Inauguration Day concerns Washington only."""
    import holidays

    known = {day for day in holidays.country_holidays("US", years=[year - 1, year, year + 1]) if day.year == year}
    assert set(periods.observed_holidays(year)) == known


def test_a_new_year_on_a_saturday_is_observed_in_the_old_year():
    assert date(2027, 12, 31) in periods.observed_holidays(2027)


@pytest.mark.parametrize(
    ("provided", "received", "end"),
    [
        ("2026-01-15", "2026-01-23", "2026-02-22"),
        ("2026-03-07", "2026-03-13", "2026-04-12"),
        ("2026-06-29", "2026-07-06", "2026-08-05"),
        ("2026-11-10", "2026-11-18", "2026-12-18"),
    ],
)
def test_receipt_is_assumed_on_the_fifth_working_day(provided, received, end):
    """The end is the thirtieth day after it, on whatever weekday."""
    found = periods.validation_period(day_of(provided), LEGAL)
    assert (iso(found.received), iso(found.end)) == (received, end)


def test_days_off_in_place_of_a_holiday_can_be_skipped_too():
    """Independence Day 2026 is a Saturday, Friday is off: a day later is always allowed."""
    found = periods.validation_period(day_of("2026-06-29"), OBSERVED)
    assert (iso(found.received), iso(found.end)) == ("2026-07-07", "2026-08-06")


def test_what_is_said_is_received_at_once():
    assert iso(periods.validation_period(day_of("2026-03-02"), LEGAL, oral=True).end) == "2026-04-01"


@pytest.mark.parametrize(("assumed", "received"), [("2026-03-12", "2026-03-12"), ("2026-03-03", "2026-03-09")])
def test_a_collector_may_assume_a_later_receipt_but_no_earlier_one(assumed, received):
    assert iso(periods.validation_period(day_of("2026-03-02"), LEGAL, assumed=day_of(assumed)).received) == received


def test_an_email_handover_leaves_thirty_five_days():
    assert iso(periods.handover_deadline(day_of("2026-04-01"))) == "2026-05-06"


def test_seven_days_begin_with_the_day_itself():
    """Rest after a conversation, and consent to more calls."""
    assert iso(periods.rested(day_of("2026-08-13"))) == "2026-08-20"
    assert iso(periods.consent_end(day_of("2026-06-04"))) == "2026-06-10"


@pytest.mark.parametrize(
    ("received", "calendar", "day"),
    [
        ("2026-06-01", LEGAL, "2026-06-15"),
        ("2026-06-08", LEGAL, "2026-06-23"),
        ("2026-06-26", LEGAL, "2026-07-10"),
        ("2026-06-26", OBSERVED, "2026-07-13"),
    ],
)
def test_a_revocation_is_honoured_within_ten_business_days(received, calendar, day):
    """The day of receipt is not counted."""
    assert iso(periods.honour_revocation_by(day_of(received), calendar)) == day
