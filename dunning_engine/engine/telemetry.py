"""What a worker counts, told to OpenTelemetry where its API is installed (`pip install dunning-engine[otel]`).

Only the API is used: what becomes of the figures is the host's choice of SDK and exporter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick of a worker did; `lag` is by how many seconds the work that waited longest was late.

    `fates` are how many hand-overs ended how, `more` that its time was over before its work was.
    """

    at: Instant
    seconds: float
    lag: int
    decided: int
    troubled: int
    fates: Mapping[str, int]
    more: bool = False
    halted: int = 0
    """Stores out of which nothing is handed over."""


def counting() -> Callable[[Tick], None]:
    """What takes ticks to OpenTelemetry; nothing where it is not installed."""
    try:
        from opentelemetry import metrics
    except ImportError:
        return _nowhere
    meter = metrics.get_meter("dunning_engine")
    decided = meter.create_counter("dunning.decisions", "{case}", "Cases that were decided about.")
    troubled = meter.create_counter("dunning.troubles", "{case}", "Cases that could not be decided about.")
    handed_over = meter.create_counter("dunning.handovers", "{action}", "Actions taken from the outbox, by their fate.")
    took = meter.create_histogram("dunning.tick.duration", "s", "How long a tick took.")
    lag = meter.create_gauge("dunning.lag", "s", "How late the work is that waited longest.")

    halted = meter.create_gauge("dunning.halted", "{store}", "Stores out of which nothing is handed over.")

    def count(tick: Tick) -> None:
        decided.add(tick.decided)
        troubled.add(tick.troubled)
        for fate, number in tick.fates.items():
            handed_over.add(number, {"fate": fate})
        took.record(tick.seconds)
        lag.set(tick.lag)
        halted.set(tick.halted)

    return count


def _nowhere(_tick: Tick) -> None:
    """Nobody counts."""
