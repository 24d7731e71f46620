"""What a policy adds or offers, in plain English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.policy.charges import Bands, Once
from dunning_engine.policy.forms import show_amount
from dunning_engine.policy.phrases_money import BAND, DISCOUNT, OFFER, RATE, show_percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.policy.charges import Fee, InterestTerms
    from dunning_engine.policy.model import Policy, Step

_ONCE = {
    Once.EACH: "each time that a step asks for it",
    Once.STEP: "once for each step",
    Once.CASE: "once in a case",
    Once.MONTH: "once in a calendar month",
    Once.YEAR: "once in a calendar year",
}


def money(policy: Policy) -> Iterator[str]:
    """Sentences about fees, interest and discounts."""
    for fee in policy.fees.values():
        yield from _fee(fee)
    if policy.interest is not None:
        yield from _interest(policy.interest)
    for discount in policy.discounts:
        yield f"Who pays an invoice less {DISCOUNT.show(discount)} has paid all of it."


def _fee(fee: Fee) -> Iterator[str]:
    currency = f" {fee.currency}" if fee.currency else ""
    sums = [f"{show_amount(fee.fixed)}{currency}"] if fee.fixed is not None else []
    if fee.percent is not None:
        sums.append(f"{show_percent(fee.percent)} % of {fee.base.value}")
    if fee.bands:
        how = "each for its part" if fee.method is Bands.BY_BAND else "the one that is reached for all of it"
        sums.append(f"by bands of {fee.base.value} ({'; '.join(map(BAND.show, fee.bands))}), {how}")
    kept = [f"at least {show_amount(fee.at_least)}"] if fee.at_least is not None else []
    kept += [f"at most {show_amount(fee.at_most)}"] if fee.at_most is not None else []
    limits = f", {' and '.join(kept)}" if kept else ""
    per = "for each overdue invoice, " if fee.per_invoice else ""
    yield f"The fee {fee.name} is {' and '.join(sums)}{limits}; it is charged {per}{_ONCE[fee.once]}."
    if fee.basis:
        yield f"It rests on: {fee.basis}."


def _interest(terms: InterestTerms) -> Iterator[str]:
    rate = f"the statute {terms.statute}" if terms.rate is None else f"{RATE.show(terms.rate)} a year"
    yield (
        f"A late invoice bears simple interest by {rate}, day by day on what is open of it, "
        f"from the day after it was due ({terms.day_count.value})."
    )
    if terms.basis:
        yield f"It rests on: {terms.basis}."


def offers(step: Step) -> Iterator[str]:
    """Sentences about what a step offers."""
    for offer in step.offers:
        yield f"It offers a {OFFER.show(offer)}."
