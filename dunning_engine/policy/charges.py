"""What a policy adds to a debt, and what it offers to let go: fees, interest, discounts, settlements.

Amounts are in the currency of whatever case they meet, unless a phrase names one: then other cases are not charged,
because nothing is ever converted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from dunning_engine.domain.counting import DayCount
from dunning_engine.policy.arranged import PlanBounds

if TYPE_CHECKING:
    from decimal import Decimal

    from dunning_engine.domain.statutes import RateCourse, Statute
    from dunning_engine.kernel.spans import Span
    from dunning_engine.policy.model import Amount


class ChargeForm(Enum):
    """What a phrase of `charge:` asks for."""

    FEE = "fee of an amount"
    PERCENT = "fee of a part"
    NAMED = "named fee"
    FIXED_SUM = "statutory fixed sum"
    INTEREST = "interest to date"


class FeeBase(Enum):
    """What a percentage is a part of."""

    CLAIM = "the original claim"
    OPEN = "what is open"


@dataclass(frozen=True, slots=True)
class ChargeWord:
    """One phrase of `charge:`; `currency` is empty where the amount is in that of the case."""

    form: ChargeForm
    amount: Amount | None = None
    currency: str = ""
    percent: Decimal | None = None
    base: FeeBase = FeeBase.CLAIM
    per_invoice: bool = False
    name: str = ""


class Once(Enum):
    """How often a named fee may be charged."""

    EACH = "each time"
    STEP = "per step"
    CASE = "per case"
    MONTH = "per month"
    YEAR = "per year"


class Bands(Enum):
    """Whether one band speaks for the whole base, or each for its part."""

    WHOLE = "whole"
    BY_BAND = "by band"


@dataclass(frozen=True, slots=True)
class Band:
    """`from 50.00 take 3.00 and 4 %`: from that amount on, a fixed sum, a percentage, or both."""

    start: Amount
    fixed: Amount | None = None
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """A fee with a name: a fixed sum, a percentage or bands, kept between `at_least` and `at_most`."""

    name: str
    fixed: Amount | None = None
    percent: Decimal | None = None
    base: FeeBase = FeeBase.CLAIM
    bands: tuple[Band, ...] = ()
    method: Bands = Bands.WHOLE
    at_least: Amount | None = None
    at_most: Amount | None = None
    per_invoice: bool = False
    once: Once = Once.EACH
    currency: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class RateWord:
    """`8 %` a year, or with `over` so many points above a reference rate."""

    percent: Decimal
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestTerms:
    """How late invoices bear interest: by a statute's pack, or at a rate of the contract."""

    statute: str = ""
    rate: RateWord | None = None
    day_count: DayCount = DayCount.ACTUAL_365
    basis: str = ""
    pack: Statute | None = field(default=None, compare=False)
    course: RateCourse | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Discount:
    """`2 % within 10 days of issue`: who pays the rest in time has paid."""

    percent: Decimal
    within: Span


@dataclass(frozen=True, slots=True)
class Settlement:
    """`settlement of 80 % within 14 days`: who pays that share in time, counted from the notice, has paid."""

    percent: Decimal
    within: Span


Offer = Discount | Settlement | PlanBounds
"""What a step may offer: to let a part go, or to pay in parts."""
