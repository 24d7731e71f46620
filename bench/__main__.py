"""`python -m bench [--json FILE]`: every benchmark as a table, and as JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench import core, dispatch, law, runtime, startup
from bench.measure import Figure, report

SUITES = {
    "core": core.figures,
    "law": law.figures,
    "runtime": runtime.figures,
    "dispatch": dispatch.figures,
    "startup": startup.figures,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures there")
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], help="only these")
    options = parser.parse_args()
    figures: list[Figure] = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("measuring", total=None)
        for name in options.suites or SUITES:
            progress.update(task, description=f"measuring {name}")
            figures += SUITES[name]()
    report(figures, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
