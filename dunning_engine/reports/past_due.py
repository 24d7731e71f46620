"""What is owed and how late: one row for each open receivable, and sums by age."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.standing import stand
from dunning_engine.domain.arrangements import HoldReason

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy

BUCKETS: Final = ("not due", "1–30", "31–60", "61–90", "90+")
"""Ages in days past due."""


def bucket_of(days: int) -> int:
    """The place in `BUCKETS` of what is some days past due; nothing is overdue on its due date."""
    return 0 if days <= 0 else min((days - 1) // 30 + 1, len(BUCKETS) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An open receivable; amounts in minor units, `due` a day ordinal, `days` past due (0 where it is not due)."""

    debtor: str
    name: str
    case: str
    invoice: str
    currency: str
    amount: int
    open: int
    due: Day
    days: int
    waits: tuple[str, ...]
    """Why nobody chases it at the moment: disputed, a promise, a plan."""
    last: str
    """The last thing that went out about its case; where nothing did, the last that was held back."""

    @property
    def bucket(self) -> str:
        return BUCKETS[bucket_of(self.days)]


def owed(cases: Iterable[tuple[Case, Policy]], now: Instant, *, due_only: bool = False) -> list[Owed]:
    """Open receivables, the latest first; with `due_only` those past due."""
    rows = [row for case, policy in cases for row in _rows(case, policy, now)]
    rows.sort(key=lambda row: (-row.days, row.due, row.currency, -row.open, row.case, row.invoice))
    return [row for row in rows if row.days > 0 or not due_only]


def _rows(case: Case, policy: Policy, now: Instant) -> Iterable[Owed]:
    standing = stand(case, policy, now)
    last = max(case.deliveries.values(), key=lambda d: (d.armed_at is not None, d.changed_at, d.id), default=None)
    for receivable in case.receivables:
        if receivable.open > 0:
            yield Owed(
                debtor=case.debtor.id,
                name=case.debtor.name or "",
                case=case.id,
                invoice=receivable.number,
                currency=case.currency,
                amount=receivable.amount,
                open=receivable.open,
                due=receivable.due,
                days=max(0, standing.today - receivable.due),
                waits=_waits(case, receivable, standing.paused),
                last=f"{last.words} ({last.state.value})" if last is not None else "",
            )


def _waits(case: Case, receivable: Receivable, paused: tuple[str, ...]) -> tuple[str, ...]:
    disputed = any(
        hold.reason is HoldReason.DISPUTE and hold.end is None and hold.invoice in (None, receivable.number)
        for hold in case.holds
    )
    return tuple(dict.fromkeys((*(("disputed",) if disputed else ()), *paused)))


def by_age(rows: Iterable[Owed]) -> dict[str, list[int]]:
    """Sums of what is open for each of `BUCKETS`, by currency."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        sums.setdefault(row.currency, [0] * len(BUCKETS))[bucket_of(row.days)] += row.open
    return dict(sorted(sums.items()))
