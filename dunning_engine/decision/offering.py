"""Offers and discounts: what a message offers, and what is let go because the debtor paid in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, assert_never

from dunning_engine.decision.sums import part
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.balances import open_on, openings
from dunning_engine.domain.case import evolve
from dunning_engine.domain.events import Recorded
from dunning_engine.domain.ledger_events import ChargeReversed, DiscountGranted
from dunning_engine.domain.offers import Offer, OfferKind
from dunning_engine.kernel.calendar import local_day
from dunning_engine.kernel.ids import short_hash
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import add
from dunning_engine.policy.arranged import PlanBounds
from dunning_engine.policy.charges import Discount, Settlement
from dunning_engine.policy.phrases_money import DISCOUNT, OFFER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dunning_engine.decision.schedule import Due
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.offers import OfferAccount
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy

LetGo: TypeAlias = DiscountGranted | ChargeReversed
"""What is not asked any more."""

SOURCE = "policy"
"""The source of allowances that follow from a policy."""


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


# What was earned ------------------------------------------------------------------------------------------------------


def allowances(case: Case, policy: Policy, standing: Standing, now: Instant) -> tuple[Case, tuple[LetGo, ...]]:
    """The case after everything that was let go because it was paid in time, and the events that say so."""
    events: list[LetGo] = []
    for event in _earned(case, policy, standing):
        case = evolve(case.id, case, Recorded(case.seq + 1, now, now, event))
        events.append(event)
    for account in case.offers:
        if account.offer.kind is OfferKind.SETTLEMENT and _accepted(case, policy, standing, account):
            for forgiven in _charges_let_go(case, account):
                case = evolve(case.id, case, Recorded(case.seq + 1, now, now, forgiven))
                events.append(forgiven)
            for rest in _rest(case, account):
                case = evolve(case.id, case, Recorded(case.seq + 1, now, now, rest))
                events.append(rest)
    return case, tuple(events)


def _earned(case: Case, policy: Policy, standing: Standing) -> Iterator[DiscountGranted]:
    """Discounts of invoices of which all but the discount was paid in time."""
    opened = None
    for receivable in case.receivables:
        for rule, least, until in _terms(case, policy, receivable):
            if receivable.open <= 0 or receivable.open > receivable.amount - least:
                continue
            opened = opened or openings(case, policy.zone)
            key = f"discount {receivable.number}"
            in_time = open_on(opened[receivable.number], min(until, standing.today)) <= receivable.amount - least
            if in_time and not case.seen_entry(SOURCE, key):
                amount = Money.of_minor(receivable.open, case.currency)
                yield DiscountGranted(amount, receivable.number, rule, SOURCE, key)
                break


def _terms(case: Case, policy: Policy, receivable: Receivable) -> Iterator[tuple[str, int, Day]]:
    """For an invoice the discounts that it may earn: the rule, what has to be paid, and by when."""
    for terms in policy.discounts:
        least = receivable.amount - part(receivable.amount, terms.percent)
        yield DISCOUNT.show(terms), least, add(receivable.issued, terms.within, policy.calendar)
    for account in case.offers:
        offer = account.offer
        if offer.kind is OfferKind.DISCOUNT and receivable.number in offer.invoices and _stands(case, account):
            yield offer.rule, offer.amount, offer.until


def _stands(case: Case, account: OfferAccount) -> bool:
    """Whether the message that makes an offer has gone out."""
    carrier = case.deliveries.get(account.offer.action)
    return carrier is not None and carrier.armed_at is not None


def _accepted(case: Case, policy: Policy, standing: Standing, account: OfferAccount) -> bool:
    """Whether the share was paid in time, and nothing is disputed."""
    if HoldReason.DISPUTE in standing.holds or not _stands(case, account):
        return False
    paid = sum(
        entry.amount
        for entry in case.entries
        if entry.at >= account.at and local_day(entry.at, policy.zone) <= account.offer.until
    )
    return paid >= account.offer.amount


def _charges_let_go(case: Case, account: OfferAccount) -> list[ChargeReversed]:
    numbers = (None, *account.offer.invoices)
    return [
        ChargeReversed(charged.charge.id, SOURCE, account.offer.rule)
        for charged in case.charges
        if charged.open > 0 and charged.at <= account.at and charged.charge.invoice in numbers
    ]


def _rest(case: Case, account: OfferAccount) -> Iterator[DiscountGranted]:
    for receivable in case.receivables:
        key = f"{account.offer.id} {receivable.number}"
        if receivable.open > 0 and receivable.number in account.offer.invoices and not case.seen_entry(SOURCE, key):
            amount = Money.of_minor(receivable.open, case.currency)
            yield DiscountGranted(amount, receivable.number, account.offer.rule, SOURCE, key)
