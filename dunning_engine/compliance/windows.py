"""Clock and day rules: hours in all zones of the debtor, days without contact, times that the debtor named.

Each function answers with `None`, or with the earliest instant at which its rule is content in every zone taken by
itself. The gate repeats the question until no rule moves the instant any more: as no zone ever answers later than its
own earliest instant, that fixed point is the earliest instant for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.situation import Answer, Refusal, Situation, Wait, no_zone
from dunning_engine.domain.docket import stretches
from dunning_engine.kernel.calendar import Instant, day_start, earliest_reading, local, local_day, resolve, set_back

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dunning_engine.domain.docket import InconvenientTime, TimeConsent
    from dunning_engine.domain.limits import ClosedDays, Hours, Windows
    from dunning_engine.kernel.calendar import BusinessCalendar, Day, Minute

YEAR_OF_DAYS: Final = 400
LAST_MINUTE: Final = 1439
REST_DAY: Final = "PUBLIC_HOLIDAY"
"""The code of a day without any permitted hour."""


def hours(limit: Hours, situation: Situation, now: Instant, *, law: bool) -> Answer:
    """Content inside the open hours of every zone, and of the limit's own."""
    if not situation.zones:
        return no_zone(situation)
    consents = _consented(situation, now) if law else ()
    latest = now
    code = ""
    for name in (*situation.zones, limit.zone) if limit.zone else situation.zones:
        opens = _opening(limit, consents, name, now)
        if opens is None:
            return Refusal("no hour of any day is open")
        if opens > latest:
            latest = opens
            code = REST_DAY if law and not limit.on(local_day(now, name)) else code
    return Wait(latest, code) if latest > now else None


def _consented(situation: Situation, now: Instant) -> tuple[TimeConsent, ...]:
    """Hours to which the debtor agreed, as far as that stands."""
    consents: tuple[TimeConsent, ...] = situation.docket.get("time_consents", ())  # type: ignore[assignment]
    return tuple(c for c in consents if c.given <= now and (c.revoked is None or now < c.revoked))


def _opening(limit: Hours, consents: tuple[TimeConsent, ...], name: str, now: Instant) -> Instant | None:
    """The earliest open instant of a zone, not before `now`."""
    if limit.open_edges and now % 60 and _just_opened(limit, name, now):
        return now
    if not consents and not limit.weekdays:
        return _in_windows(lambda _day: limit.windows, name, now)

    def on(day: Day) -> Windows:
        return tuple(sorted((*limit.on(day), *((consent.first, consent.last) for consent in consents))))

    return _in_windows(on, name, now)


def _just_opened(limit: Hours, name: str, now: Instant) -> bool:
    """Whether the instant that a window excludes has passed within this minute."""
    day, minute = local(now, name)
    return any(minute == first - 1 for first, _last in limit.on(day))


def _in_windows(on: Callable[[Day], Windows], name: str, now: Instant) -> Instant | None:
    day, minute = local(now, name)
    for first, last in on(day):
        if first <= minute <= last:
            return now
    opening = _next(on, day, minute)
    if opening is None:
        return None
    opens = earliest_reading(*opening, name)
    if opens <= now:  # clocks were set back since: it opens a second time
        opens = resolve(*opening, name)
    again = set_back(now, opens, name)
    return opens if again is None else _in_windows(on, name, again)


def _next(on: Callable[[Day], Windows], day: Day, minute: Minute) -> tuple[Day, Minute] | None:
    """When the next window opens on the clocks of a zone; there is none where a whole week has none."""
    later = next((first for first, _last in on(day) if first > minute), None)
    if later is not None:
        return day, later
    return next(((day + ahead, windows[0][0]) for ahead in range(1, 8) if (windows := on(day + ahead))), None)


def closed_days(
    limit: ClosedDays, situation: Situation, now: Instant, holidays: Mapping[str, BusinessCalendar]
) -> Answer:
    """Content on an open day of every zone; where no zone is known, of the policy's. `holidays` are those of laws."""
    calendar = holidays.get(limit.calendar) if limit.calendar else situation.calendar
    if calendar is None:
        return Refusal(f"the holidays of {limit.calendar} are not loaded")
    latest = now
    for name in situation.zones or (situation.zone,):
        today = local_day(now, name)
        day = today
        while _is_closed(limit, calendar, day):
            day += 1
            if day - today > YEAR_OF_DAYS:
                return Refusal("no day within a year is open")
        if day != today:
            latest = max(latest, day_start(day, name))
    return Wait(latest, REST_DAY if limit.calendar else "") if latest > now else None


def _is_closed(limit: ClosedDays, calendar: BusinessCalendar, day: Day) -> bool:
    return (
        (day - 1) % 7 in limit.weekdays
        or (limit.non_business and not calendar.is_working(day))
        or (limit.holidays and calendar.is_holiday(day))
    )


def inconvenient_times(situation: Situation, now: Instant) -> Answer:
    """Content outside of the times that the debtor called inconvenient, in every zone."""
    times: tuple[InconvenientTime, ...] = situation.docket.get("inconvenient_times", ())  # type: ignore[assignment]
    if not times:
        return None
    if not situation.zones:
        return no_zone(situation)
    latest = now
    days = tuple(stretch for time in times for stretch in stretches(time))
    for name in situation.zones:
        until = _past(days, name, now)
        if until is None:
            return Refusal("the debtor called every time inconvenient")
        latest = max(latest, until)
    return Wait(latest) if latest > now else None


def _past(times: tuple[InconvenientTime, ...], name: str, now: Instant) -> Instant | None:
    """The first instant from `now` on that no inconvenient time holds in a zone."""
    instant = now
    while instant - now <= YEAR_OF_DAYS * 86_400:
        day, minute = local(instant, name)
        holding = [time for time in times if _holds(time, day, minute, instant)]
        if not holding:
            return instant
        over = _minute_after(day, max(time.last for time in holding), name, instant)
        instant = min((time.withdrawn for time in holding if time.withdrawn is not None), default=over)
        instant = min(instant, over)
    return None


def _holds(time: InconvenientTime, day: Day, minute: Minute, instant: Instant) -> bool:
    return (
        time.first <= minute <= time.last
        and (not time.weekdays or (day - 1) % 7 in time.weekdays)
        and (time.through is None or day <= time.through)
        and (time.withdrawn is None or instant < time.withdrawn)
    )


def _minute_after(day: Day, minute: Minute, name: str, instant: Instant) -> Instant:
    """When a minute of a day is over in a zone; where clocks are set back in between, the instant at which they are."""
    following = (day + 1, 0) if minute == LAST_MINUTE else (day, minute + 1)
    ends = earliest_reading(*following, name)
    if ends <= instant:
        ends = resolve(*following, name)
    return set_back(instant, ends, name) or ends
