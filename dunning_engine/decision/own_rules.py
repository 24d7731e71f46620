"""The rules that the gate asks for a policy: its own limits, those of this house, and those of its rulebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.gate import GateRules, assemble, own_rule
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.limits import (
    CONTACT_LIMIT,
    BlockedChannel,
    BlockedPerson,
    ClosedDays,
    ContactLimit,
    Hours,
    Limit,
    RestAfterPromise,
)
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.policy.model import Policy, Roll

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook

SILENCING: Final = frozenset({HoldReason.CEASE, HoldReason.ATTORNEY, HoldReason.BANKRUPTCY, HoldReason.DECEASED})
"""Holds under which nobody is contacted, whatever the policy says: a rule of this house, wherever no law has it."""


def gate_rules(policy: Policy, rulebooks: Sequence[Rulebook]) -> GateRules:
    """A policy's own limits and its rulebooks' rules, in the form that the gate asks; computed once per pair."""
    key = ("gate rules", *map(id, rulebooks))
    found = policy.memo.get(key)
    if found is None:
        own = [own_rule(rule, rule_words(limit), limit, _channels(policy, limit)) for rule, limit in policy.rules]
        own.append(own_rule("house/silence", "nobody writes to or calls this debtor", BlockedPerson(SILENCING)))
        own.append(own_rule("house/opt-out", "a channel that the debtor refused is not used", BlockedChannel()))
        found = policy.memo[key] = (assemble(own, rulebooks), tuple(rulebooks))
    rules: GateRules = found[0]  # type: ignore[index]  # the memo is untyped; the rulebooks ride along to keep their ids
    return rules


def _channels(policy: Policy, limit: Limit) -> frozenset[Channel]:
    """The channels that a policy's own limit binds: a channel that does not roll may go out on any day."""
    if isinstance(limit, ClosedDays) and limit.non_business:
        return frozenset(channel for channel in OFFERED if policy.roll_of(channel) is not Roll.NONE)
    return frozenset()


def rule_words(limit: Limit) -> str:
    """A policy's own limit as a sentence."""
    match limit:
        case ContactLimit():
            return f"the policy allows {CONTACT_LIMIT.show(limit)}"
        case RestAfterPromise():
            return f"the policy makes {CONTACT_LIMIT.show(limit)}"
        case Hours(windows):
            spans = " and ".join(f"{_clock(first)} to {_clock(last + 1)}" for first, last in windows)
            return f"the policy contacts people from {spans}, wherever they may be"
        case ClosedDays(non_business=True):
            return "the policy contacts people on business days"
        case _:
            return "the policy keeps quiet on this day"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
