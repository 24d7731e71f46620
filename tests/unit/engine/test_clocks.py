from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone

import pytest

from dunning_engine.engine.clocks import FixedClock, SystemClock, instant
from dunning_engine.kernel.errors import UsageError


def test_the_system_clock_shows_whole_seconds() -> None:
    """It is the machine's time, as an instant."""
    before = int(time.time())

    assert before <= SystemClock().now() <= before + 2
    assert repr(SystemClock()) == "SystemClock()"


def test_a_fixed_clock_moves_when_told() -> None:
    """It stands still, goes forward, and refuses to go back."""
    clock = FixedClock("2026-03-06")
    assert clock.now() == clock.now() == instant("2026-03-06T00:00:00Z")

    clock.move_to(clock.now() + 60)

    assert repr(clock) == f"FixedClock({instant('2026-03-06T00:01:00Z')})"
    with pytest.raises(UsageError, match="does not go back"):
        clock.move_to(date(2026, 3, 5))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (1_772_755_200, "2026-03-06T00:00:00Z"),
        (date(2026, 3, 6), "2026-03-05T23:00:00Z"),
        ("2026-03-06", "2026-03-05T23:00:00Z"),
        ("2026-03-06T08:00:00+01:00", "2026-03-06T07:00:00Z"),
        (datetime(2026, 3, 6, 8, tzinfo=timezone(timedelta(hours=1))), "2026-03-06T07:00:00Z"),
    ],
)
def test_hosts_say_when_in_their_own_way(when: object, expected: str) -> None:
    """Instants, datetimes, dates and ISO 8601 texts; a date begins where the policy's zone says."""
    assert instant(when, "Europe/Berlin") == int(datetime.fromisoformat(expected).timestamp())


@pytest.mark.parametrize("when", ["yesterday", "2026-13-01", "2026-03-06T08:00:00"])
def test_what_is_no_time_is_refused(when: str) -> None:
    """Words, days that do not exist and times without an offset are the host's mistake."""
    with pytest.raises(UsageError):
        instant(when)
