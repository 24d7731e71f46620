"""`dunning worker`: one process that works until it is told to stop, or several that are started anew when they die."""

from __future__ import annotations

import logging
import signal
import subprocess  # nosec B404  # starts our own workers
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.cli.running import check_templates, items_of
from dunning_engine.cli.screen import note
from dunning_engine.engine.bringing_in import Item, bring_in
from dunning_engine.engine.collecting import collect_rarely
from dunning_engine.engine.config import Config, load_config
from dunning_engine.engine.installation import anchors_of, open_engine
from dunning_engine.engine.worker import Worker
from dunning_engine.kernel.errors import Conflict, UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.couriers import Courier
    from dunning_engine.engine.engine import DunningEngine

RESTART_SECONDS: Final = 1.0
"""How long a process that died is mourned; twice as long each time that it dies within a minute."""

RESTART_SECONDS_MAX: Final = 60.0

WATCH_SECONDS: Final = 0.2

AT_ONCE: Final = 200
"""Invoices and facts that are taken in together."""

_log = logging.getLogger("dunning_engine")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to work; `isolate` runs adapters in a process of their own."""

    poll: float
    per_minute: int | None
    health: Path | None
    isolate: bool


def work(config_file: Path, settings: Settings, processes: int) -> int:
    """Work until SIGTERM or SIGINT; 0 once everything that was armed has its receipt."""
    config = load_config(config_file)
    check_templates(config)
    if config.store.url == "memory:":
        raise UsageError("a worker needs a store that lasts: name one in [store]")
    if processes > 1 and not config.store.url.startswith("postgresql"):
        raise UsageError(
            f"{processes} processes cannot share this store: one process owns a SQLite file; "
            "leave --processes out, or use postgresql://"
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if processes > 1:
        return _supervise(config_file, settings, processes, stop)
    installation = _Installation(config_file, config, settings)
    with installation.opened(config) as engine:
        installation.read()
        collect_rarely()
        worker = Worker(
            engine,
            poll_seconds=settings.poll,
            per_minute=settings.per_minute,
            health=settings.health,
            reload=lambda: installation.reload(worker.engines[0], worker.alive),
            anchors=anchors_of(config),
            anchor_minutes=10 if config.audit_log is None else config.audit_log.minutes,
        )
        note(f"working on {config_file}, until told to stop")
        worker.run(stop)
    note("stopped; nothing is armed")
    return 0


class _Installation:
    """A configuration and its files, watched for changes."""

    def __init__(self, file: Path, config: Config, settings: Settings) -> None:
        self._file, self._config, self._settings = file, config, settings
        self._known, self._brought = _marks(_rules(file, config)), _marks(())
        self._later: list[Item] = []

    def opened(self, config: Config) -> DunningEngine:
        return open_engine(config, courier=self._courier())

    def _courier(self) -> Courier | None:
        if not self._settings.isolate:
            return None
        from dunning_engine.engine.couriers import Apart

        return Apart()

    def reload(self, engine: DunningEngine, alive: Callable[[], None]) -> Sequence[DunningEngine] | None:
        """A new engine where policies changed; before that, what is new in the intake. Calls `alive` now and then."""
        marks = _marks(_rules(self._file, self._config))
        if marks == self._known:
            self.take_in(engine, alive)
            return None
        self._known = marks
        config = load_config(self._file)
        check_templates(config)
        again = self.opened(config)
        self._config = config
        note(f"{self._file} or its policies changed, and are in force")
        return (again,)

    def read(self) -> None:
        """Read what the intake says, where its files have changed."""
        marks = _marks(_given(self._config))
        if marks != self._brought:
            self._later, _left_out = items_of(self._config)
            self._brought = marks

    def take_in(self, engine: DunningEngine, alive: Callable[[], None]) -> None:
        """Bring in what is new or whose day has come, some at a time; what others are at waits for the next tick."""
        self.read()
        now = engine.clock.now()
        while due := [item for item in self._later[:AT_ONCE] if item.at <= now]:
            try:
                note(*(f"refused: {why}" for why in bring_in(engine, due).refused))
            except Conflict as error:
                _log.warning("the intake waits for the next tick: %s", error)
                return
            del self._later[: len(due)]  # they are in the order of their days
            alive()


def _rules(file: Path, config: Config) -> Iterable[Path]:
    yield file
    yield from config.policies
    if config.routing is not None:
        yield config.routing
    for policy in config.policies:
        yield from sorted((config.templates or policy.parent / "templates").rglob("*.liquid"))


def _given(config: Config) -> Iterable[Path]:
    for block in config.intake:
        if block.kind == "einvoice":
            yield from block.files
        else:
            yield from (path for path in (block.file, block.mapping, block.debtors, block.events) if path is not None)


def _marks(paths: Iterable[Path]) -> dict[Path, tuple[int, int] | None]:
    """By what a change of a file is noticed."""
    return {path: _mark(path) for path in paths}


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


# Several processes ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Child:
    number: int
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = RESTART_SECONDS
    due: float = 0.0


def _supervise(config_file: Path, settings: Settings, processes: int, stop: threading.Event) -> int:
    """Keep so many processes at work; told to stop, let each finish what it has armed."""
    children = [_Child(number) for number in range(1, processes + 1)]
    while not stop.is_set():
        for child in children:
            _keep(child, _command(config_file, settings, child.number))
        stop.wait(WATCH_SECONDS)
    living = [child.process for child in children if child.process is not None]
    for process in living:
        process.send_signal(signal.SIGTERM)
    codes = [process.wait() for process in living]
    note(f"stopped {len(codes)} processes")
    return 0 if not any(codes) else 1


def _keep(child: _Child, command: Sequence[str]) -> None:
    now = time.monotonic()
    if child.process is not None:
        code = child.process.poll()
        if code is None:
            return
        note(f"worker {child.number} ended with {code}, and is started again in {child.wait:g} seconds")
        short = now - child.started < RESTART_SECONDS_MAX
        child.process, child.due = None, now + child.wait
        child.wait = min(child.wait * 2, RESTART_SECONDS_MAX) if short else RESTART_SECONDS
    if now >= child.due:
        child.process, child.started = subprocess.Popen(command), now  # noqa: S603 - ourselves  # nosec B603


def _command(config_file: Path, settings: Settings, number: int) -> list[str]:
    more: dict[str, Any] = {"--poll": settings.poll, "--per-minute": settings.per_minute}
    if settings.health is not None:
        more["--health"] = settings.health.with_name(f"{settings.health.stem}.{number}{settings.health.suffix}")
    given = [str(word) for name, value in more.items() if value is not None for word in (name, value)]
    apart = ["--isolate"] if settings.isolate else []
    return [sys.executable, "-m", "dunning_engine.cli", "worker", "--config", str(config_file), *given, *apart]
