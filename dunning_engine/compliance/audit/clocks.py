"""Rules of clock and calendar, zone by zone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance.audit.scene import Facts, Found, Json, Scene, wall
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

NO_ZONE = "nobody knows in which time zone the debtor was"


def open_hours(limit: Json, scene: Scene) -> Found | None:
    """Whether the hour was closed in a zone where the debtor may have been, or in the one that the rule names."""
    if not scene.at_once:
        return None
    if not scene.zones:
        return _nowhere(scene)
    named = [limit["zone"]] if limit.get("zone") else []
    for zone in (*scene.zones, *named):
        there = wall(scene.at, zone)
        today = [window for window in limit["windows"] if there.weekday() in window["days"]]
        if not _open(today, there) and not _agreed(there, scene):
            hours = ", ".join(f"after {window['after']} and before {window['before']}" for window in today)
            words = f"it was {there:%A %H:%M} in {zone}, {f'open {hours}' if hours else 'a closed day'}"
            return Found(words, code="" if today else "PUBLIC_HOLIDAY")
    return None


def _nowhere(scene: Scene) -> Found | None:
    """What to make of a debtor who may have been anywhere."""
    return Found(NO_ZONE, code="TIME_UNDETERMINED") if scene.facts is Facts.REQUIRED else None


def _open(windows: list[Any], there: datetime) -> bool:
    """After 08:00 is later than 08:00:00, be it by a second."""
    return any(f"{window['after']}:00" < f"{there:%H:%M:%S}" < f"{window['before']}:00" for window in windows)


def _agreed(there: datetime, scene: Scene) -> bool:
    """Whether the person had agreed to the hour."""
    consents: Any = scene.known.get("time_consents", ())
    minute = there.hour * 60 + there.minute
    return any(
        consent.first <= minute <= consent.last
        and consent.given <= scene.at
        and (consent.revoked is None or consent.revoked > scene.at)
        for consent in consents
    )


def holidays(limit: Json, scene: Scene) -> Found | None:
    """Whether it was a public holiday in any zone."""
    if not scene.at_once:
        return None
    for zone in scene.zones or (scene.history.zone,):
        day = wall(scene.at, zone).date()
        if _is_holiday(limit["calendar"], day, scene):
            return Found(f"{day} was a holiday of {limit['calendar']}", code="PUBLIC_HOLIDAY")
    return None


def _is_holiday(calendar: str, day: date, scene: Scene) -> bool:
    try:
        return scene.is_holiday(calendar, day)
    except UsageError:  # no data for the year: nobody can show that the day was open
        return True


def inconvenient_times(_limit: Json, scene: Scene) -> Found | None:
    """Whether the person had called the hour inconvenient, in any zone."""
    if not scene.at_once:
        return None
    named: Any = scene.known.get("inconvenient_times", ())
    if named and not scene.zones:
        return _nowhere(scene)
    for zone in scene.zones:
        there = wall(scene.at, zone)
        for time in named:
            if _inconvenient(time, there, scene):
                return Found(f"it was {there:%A %H:%M} in {zone}, which the debtor called inconvenient")
    return None


def _inconvenient(time: Any, there: datetime, scene: Scene) -> bool:
    if time.withdrawn is not None and time.withdrawn <= scene.at:
        return False
    minute = there.hour * 60 + there.minute
    yesterday = there - timedelta(days=1)
    if time.first <= time.last:
        return time.first <= minute <= time.last and _named(time, there) and _runs(time, there)
    if minute >= time.first:
        return _named(time, there) and _runs(time, there)
    return minute <= time.last and (_named(time, there) or _named(time, yesterday)) and _runs(time, yesterday)


def _named(time: Any, day: datetime) -> bool:
    """Whether a weekday is one of those that the person named."""
    return not time.weekdays or day.weekday() in time.weekdays


def _runs(time: Any, day: datetime) -> bool:
    """Whether a day is not after the last that the person named."""
    return time.through is None or day.date() <= date.fromordinal(time.through)


def inconvenient_places(_limit: Json, scene: Scene) -> Found | None:
    """Whether the contact reached for a place that the person called inconvenient."""
    named: Any = scene.known.get("inconvenient_places", frozenset())
    line = scene.known.get("line")
    if scene.channel == "letter" and line is None:
        line = "home"
    if line in ("work", "home") and line in named:
        return Found(f"it went to {line}, which the debtor called inconvenient")
    place = scene.known.get("place")
    if scene.at_once and place in named:
        return Found(f"the debtor was known to be at {place}, which they called inconvenient")
    return None
