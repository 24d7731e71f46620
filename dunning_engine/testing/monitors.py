"""Monitors of the policy's own limits: hours, days and counts, computed by the clock on the wall and by counting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard

from dunning_engine.domain.ladder_events import StepForced
from dunning_engine.domain.limits import ClosedDays, ContactLimit, Hours, Per
from dunning_engine.kernel.calendar import local_day, moment
from dunning_engine.kernel.spans import add
from dunning_engine.policy.model import Lead
from dunning_engine.testing.accounts import touches
from dunning_engine.testing.core_monitors import (
    ChannelsStayRefused,
    ChargesAreCarried,
    ComesToRest,
    DeadlinesAreKept,
    EveryContactHasAnAddress,
    LookingTwiceAddsNothing,
    MoneyAddsUp,
    Monitor,
    NextLookIsTheNextChange,
    NothingAfterTheEnd,
    NothingIsLost,
    NothingWhileHeld,
    Once,
    OneCurrency,
    OneStepAtATime,
    RestrictionsAreLifted,
    SilenceIsRecorded,
    StateIsTheFold,
    StepsKeepTheirOrder,
    Words,
)

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.testing.happenings import Handed
    from dunning_engine.testing.rehearsal import Rehearsal


class HoursAreKept(Monitor):
    """I5: what the debtor notices at once comes in the open hours and days of every zone where they may be."""

    name, invariants = "hours", "I5"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        channel = handed.action.spec.channel
        if channel is None or not channel.reaches_at_once:
            return
        for zone in stage.case.zones:
            there = moment(handed.at, zone)
            for rule, limit in stage.policy.rules:
                if _is_closed(stage, limit, there.hour * 60 + there.minute, there.toordinal()):
                    yield f"{handed.action.spec.words} went out at {there:%A %H:%M} in {zone}, against {rule}"


def _is_closed(stage: Rehearsal, limit: object, minute: int, day: int) -> bool:
    match limit:
        case Hours(windows):
            return not any(first <= minute <= last for first, last in windows)
        case ClosedDays(weekdays, holidays):
            return (day - 1) % 7 in weekdays or (holidays and stage.policy.calendar.is_holiday(day))
        case _:
            return False


class LimitsAreKept(Monitor):
    """I5: no contact is one too many for a limit of the policy, counted by calendar days in every zone."""

    name, invariants = "limits", "I5"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        channel = handed.action.spec.channel
        if channel is None:
            return
        for rule, limit in stage.policy.rules:
            if _counts(limit) and (not limit.channels or channel in limit.channels):
                for zone in stage.case.zones or (stage.policy.zone,):
                    count = _within(stage, limit, handed.at, zone)
                    if count > limit.count:
                        yield f"{handed.action.spec.words} is contact {count} of {limit.count} by {rule}"
                        break


def _counts(limit: object) -> TypeGuard[ContactLimit]:
    """Whether attempts are what it counts: those by outcome count what is known only afterwards."""
    return isinstance(limit, ContactLimit) and not limit.counted | limit.uncounted


def _within(stage: Rehearsal, limit: ContactLimit, at: int, zone: str) -> int:
    first = local_day(at, zone) - limit.days + 1
    return sum(
        touch.at <= at
        and local_day(touch.at, zone) >= first
        and (not limit.channels or touch.channel in limit.channels)
        and (touch.ours or limit.per is Per.DEBTOR)
        for touch in touches(stage)
    )


class GapIsKept(Monitor):
    """I5: between two occurrences of steps that reach the debtor lies `min_gap`, whichever run of the ladder they are of.

    Where every receivable climbs its own ladder, what falls due at one instant and cannot share a letter goes out at it.
    """

    name, invariants = "gap", "I5"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        key, policy = handed.action.key, stage.policy
        if not _is_step(handed.action) or _forced(stage, key.step):
            return
        same = (key.cycle, key.step, key.occurrence)
        others = [h for h in stage.handed[:-1] if _is_step(h.action)]
        if policy.lead is Lead.EACH:
            others = [other for other in others if other.at != handed.at]
        if any((o.action.key.cycle, o.action.key.step, o.action.key.occurrence) == same for o in others):
            return  # the rest of what has begun, or another way for what came back
        for zone in stage.case.zones or (policy.zone,):
            last = max((local_day(other.at, zone) for other in others), default=None)
            if last is not None and local_day(handed.at, zone) < add(last, policy.min_gap, policy.calendar):
                yield f"{handed.action.spec.words} went out less than {policy.min_gap} after the contact before it"


def _is_step(action: ProposedAction) -> bool:
    return action.spec.channel is not None and action.spec.verb.asked


def _forced(stage: Rehearsal, step: str) -> bool:
    return any(isinstance(told.event, StepForced) and told.event.step == step for told in stage.events)


MONITORS: Final[tuple[Monitor, ...]] = (
    Once(),
    NothingIsLost(),
    SilenceIsRecorded(),
    NothingAfterTheEnd(),
    NothingWhileHeld(),
    ChannelsStayRefused(),
    EveryContactHasAnAddress(),
    HoursAreKept(),
    LimitsAreKept(),
    GapIsKept(),
    OneStepAtATime(),
    StepsKeepTheirOrder(),
    DeadlinesAreKept(),
    MoneyAddsUp(),
    ChargesAreCarried(),
    OneCurrency(),
    RestrictionsAreLifted(),
    StateIsTheFold(),
    ComesToRest(),
    LookingTwiceAddsNothing(),
    NextLookIsTheNextChange(),
)
"""Every monitor; none keeps anything between calls."""
