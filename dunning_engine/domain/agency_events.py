"""What an agency says about a debt that was placed with it: it has it, it collected, it gives it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dunning_engine.domain.given import given_money
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.kernel.money import Money


@dataclass(frozen=True, slots=True)
class AgencyAcknowledged:
    """The agency has the debt and works on it; `reference` is its own number."""

    agency: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class AgencyReturned:
    """The agency gives the debt back: the creditor may contact the debtor again."""

    agency: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class AgencyCollected:
    """The debtor paid `amount` to the agency, which keeps `commission` of it: to the debtor all of it is paid."""

    amount: Money
    commission: Money | None = None
    agency: str = ""
    source: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        given_money(self.amount, "what an agency collected", "pass what the debtor paid, above zero")
        if self.commission is not None and (
            self.commission.currency != self.amount.currency or self.commission.minor > self.amount.minor
        ):
            raise UsageError(f"a commission of {self.commission} is more than the {self.amount} that was collected")


AgencyFact: TypeAlias = AgencyAcknowledged | AgencyReturned | AgencyCollected
