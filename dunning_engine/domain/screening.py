"""What is known of a debtor as a payer: when they settled what they owed, and how often that was late."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dunning_engine.kernel.calendar import EVERY_DAY, Day, Instant, local_day
from dunning_engine.kernel.spans import before

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.spans import Span


@dataclass(frozen=True, slots=True)
class Settled:
    """A receivable that nothing is open of any more: its due date, and the instant at which the last of it came."""

    due: Day
    at: Instant


def settled(receivables: Iterable[Receivable]) -> tuple[Settled, ...]:
    """Those that are settled, in the order given."""
    return tuple(Settled(r.due, r.settled_at) for r in receivables if r.settled_at is not None)


def times_paid_late(debtor: Party, history: Iterable[Settled], zone: str, today: Day, window: Span) -> int:
    """How many receivables were settled after their due date in a stretch of days that ends today.

    `debtor.paid_late` is what the host's ledger says, `history` what we saw: where both tell of a day, it counts once.
    """
    first = before(today, window, EVERY_DAY)
    seen = Counter(day for one in history if one.due < (day := local_day(one.at, zone)))
    told = Counter(day.toordinal() for day in debtor.paid_late)
    return sum(count for day, count in (seen | told).items() if first < day <= today)
