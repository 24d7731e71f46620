"""A clock that notices when the machine's was set: against what runs evenly in this process, and against what was known.

Only clocks that also say how much time has passed (`steady`) are judged. One that a test or `--now` sets is believed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.calendar import iso

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.sources import Clock

TOLERANCE_SECONDS: Final = 60
"""How far a clock may be set without a word: what servers of time correct."""

STABLE_SECONDS: Final = 600
"""A clock that was set forward is believed once it has run evenly for so long."""


class GuardedClock:
    """What time it is, as far as that can be believed.

    While the clock is suspected (`suspicion` says why), it shows the earliest time that it may be, and never one before
    `last`: so nothing falls due by a clock that jumped. A clock that was set back is believed again when it has passed
    what was known before, or when an operator says so.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._steady = getattr(clock, "steady", None)
        self._lock = threading.Lock()
        self._last: Instant | None = None
        self._read: tuple[Instant, float] | None = None
        self._since = 0.0
        self._offset = 0.0
        self.suspicion = ""

    def __repr__(self) -> str:
        return f"<GuardedClock {self._clock!r}{': ' + self.suspicion if self.suspicion else ''}>"

    @property
    def judged(self) -> bool:
        """Whether this clock is one that can be wrong."""
        return self._steady is not None

    def now(self) -> Instant:
        if self._steady is None:
            return self._clock.now()
        with self._lock:
            return self._judged(self._clock.now(), self._steady())

    def know(self, last: Instant) -> None:
        """The store has decided about everything up to this instant already."""
        if self._steady is None:
            return
        with self._lock:
            wall, steady = self._clock.now(), self._steady()
            self._last = last if self._last is None else max(last, self._last)
            if not self.suspicion and wall < last - TOLERANCE_SECONDS:
                self._read = (last, steady)
                self._suspect(f"the clock shows {iso(wall)}, but it was {iso(last)} already", wall, steady)

    def trust(self) -> Instant:
        """An operator says that the clock is right: what it shows stands from here on, whatever was known before."""
        if self._steady is None:
            return self._clock.now()
        with self._lock:
            wall = self._clock.now()
            self.suspicion, self._read, self._last = "", (wall, self._steady()), wall
            return wall

    def _judged(self, wall: Instant, steady: float) -> Instant:
        if self._read is None:
            self._read = (wall, steady)
        reckoned = self._read[0] + (steady - self._read[1])
        if self.suspicion and self._believable(wall, steady, reckoned):
            self.suspicion, reckoned = "", float(wall)
        if not self.suspicion and abs(wall - reckoned) > TOLERANCE_SECONDS:
            way = "ahead" if wall > reckoned else "back"
            seconds = round(abs(wall - reckoned))
            self._suspect(f"the clock was set {way} by {seconds} seconds: it shows {iso(wall)}", wall, steady)
        if not self.suspicion:
            self._read = (wall, steady)
        earliest = wall if not self.suspicion else min(wall, int(reckoned))
        self._last = earliest if self._last is None else max(earliest, self._last)
        return self._last

    def _suspect(self, why: str, wall: Instant, steady: float) -> None:
        self.suspicion, self._since, self._offset = why, steady, wall - steady

    def _believable(self, wall: Instant, steady: float, reckoned: float) -> bool:
        """Whether it shows again what it should, or has run evenly for long enough and past what was known."""
        if abs(wall - reckoned) <= TOLERANCE_SECONDS:
            return True
        if abs(wall - steady - self._offset) > TOLERANCE_SECONDS:
            self._since, self._offset = steady, wall - steady
        return steady - self._since >= STABLE_SECONDS and (self._last is None or wall >= self._last)
