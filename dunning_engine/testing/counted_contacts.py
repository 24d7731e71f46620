"""Limits and hours of policies, counted from armings alone: by days and clocks of every zone where the debtor may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeGuard

from dunning_engine.domain.limits import ClosedDays, ContactLimit, Hours, Per
from dunning_engine.kernel.calendar import local_day, moment

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


CLOCKS_DIFFER: Final = 10
"""Seconds by which the clocks of two machines may differ: within them the order of two cases' events is unknown."""


@dataclass(frozen=True, slots=True)
class Arming:
    """A contact at the moment from which it counts."""

    at: Instant
    case_id: str
    action: ProposedAction
    policy: Policy
    zones: tuple[str, ...]


def over_limits(armings: Sequence[Arming]) -> Iterator[tuple[Arming, str]]:
    """Contacts of one debtor that were one too many, or at an hour that is closed."""
    for arming in armings:
        for words in (*_too_many(arming, armings), *_too_early(arming)):
            yield arming, f"{arming.action.spec.words} {words}"


def _too_many(arming: Arming, armings: Sequence[Arming]) -> Iterator[str]:
    channel = arming.action.spec.channel
    for rule, limit in arming.policy.rules:
        if not _counts(limit) or (limit.channels and channel not in limit.channels):
            continue
        for zone in arming.zones or (arming.policy.zone,):
            count = sum(_in_window(other, arming, limit, zone) for other in armings)
            if count > limit.count:
                yield f"is contact {count} of {limit.count} by {rule}"
                break


def _counts(limit: object) -> TypeGuard[ContactLimit]:
    """Whether attempts are what it counts: those by outcome count what is known only afterwards."""
    return isinstance(limit, ContactLimit) and not limit.counted | limit.uncounted


def _in_window(other: Arming, arming: Arming, limit: ContactLimit, zone: str) -> bool:
    return (
        _before(other, arming)
        and local_day(other.at, zone) > local_day(arming.at, zone) - limit.days
        and (not limit.channels or other.action.spec.channel in limit.channels)
        and (other.case_id == arming.case_id or limit.per is Per.DEBTOR)
    )


def _before(other: Arming, arming: Arming) -> bool:
    """Of one second, cases of one policy count in any order; which of two policies was asked first their clocks do not tell."""
    if other.policy is not arming.policy:
        return other.at < arming.at - CLOCKS_DIFFER
    return (other.at, other.case_id, other.action.id) <= (arming.at, arming.case_id, arming.action.id)


def _too_early(arming: Arming) -> Iterator[str]:
    channel = arming.action.spec.channel
    if channel is None or not channel.reaches_at_once:
        return
    for zone in arming.zones:
        there = moment(arming.at, zone)
        minute, day = there.hour * 60 + there.minute, there.toordinal()
        for rule, limit in arming.policy.rules:
            if _is_closed(limit, minute, day, arming.policy):
                yield f"went out at {there:%A %H:%M} in {zone}, against {rule}"


def _is_closed(limit: object, minute: int, day: int, policy: Policy) -> bool:
    match limit:
        case Hours(windows):
            return not any(first <= minute <= last for first, last in windows)
        case ClosedDays(weekdays, holidays):
            return (day - 1) % 7 in weekdays or (holidays and policy.calendar.is_holiday(day))
        case _:
            return False
