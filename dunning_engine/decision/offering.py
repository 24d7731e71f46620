"""Offers: what a message offers to let go for being paid in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from dunning_engine.decision.sums import part
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.offers import Offer, OfferKind
from dunning_engine.kernel.ids import short_hash
from dunning_engine.kernel.spans import add
from dunning_engine.policy.arranged import PlanBounds
from dunning_engine.policy.charges import Discount, Settlement
from dunning_engine.policy.phrases_money import OFFER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dunning_engine.decision.schedule import Due
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.policy.model import Policy


def offered(
    case: Case, policy: Policy, standing: Standing, due: Due, claimed: Sequence[Receivable], total: int
) -> tuple[tuple[Offer, ...], list[str]]:
    """What the messages of a step offer today, and why something is not offered."""
    if HoldReason.DISPUTE in standing.holds:
        return (), ["nothing is offered while a debt is disputed"]
    found: list[Offer] = []
    for terms in due.step.offers:
        match terms:
            case Settlement():
                found.append(_settlement(policy, standing, due, claimed, total, terms))
            case Discount():
                offers = (_discount(policy, due, receivable, terms) for receivable in claimed)
                found += [offer for offer in offers if offer.until >= standing.today]
            case PlanBounds():
                found += _plan(case, standing, due, claimed, total, terms)
            case _:
                assert_never(terms)
    stem = short_hash(case.id, standing.cycle, due.step.name, str(due.occurrence))
    return tuple(_named(offer, stem, number) for number, offer in enumerate(found, 1)), []


def _named(offer: Offer, stem: str, number: int) -> Offer:
    return replace(offer, id=f"{stem}-{number}")


def _settlement(
    policy: Policy, standing: Standing, due: Due, claimed: Sequence[Receivable], total: int, terms: Settlement
) -> Offer:
    return Offer(
        id="",
        kind=OfferKind.SETTLEMENT,
        rule=OFFER.show(terms),
        amount=part(total, terms.percent),
        until=add(standing.today, terms.within, policy.calendar),
        invoices=tuple(receivable.number for receivable in claimed),
        step=due.step.name,
    )


def _plan(
    case: Case, standing: Standing, due: Due, claimed: Sequence[Receivable], total: int, terms: PlanBounds
) -> Iterator[Offer]:
    """A plan in as many parts as the sum allows; a sum that allows no two is not offered in parts."""
    least = 1 if terms.least is None else terms.least.minor(case.currency)
    parts = min(terms.count, total // least)
    if parts > 1:
        yield Offer(
            id="",
            kind=OfferKind.PLAN,
            rule=OFFER.show(terms),
            amount=total,
            until=standing.today,
            invoices=tuple(receivable.number for receivable in claimed),
            step=due.step.name,
            parts=parts,
            every=terms.every,
            least=least,
        )


def _discount(policy: Policy, due: Due, receivable: Receivable, terms: Discount) -> Offer:
    return Offer(
        id="",
        kind=OfferKind.DISCOUNT,
        rule=OFFER.show(terms),
        amount=receivable.amount - part(receivable.amount, terms.percent),
        until=add(receivable.issued, terms.within, policy.calendar),
        invoices=(receivable.number,),
        step=due.step.name,
    )
