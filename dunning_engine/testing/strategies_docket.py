"""Facts that law asks for, of every sort: words, flags, instants, days, texts, and records one by one or all at once."""

from __future__ import annotations

from typing import Any, Final
from unicodedata import normalize

from hypothesis import strategies as st

from dunning_engine.domain.docket import (
    ATTEMPT_TERMS,
    NOTICES,
    TERMS,
    CallConsent,
    Challenge,
    InconvenientTime,
    Notice,
    Sort,
    TimeConsent,
)
from dunning_engine.domain.events import FactRecorded

_INSTANTS: Final = st.integers(1_600_000_000, 2_000_000_000)
_DAYS: Final = st.integers(737_000, 741_000)
_MINUTES: Final = st.integers(0, 1439)
_LATER: Final = st.none() | _INSTANTS
_TEXTS: Final = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12).map(
    lambda text: normalize("NFC", text)
)

_RECORDS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "inconvenient_times": st.builds(
        InconvenientTime,
        st.frozensets(st.integers(0, 6)),
        _MINUTES,
        _MINUTES,
        st.none() | _DAYS,
        _LATER,
    ),
    "time_consents": st.builds(TimeConsent, _MINUTES, _MINUTES, _INSTANTS, _LATER),
    "call_consents": st.builds(CallConsent, _INSTANTS, st.none() | _TEXTS, st.none() | _DAYS, _LATER),
    "challenges": st.builds(Challenge, _INSTANTS, _LATER, st.booleans()),
    "notices": st.builds(Notice, st.sampled_from(NOTICES), _INSTANTS),
}


def recorded_facts() -> st.SearchStrategy[FactRecorded]:
    """One fact of any term that may be recorded, also its withdrawal."""
    return st.sampled_from(sorted(set(TERMS) - ATTEMPT_TERMS)).flatmap(_of_term)


def _of_term(name: str) -> st.SearchStrategy[FactRecorded]:
    return st.builds(FactRecorded, st.just(name), st.none() | values(name), _TEXTS | st.just(""))


def values(name: str) -> st.SearchStrategy[Any]:
    """What a term may hold."""
    term = TERMS[name]
    match term.sort:
        case Sort.WORD:
            return st.sampled_from(term.words)
        case Sort.FLAG:
            return st.booleans()
        case Sort.WORDS:
            return st.frozensets(st.sampled_from(term.words) if term.words else _TEXTS, max_size=3)
        case Sort.HAPPENED:
            return _INSTANTS
        case Sort.DAY:
            return _DAYS
        case Sort.TEXT:
            return _TEXTS
        case _:
            return _RECORDS[name] | st.lists(_RECORDS[name], max_size=3).map(tuple)
