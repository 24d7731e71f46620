"""What of an invoice was open on each day: the base of interest, and what fixed sums are measured by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.domain.ledger import principal_courses
from dunning_engine.kernel.calendar import local_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Entry
    from dunning_engine.kernel.calendar import Day


def openings(
    case: Case, zone: str, besides: Callable[[Entry], bool] | None = None
) -> Mapping[str, list[tuple[Day, int]]]:
    """For each invoice the days from which on so much of its principal was open, in order; the first is day 0.

    Money lowers what is open from its own day on, however late it became known; entries that `besides` picks never came.
    """
    courses = principal_courses(case, besides)
    found = {}
    for receivable in case.receivables:
        days = {0: receivable.amount if receivable.billed is None else receivable.billed}
        for at, minor in courses.get(receivable.number, ()):
            days[local_day(at, zone)] = minor
        found[receivable.number] = list(days.items())
    return found


def open_on(opened: list[tuple[Day, int]], day: Day) -> int:
    """What was open at the end of a day."""
    return next((minor for since, minor in reversed(opened) if since <= day), 0)
