"""Receivers that remember: what arrived, under which key, in which bytes. What they answer is the plan's choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, Final

from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import WAYS_BESIDES
from dunning_engine.ports.adapter import Bounced, Capability, Message, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.codec import encode_message
from dunning_engine.testing.invariants import Effect

OUTCOMES: Final = ("sent", "proven", "bounced", "retry", "lost", "arrived", "breaks", "breaks-after")
"""`lost` and `arrived` are both said to be uncertain; `breaks` raises, before or after something arrived."""

ARRIVES: Final = frozenset({"sent", "proven", "arrived", "breaks-after"})


class Broken(Exception):
    """An adapter that does not keep its word."""


@dataclass
class Sinks:
    """The log of everything that arrived, in its order, and how often each key was handed over."""

    effects: list[Effect] = field(default_factory=list)

    def duplicates(self) -> int:
        """Arrivals beyond the first of their key."""
        return len(self.effects) - len({effect.key for effect in self.effects})


@dataclass
class Sink:
    """One adapter of one worker. It stops before and after the hand-over, where the worker may die or wait."""

    name: str
    handles: frozenset[Channel | str]
    capability: Capability
    log: Sinks
    pause: Callable[[str], str]

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        outcome = self.pause(f"hands over {message.action.spec.words}")
        if outcome in ARRIVES:
            digest = sha256(encode_message(message).encode()).hexdigest()
            self.log.effects.append(Effect(message.action_id, digest, self.name))
        self.pause(f"handed over: {outcome}")
        match outcome:
            case "bounced":
                return Bounced("no such address")
            case "retry":
                return Retry(30, "busy")
            case "lost" | "arrived":
                return Uncertain("the connection was lost")
            case "breaks" | "breaks-after":
                raise Broken(outcome)
            case _:
                return Sent("ref", delivered=outcome == "proven")


def sinks(log: Sinks, pause: Callable[[str], str]) -> list[Sink]:
    """One receiver for each capability, with the channels of its kind."""
    ways = {
        Capability.NONE: {Channel.EMAIL, Channel.LETTER, Channel.CALL},
        Capability.DEDUPE: {Channel.SMS, Channel.PUSH, Channel.PORTAL, "agency"},
        Capability.LOOKUP: {*WAYS_BESIDES} - {"agency"},
    }
    return [Sink(c.value, frozenset(handles), c, log, pause) for c, handles in ways.items()]


class Words:
    """Texts without templates, which say the amount: other facts make other bytes."""

    def render(self, action: Any, case: Any, *_rest: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject=action.spec.name, text=f"{case.id}: {action.amount}", language="en")
