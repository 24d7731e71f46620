"""Facts of the docket as JSON writes them: days and instants in ISO 8601, minutes of the day as `21:30`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dunning_engine.domain.docket import NOTICES, RECORDS, TERMS, Sort
from dunning_engine.intake.contact_words import CONTACT_FIELDS, folded
from dunning_engine.intake.fields import FIRST_YEAR, LAST_YEAR
from dunning_engine.kernel.calendar import day_of, moment, parse_instant, zone
from dunning_engine.kernel.diagnostics import suggest


def texts_of(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{value!r} is no list of texts")
    return tuple(value)


def zones_in(value: Any) -> tuple[str, ...]:
    names = texts_of(value)
    for name in names:
        zone(name)
    return names


def fact_of(term: str, value: Any) -> Any:
    """A fact by the sort of its term; yes and no are written `true` and `false`, or as words."""
    kind = TERMS[term]
    match kind.sort:
        case Sort.FLAG:
            return _truth(value)
        case Sort.WORD:
            return _one_of(folded(value).replace(" ", "_"), kind.words)
        case Sort.WORDS:
            return frozenset(_one_of(word, kind.words) for word in texts_of(value))
        case Sort.HAPPENED:
            return instant_in(value)
        case Sort.DAY:
            return day_of(value)
        case Sort.TEXT:
            return str(value)
        case _:
            return tuple(_record(term, item) for item in value)


def _one_of(word: str, words: tuple[str, ...]) -> str:
    if words and word not in words:
        near = suggest(word, words)
        raise ValueError(f"{word!r} is none of {', '.join(words)}{f'; did you mean {near!r}?' if near else ''}")
    return word


def _record(term: str, data: dict[str, Any]) -> Any:
    """A record of the docket: minutes of the day are written `21:30`, days and instants in ISO 8601."""
    kind: Any = RECORDS[term]
    strange = [key for key in data if key not in kind._fields]
    if strange:
        raise ValueError(f"{', '.join(strange)}: {term} holds {', '.join(kind._fields)}")
    read = {key: _PARTS[key](value) for key, value in data.items() if value is not None}
    missing = [key for key in kind._fields if key not in read and key not in kind._field_defaults]
    if missing:
        raise ValueError(f"{term} needs {', '.join(missing)}")
    return kind(**read)


def instant_in(text: str) -> int:
    found = parse_instant(text)
    if not FIRST_YEAR <= moment(found).year <= LAST_YEAR:
        raise ValueError(f"{text!r} is a time in the year {moment(found).year}, which cannot be meant")
    return found


def _weekdays(days: list[int]) -> frozenset[int]:
    if not set(days) <= set(range(7)):
        raise ValueError(f"{days!r}: weekdays are numbers from 0 (Monday) to 6")
    return frozenset(days)


def _truth(value: Any) -> bool:
    return bool(value) if isinstance(value, bool) else bool(CONTACT_FIELDS["reply"].parse(value))


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


_PARTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "weekdays": _weekdays,
    "first": _minute,
    "last": _minute,
    "through": day_of,
    "until": day_of,
    "withdrawn": instant_in,
    "given": instant_in,
    "revoked": instant_in,
    "received": instant_in,
    "answered": instant_in,
    "at": instant_in,
    "debt": str,
    "repeats": _truth,
    "what": lambda word: _one_of(word, NOTICES),
}
