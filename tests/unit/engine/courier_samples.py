"""Adapters that misbehave, for processes that import them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from dunning_engine.domain.parties import Channel
from dunning_engine.ports.adapter import Capability, Message, Outcome, Retry, Sent, Withheld


@dataclass
class Misbehaving:
    """Does what it is told to: `sends`, `raises`, `aborts`, `hangs`, `eats memory`."""

    does: str
    name: str = "sample"
    handles: frozenset[Channel | str] = frozenset({Channel.EMAIL})
    capability: Capability = Capability.LOOKUP

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        match self.does:
            case "raises":
                raise ValueError("oops")
            case "aborts":
                os.abort()
            case "hangs":
                time.sleep(seconds + 600)
            case "eats memory":
                return Sent(str(len(bytearray(8 << 30))))
        return Sent(str(os.getpid()))

    def lookup(self, key: str, *, seconds: float) -> Outcome:
        if self.does == "raises":
            raise ValueError("oops")
        return Retry(0, f"{key} is unknown here")


@dataclass
class Asking(Misbehaving):
    """Asks before it sends."""

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Any) -> Outcome | Withheld:
        return self.deliver(message, seconds=seconds) if may_go() else Withheld()


@dataclass
class Unmovable(Misbehaving):
    """Cannot travel to another process."""

    held: Any = field(default_factory=lambda: lambda: None)
