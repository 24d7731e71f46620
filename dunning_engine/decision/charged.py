"""What a case asks beside its principal, seen from where it stands: open charges that nobody disputes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.arrangements import UNDISPUTED, WHOLE, Disputed
from dunning_engine.domain.charges import ItemClass

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Receivable


@dataclass(frozen=True, slots=True)
class Charged:
    """Open charges in minor units: `fees` and `interest` without dispute, by the invoice they are on, and `total` of all.

    A charge on no invoice of the case is everybody's: it stands under `None`.
    """

    fees: int = 0
    interest: int = 0
    total: int = 0
    by_invoice: Mapping[str | None, int] = field(default_factory=dict)

    def on(self, receivables: Iterable[Receivable]) -> int:
        """What is asked together with some receivables."""
        numbers = {receivable.number for receivable in receivables}
        return sum(self.by_invoice.get(number, 0) for number in (None, *numbers)) if numbers and self.total else 0

    def carriers(self, receivables: Iterable[Receivable]) -> list[Receivable]:
        """Receivables for whose charges the ladder goes on when every principal is settled."""
        known = [r for r in receivables if r.cancelled_at is None]
        found = [r for r in known if self.by_invoice.get(r.number)]
        return found or (known[-1:] if self.by_invoice.get(None) else [])


NO_CHARGES: Final = Charged()


def charged(case: Case, disputed: Disputed = UNDISPUTED) -> Charged:
    """Open charges of a case; those of an invoice that is disputed altogether are not asked."""
    numbers = {receivable.number for receivable in case.receivables}
    sums = dict.fromkeys(ItemClass, 0)
    total, by_invoice = 0, dict[str | None, int]()
    for account in case.charges:
        total += account.open
        invoice = account.charge.invoice if account.charge.invoice in numbers else None
        if account.open and not (disputed.all or (invoice is not None and disputed.of(invoice) >= WHOLE)):
            sums[account.charge.item_class] += account.open
            by_invoice[invoice] = by_invoice.get(invoice, 0) + account.open
    return Charged(sums[ItemClass.FEES], sums[ItemClass.INTEREST], total, by_invoice)
