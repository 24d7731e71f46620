"""Facts of a case's ledger beside invoices and payments: charges, corrections, cancellations, credit, write-off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from dunning_engine.domain.charges import Charge
from dunning_engine.domain.given import given_date, given_money, given_note, given_text
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.kernel.calendar import LocalDate


class ReversalKind(Enum):
    """Why a payment went back; the value is the word of the phrase."""

    UNSAID = "reversal"
    REFUND = "refund"
    """The creditor paid back; credit of the debtor goes first."""
    CHARGEBACK = "chargeback"
    BOUNCED = "bounced payment"


@dataclass(frozen=True, slots=True)
class ChargeAssessed:
    """A fee, interest or a fixed sum is owed from now on; the same id twice is one charge."""

    charge: Charge

    def __post_init__(self) -> None:
        if not isinstance(self.charge, Charge):
            raise UsageError(f"a ChargeAssessed is over {self.charge!r}: pass a Charge, with id, kind and amount")


@dataclass(frozen=True, slots=True)
class ChargeReversed:
    """A charge is not owed and never was: what was paid on it settles other things."""

    charge_id: str
    by: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        given_text(self.charge_id, "a ChargeReversed names a charge", "pass the id of the charge")


@dataclass(frozen=True, slots=True, init=False)
class InvoiceCorrected:
    """An invoice is over another amount, or due or issued on another day; `None` leaves a part as it is."""

    number: str
    amount: Money | None
    due: LocalDate | None
    issued: LocalDate | None
    by: str
    note: str

    def __init__(
        self,
        number: str,
        amount: Money | None = None,
        *,
        due: LocalDate | str | None = None,
        issued: LocalDate | str | None = None,
        by: str = "",
        note: str = "",
    ) -> None:
        named = given_text(number, "a correction names an invoice", "pass the invoice's number")
        if amount is None and due is None and issued is None:
            raise UsageError(f"the correction of invoice {named} changes nothing: pass its amount, due or issued")
        if amount is not None:
            given_money(amount, f"invoice {named}", "record an InvoiceCancelled for an invoice that is owed no more")
        object.__setattr__(self, "number", named)
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "due", None if due is None else given_date(due, f"the due date of invoice {named}"))
        object.__setattr__(
            self, "issued", None if issued is None else given_date(issued, f"the issue date of invoice {named}")
        )
        object.__setattr__(self, "by", by)
        object.__setattr__(self, "note", note)


@dataclass(frozen=True, slots=True)
class InvoiceCancelled:
    """An invoice is owed no more, with all charges on it; money that was paid on it settles other things."""

    number: str
    by: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        given_text(self.number, "an InvoiceCancelled names an invoice", "pass the invoice's number")


@dataclass(frozen=True, slots=True)
class CreditNoteCancelled:
    """A credit note was taken back: what it had lowered is owed again."""

    amount: Money
    invoice: str | None = None
    source: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        given_money(self.amount, "a cancelled credit note", "pass the amount of the credit note, above zero")


@dataclass(frozen=True, slots=True)
class CreditApplied:
    """Money that was for nothing yet (an unapplied payment or credit note) is for an invoice now, or for the case."""

    amount: Money
    invoice: str | None = None
    source: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        given_money(self.amount, "applied credit", "pass the amount that is applied, above zero")


@dataclass(frozen=True, slots=True)
class DiscountGranted:
    """The creditor asks less, for paying early or as agreed; `why` says for what."""

    amount: Money
    invoice: str | None = None
    why: str = ""
    source: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        given_money(self.amount, "a discount", "pass the amount that is not asked, above zero")
        given_note(self.why, "why of a DiscountGranted")


@dataclass(frozen=True, slots=True)
class DiscountWithdrawn:
    """What had been let go is asked again, because the payment that earned it went back; `discount` names its event."""

    amount: Money
    invoice: str | None = None
    discount: str = ""
    why: str = ""
    source: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        given_money(self.amount, "a withdrawn discount", "pass the amount that is asked again, above zero")


@dataclass(frozen=True, slots=True)
class ChargeRestored:
    """A charge that had been taken back is owed again, from the day on which it was first asked."""

    charge_id: str
    by: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        given_text(self.charge_id, "a ChargeRestored names a charge", "pass the id of the charge")


@dataclass(frozen=True, slots=True)
class ChargeOmitted:
    """An occurrence of a step that charges and tells nobody had nothing to charge: it counts as taken; `why` says why."""

    action: ProposedAction
    why: str


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """The creditor gave up an amount, or (without one) all that is open; money that comes after that is recovered."""

    amount: Money | None = None
    invoice: str | None = None
    by: str = ""
    note: str = ""
    source: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        if self.amount is not None:
            given_money(self.amount, "a write-off", "pass the amount that is given up, or None for all that is open")


LedgerFact: TypeAlias = (
    ChargeAssessed
    | ChargeReversed
    | InvoiceCorrected
    | InvoiceCancelled
    | CreditNoteCancelled
    | CreditApplied
    | ChargeRestored
    | DiscountGranted
    | DiscountWithdrawn
    | WrittenOff
)
"""What a host may record about a case's ledger, beside invoices and payments."""
