"""Hypothesis strategies for facts about holds, disputes, promises and payment plans."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from dunning_engine.domain.arrangements import Clock, DisputeOutcome, HoldReason, Resume
from dunning_engine.domain.events import DisputeAnswered, HoldLifted, HoldPlaced, PromiseMade
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.plans import Instalment, PlanAgreed, PlanOffered
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.domain.events import Fact

_letters = st.characters(exclude_categories=["Cs", "Cc"])
_texts = st.text(_letters, max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
_numbers = st.none() | st.text(_letters, min_size=1, max_size=8).map(lambda text: unicodedata.normalize("NFC", text))
_days = st.integers(date(1990, 1, 1).toordinal(), date(2080, 12, 31).toordinal())


def waiting_facts(amount: st.SearchStrategy[Money]) -> st.SearchStrategy[Fact]:
    """Every fact about a reason to wait, over amounts of a strategy."""
    return st.one_of(
        st.builds(PromiseMade, amount, _days, _numbers),
        holds(),
        st.builds(HoldPlaced, st.just(HoldReason.DISPUTE), st.just("INV-1"), _texts, _texts, amount=amount),
        _lifted(),
        st.builds(DisputeAnswered, _numbers, _texts, _texts),
        amount.flatmap(_plans),
    )


def holds() -> st.SearchStrategy[HoldPlaced]:
    """Holds of every reason and scope, with rules of their own or without."""
    return st.builds(
        HoldPlaced,
        st.sampled_from(HoldReason),
        _numbers,
        _texts,
        _texts,
        until=st.none() | _days,
        channel=st.none() | st.sampled_from(Channel),
        resume=st.none() | st.sampled_from(Resume),
        clock=st.none() | st.sampled_from(Clock),
    )


def _lifted() -> st.SearchStrategy[HoldLifted]:
    channels = st.none() | st.sampled_from(Channel)
    outcomes = st.none() | st.sampled_from(DisputeOutcome)
    return st.one_of(
        st.builds(HoldLifted, st.sampled_from(HoldReason), _numbers, _texts, _texts, channel=channels),
        st.builds(HoldLifted, st.just(HoldReason.DISPUTE), _numbers, _texts, _texts, outcome=outcomes),
    )


def _plans(amount: Money) -> st.SearchStrategy[Fact]:
    """Plans whose instalments are all in one currency."""
    parts = st.lists(st.builds(Instalment, st.just(amount), _days), min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(PlanOffered, parts, _numbers, _texts, _texts),
        st.builds(PlanAgreed, parts, _numbers, st.booleans(), _texts, _texts, _texts),
    )
