"""What properties of the gate share: zones worth trying, and from when on an answer lets an action pass."""

from __future__ import annotations

from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred

FOREVER = 10**12

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Havana",
    "America/Santiago",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
)


def lawful_from(verdict, now):
    match verdict:
        case Cleared():
            return now
        case Deferred(until=until):
            return until
        case Blocked():
            return FOREVER
