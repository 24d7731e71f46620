"""The parts of a policy file about money that a policy adds or offers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from dunning_engine.domain.counting import DayCount
from dunning_engine.policy import phrases_money as phrases
from dunning_engine.policy.charges import Band, Bands, Discount, FeeBase, Offer, Once, RateWord
from dunning_engine.policy.model import Amount, Choice
from dunning_engine.policy.values import OneOrMany, Part, Phrase, WordOrKeys

ChargeItem = Annotated[Choice, Phrase(phrases.CHARGE_CHOICE)]
OfferItem = Annotated[Offer, Phrase(phrases.OFFER)]
BandItem = Annotated[Band, Phrase(phrases.BAND)]
DiscountItem = Annotated[Discount, Phrase(phrases.DISCOUNT)]

Charges = Annotated[
    tuple[ChargeItem, ...],
    OneOrMany(
        "What is added to the debt: when the first message of the step goes out, or on its day where it has none."
    ),
]
Offers = Annotated[
    tuple[OfferItem, ...], OneOrMany("What the messages of this step offer: to let a part go, or a payment plan.")
]
Discounts = Annotated[tuple[DiscountItem, ...], OneOrMany("What is let go of an invoice that is paid early.")]

Basis = Annotated[str, Field(description="Where the right to charge it stands: each charge quotes it.", pattern=r"\S")]
FeeAmount = Annotated[Amount, Phrase(phrases.FEE_AMOUNT, "A fixed sum, in the currency of the case.")]


class FeeDocument(Part):
    """A fee that steps charge by its name: a fixed sum, a percentage, or bands."""

    fixed: FeeAmount | None = None
    percent: Annotated[Decimal, Phrase(phrases.FEE_PERCENT, "A part of what `of` names.")] | None = None
    of: Annotated[FeeBase, Phrase(phrases.FEE_BASE, "What percentages and bands look at.")] = FeeBase.CLAIM
    bands: Annotated[tuple[BandItem, ...], OneOrMany("What is taken from which amount on.")] = ()
    method: Annotated[
        Bands, Phrase(phrases.METHOD, "Whether one band speaks for the whole amount, or each for its part.")
    ] = Bands.WHOLE
    at_least: Annotated[Amount, Phrase(phrases.FEE_AMOUNT, "The smallest fee.")] | None = None
    at_most: Annotated[Amount, Phrase(phrases.FEE_AMOUNT, "The largest fee.")] | None = None
    per: Annotated[bool, Phrase(phrases.PER, "One fee for the case, or one for each overdue invoice.")] = False
    once: Annotated[Once, Phrase(phrases.ONCE, "How often it may be charged.")] = Once.EACH
    currency: Annotated[
        str, Phrase(phrases.FEE_CURRENCY, "The currency of its amounts: other cases are not charged.")
    ] = ""
    basis: Basis = ""


class InterestDocument(Part):
    """How late invoices bear interest, from the day after they were due."""

    statute: Annotated[
        str, Phrase(phrases.STATUTE, "The statute that gives the interest, by the name of its pack.")
    ] = ""
    rate: (
        Annotated[RateWord, Phrase(phrases.RATE, "The rate of the contract: a percentage, or points above a rate.")]
        | None
    ) = None
    day_count: Annotated[DayCount, Phrase(phrases.DAY_COUNT, "What a day is a part of.")] = DayCount.ACTUAL_365
    basis: Basis = ""
    on_charges: Annotated[
        bool, Phrase(phrases.ON_CHARGES, "Whether fees and interest bear interest themselves: never, so only `no`.")
    ] = False


Interest = Annotated[
    InterestDocument,
    WordOrKeys(
        Phrase(phrases.STATUTE, "How late invoices bear interest; nothing runs before a step charges it."), "statute"
    ),
]
Fees = Annotated[Mapping[str, FeeDocument], Field(description="Fees with names, for `charge: fee <name>`.")]
