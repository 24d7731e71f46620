"""A process of ours collects garbage rarely; this one is a host's, so it is tried in another."""

from __future__ import annotations

import subprocess
import sys

TRIED = """
import gc
from dunning_engine.engine.collecting import THRESHOLD, collect_rarely
collect_rarely()
assert gc.isenabled() and gc.get_threshold()[0] == THRESHOLD and gc.get_freeze_count() > 0
"""


def test_what_is_there_is_set_aside_and_new_things_are_looked_at_less_often() -> None:
    """It still collects: a worker lives for months."""
    subprocess.run([sys.executable, "-c", TRIED], check=True, timeout=30)
