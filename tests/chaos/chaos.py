"""Kill real processes at random and at every labelled point, and count what receivers saw against what the database says.

Processes decide, hand over and tell facts; they are killed with -9, stopped past their leases, and lose their database
in mid-transaction. Mail and webhook servers hang up at each of their points. The last line is JSON. Ends with 1 where
anything was lost, doubled without its key, armed after a stop, or said otherwise than it was.

    python tests/chaos/chaos.py --kills 25 --backend sqlite|postgres [--worker] [--restarts N] [--seed 0] [--verbose]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any, Final

from chaos_host import Host
from chaos_house import SPEED, TENANTS, House, chaos_policy, debtor, overdue_since
from chaos_judge import Judgement, come_to_rest, judge
from chaos_process import live
from chaos_receivers import receive
from chaos_worker import configured, furnish, live_as_worker

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money
from dunning_engine.ports.checkpoints import Point

LEASE: Final = 1.0
"""Seconds of a lease, by the fast clock of the house."""

PATIENCE: Final = 0.6
"""Seconds in which a labelled point should come by; after that the process is killed wherever it is."""

LIVES: Final = (0.01, 0.25)
"""Seconds that a process lives that is killed at random."""

LIVES_OF_WORKERS: Final = (0.1, 1.5)
"""Likewise of one that has a configuration to read first."""

STOPPED: Final = 0.05
"""Share of lives in which the process is stopped past its lease and goes on."""

_fork = get_context("fork")


@dataclass
class Life:
    """A process, and how it is to end."""

    process: Any
    ready: Connection
    point: str
    ends: float
    stop_at: float | None = None
    go_on_at: float | None = None
    born: bool = False


@dataclass
class Chaos:
    """Who lives, who died how, and what was broken besides."""

    house: House
    chance: Random
    names: tuple[str, ...]
    quiet: Any
    as_worker: bool = False
    kills: int = 0
    deaths: Counter[str] = field(default_factory=Counter)
    stops: int = 0

    def __post_init__(self) -> None:
        self._points = cycle(point.value for point in Point)
        self._tenants = cycle(TENANTS)
        self._lives: dict[str, Life] = {}

    @property
    def _lasts(self) -> tuple[float, float]:
        return LIVES_OF_WORKERS if self.as_worker else LIVES

    def tick(self) -> None:
        """See to every process: bear, stop, wake, kill, bury."""
        for name in self.names:
            life = self._lives.get(name)
            if life is None:
                self._lives[name] = self._born(name)
            elif not life.process.is_alive():
                self._bury(name, life)
            else:
                self._see_to(life)

    def _born(self, name: str) -> Life:
        point = next(self._points) if self.chance.random() < 0.5 and not self.as_worker else ""
        passes = self.chance.choice((1, 1, 2, 5))
        ours, theirs = _fork.Pipe()
        if self.as_worker:
            who = (self.house, name, next(self._tenants), theirs, self.quiet)
            process = _fork.Process(target=live_as_worker, args=who)
        else:
            process = _fork.Process(target=live, args=(self.house, name, point, passes, theirs, self.quiet))
        process.start()
        theirs.close()
        return Life(process, ours, point, ends=monotonic() + 20)

    def _see_to(self, life: Life) -> None:
        now = monotonic()
        if not life.born and life.ready.poll():
            life.born = True
            life.ends = now + (PATIENCE if life.point else self.chance.uniform(*self._lasts))
            if self.chance.random() < STOPPED:
                life.stop_at = now + self.chance.uniform(0.0, 0.1)
                life.ends = max(life.ends, life.stop_at + 2 * LEASE)
        if life.stop_at is not None and now >= life.stop_at:
            os.kill(life.process.pid, signal.SIGSTOP)
            life.stop_at, life.go_on_at = None, now + 1.3 * LEASE
            self.stops += 1
        if life.go_on_at is not None and now >= life.go_on_at:
            os.kill(life.process.pid, signal.SIGCONT)
            life.go_on_at = None
        if now >= life.ends:
            life.point = ""
            os.kill(life.process.pid, signal.SIGKILL)
            life.process.join()

    def _bury(self, name: str, life: Life) -> None:
        if life.process.exitcode != -signal.SIGKILL:
            raise SystemExit(f"a process ended by itself with {life.process.exitcode}")
        self.kills += 1
        self.deaths[life.point or "at random"] += 1
        self._end(name)

    def _end(self, name: str) -> None:
        life = self._lives.pop(name)
        life.ready.close()
        life.process.close()

    def over(self) -> None:
        """Let everybody finish what they do, and go."""
        self.quiet.value = 1
        for name, life in list(self._lives.items()):
            os.kill(life.process.pid, signal.SIGCONT)
            life.process.join(20)
            if life.process.is_alive():
                life.process.kill()
                life.process.join()
            self._end(name)


@contextmanager
def receivers(folder: Path, calm: Any) -> Iterator[tuple[int, int]]:
    """The process of the receivers; its ports."""
    ours, theirs = _fork.Pipe()
    process = _fork.Process(target=receive, args=(folder / "effects.jsonl", calm, theirs), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("over")
        process.join(5)
        process.kill()


@contextmanager
def database(backend: str, folder: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """The URL of an empty database, and what crashes its server; SQLite has none."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'dunning.db'}", lambda: None
        return
    from dunning_engine.testing.postgres import postgres

    with postgres(durable=True) as server:
        yield server.url(), server.crash


def shake(chaos: Chaos, crash: Callable[[], None], kills: int, restarts: int) -> int:
    """Kill and restart until there were enough of both; how often the database was crashed."""
    crashed, began = 0, monotonic()
    while chaos.kills < kills or crashed < restarts:
        chaos.tick()
        due = restarts * chaos.kills // max(1, kills) if chaos.kills < kills else restarts
        if crashed < due:
            crash()
            crashed += 1
        sleep(0.003)
        if sys.stderr.isatty():
            print(
                f"\r{chaos.kills} of {kills} kills, {crashed} crashes, {monotonic() - began:.0f} s",
                end="",
                file=sys.stderr,
            )
    return crashed


def warm(house: House, names: tuple[str, ...], opened: int) -> None:
    """Let this process, of which all others are copies, prepare whatever an engine needs, and open the first cases."""
    rehearsal = replace(house, url="memory:")
    with rehearsal.open(TENANTS[0]) as engine:
        due = date.fromordinal(overdue_since(house.now()) + date(1970, 1, 1).toordinal())
        case = engine.open_case(debtor(0), [Invoice("W", Money.of_minor(100, "EUR"), due=due)], "chaos")
        engine.record(case.id, PaymentReceived(Money.of_minor(1, "EUR")))
        engine.advance()
    for tenant in TENANTS:
        with house.open(tenant) as engine:
            for name in names:
                host = Host(house, name, tenant, engine)
                for _ in range(opened // len(TENANTS)):
                    host.tell_of_a_debt()
                host.ledger.close()


def told(judgement: Judgement, chaos: Chaos, crashed: int, seconds: dict[str, float], *, verbose: bool) -> bool:
    """The result as JSON on the last line; whether all is as it must be."""
    print(file=sys.stderr)
    for violation in judgement.violations[:20]:
        print(f"    {violation}", file=sys.stderr)
    result = {
        "kills": chaos.kills,
        "actions": judgement.actions,
        "lost": judgement.lost,
        "duplicate_handoffs": judgement.duplicates,
        "unkeyed_duplicates": judgement.unkeyed,
        "armed_after_stop": judgement.after_stop,
        "chain_ok": judgement.chain_ok,
        "limits_broken": judgement.limits,
        "otherwise_broken": judgement.otherwise,
        "tenants": len(TENANTS),
        "facts": judgement.facts,
        "states": judgement.states,
        "stops": chaos.stops,
        "crashes": crashed,
        "points": len(chaos.deaths.keys() - {"at random"}),
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }
    if verbose:
        print(json.dumps(chaos.deaths, indent=1), file=sys.stderr)
    print(json.dumps(result))
    return not judgement.violations and judgement.chain_ok


def main() -> int:
    """Shake, come to rest, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--backend", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--restarts", type=int, help="crashes of PostgreSQL; one for 25 kills unless told otherwise")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worker", action="store_true", help="the command `dunning worker` instead of our own loop")
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    restarts = given.restarts if given.restarts is not None else given.kills // 25 * (given.backend == "postgres")
    calm, quiet, ahead = _fork.Value("i", 0), _fork.Value("i", 0), _fork.Value("q", 0)
    names = ("0",) if given.backend == "sqlite" else ("0", "1")
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="dunning-chaos-") as home:
        folder = Path(home)
        with receivers(folder, calm) as (mail, hook), database(given.backend, folder) as (url, crash):
            house = House(url, folder, mail, hook, ahead, speed=1 if given.worker else SPEED)
            furnish(house)
            warm(house, names, 5 + given.kills // len(names) // 2)
            chaos = Chaos(house, Random(given.seed), names, quiet, as_worker=given.worker)
            began = monotonic()
            try:
                crashed = shake(chaos, crash, given.kills, restarts)
            finally:
                chaos.over()
            seconds["shaken"] = monotonic() - began
            calm.value = 1
            come_to_rest(house, names, partial(configured, house) if given.worker else house.open)
            seconds["at rest"] = monotonic() - began
            judgement = judge(house, names, chaos_policy())
            seconds["judged"] = monotonic() - began
    return 0 if told(judgement, chaos, crashed, seconds, verbose=given.verbose) else 1


if __name__ == "__main__":
    sys.exit(main())
