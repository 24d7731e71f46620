"""The gate: may this action go out now? Asked when it is decided, and again inside the transaction that arms it.

Every rule that fits the action is asked; the strictest wins and every rule that spoke is in the answer. Where waiting
helps, the answer carries the earliest instant at which all of them are content. The gate fails closed: a missing fact
refuses, an error inside a rule refuses, and so does an instant further away than `HORIZON_DAYS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from dunning_engine.compliance.frequency import cooling_off, frequency
from dunning_engine.compliance.rulebook import EVERYBODY, Binds, DatedValue, Rule, Rulebook
from dunning_engine.compliance.situation import Refusal, Situation
from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason, Verdict
from dunning_engine.compliance.windows import closed_days, hours
from dunning_engine.domain.actions import ClearedAction, ProposedAction
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Hours,
    Limit,
)
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant

HORIZON_DAYS: Final = 400
_EPOCH_DAY: Final = 719_163

STAYS: Final = frozenset({HoldReason.BANKRUPTCY, HoldReason.DECEASED})
"""Holds under which the debt is not handed on either: a rule of this house, wherever no law has it."""

_ADDRESS: Final = {
    Channel.EMAIL: ("debtor/email", "no e-mail address is known"),
    Channel.SMS: ("debtor/phone", "no phone number is known"),
    Channel.CALL: ("debtor/phone", "no phone number is known"),
    Channel.LETTER: ("debtor/address", "no postal address is known"),
}


@dataclass(frozen=True, slots=True)
class GateRule:
    """A rule as the gate asks it, whoever wrote it: a policy's own limit, or one of a rulebook (`law`)."""

    id: str
    says: str
    values: tuple[DatedValue, ...]
    binds: Binds = EVERYBODY
    citation: str = ""
    confidence: str = ""
    law: bool = False

    def limit(self, now: Instant) -> Limit | None:
        """What it asks at an instant (the day is UTC's: no law of ours begins at noon)."""
        newest = self.values[-1]
        day = now // DAY_SECONDS + _EPOCH_DAY
        if newest.since <= day:
            return newest.limit
        return next((value.limit for value in reversed(self.values) if value.since <= day), None)

    def at_most(self, until: Instant, now: Instant) -> Instant:
        """An answer, or the instant before it at which the rule begins to ask something else: then it is asked again."""
        starts = ((value.since - _EPOCH_DAY) * DAY_SECONDS for value in self.values)
        return min((start for start in starts if now < start < until), default=until)


GateRules: TypeAlias = tuple[GateRule, ...]


def own_rule(rule: str, says: str, limit: Limit, channels: frozenset[Channel] = frozenset()) -> GateRule:
    """A limit that the creditor (or this library) sets itself, whatever the law says."""
    return GateRule(
        id=rule, says=says, values=(DatedValue(0, limit),), binds=Binds(channels=channels) if channels else EVERYBODY
    )


def assemble(own: Iterable[GateRule], rulebooks: Iterable[Rulebook]) -> GateRules:
    """A policy's own limits and the rules of its rulebooks, in that order."""
    return (*own, *(_of_law(rule) for book in rulebooks for rule in book.rules))


def _of_law(rule: Rule) -> GateRule:
    return GateRule(rule.id, rule.says, rule.values, rule.binds, rule.citation.text, rule.confidence.value, law=True)


def gate(action: ProposedAction, situation: Situation, rules: GateRules, now: Instant) -> Verdict:
    """Whether the action may go out now; if not, why, and from when on it may."""
    channel = action.spec.channel
    if channel is None:
        return _out_of_sight(action, situation, now)
    who = situation.collector, situation.debtor.kind, channel, (action.key.step, action.key.slot)
    fitting = [rule for rule in rules if rule.binds is EVERYBODY or rule.binds.fits(*who)]
    refusals, waits = _hear(fitting, channel, situation, now)
    if not situation.debtor.reachable(channel):
        rule, words = _ADDRESS[channel]
        refusals.insert(0, Reason(rule, words))
    if refusals:
        return Blocked(action, (*refusals, *waits))
    if not waits:
        return Cleared(ClearedAction(action, now))
    return _earliest(action, situation, fitting, now, tuple(waits))


def _out_of_sight(action: ProposedAction, situation: Situation, now: Instant) -> Verdict:
    """An action that does not reach the debtor: no contact rule binds it, but a stay bars every act to collect."""
    stay = sorted(reason.value for reason in situation.holds & STAYS)
    if stay:
        return Blocked(
            action, (Reason("house/stay", f"nothing is done to collect this debt: in force: {', '.join(stay)}"),)
        )
    return Cleared(ClearedAction(action, now))


def _hear(
    rules: Iterable[GateRule], channel: Channel, situation: Situation, now: Instant
) -> tuple[list[Reason], list[Reason]]:
    """What the rules say at an instant: those that refuse, and those that want to wait."""
    refusals: list[Reason] = []
    waits: list[Reason] = []
    for rule in rules:
        answer = _ask(rule, channel, situation, now)
        if isinstance(answer, Refusal):
            refusals.append(Reason(rule.id, f"{rule.says}: {answer.words}", rule.citation, None, rule.confidence))
        elif answer > now:
            waits.append(Reason(rule.id, rule.says, rule.citation, answer, rule.confidence))
    return refusals, waits


def _earliest(
    action: ProposedAction, situation: Situation, rules: list[GateRule], now: Instant, reasons: tuple[Reason, ...]
) -> Verdict:
    """Ask every rule again at the latest answer, until none moves it; rules that speak only later are added."""
    assert action.spec.channel is not None
    spoke = {reason.rule: reason for reason in reasons}
    instant = max(reason.until or now for reason in reasons)
    while instant - now <= HORIZON_DAYS * DAY_SECONDS:
        refusals, waits = _hear(rules, action.spec.channel, situation, instant)
        for reason in waits:
            spoke.setdefault(reason.rule, reason)
        if refusals:
            return Blocked(action, (*refusals, *spoke.values()))
        if not waits:
            return Deferred(action, instant, tuple(spoke.values()))
        instant = max(reason.until or instant for reason in waits)
    far = Reason("gate/horizon", f"no lawful instant within {HORIZON_DAYS} days")
    return Blocked(action, (far, *spoke.values()))


def _ask(rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Instant | Refusal:
    """One rule's answer; a rule that cannot be asked refuses."""
    try:
        limit = rule.limit(now)
        if limit is None:
            return now
        answer = _ANSWERS[type(limit)](limit, rule, channel, situation, now)
        return answer if isinstance(answer, Refusal) or answer == now else rule.at_most(answer, now)
    except Exception as error:  # noqa: BLE001 - the gate fails closed, whatever went wrong inside a rule
        return Refusal(f"the rule could not be asked ({type(error).__name__}: {error})")


# How each kind of limit answers ---------------------------------------------------------------------------------------

Answer: TypeAlias = Instant | Refusal


def _hours(limit: Hours, _rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    return hours(limit, situation, now) if channel.reaches_at_once else now


def _contacts(limit: ContactLimit, rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    if limit.channels and channel not in limit.channels:
        return now
    return frequency(limit, situation, now, law=rule.law)


def _days(limit: ClosedDays, _rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    return closed_days(limit, situation, now) if limit.non_business or channel.reaches_at_once else now


def _rest(limit: CoolingOff, rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    if limit.channels and channel not in limit.channels:
        return now
    return cooling_off(limit, situation, now, law=rule.law)


def _channel(_limit: BlockedChannel, _rule: GateRule, channel: Channel, situation: Situation, now: Instant) -> Answer:
    if channel in situation.opted_out:
        return Refusal(f"the debtor asked not to be reached by {channel.value}")
    return now


def _person(limit: BlockedPerson, _rule: GateRule, _channel: Channel, situation: Situation, now: Instant) -> Answer:
    standing = limit.reasons & situation.holds
    return Refusal(f"in force: {', '.join(sorted(reason.value for reason in standing))}") if standing else now


_ANSWERS: Final[Mapping[type[Limit], Callable[..., Answer]]] = {
    Hours: _hours,
    ContactLimit: _contacts,
    ClosedDays: _days,
    CoolingOff: _rest,
    BlockedChannel: _channel,
    BlockedPerson: _person,
}
