"""The desk's own clock beside the server's: two that do not show the same cannot both be right, and then nothing is armed.

A durable timer wakes when its server says so, so nothing in a workflow can tell whether the server's clock was set. Its
worker can: it runs on another clock, whose jumps it notices by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dunning_engine.engine.guarded_clock import TOLERANCE_SECONDS, GuardedClock
from dunning_engine.kernel.calendar import iso

if TYPE_CHECKING:
    from dunning_engine.integrations.temporal.commands import Reading
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.sources import Clock


class Believed(NamedTuple):
    """What time it is as far as that can be believed, and what is wrong with it; nothing is armed then."""

    at: Instant
    suspicion: str


class Witness:
    """A worker's clock. `None`: the server alone says what time it is, for one whose time skips."""

    def __init__(self, clock: Clock | None) -> None:
        self._own = None if clock is None else GuardedClock(clock)

    def judged(self, told: Reading) -> Believed:
        """The server's time where both clocks agree; the earlier one where they do not, and never before what is known."""
        if told.rehearsed or self._own is None:
            return Believed(max(told.shows, told.latest), "")
        own = self._own.now()
        why = self._own.suspicion or _suspicion(told, own)
        return Believed(max(told.latest, min(told.shows, own) if why else told.shows), why)


def _suspicion(told: Reading, own: Instant) -> str:
    if abs(told.shows - own) > TOLERANCE_SECONDS:
        return f"the server's clock shows {iso(told.shows)}, its worker's {iso(own)}"
    if told.shows < told.latest - TOLERANCE_SECONDS:
        return f"the server's clock shows {iso(told.shows)}, but it was {iso(told.latest)} already"
    return ""
