"""`dunning health`: what the health files of workers say, as an exit code."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from dunning_engine.engine.handovers import DELIVER_SECONDS

POLLS: Final = 2
"""After how many polls without a word a worker hangs or is gone."""

LONGEST_SECONDS: Final = 2 * DELIVER_SECONDS
"""How long a tick may take beyond that: it ends with a hand-over to an adapter that does not come back."""


def health(files: Sequence[Path], *, within: float | None, alive: bool) -> int:
    """0 where every worker works, 1 where one does not; `alive` asks only whether it is there."""
    found = {file: _ill(file, within, alive=alive) for file in files}
    for file, why in found.items():
        print(f"{file}: {why or 'works'}")
    return 1 if any(found.values()) else 0


def _ill(file: Path, within: float | None, *, alive: bool) -> str:
    """Why a worker does not work; empty where it does."""
    try:
        told, age = json.loads(file.read_text("utf-8")), time.time() - file.stat().st_mtime
    except OSError as error:
        return f"it has told nothing yet: {error.strerror}"
    except ValueError:
        return "this is no health file"
    if not isinstance(told, dict) or not isinstance(poll := told.get("poll_seconds"), (int, float)):
        return "this is no health file"
    if told.get("state") == "stopped":
        return "it has stopped"
    if age > (POLLS * poll + LONGEST_SECONDS if within is None else within):
        return f"it has not been heard of for {int(age)} seconds"
    return "" if alive else "; ".join(_in_the_way(told))


def _in_the_way(told: Mapping[str, Any]) -> Iterator[str]:
    if told.get("trouble"):
        yield f"it cannot work: {told['trouble']}"
    for tenant, why in (told.get("halted") or {}).items():
        yield f"nothing is handed over for {tenant}: {why}"
