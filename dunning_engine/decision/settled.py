"""What settled a debt: money, the books, or that it was cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.domain.receivables import EntryKind

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant


def settled_as(case: Case) -> str:
    """Why nothing is owed any more."""
    if given_up(case):
        return "written off"
    return "cancelled" if all(r.cancelled_at is not None for r in case.receivables) else "paid"


def given_up(case: Case) -> bool:
    """Whether the last of a settled debt was given up in the books, and so is still owed.

    Where a part was let go and the rest that was asked has been paid since, it is settled by what came.
    """
    if not (any(r.written for r in case.receivables) or any(account.written for account in case.charges)):
        return False
    last = ended(case)
    return any(entry.at >= last for entry in case.entries if entry.kind is EntryKind.WRITE_OFF)


def ended(case: Case) -> Instant:
    """When the last item of a settled ledger was settled; what comes later for what was given up does not count."""
    times = [*(r.settled_at for r in case.receivables), *(account.settled_at for account in case.charges)]
    return max((at for at in times if at is not None), default=0)
