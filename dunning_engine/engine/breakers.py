"""Circuit breakers: a receiver that fails again and again is left alone for a while, so that it does not stop others."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.ports.adapter import Retry, Uncertain, has_endpoints

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Adapter, Outcome

FAILURES: Final = 3
"""After so many failures in a row a receiver is left alone."""

PAUSE_SECONDS: Final = 60
"""How long at first; twice as long each time that the one attempt after it fails too."""

PAUSE_SECONDS_MAX: Final = 960

SPREAD_SECONDS: Final = 60
"""Over how long what waited for a receiver comes back, so that it does not come at once."""


@dataclass(slots=True)
class _Breaker:
    failures: int = 0
    pauses: int = 0
    until: Instant = 0
    trying: bool = False
    why: str = ""


class Breakers:
    """One breaker for each receiver that this process knows; safe to be used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, _Breaker] = {}

    def until(self, endpoint: str, now: Instant) -> Instant | None:
        """Until when a receiver is left alone; `None` where it may be tried, which it then is once before others follow."""
        with self._lock:
            breaker = self._known.get(endpoint)
            if breaker is None or breaker.failures < FAILURES:
                return None
            if now < breaker.until:
                return breaker.until
            if breaker.trying:
                return now + PAUSE_SECONDS
            breaker.trying = True
            return None

    def tell(self, endpoint: str, outcome: Outcome, now: Instant) -> None:
        """What a receiver made of an action."""
        with self._lock:
            if not isinstance(outcome, (Retry, Uncertain)) or (isinstance(outcome, Retry) and outcome.alone):
                self._known.pop(endpoint, None)
                return
            breaker = self._known.setdefault(endpoint, _Breaker())
            breaker.failures += 1
            breaker.trying = False
            breaker.why = outcome.note
            if breaker.failures >= FAILURES:
                breaker.until = now + min(PAUSE_SECONDS * 2**breaker.pauses, PAUSE_SECONDS_MAX)
                breaker.pauses += 1

    def untried(self, endpoint: str) -> None:
        """The one attempt that was let through did not take place."""
        with self._lock:
            if endpoint in self._known:
                self._known[endpoint].trying = False

    def why(self, endpoint: str) -> str:
        """The latest failure of a receiver."""
        with self._lock:
            breaker = self._known.get(endpoint)
            return "" if breaker is None else breaker.why

    def open(self, now: Instant) -> dict[str, Instant]:
        """The receivers that are left alone, and until when."""
        with self._lock:
            return {
                name: b.until for name, b in sorted(self._known.items()) if b.failures >= FAILURES and now < b.until
            }


def endpoint_of(adapter: Adapter, action: ProposedAction) -> str:
    """The name of the receiver: the adapter's, and its own within it where an adapter has several."""
    name = adapter.name
    return f"{name} {adapter.endpoint(action)}" if has_endpoints(adapter) else name


def spread(action_id: str) -> int:
    """Seconds that are an action's own, so that a crowd comes back one by one."""
    return sum(action_id.encode()) * 7 % SPREAD_SECONDS
