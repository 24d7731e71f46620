"""Play many seeds of the simulator: the real engine under faults, on a clock and with receivers that are models.

A seed that fails is told with its last steps; `--shrink` cuts it down and keeps it under `regressions/`.
The last line is JSON. Ends with 1 where anything was broken.

    python tests/simulator/simulator.py --seeds 300 [--first 0] [--steps 200] [--jobs 2] [--store memory|sqlite|file]
    python tests/simulator/simulator.py --seed 4711 --shrink
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Any, Final

from sim_plan import STORES, Plan, draw
from sim_race import every, play, race_policy, random_scene, scenes
from sim_shrink import alike, failure, shrunk
from sim_world import World

REGRESSIONS: Final = Path(__file__).resolve().parent / "regressions"
TOLD: Final = 12
"""Steps of a failing run that are told."""


@dataclass(frozen=True)
class Run:
    """What came of one seed."""

    seed: int
    broken: tuple[str, ...]
    trace: tuple[str, ...]
    counts: dict[str, int]


def run(plan: Plan) -> Run:
    """One plan, played and judged."""
    world = World(plan)
    try:
        broken = [str(violation) for violation in world.play()]
    except Exception as error:  # noqa: BLE001 - whatever comes out of the engine is a failure too
        broken = [f"error {type(error).__name__}: {error}"]
    finally:
        world.close()
    counts = {
        "steps": len(plan.steps),
        "kills": world.killed,
        "facts": len(world.acknowledged),
        "handed": len(world.sinks.effects),
        "duplicates": world.sinks.duplicates(),
        "days": world.days,
    }
    return Run(plan.seed, tuple(broken), tuple(world.trace[-TOLD:]) if broken else (), counts)


def _silent() -> None:
    """What goes wrong on purpose is not worth a line in a log."""
    logging.getLogger("dunning_engine").setLevel(logging.CRITICAL)


def _run(given: tuple[int, int, str | None]) -> Run:
    seed, steps, store = given
    return run(draw(seed, steps, store))


def runs(seeds: range, steps: int, store: str | None, jobs: int) -> Iterator[Run]:
    """Every seed, in as many processes as asked for."""
    given = [(seed, steps, store) for seed in seeds]
    if jobs == 1:
        yield from map(_run, given)
        return
    with get_context("spawn").Pool(jobs, _silent) as pool:
        yield from pool.imap_unordered(_run, given, chunksize=5)


def tell(one: Run) -> None:
    """A failing seed with what led to it."""
    print(f"\n\nseed {one.seed}: {one.broken[0]}", file=sys.stderr)
    for line in one.trace:
        print(f"    {line}", file=sys.stderr)


def keep(plan: Plan) -> None:
    """Shrink a failing plan, tell it whole, and keep it as a regression."""
    said, _trace = failure(plan)
    if not said:
        print(f"seed {plan.seed}: nothing is broken")
        return
    small = shrunk(plan, alike(said))
    said, trace = failure(small, every=1)
    print(said, *(f"    {line}" for line in trace), sep="\n")
    REGRESSIONS.mkdir(exist_ok=True)
    path = REGRESSIONS / f"seed-{plan.seed}.json"
    path.write_text(json.dumps({"broke": said.splitlines()[0], **small.as_json()}, indent=1) + "\n", encoding="utf-8")
    print(f"{len(small.steps)} steps, kept in {path}")


def races(count: int) -> tuple[int, list[str]]:
    """Every schedule of the small scenes, and some random ones of longer scenes: how many, and those that broke."""
    policy, played, broken = race_policy(), 0, []
    for scene in scenes() if count else ():
        for one in every(scene, policy):
            played += 1
            broken += [f"{scene} {one.schedule}: {one.broken[0]}"] if one.broken else []
    for seed in range(count):
        scene, chance = random_scene(seed)
        one = play(scene, policy, (), chance)
        played += 1
        broken += [f"race {seed} {scene} {one.schedule}: {one.broken[0]}"] if one.broken else []
    for said in broken:
        print(said, file=sys.stderr)
    return played, broken


def main() -> int:
    """Play, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="one seed alone")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--store", choices=sorted({*STORES}), help="always this store")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--races", type=int, default=0, help="random schedules of the payment race, beside all short ones"
    )
    parser.add_argument("--shrink", action="store_true", help="cut --seed down and keep it")
    given = parser.parse_args()
    _silent()
    if given.seed is not None and given.shrink:
        keep(draw(given.seed, given.steps, given.store))
        return 0
    seeds = range(given.first, given.first + given.seeds) if given.seed is None else range(given.seed, given.seed + 1)
    totals: Counter[str] = Counter()
    failed, began = [], monotonic()
    for number, one in enumerate(runs(seeds, given.steps, given.store, min(given.jobs, len(seeds))), 1):
        totals.update(one.counts)
        if one.broken:
            failed.append(one.seed)
            tell(one)
        if sys.stderr.isatty() or number % 100 == 0 or number == len(seeds):
            line = f"{number} of {len(seeds)} seeds, {len(failed)} failed, {monotonic() - began:.0f} s"
            print(f"\r{line:<60}", end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
    told: dict[str, Any] = {"seeds": len(seeds), **totals, "failed": sorted(failed)}
    told["races"], lost = races(given.races)
    print(json.dumps({**told, "races_failed": len(lost), "seconds": round(monotonic() - began)}))
    return 1 if failed or lost else 0


if __name__ == "__main__":
    sys.exit(main())
