"""Offers that a notice makes: to let part of a debt go, accepted by paying in time, or to pay it by instalments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Change
    from dunning_engine.domain.events import Recorded
    from dunning_engine.kernel.calendar import Day, Instant


class OfferKind(Enum):
    """What is offered; the value is the word that people read."""

    DISCOUNT = "discount"
    """Part of an invoice, for paying early."""
    SETTLEMENT = "settlement"
    """Whatever is left, for paying a share of everything."""
    PLAN = "plan"
    """To pay in parts: accepted by agreeing on a plan, and nothing is let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Who pays `amount` minor units by the end of the day `until` owes nothing more of `invoices`.

    Of a plan `amount` is what is to be paid in at most `parts` parts, one `every` month or week, each of `least` or
    more; it has no last day, so `until` is the day on which it was offered.

    `id` is stable and unique in its case; `action` is the notice that makes the offer: without it there is none.
    """

    id: str
    kind: OfferKind
    rule: str
    amount: int
    until: Day
    invoices: tuple[str, ...] = ()
    action: str = ""
    step: str = ""
    parts: int = 0
    every: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class OfferMade:
    """A notice with an offer stands in the outbox."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class OfferAccount:
    """An offer in a case, and when it was made."""

    offer: Offer
    at: Instant


def _offer_made(case: Case, event: OfferMade, recorded: Recorded) -> Change:
    if any(account.offer.id == event.offer.id for account in case.offers):
        return {}
    return {"offers": (*case.offers, OfferAccount(event.offer, recorded.at))}


OF_OFFERS: Final[Mapping[type, Callable[[Case, Any, Recorded], Change]]] = {OfferMade: _offer_made}
