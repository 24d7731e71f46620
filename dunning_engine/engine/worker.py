"""A worker: decides and hands over until it is told to stop, and sleeps until there is something to do.

    worker = Worker(engine, health=Path("worker.json"))
    worker.run(stop)          # a threading.Event; blocks until it is set and what is armed has its receipt

Several workers may share a PostgreSQL database. On SQLite one process works; threads of it take turns.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.telemetry import Tick, counting
from dunning_engine.kernel.errors import DunningError, ForeignError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from dunning_engine.engine.anchors import Anchors
    from dunning_engine.kernel.calendar import Instant

POLL_SECONDS: Final = 60.0
"""How long a worker sleeps at most: what other processes record becomes due without its knowledge."""

REST_SECONDS: Final = 1.0
"""How long it rests where something is due that it may not have, or the database is away."""

TICK_SECONDS: Final = 5.0
"""After so much work it tells how it is, and looks whether its policies changed."""

TELL_SECONDS: Final = 3.0
"""How often it tells that it lives while one tick goes on."""

LOOK_LIMIT: Final = 1_000
"""Cases that one turn of a tenant decides about."""

TURN: Final = 25
"""Actions that one turn of a tenant hands over: then the next tenant has its turn."""

_log = logging.getLogger("dunning_engine")


@dataclass(slots=True)
class Health:
    """How a worker is, as its health file tells it."""

    state: str = "starting"
    started_at: Instant = 0
    last_tick: Instant | None = None
    lag_seconds: int = 0
    """How late the work was that had waited longest, counted from when it was due and known."""
    decided: int = 0
    troubled: int = 0
    handed_over: Counter[str] = field(default_factory=Counter)
    resting: dict[str, Instant] = field(default_factory=dict)
    halted: dict[str, str] = field(default_factory=dict)
    """Tenants for whom nothing is handed over, because their store was restored or the clock was set, and why."""
    trouble: str = ""
    """What is in the way of all work; empty where nothing is."""
    reload_trouble: str = ""
    """Why the policies of before are still in force."""
    poll_seconds: float = POLL_SECONDS
    """For how long it may be silent."""


class Worker:
    """Runs the engines of one or several tenants, each in turn.

    Args:
        engines: what decides and hands over; a worker closes none of them, but those that `reload` brought.
        poll_seconds: how long it sleeps at most.
        per_minute: how many actions leave in a minute at most, so that a backlog does not go out in one burst.
        health: a file that says how the worker is, as JSON; written whole or not at all, when it starts, after every tick
            and every few seconds of a long one.
        reload: asked before each tick: engines to go on with, or `None`. Raises `DunningError` where what is to come
            is wrong: then those of before stay, and `reload_trouble` says why.
        anchors: where the audit log is anchored, after so many minutes and when the worker stops.
    """

    def __init__(
        self,
        engines: DunningEngine | Sequence[DunningEngine],
        *,
        poll_seconds: float = POLL_SECONDS,
        per_minute: int | None = None,
        health: Path | None = None,
        reload: Callable[[], Sequence[DunningEngine] | None] | None = None,
        anchors: Anchors | None = None,
        anchor_minutes: int = 10,
    ) -> None:
        self._engines = (engines,) if isinstance(engines, DunningEngine) else tuple(engines)
        if not self._engines:
            raise UsageError("a worker needs an engine")
        if poll_seconds <= 0 or (per_minute is not None and per_minute <= 0):
            raise UsageError("poll_seconds and per_minute are above zero")
        self._poll, self._per_minute = poll_seconds, per_minute
        self._file, self._reload = health, reload
        self._anchors, self._anchor_seconds = anchors, anchor_minutes * 60
        self._brought: tuple[DunningEngine, ...] = ()
        self._meters = counting()
        self._minute, self._left = 0, per_minute or 0
        self._told = 0.0
        self._caught_up: Instant | None = None
        """When nothing that was due was left to do: whatever is due since before that became known after it."""
        self.health = Health(poll_seconds=poll_seconds)

    @property
    def engines(self) -> tuple[DunningEngine, ...]:
        """The engines that work now."""
        return self._engines

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what is armed then is handed over, and nothing more is armed."""
        self.health.started_at = self._engines[0].clock.now()
        try:
            self._tell("starting")
            while not stop.is_set():
                rest = self._step(stop)
                self._tell("running")
                stop.wait(rest)
        finally:
            self._last_anchor()
            self._tell("stopped")
            for engine in self._brought:
                engine.close()

    def _step(self, stop: threading.Event) -> float:
        """One tick, and for how long to sleep after it."""
        self._reloaded()
        self._tell("running")
        try:
            tick = self.tick(stop.is_set)
            self._anchor(self._anchor_seconds)
            rest = self._rest(tick)
        except (ForeignError, OSError) as error:
            _log.warning("the worker cannot work, and tries again: %s", error)
            self.health.trouble = str(error)
            return min(REST_SECONDS, self._poll)
        self.health.trouble = ""
        return rest

    def _anchor(self, seconds: int) -> None:
        """Anchor the audit log, where nobody did in the last seconds."""
        if self._anchors is None:
            return
        taken_at, now = self._anchors.taken_at(), self._engines[0].clock.now()
        if taken_at is None or abs(now - taken_at) >= seconds:
            for engine in self._engines:
                engine.anchor(self._anchors)

    def _last_anchor(self) -> None:
        try:
            self._anchor(0)
        except DunningError as error:
            _log.warning("the worker stops without an anchor: %s", error)

    def tick(self, stop: Callable[[], bool] = lambda: False) -> Tick:
        """Decide and hand over, each tenant in turn, until nothing is left to do, for some seconds at most."""
        begun, at = time.monotonic(), self._engines[0].clock.now()
        lag = self._lag(at)

        def stopped() -> bool:
            self.alive()
            return stop()

        decided, troubled, fates, busy = 0, 0, Counter[str](), True
        while busy and not stop() and time.monotonic() - begun < TICK_SECONDS:
            busy = False
            for engine in self._engines:
                decisions, handovers = (
                    engine.advance(limit=LOOK_LIMIT),
                    engine.dispatch(limit=self._turn(), stop=stopped),
                )
                decided, troubled = decided + len(decisions), troubled + len(engine.troubles)
                gone = Counter(handover.fate.value for handover in handovers)
                fates.update(gone)
                self._worked(len(decisions), len(engine.troubles), gone)
                self._left -= len(handovers)
                busy = busy or bool(decisions or handovers)
        self.health.halted = {engine.tenant: why for engine in self._engines if (why := engine.halted())}
        seconds, halted = time.monotonic() - begun, len(self.health.halted)
        tick = Tick(at, seconds, lag, decided, troubled, fates, more=busy, halted=halted)
        self._note(tick)
        return tick

    def alive(self) -> None:
        """Tell that it lives, at most every few seconds: for whatever takes long."""
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._tell(self.health.state)

    def _lag(self, at: Instant) -> int:
        """How late the work is that has waited longest: since it was due, or since it can have been known."""
        looks = [look for look in map(DunningEngine.next_look, self._engines) if look is not None]
        if self._caught_up is None:
            known = [until for until in map(DunningEngine.decided_until, self._engines) if until is not None]
            self._caught_up = min(known) if len(known) == len(self._engines) else self.health.started_at
        return max(0, at - max(min(looks), self._caught_up)) if looks else 0

    def _turn(self) -> int:
        """How many actions the next turn may hand over."""
        if self._per_minute is None:
            return TURN
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._left = minute, self._per_minute
        return max(0, min(TURN, self._left))

    def _rest(self, tick: Tick) -> float:
        if tick.more:
            return 0.0
        looks = [look for look in map(DunningEngine.next_look, self._engines) if look is not None]
        if not looks or min(looks) > tick.at:
            self._caught_up = tick.at
        due_in = min(looks) - self._engines[0].clock.now() if looks else self._poll
        return min(max(due_in, min(REST_SECONDS, self._poll)), self._poll)

    def _reloaded(self) -> None:
        """Go on with what was reloaded, all of it at once; where it is wrong, with what there is."""
        if self._reload is None:
            return
        try:
            engines = self._reload()
        except DunningError as error:
            if str(error) != self.health.reload_trouble:
                _log.error("the policies of before stay in force: %s", error)
            self.health.reload_trouble = str(error)
            return
        if engines is not None:
            for engine in self._brought:
                engine.close()
            self._engines = self._brought = tuple(engines)
            self.health.reload_trouble = ""

    def _worked(self, decided: int, troubled: int, fates: Counter[str]) -> None:
        health = self.health
        health.last_tick = self._engines[0].clock.now()
        health.decided += decided
        health.troubled += troubled
        health.handed_over.update(fates)
        self.alive()

    def _note(self, tick: Tick) -> None:
        health = self.health
        health.lag_seconds = tick.lag
        resting: dict[str, Instant] = {}
        for engine in self._engines:
            resting |= engine.resting()
        health.resting = resting
        self._meters(tick)

    def _tell(self, state: str) -> None:
        self.health.state, self._told = state, time.monotonic()
        if self._file is not None:
            try:
                write_health(self._file, self.health)
            except OSError as error:
                _log.warning("the health file cannot be written: %s", error)


def write_health(path: Path, health: Health) -> None:
    """Write a health file, so that whoever reads it finds the one of before or the new one, whole."""
    import json
    import os

    told: Mapping[str, object] = {
        "state": health.state,
        "pid": os.getpid(),
        "started_at": health.started_at,
        "last_tick": health.last_tick,
        "lag_seconds": health.lag_seconds,
        "decided": health.decided,
        "troubled": health.troubled,
        "handed_over": dict(sorted(health.handed_over.items())),
        "resting": health.resting,
        "halted": health.halted,
        "trouble": health.trouble,
        "reload_trouble": health.reload_trouble,
        "poll_seconds": health.poll_seconds,
    }
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(json.dumps(told) + "\n", encoding="utf-8")
    beside.replace(path)
