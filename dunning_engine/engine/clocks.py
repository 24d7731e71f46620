"""Clocks: the wall's, and one that stands still until it is told to move."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.calendar import day_start, instant_of, parse_date, parse_instant
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from typing import TypeAlias

    from dunning_engine.kernel.calendar import Instant

    When: TypeAlias = Instant | datetime | date | str
    """How hosts say when: an instant, an aware datetime, a date (its start in the policy's zone), or ISO 8601 text."""


_STEADY: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """The machine's clock."""

    def __repr__(self) -> str:
        return "SystemClock()"

    def now(self) -> Instant:
        return int(time.time())

    def steady(self) -> float:
        """Seconds that have passed since some instant of the machine's own, whatever its clock is set to.

        Where the machine can tell, hours in which it slept count: a laptop that wakes up is no clock that was set.
        """
        return time.clock_gettime(_STEADY) if _STEADY is not None else time.monotonic()


class FixedClock:
    """A clock for tests, demonstrations and `--now`: it shows what it was set to."""

    __slots__ = ("_now",)

    def __init__(self, now: When) -> None:
        self._now = instant(now)

    def __repr__(self) -> str:
        return f"FixedClock({self._now})"

    def now(self) -> Instant:
        return self._now

    def move_to(self, now: When) -> None:
        """Set the clock; it may not go back."""
        later = instant(now)
        if later < self._now:
            raise UsageError(f"a clock does not go back: it shows {self._now}, not yet or no more {later}")
        self._now = later


def instant(when: When, zone: str = "UTC") -> Instant:
    """The instant that a host means; a date counts from its start in the zone."""
    if isinstance(when, str):
        return parse_instant(when) if len(when) > len("2026-03-06") else instant(parse_date(when), zone)
    if isinstance(when, datetime):
        return instant_of(when)
    if isinstance(when, date):
        return day_start(when.toordinal(), zone)
    return when
