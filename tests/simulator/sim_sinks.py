"""Receivers that remember: what arrived, under which key, in which bytes. What they answer is the plan's choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, Final

from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import WAYS_BESIDES
from dunning_engine.ports.adapter import Bounced, Capability, Message, Outcome, Retry, Sent, Uncertain, Withheld
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
        return self._taken(message, self.pause(f"hands over {message.action.spec.words}"))

    def _taken(self, message: Message, outcome: str) -> Outcome:
        if outcome in ARRIVES:
            digest = sha256(encode_message(message).encode()).hexdigest()
            self.log.effects.append(Effect(message.key, digest, self.name))
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


class Asking(Sink):
    """An adapter that asks last of all, after whatever delays it."""

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        assert seconds > 0
        outcome = self.pause(f"hands over {message.action.spec.words}")
        return self._taken(message, outcome) if may_go() else Withheld()


class Asked(Asking):
    """A receiver that can be asked what became of an action; sometimes it cannot tell."""

    def lookup(self, key: str, *, seconds: float) -> Outcome:
        assert seconds > 0
        if self.pause(f"is asked about {key[:6]}") in ("lost", "breaks"):
            return Uncertain("no answer")
        known = any(effect.key == key for effect in self.log.effects)
        return Sent("ref") if known else Retry(1, "never heard of it")


def sinks(log: Sinks, pause: Callable[[str], str]) -> list[Sink]:
    """One receiver for each capability, with the channels of its kind."""
    ways = {
        Capability.NONE: (Asking, {Channel.EMAIL, Channel.CALL}),
        Capability.DEDUPE: (Sink, {Channel.SMS, Channel.PUSH, Channel.PORTAL, *WAYS_BESIDES}),
        Capability.LOOKUP: (Asked, {Channel.LETTER}),
    }
    return [kind(c.value, frozenset(handles), c, log, pause) for c, (kind, handles) in ways.items()]


class Words:
    """Texts without templates, which say the amount: other facts make other bytes."""

    def render(self, action: Any, case: Any, *_rest: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject=action.spec.name, text=f"{case.id}: {action.amount}", language="en")
