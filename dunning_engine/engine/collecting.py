"""Python's collector of garbage, in processes that are ours alone; a host sets that of its own process as it likes."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLD: Final = 50_000
"""After so many new objects it looks through them: a batch of decisions makes that many, and lets all of them go."""


def collect_rarely() -> None:
    """Never look at what is there by now, and at what is new less often: a fifth of the time of `advance` is spared."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(THRESHOLD, 20, 50)
