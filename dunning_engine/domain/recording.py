"""Facts on the docket as hosts tell them: read by the sort of their term, and folded into what is known.

What is told of a term later stands, whenever it became known. Records (disputes, consents, hours) are added one by one;
told together, they replace what was told before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from dunning_engine.domain.docket import (
    ATTEMPT_TERMS,
    NOTICES,
    RECORDS,
    TERMS,
    Docket,
    Fact,
    Record,
    Sort,
    Told,
)
from dunning_engine.domain.given import given_day
from dunning_engine.kernel.calendar import Day, Instant, instant_of, parse_instant
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import UsageError


@dataclass(frozen=True, slots=True)
class FactMark:
    """What was told of a term, and when it was so."""

    at: Instant
    seq: int
    name: str
    value: Told


def docket_of(marks: Iterable[FactMark]) -> Docket:
    """What marks in order of time say together."""
    known: dict[str, Any] = {}
    for mark in marks:
        if mark.value is None:
            known.pop(mark.name, None)
        elif isinstance(mark.value, tuple) and type(mark.value) is not tuple:  # one more record: a named tuple
            records = known.get(mark.name, ())
            known[mark.name] = records if mark.value in records else (*records, mark.value)
        else:
            known[mark.name] = mark.value
    return known


# What hosts pass ------------------------------------------------------------------------------------------------------

_KNOWN_OTHERWISE: Final = MappingProxyType({
    "purpose": "the engine tells the law what a step is for: an ultimatum is a step with a deadline",
    "deadline": "it follows from the deadline of the policy's step",
    "address": "it is the debtor's: record a DebtorUpdated, or refused_addresses for one not to be used",
    "carries": "the engine reads it off the template: write {{ obligations }} into it",
    "first_communication": "the engine reads it off the contact log: record a ContactMade, or initial_communication",
})  # fmt: skip

_ASKED: Final = "it is about one attempt: pass it in the docket of the Situation with which you ask the gate yourself"


def told_value(name: object, value: object) -> Told:
    """A value as the docket keeps it. Raises `UsageError` where the term does not exist or cannot hold it."""
    term = TERMS.get(name) if isinstance(name, str) else None
    if term is None:
        near = suggest(str(name), set(TERMS) - ATTEMPT_TERMS)
        meant = f"did you mean {near!r}?" if near else "domain.docket.TERMS lists all of them."
        raise UsageError(f"{name!r} is no fact that law asks for; {meant} Facts of your own are a HostFact")
    if name in ATTEMPT_TERMS:
        raise UsageError(f"{name} is not recorded beforehand: {_KNOWN_OTHERWISE.get(str(name), _ASKED)}")
    return None if value is None else _READERS[term.sort](str(name), value)


def _word(name: str, value: object) -> Fact:
    words = TERMS[name].words
    if not isinstance(value, str) or value not in words:
        raise UsageError(f"{name} is {value!r}: pass one of {_listed(words)}{_near(value, words)}")
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} is {value!r}, and says {_says(name)}: pass True or False")
    return value


def _words(name: str, value: object) -> Fact:
    words = TERMS[name].words
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise UsageError(f"{name} is {value!r}: pass a set of texts, as in {{{value!r}}}")
    found = frozenset(value)
    for word in found:
        if not isinstance(word, str) or not word.strip() or (words and word not in words):
            allowed = f"each is one of {_listed(words)}{_near(word, words)}" if words else "each is a text"
            raise UsageError(f"{name} holds {word!r}: {allowed}")
    return found


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{name} is {value!r}: pass a text")
    return value


def _instant(name: str, value: object) -> Instant:
    """An instant; a date alone is none, because when a day begins depends on where one is."""
    if isinstance(value, datetime):
        return instant_of(value)
    if isinstance(value, str):
        return parse_instant(value)
    if type(value) is not int:
        raise UsageError(
            f"{name} is {value!r}, which is no instant: pass an aware datetime, "
            'ISO 8601 text such as "2026-03-06T10:00:00-05:00", or seconds since 1970'
        )
    return value


def _day(name: str, value: object) -> Day:
    return given_day(value, name)


def _records(name: str, value: object) -> Fact | Record:
    kind = RECORDS[name]
    if isinstance(value, kind):
        return _record(name, value)
    if type(value) not in (tuple, list) or not all(isinstance(one, kind) for one in value):  # type: ignore[attr-defined]
        raise UsageError(
            f"{name} is {value!r}: pass one {kind.__name__}(…) to add it, or a tuple of all of them to replace the others"
        )
    records: Any = tuple(_record(name, one) for one in value)  # type: ignore[attr-defined]  # a tuple or list, as asked above
    return records  # type: ignore[no-any-return]  # of the one kind that the term holds


_READERS: Final[Mapping[Sort, Callable[[str, object], Told]]] = {
    Sort.WORD: _word,
    Sort.FLAG: _flag,
    Sort.WORDS: _words,
    Sort.HAPPENED: _instant,
    Sort.DAY: _day,
    Sort.TEXT: _text,
    Sort.RECORDS: _records,
}


# The fields of records ------------------------------------------------------------------------------------------------


def _record(name: str, record: Record) -> Record:
    """A record with every field as the law module counts."""
    kind: Any = type(record)
    empty = kind._field_defaults
    fields = {
        field: value if field in empty and value == empty[field] else _FIELDS[field](f"{field} of {name}", value)
        for field, value in record._asdict().items()
    }
    read: Record = kind(**fields)
    return read


def _minute(name: str, value: object) -> int:
    if type(value) is not int or not 0 <= value < 24 * 60:
        raise UsageError(f"{name} is {value!r}: pass a minute of the day, from 0 to 1439 (8 o'clock is 8 * 60)")
    return value


def _weekdays(name: str, value: object) -> frozenset[int]:
    days = frozenset(value) if isinstance(value, Iterable) else frozenset({-1})
    if not days <= frozenset(range(7)):
        raise UsageError(f"{name} is {value!r}: pass a set of numbers, 0 for Monday to 6 for Sunday")
    return days


def _notice(name: str, value: object) -> str:
    if value not in NOTICES:
        raise UsageError(f"{name} is {value!r}: pass one of {_listed(NOTICES)}{_near(value, NOTICES)}")
    return str(value)


def _truth(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{name} is {value!r}: pass True or False")
    return value


_FIELDS: Final[Mapping[str, Callable[[str, object], Any]]] = {
    "weekdays": _weekdays,
    "first": _minute,
    "last": _minute,
    "through": _day,
    "until": _day,
    "withdrawn": _instant,
    "given": _instant,
    "revoked": _instant,
    "received": _instant,
    "answered": _instant,
    "at": _instant,
    "debt": _text,
    "repeats": _truth,
    "what": _notice,
}


def _says(name: str) -> str:
    return TERMS[name].says


def _listed(words: Iterable[str]) -> str:
    return ", ".join(repr(word) for word in words)


def _near(value: object, words: Iterable[str]) -> str:
    near = suggest(str(value), words)
    return f"; did you mean {near!r}?" if near else ""
