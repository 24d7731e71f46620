"""Hypothesis strategies for facts of a case's ledger: charges, corrections, cancellations, credit, write-off."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from dunning_engine.domain.charges import Charge, ChargeKind, ItemClass, LedgerTerms, OnPaid
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    ChargeRestored,
    ChargeReversed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    DiscountWithdrawn,
    InvoiceCancelled,
    InvoiceCorrected,
    WrittenOff,
)
from dunning_engine.domain.offers import Offer, OfferKind

if TYPE_CHECKING:
    from dunning_engine.domain.ledger_events import LedgerFact
    from dunning_engine.kernel.money import Money

_letters = st.characters(exclude_categories=["Cs", "Cc", "Z"])
_words = st.text(_letters, min_size=1, max_size=8).map(lambda text: unicodedata.normalize("NFC", text))
_texts = st.just("") | _words
_dates = st.dates(min_value=date(1990, 1, 1), max_value=date(2080, 12, 31))

terms = st.builds(LedgerTerms, st.permutations(list(ItemClass)).map(tuple), st.sampled_from(OnPaid))


def charges(ids: st.SearchStrategy[str] = _words) -> st.SearchStrategy[Charge]:
    """Charges in the currency of their case, whatever they say of how they were worked out."""
    return st.builds(
        Charge,
        id=ids,
        kind=st.sampled_from(ChargeKind),
        amount=st.integers(1, 10**6),
        invoice=st.none() | _words,
        step=_texts,
        action=_texts,
        rule=_texts,
        base=st.integers(0, 10**9),
        days=st.integers(0, 999),
        rate=_texts,
        first=st.none() | st.just(738_000),
        last=st.none() | st.just(738_100),
        rounding=_texts,
        citation=_texts,
    )


def offers() -> st.SearchStrategy[Offer]:
    """Offers of a message, over any amounts."""
    return st.builds(
        Offer,
        id=_words,
        kind=st.sampled_from(OfferKind),
        rule=_texts,
        amount=st.integers(1, 10**6),
        until=st.integers(738_000, 738_100),
        invoices=st.lists(_words, max_size=2).map(tuple),
        action=_texts,
        step=_texts,
    )


def ledger_facts(amount: st.SearchStrategy[Money]) -> st.SearchStrategy[LedgerFact]:
    """Every fact of a ledger, over amounts of a strategy."""
    number, outside = st.none() | _words, {"source": _texts, "event_id": _texts}
    return st.one_of(
        st.builds(ChargeAssessed, charges()),
        st.builds(ChargeReversed, _words, _texts, _texts),
        st.builds(ChargeRestored, _words, _texts, _texts),
        st.builds(DiscountWithdrawn, amount, number, _texts, _texts, **outside),
        st.builds(InvoiceCorrected, _words, amount, due=st.none() | _dates, issued=st.none() | _dates, note=_texts),
        st.builds(InvoiceCorrected, _words, due=_dates, by=_texts),
        st.builds(InvoiceCancelled, _words, _texts, _texts),
        st.builds(CreditNoteCancelled, amount, number, **outside),
        st.builds(CreditApplied, amount, number, **outside),
        st.builds(DiscountGranted, amount, number, _texts, **outside),
        st.builds(WrittenOff, st.none() | amount, number, by=_texts, **outside),
    )
