"""Whole processes: importing the package, `dunning check`."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Figure

POLICY = Path(__file__).parent / "us-consumer.yaml"


def _process(*arguments: str, rounds: int = 9) -> float:
    """Median wall seconds of a process, after one run that fills the caches of the file system."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return sorted(times[1:])[rounds // 2]


def figures() -> Iterator[Figure]:
    bare = _process("-c", "pass")
    package = _process("-c", "import dunning_engine")
    check = _process("-m", "dunning_engine.cli", "check", str(POLICY))
    method = "median of 9 whole processes"
    yield Figure("python -c pass", bare * 1e3, "ms", method)
    yield Figure("import dunning_engine, above bare python", (package - bare) * 1e3, "ms", method, 150)
    yield Figure("dunning check us-consumer.yaml", check * 1e3, "ms", method, 600)
