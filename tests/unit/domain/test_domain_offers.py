"""Offers in the books of a case."""

from __future__ import annotations

from dataclasses import replace

from dunning_engine.domain.case import fold
from dunning_engine.domain.events import CaseOpened, PolicyRef, Recorded
from dunning_engine.domain.offers import Offer, OfferKind, OfferMade
from dunning_engine.domain.parties import Party

SETTLEMENT = Offer(
    id="o-1",
    kind=OfferKind.SETTLEMENT,
    rule="settlement of 80 % within 14 days",
    amount=8_000,
    until=739_000,
    invoices=("A",),
)


def offers(*made):
    opened = CaseOpened(Party.consumer("ann"), PolicyRef("p", 1, "h"))
    stream = [Recorded(1, 0, 0, opened), *(Recorded(n, n, n, OfferMade(offer)) for n, offer in enumerate(made, 2))]
    return [(account.offer, account.at) for account in fold("c", stream).offers]


def test_an_offer_counts_once():
    """The first word about it stands, with its instant."""
    assert offers(SETTLEMENT, replace(SETTLEMENT, amount=1)) == [(SETTLEMENT, 2)]


def test_offers_stand_side_by_side():
    other = replace(SETTLEMENT, id="o-2")
    assert offers(SETTLEMENT, other) == [(SETTLEMENT, 2), (other, 3)]
