"""What is asked beside the principal: fees, interest and fixed sums, each with the sum that it came from.

A charge is an item of its case's ledger like an invoice: it has an open amount, and money settles it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.given import given_choice, given_text
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Day, Instant


class ChargeKind(Enum):
    """What a charge is for; the value is the word that people read."""

    FEE = "fee"
    INTEREST = "interest"
    FIXED_SUM = "fixed sum"


class ItemClass(Enum):
    """Sorts of items of a ledger, in the words of `allocation`."""

    FEES = "fees"
    """Fees and fixed sums."""
    INTEREST = "interest"
    PRINCIPAL = "principal"


class OnPaid(Enum):
    """What becomes of the open charges of an invoice when its principal is paid."""

    SURVIVE = "survive"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class LedgerTerms:
    """What a case's ledger follows of its policy: in which order money settles items, and what payment ends."""

    allocation: tuple[ItemClass, ...] = (ItemClass.FEES, ItemClass.INTEREST, ItemClass.PRINCIPAL)
    on_paid: OnPaid = OnPaid.SURVIVE


DEFAULT_TERMS: Final = LedgerTerms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A sum that is asked beside the principal, with all that a reader needs to do it again.

    `id` is stable and unique in its case. `amount` and `base` are minor units of `currency` (empty: the case's own);
    `invoice` is the receivable that it belongs to (`None`: the case); `action` carries it (empty: none does);
    `rule` is the policy's phrase or the statutory pack; `first` and `last` are the days of interest.
    """

    id: str
    kind: ChargeKind
    amount: int
    invoice: str | None = None
    step: str = ""
    action: str = ""
    rule: str = ""
    base: int = 0
    days: int = 0
    rate: str = ""
    first: Day | None = None
    last: Day | None = None
    rounding: str = ""
    citation: str = ""
    currency: str = ""

    def __post_init__(self) -> None:
        instead = "pass a text that is the same whenever this charge is worked out, and no other charge's"
        object.__setattr__(self, "id", given_text(self.id, "a charge needs an id", instead))
        object.__setattr__(self, "kind", given_choice(ChargeKind, self.kind, f"the kind of charge {self.id}"))
        if type(self.amount) is not int or self.amount <= 0:
            raise UsageError(
                f"charge {self.id} is over {self.amount!r}: pass minor units above zero, "
                "and take a charge back with a ChargeReversed"
            )
        if self.first is not None and self.last is not None and self.last < self.first:
            raise UsageError(f"the interest of charge {self.id} ends before it begins: swap first and last")

    @property
    def item_class(self) -> ItemClass:
        """Where the charge stands in the order of allocation."""
        return ItemClass.INTEREST if self.kind is ChargeKind.INTEREST else ItemClass.FEES


@dataclass(frozen=True, slots=True)
class ChargeAccount:
    """A charge in a case with what became of it.

    `at` is when it was asked; `open` what is unpaid, in minor units; `settled_at` when the last of it came;
    `void` why it is not owed any more, empty while it is. `lapsed` and `written` are what of it nobody asks for.
    """

    charge: Charge
    at: Instant
    open: int
    settled_at: Instant | None = None
    void: str = ""
    lapsed: int = 0
    written: int = 0
