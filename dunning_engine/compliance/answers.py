"""What each kind of limit answers when the gate asks it about a channel at an instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.compliance import frequency, prerequisites, windows
from dunning_engine.compliance.retries import retries
from dunning_engine.compliance.situation import Answer, Refusal, Situation, Wait
from dunning_engine.domain.docket import same_address
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    KnownPlace,
    Limit,
    OpenChallenge,
    Prerequisites,
    RefusedAddress,
    RestAfterPromise,
    Retries,
    Spacing,
    Together,
)
from dunning_engine.domain.parties import Channel

if TYPE_CHECKING:
    from dunning_engine.compliance.gate import GateRule
    from dunning_engine.kernel.calendar import Instant

HEARD_KEPT: Final = 4096
"""Answers that a rule remembers at most; then it forgets all."""

_UNHEARD: Final = Wait(-1)
"""Stands for an answer that is not remembered."""


def _hours(limit: Hours, rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    if not channel.reaches_at_once:
        return None
    if not situation.zones or "time_consents" in situation.docket:
        return windows.hours(limit, situation, now, law=rule.law)
    return _once(rule, (situation.zones, now), lambda: windows.hours(limit, situation, now, law=rule.law))


def _once(rule: GateRule, key: tuple[object, ...], ask: Callable[[], Answer]) -> Answer:
    """An answer that follows from a key alone: cases that are decided together ask for the same one again and again."""
    answer = rule.heard.get(key, _UNHEARD)
    if answer is _UNHEARD:
        answer = ask()
        if len(rule.heard) >= HEARD_KEPT:
            rule.heard.clear()
        rule.heard[key] = answer
    return answer


def _contacts(limit: ContactLimit, rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    return frequency.frequency(limit, situation, channel, now, law=rule.law)


def _days(limit: ClosedDays, rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    if not (limit.non_business or channel.reaches_at_once):
        return None
    key = (situation.zones, situation.zone, situation.calendar, now)
    return _once(rule, key, lambda: windows.closed_days(limit, situation, now, rule.calendars))


def _rest(limit: CoolingOff, rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    return frequency.cooling_off(limit, situation, channel, now, law=rule.law)


def _channel(_limit: BlockedChannel, _rule: GateRule, channel: Channel, situation: Situation, _now: Instant) -> Answer:
    if channel in situation.opted_out:
        return Refusal(f"the debtor asked not to be reached by {channel.value}")
    return None


def _address(_limit: RefusedAddress, _rule: GateRule, _channel: Channel, situation: Situation, _now: Instant) -> Answer:
    address: Any = situation.docket.get("address")
    refused: Any = situation.docket.get("refused_addresses", ())
    if address is None or not any(same_address(address, one) for one in refused):
        return None
    return Refusal("the debtor asked that this address is not used")


def _person(limit: BlockedPerson, _rule: GateRule, _channel: Channel, situation: Situation, _now: Instant) -> Answer:
    standing = limit.reasons & situation.holds
    return Refusal(f"in force: {', '.join(sorted(reason.value for reason in standing))}") if standing else None


def _place(
    _limit: InconvenientPlaces, _rule: GateRule, channel: Channel, situation: Situation, _now: Instant
) -> Answer:
    docket = situation.docket
    avoided: Any = docket.get("inconvenient_places", ())
    bound = docket.get("line", "home" if channel is Channel.LETTER else "")
    if bound in avoided:
        return Refusal(f"the debtor does not want to be reached at {bound}")
    if channel.reaches_at_once and docket.get("place") in avoided:
        return Refusal(f"the debtor is known to be at {docket['place']}, where contact does not suit")
    return None


def _known_place(_limit: KnownPlace, _rule: GateRule, _channel: Channel, situation: Situation, _now: Instant) -> Answer:
    if situation.places:
        return None
    return Refusal("nothing tells where the debtor is: give a country and region, a postal code or a phone number")


ANSWERS: Final[Mapping[type[Limit], Callable[..., Answer]]] = {
    Hours: _hours,
    ContactLimit: _contacts,
    Together: lambda limit, _rule, _channel, situation, now: frequency.together(limit, situation, now),
    Spacing: lambda limit, _rule, channel, situation, now: (
        frequency.spacing(limit, situation, now) if not limit.channels or channel in limit.channels else None
    ),
    ClosedDays: _days,
    CoolingOff: _rest,
    RestAfterPromise: lambda limit, _rule, channel, situation, now: frequency.rest_after_promise(
        limit, situation, channel, now
    ),
    BlockedChannel: _channel,
    BlockedPerson: _person,
    RefusedAddress: _address,
    InconvenientTimes: lambda _limit, _rule, channel, situation, now: (
        windows.inconvenient_times(situation, now) if channel.reaches_at_once else None
    ),
    InconvenientPlaces: _place,
    KnownPlace: _known_place,
    Prerequisites: lambda limit, _rule, _channel, situation, now: prerequisites.prerequisites(limit, situation, now),
    Carries: lambda limit, _rule, _channel, situation, _now: prerequisites.carries(limit, situation),
    OpenChallenge: lambda _limit, _rule, _channel, situation, now: prerequisites.open_challenge(situation, now),
    BureauNotice: lambda limit, _rule, _channel, situation, now: prerequisites.bureau_notice(limit, situation, now),
    Retries: lambda limit, _rule, _channel, situation, now: retries(limit, situation, now),
}
