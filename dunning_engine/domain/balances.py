"""What of an invoice was open on each day: the base of interest, and what fixed sums are measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.domain.receivables import allocate
from dunning_engine.kernel.calendar import local_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Day

Openings = "Mapping[str, list[tuple[Day, int]]]"


def openings(case: Case, zone: str) -> Mapping[str, list[tuple[Day, int]]]:
    """For each invoice the days from which on so much of its principal was open, in order; the first is day 0.

    Money lowers what is open from its own day on, wherever the day lies in which it became known.
    """
    found = {receivable.number: [(0, receivable.amount)] for receivable in case.receivables}
    for count in range(1, len(case.entries) + 1):
        day = local_day(case.entries[count - 1].at, zone)
        receivables, _credit = allocate(case.receivables, case.entries[:count])
        for receivable in receivables:
            if found[receivable.number][-1][1] != receivable.open:
                found[receivable.number].append((day, receivable.open))
    return found


def open_on(opened: list[tuple[Day, int]], day: Day) -> int:
    """What was open at the end of a day."""
    return next((minor for since, minor in reversed(opened) if since <= day), 0)
