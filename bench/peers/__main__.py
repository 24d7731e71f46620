"""`python -m bench.peers --python PEERS`: the engine beside Tryton, state-machine libraries and rule engines, in one run.

PEERS is the Python of an environment with `requirements.txt` of this folder; `make peers` makes it. Tryton and ours are
whole processes on copies of databases that were filled before, in turn, a pair for each round; the figure is the median
of the ratios. The libraries are timed inside a process of their own, best of seven rounds, and answer the same question.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench.core import DUE, NOT_DUE, POLICIES, a_case
from bench.measure import Figure, best, report
from dunning_engine import load_policy
from dunning_engine.decision.decider import decide
from dunning_engine.decision.lifecycle import Facts, fire
from dunning_engine.domain.case import CaseStatus
from dunning_engine.engine.loading import load_rulebooks

HERE = Path(__file__).parent


def told(*command: str | Path) -> dict[str, float]:
    """What a script prints as its last line."""
    found = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
    read: dict[str, float] = json.loads(found.stdout.splitlines()[-1])
    return read


# Tryton ---------------------------------------------------------------------------------------------------------------


def beside_tryton(peers: Path, lines: int, rounds: int, progress: Progress) -> Iterator[Figure]:
    """Both houses chase the same number of lines through four levels."""
    theirs, ours = (peers, HERE / "tryton_house.py"), (Path(sys.executable), "-m", "bench.peers.our_house")
    with tempfile.TemporaryDirectory() as place:
        task = progress.add_task(f"preparing {lines:,} lines in both houses", total=None)
        home = Path(place)
        for name, command in (("theirs", theirs), ("ours", ours)):
            subprocess.run(
                [*map(str, command), "prepare", str(home / name), str(lines)], check=True, capture_output=True
            )
        pairs = []
        for number in range(rounds):
            progress.update(task, description=f"{lines:,} lines, round {number + 1} of {rounds}")
            pairs.append(
                [chased(home / name, command, lines) for name, command in (("theirs", theirs), ("ours", ours))]
            )
    yield from compared(lines, pairs)


def chased(house: Path, command: tuple[str | Path, ...], lines: int) -> dict[str, float]:
    """What one process tells of a fresh copy of its house, and how long it took, with its start."""
    copy = house.with_suffix(".copy")
    shutil.copytree(house, copy)
    began = time.perf_counter()
    found = told(*command, "chase", copy, str(lines))
    found["process"] = time.perf_counter() - began
    shutil.rmtree(copy)
    return found


def compared(lines: int, pairs: list[list[dict[str, float]]]) -> Iterator[Figure]:
    method = f"{lines:,} lines x 4 levels on SQLite, median of {len(pairs)}"

    def median(name: str, place: int) -> float:
        return statistics.median(pair[place][name] for pair in pairs)

    yield Figure("Tryton, whole process", median("process", 0), "s", method)
    yield Figure("ours, whole process", median("process", 1), "s", method)
    yield Figure("Tryton, an action", median("seconds", 0) / (4 * lines) * 1e6, "us", "generate and process")
    yield Figure("ours, deciding", median("advance", 1) / (4 * lines) * 1e6, "us", "advance, an action")
    yield Figure(
        "ours, handing over", median("dispatch", 1) / (4 * lines) * 1e6, "us", "dispatch into a table, gate asked again"
    )
    yield Figure("Tryton, a night with nothing to do", median("idle", 0) * 1e3, "ms", method)
    deciding = statistics.median(theirs["seconds"] / ours["advance"] for theirs, ours in pairs)
    yield Figure(
        "times Tryton, deciding and recording", deciding, "x", "generate and process / advance", more_is_better=True
    )
    whole = statistics.median(theirs["process"] / ours["process"] for theirs, ours in pairs)
    target = 50 if lines >= 10_000 else None
    yield Figure("times Tryton, whole processes", whole, "x", "with our dispatch", target, more_is_better=True)


# Libraries ------------------------------------------------------------------------------------------------------------


def beside_machines(peers: Path) -> Iterator[Figure]:
    """One guarded move of the lifecycle."""
    ours = best(lambda: fire(CaseStatus.UPCOMING, "fall_due", int(Facts.OVERDUE)), calls=20_000) * 1e6
    yield Figure("move, ours", ours, "us", "compiled table, two guards")
    for name, theirs in told(peers, HERE / "machines.py").items():
        yield Figure(f"move, {name}", theirs, "us", f"{theirs / ours:,.0f} x ours")


def beside_rules(peers: Path) -> Iterator[Figure]:
    """One decision; ours is the whole of it: calendar, gate, contact limits, reasons, next look."""
    policy = load_policy(POLICIES / "us-consumer.yaml")
    law, case = load_rulebooks(policy.law), a_case(policy)
    due, not_due = (best(lambda now=now: decide(case, policy, law, now)) * 1e6 for now in (DUE, NOT_DUE))
    yield Figure("decide, due, the whole of it", due, "us", "policy of four steps, gate, limits, reasons")
    yield Figure("decide, not due", not_due, "us", "the same")
    for name, theirs in told(peers, HERE / "rules.py").items():
        yield Figure(f"rules, {name}", theirs, "us", "one of five answers from six facts, nothing else")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--python", type=Path, required=True, help="of the environment with the peers")
    parser.add_argument("--lines", type=int, default=1_000, help="receivable lines; 10000 takes a quarter of an hour")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        figures = [*beside_machines(options.python), *beside_rules(options.python)]
        figures += beside_tryton(options.python, options.lines, options.rounds, progress)
    report(figures, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
