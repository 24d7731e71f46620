"""Why a card or direct debit was declined, and in whose scheme: what decides whether it may be tried again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant


class Decline(Enum):
    """The reason of a decline, as providers sort them; the value is the word of the phrase."""

    UNSAID = "unsaid"
    SOFT = "soft"
    """The issuer may say otherwise another time."""
    INSUFFICIENT_FUNDS = "insufficient funds"
    EXPIRED_CARD = "expired card"
    HARD = "hard"
    """The issuer will never approve it: account closed, card stolen, authorisation revoked."""

    @property
    def term(self) -> str:
        """The word by which rules ask for it: `insufficient_funds`."""
        return self.value.replace(" ", "_")


class Scheme(Enum):
    """Whose rules bind a retry."""

    UNSAID = "unsaid"
    VISA = "visa"
    MASTERCARD = "mastercard"
    SEPA = "sepa"


@dataclass(frozen=True, slots=True)
class Declined:
    """One payment that was tried and declined."""

    at: Instant
    decline: Decline = Decline.UNSAID
    scheme: Scheme = Scheme.UNSAID
