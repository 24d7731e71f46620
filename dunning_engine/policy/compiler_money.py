"""From the money of a policy file to the values that charges are worked out from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dunning_engine.domain.parties import PartyKind
from dunning_engine.domain.statutes import RateCourse, RatePeriod, Statutes
from dunning_engine.kernel.calendar import Day
from dunning_engine.policy.charges import ChargeWord, Fee, InterestTerms, RateWord
from dunning_engine.policy.document import PolicyDocument
from dunning_engine.policy.phrases_money import CHARGE


def fees(document: PolicyDocument) -> Mapping[str, Fee]:
    """The fees of a policy by name."""
    return {
        name: Fee(
            name=name,
            fixed=fee.fixed,
            percent=fee.percent,
            base=fee.of,
            bands=fee.bands,
            method=fee.method,
            at_least=fee.at_least,
            at_most=fee.at_most,
            per_invoice=fee.per,
            once=fee.once,
            currency=fee.currency,
            basis=fee.basis,
        )
        for name, fee in document.fees.items()
    }


def charges(document: PolicyDocument) -> Mapping[str, ChargeWord]:
    """What the phrases of charges say."""
    found = {}
    for step in document.steps:
        for choice in step.charge:
            word = CHARGE.parse(choice[0].name)
            assert isinstance(word, ChargeWord), "the name of a charge is a phrase that was read before"
            found[choice[0].name] = word
    return found


def interest(document: PolicyDocument, statutes: Statutes) -> InterestTerms | None:
    """How late invoices bear interest, with the statute or rate that the file names."""
    terms = document.interest
    if terms is None:
        return None
    return InterestTerms(
        statute=terms.statute,
        rate=terms.rate,
        day_count=terms.day_count,
        basis=terms.basis,
        pack=statutes.statute(terms.statute) if terms.statute else None,
        course=_course(terms.rate, statutes) if terms.rate is not None else None,
    )


def _course(rate: RateWord, statutes: Statutes) -> RateCourse | None:
    return statutes.above(rate.over, rate.percent) if rate.over else FixedRate(rate.percent)


@dataclass(frozen=True, slots=True)
class FixedRate:
    """The rate of a contract, the same on every day."""

    percent: Decimal

    @property
    def citation(self) -> str:
        return ""

    def periods(self, debtor: PartyKind, first: Day, through: Day) -> tuple[RatePeriod, ...]:  # noqa: ARG002
        return (RatePeriod(first, through, self.percent),)
