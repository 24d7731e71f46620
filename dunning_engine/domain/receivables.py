"""What is owed and what came: invoices, and the entries of a ledger that settle them; `allocation` plays them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.domain.given import given_date, given_money, given_note
from dunning_engine.kernel.calendar import LocalDate
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.values import Token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.kernel.calendar import Day, Instant


@dataclass(frozen=True, slots=True, init=False)
class Invoice:
    """A debt with a number, an amount and a due date: `Invoice("INV-1042", Money("240.00", "USD"), due="2026-03-01")`.

    Dates are `date` or ISO 8601 text. Without `issued` the invoice counts as issued when it came into the case.
    `creditor` is whose invoice it is, where there are several: each has cases of its own. What is not `ready` (a draft,
    goods on their way) is not asked for until an `InvoiceReadied` says so.
    """

    number: str
    amount: Money
    due: LocalDate
    issued: LocalDate | None
    creditor: str = ""
    ready: bool = True

    def __init__(
        self,
        number: str,
        amount: Money,
        *,
        due: LocalDate | str,
        issued: LocalDate | str | None = None,
        creditor: str = "",
        ready: bool = True,
    ) -> None:
        if not number:
            raise UsageError("an invoice needs a number: it is how people and payments refer to it")
        what = f"invoice {number}"
        given_money(amount, what, "record what lowers a debt as a CreditNoteIssued")
        object.__setattr__(self, "number", number)
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "due", given_date(due, f"the due date of {what}"))
        object.__setattr__(self, "issued", None if issued is None else given_date(issued, f"the issue date of {what}"))
        given_note(creditor, f"the creditor of {what}")
        object.__setattr__(self, "creditor", creditor)
        object.__setattr__(self, "ready", ready)


@dataclass(frozen=True, slots=True)
class Receivable:
    """An invoice in a case, with what has been allocated to it.

    `due`, `issued` are day ordinals; `open` is the unpaid principal in minor units; `settled_at` the instant at which
    the last of it came, `None` while something is open. `billed` is what it was over at first, where it was corrected
    since; `written` what of it was given up.
    """

    number: str
    amount: int
    issued: Day
    due: Day
    added_at: Instant
    open: int
    settled_at: Instant | None = None
    billed: int | None = None
    cancelled_at: Instant | None = None
    written: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """Newer words about an invoice: its amount (0: it was cancelled), due date, issue date; `None` says nothing."""

    at: Instant
    number: str
    amount: int | None = None
    due: Day | None = None
    issued: Day | None = None


class EntryKind(Token):
    """What an entry of a ledger is."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit note"
    DISCOUNT = "discount"
    REVERSAL = "reversal"
    """A payment went back."""
    REFUND = "refund"
    """A payment went back, first of all out of credit."""
    CREDIT_CANCELLED = "cancelled credit note"
    APPLIED = "applied credit"
    """Money that was for nothing yet is for something."""
    WRITE_OFF = "write-off"
    DISCOUNT_WITHDRAWN = "withdrawn discount"


_RANKS: Final = {kind: rank for rank, kind in enumerate(EntryKind)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a ledger: minor units that lower (positive) or raise (negative) what is owed, and the invoice meant.

    `held` money is for nothing yet; `about` names the payment that went back; a write-off of 0 is one of all that is open.
    """

    at: Instant
    amount: int
    invoice: str | None
    key: str
    kind: EntryKind = EntryKind.PAYMENT
    held: bool = False
    about: str = ""

    @property
    def paid(self) -> int:
        """What it adds to the money that came from the debtor or was let off, as promises count it."""
        if self.kind in (EntryKind.APPLIED, EntryKind.WRITE_OFF) or (self.held and self.kind is EntryKind.CREDIT_NOTE):
            return 0
        return self.amount

    @property
    def lowers(self) -> int:
        """By how much it lowers what is open, where that much is open."""
        return 0 if self.held else self.amount


Entries: TypeAlias = tuple[Entry, ...]


def in_order(entries: Iterable[Entry]) -> Entries:
    """Entries as they happened; those of one instant in an order that does not depend on when they became known."""
    return tuple(
        sorted(
            entries,
            key=lambda e: (
                e.at,
                _RANKS[e.kind],
                e.invoice is None,
                e.invoice or "",
                -e.amount,
                e.held,
                e.about,
                e.key,
            ),
        )
    )
