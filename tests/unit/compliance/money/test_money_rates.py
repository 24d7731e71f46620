"""Tables of reference rates: what is known is exact, what is not known is an error that teaches."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dunning_engine.compliance.money.rates import HalfYear, Rate, RateMissing, ReadOn, table_of
from dunning_engine.compliance.rulebook import Citation, Confidence
from dunning_engine.kernel.calendar import day_of
from dunning_engine.kernel.errors import UsageError


def table(read_on="first_day", last="2026-H1", **rates):
    rows = rates or {"2025-07-01": "2.15", "2026-01-01": "2.15"}
    return table_of({
        "table": "ecb-mro",
        "title": "A rate",
        "unit": "percent a year",
        "read_on": read_on,
        "source": {"text": "A bank", "url": "https://bank.example"},
        "last_verified": last,
        "rates": {day.strip("_").replace("_", "-"): {"rate": rate, "confidence": "medium"} for day, rate in rows.items()},
    })  # fmt: skip


def test_a_table_is_read_from_its_json():
    """With source, unit, the last half-year that was checked, and how sure we are of each row."""
    found = table()
    assert (found.name, found.unit, found.source) == (
        "ecb-mro",
        "percent a year",
        Citation("A bank", "https://bank.example"),
    )
    assert found.last_verified == HalfYear(2026, 1)
    assert found.rows[0] == Rate(day_of("2025-07-01"), Decimal("2.15"), Confidence.MEDIUM)


@pytest.mark.parametrize(
    ("day", "half"),
    [("2026-01-01", "2026-H1"), ("2026-06-30", "2026-H1"), ("2026-07-01", "2026-H2"), ("2026-12-31", "2026-H2")],
)
def test_half_years_begin_in_january_and_july(day, half):
    found = HalfYear.of(day_of(day))
    assert str(found) == half
    assert found.first <= day_of(day) <= found.last


@pytest.mark.parametrize(
    ("read_on", "day", "reference"),
    [
        (ReadOn.FIRST_DAY, "2026-03-05", "2026-01-01"),
        (ReadOn.FIRST_DAY, "2026-12-31", "2026-07-01"),
        (ReadOn.EVE, "2026-06-30", "2025-12-31"),
        (ReadOn.EVE, "2026-07-01", "2026-06-30"),
    ],
)
def test_the_reference_date_is_the_first_day_or_the_eve(read_on, day, reference):
    """The continent reads the rate on the first day of a half-year, the United Kingdom the day before."""
    assert read_on.reference_date(HalfYear.of(day_of(day))) == day_of(reference)


def test_every_day_of_a_half_year_has_its_rate():
    found = table()
    assert found.at(day_of("2025-12-31")).day == day_of("2025-07-01")
    assert found.at(day_of("2026-06-30")).day == found.reference_date(day_of("2026-06-30")) == day_of("2026-01-01")
    assert found.knows(HalfYear(2026, 1))
    assert not found.knows(HalfYear(2026, 2))


def test_a_missing_half_year_is_an_error_that_says_what_to_add():
    """The last rate is never carried forward."""
    with pytest.raises(RateMissing) as error:
        table().at(day_of("2026-08-15"))
    assert str(error.value) == (
        "ecb-mro has no rate for 2026-H2, verified is 2026-H1: look up the rate of 2026-07-01 (A bank) and add it to "
        "dunning_engine/compliance/money/tables/ecb-mro.yaml, or pass a table made by RateTable.with_rows"
    )
    assert isinstance(error.value, UsageError)


def test_a_gap_in_the_middle_is_missing_too():
    """Rows before and after a half-year say nothing about it."""
    with pytest.raises(RateMissing, match="no rate for 2025-H2"):
        table(_2025_01_01="3.15", _2026_01_01="2.15").at(day_of("2025-08-01"))


def test_a_host_adds_what_it_has_looked_up():
    """New rows are the host's own; a row for a known day takes its place."""
    newer = table().with_rows(
        [
            Rate(day_of("2026-07-01"), Decimal("2.00")),
            Rate(day_of("2025-07-01"), Decimal("2.25")),
        ]
    )
    assert newer.at(day_of("2026-12-31")) == Rate(day_of("2026-07-01"), Decimal("2.00"), Confidence.HOUSE)
    assert newer.at(day_of("2025-12-31")).percent == Decimal("2.25")
    assert newer.last_verified == HalfYear(2026, 2)
    assert [row.day for row in newer.rows] == sorted(row.day for row in newer.rows)


@pytest.mark.parametrize(
    ("read_on", "day", "days"),
    [
        ("first_day", "2026-07-02", "1 January and 1 July"),
        ("first_day", "2026-06-30", "1 January and 1 July"),
        ("eve", "2026-07-01", "31 December and 30 June"),
    ],
)
def test_a_row_of_any_other_day_is_refused(read_on, day, days):
    """It would never be found, and nobody would notice."""
    with pytest.raises(UsageError, match=f"{day} is no reference day of ecb-mro: it is read on {days} only"):
        table(read_on, **{"_" + day.replace("-", "_"): "1.00"})
