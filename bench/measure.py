"""How things are timed: the best of several rounds, so that a busy machine disturbs least, and one row per figure."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `target` is the bound it is held to (at most, or at least where `more_is_better`)."""

    name: str
    value: float
    unit: str
    method: str
    target: float | None = None
    more_is_better: bool = False

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.value >= self.target if self.more_is_better else self.value <= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def best(work: Callable[[], object], *, rounds: int = 7, calls: int = 2_000) -> float:
    """Seconds per call: the fastest of several rounds."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(calls):
            work()
        times.append((time.perf_counter() - start) / calls)
    return min(times)


def table(figures: list[Figure]) -> Table:
    """The figures beside what they are held to."""
    view = Table(title=f"dunning_engine on Python {platform.python_version()}", title_justify="left")
    for column, justify in (
        ("figure", "left"),
        ("measured", "right"),
        ("target", "right"),
        ("", "center"),
        ("method", "left"),
    ):
        view.add_column(column, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        bound = (
            "" if figure.target is None else f"{'≥' if figure.more_is_better else '≤'} {figure.target:,g} {figure.unit}"
        )
        mark = {None: "", True: "[green]met[/]", False: "[red]missed[/]"}[figure.met]
        view.add_row(figure.name, f"{_shown(figure.value)} {figure.unit}", bound, mark, figure.method)
    return view


def _shown(value: float) -> str:
    return f"{value:,.1f}" if value >= 1 else f"{value:.3f}"


def report(figures: list[Figure], file: Path | None) -> None:
    """Print the figures as a table, and write them to a file as JSON where one is named."""
    Console().print(table(figures))
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([figure.as_json() for figure in figures], indent=2) + "\n", encoding="utf-8")
