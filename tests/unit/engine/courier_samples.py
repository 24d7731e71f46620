"""Adapters that misbehave, for processes that import them."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dunning_engine.domain.parties import Channel
from dunning_engine.ports.adapter import Bounced, Capability, Message, Outcome, Retry, Sent, Withheld

ODD: Final[Mapping[str, Any]] = {
    "None": None,
    "a dict": {"ok": True},
    "a Withheld": Withheld(),
    "a Retry of other types than it says": Retry("60", "later"),  # type: ignore[arg-type]
    "a Sent of other types than it says": Sent(None),  # type: ignore[arg-type]
    "a NUL": Sent("a\0b"),
    "a NUL in a note": Bounced("a\0b"),
}
"""What an adapter may return that is no outcome, or none that can be kept."""


@dataclass
class Misbehaving:
    """Does what it is told to: `sends`, `raises`, `aborts`, `hangs`, `eats memory`, or returns one of `ODD`."""

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
        return ODD.get(self.does, Sent(str(os.getpid())))

    def lookup(self, key: str, *, seconds: float) -> Outcome:
        if self.does == "raises":
            raise ValueError("oops")
        return ODD.get(self.does) or Retry(0, f"{key} is unknown here")


@dataclass
class Asking(Misbehaving):
    """Asks before it sends."""

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Any) -> Outcome | Withheld:
        return self.deliver(message, seconds=seconds) if may_go() else Withheld()


@dataclass
class Unmovable(Misbehaving):
    """Cannot travel to another process."""

    held: Any = field(default_factory=lambda: lambda: None)
