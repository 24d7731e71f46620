"""Clock and day rules: hours in all zones of the debtor, days without contact.

Each function answers with the earliest instant, not before `now`, at which its rule is content in every zone taken
by itself. The gate repeats the question until no rule moves the instant any more: as no zone ever answers later than
its own earliest instant, that fixed point is the earliest instant for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.compliance.situation import Refusal, Situation, no_zone
from dunning_engine.kernel.calendar import Instant, day_start, earliest_reading, local, local_day, resolve, set_back

if TYPE_CHECKING:
    from dunning_engine.domain.limits import ClosedDays, Hours, Windows
    from dunning_engine.kernel.calendar import Day

YEAR_OF_DAYS = 400


def hours(limit: Hours, situation: Situation, now: Instant) -> Instant | Refusal:
    """The earliest instant inside the open hours of every zone."""
    if not situation.zones:
        return no_zone(situation)
    if not limit.windows:
        return Refusal("no hour of the day is open")
    latest = now
    for name in situation.zones:
        latest = max(latest, _in_windows(limit.windows, name, now))
    return latest


def _in_windows(windows: Windows, name: str, now: Instant) -> Instant:
    day, minute = local(now, name)
    for first, last in windows:
        if first <= minute <= last:
            return now
    later = next((first for first, _last in windows if first > minute), None)
    opening = (day + 1, windows[0][0]) if later is None else (day, later)
    opens = earliest_reading(*opening, name)
    if opens <= now:  # clocks were set back since: it opens a second time
        opens = resolve(*opening, name)
    again = set_back(now, opens, name)
    return opens if again is None else _in_windows(windows, name, again)


def closed_days(limit: ClosedDays, situation: Situation, now: Instant) -> Instant | Refusal:
    """The earliest instant on an open day of every zone; where no zone is known, of the policy's."""
    latest = now
    for name in situation.zones or (situation.zone,):
        today = local_day(now, name)
        day = today
        while _is_closed(limit, situation, day):
            day += 1
            if day - today > YEAR_OF_DAYS:
                return Refusal("no day within a year is open")
        if day != today:
            latest = max(latest, day_start(day, name))
    return latest


def _is_closed(limit: ClosedDays, situation: Situation, day: Day) -> bool:
    calendar = situation.calendar
    return (
        (day - 1) % 7 in limit.weekdays
        or (limit.non_business and not calendar.is_working(day))
        or (limit.holidays and calendar.is_holiday(day))
    )
