"""Histories in JSON: debtors with their contacts, acts, facts, holds and refusals, each with its dates.

What cannot be read is told with its path (`debtors[0].contacts[2].at`) and left out; the rest goes in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dunning_engine.compliance.audit.history import Deed, Held, Known, OptOut, Stretch
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import CONSUMER, Contact
from dunning_engine.domain.docket import RECORDS, TERMS, Fact, Sort
from dunning_engine.domain.parties import Collector, PartyKind
from dunning_engine.intake.contact_words import CONTACT_FIELDS, folded
from dunning_engine.intake.fields import FIRST_YEAR, LAST_YEAR
from dunning_engine.kernel.calendar import day_of, moment, parse_instant, zone
from dunning_engine.kernel.diagnostics import suggest

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One debtor as a file tells them; `where` says, as text, where they may be."""

    debtor: str
    kind: PartyKind = PartyKind.CONSUMER
    collector: Collector | None = None
    zones: tuple[str, ...] = ()
    places: frozenset[str] | None = None
    regulators: frozenset[str] = frozenset()
    where: Mapping[str, str] = field(default_factory=dict)
    deeds: tuple[tuple[str, Deed], ...] = ()
    facts: tuple[Known, ...] = ()
    holds: tuple[Held, ...] = ()
    opted_out: tuple[OptOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Histories:
    """What a file tells; `total` counts its contacts and acts."""

    debtors: tuple[Told, ...] = ()
    findings: tuple[str, ...] = ()
    total: int = 0


def read_histories(data: bytes, *, file: str) -> Histories:
    """The histories of a file."""
    try:
        text = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return Histories(findings=(f"{file}: this is no JSON: {error}",))
    debtors = text.get("debtors") if isinstance(text, dict) else None
    if not isinstance(debtors, list):
        return Histories(findings=(f'{file}: there is no list of debtors: {{"debtors": [...]}}',))
    reading = _Reading(file)
    told = tuple(one for at, debtor in enumerate(debtors) if (one := reading.debtor(debtor, f"debtors[{at}]")))
    return Histories(told, tuple(reading.findings), reading.total)


class _Reading:
    """One pass over a file; `findings` are what could not be read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[str] = []
        self.total = 0

    def note(self, path: str, message: object) -> None:
        self.findings.append(f"{self.file}: {path}: {message}")

    def debtor(self, data: Any, path: str) -> Told | None:
        keys = ("id", "kind", "collector", "zone", "zones", "places", "regulators", *WHERE, *_LISTS)
        if not self.fits(data, keys, path) or not self.has(data, "id", path):
            return None
        zones = [data["zone"]] if "zone" in data else data.get("zones", [])
        places = self.value(_texts, data.get("places"), f"{path}.places")
        return Told(
            debtor=str(data["id"]),
            kind=self.value(PartyKind, data.get("kind"), f"{path}.kind") or PartyKind.CONSUMER,
            collector=self.value(Collector, data.get("collector"), f"{path}.collector"),
            zones=self.value(_zones, zones, f"{path}.zones") or (),
            places=None if places is None else frozenset(places),
            regulators=frozenset(self.value(_texts, data.get("regulators"), f"{path}.regulators") or ()),
            where={_WHERE.get(key, key): str(data[key]) for key in WHERE if data.get(key)},
            deeds=(*self.each(data, "contacts", path, self.contact), *self.each(data, "acts", path, self.act)),
            facts=tuple(known for _, known in self.each(data, "facts", path, self.known)),
            holds=tuple(hold for _, hold in self.each(data, "holds", path, self.hold)),
            opted_out=tuple(refused for _, refused in self.each(data, "opted_out", path, self.refusal)),
        )

    def each(self, data: Json, key: str, path: str, read: Callable[[Any, str], Any]) -> Iterator[tuple[str, Any]]:
        """The items of a list that could be read, each with its path."""
        items = data.get(key, [])
        if not isinstance(items, list):
            self.note(f"{path}.{key}", "this is no list")
            return
        for at, item in enumerate(items):
            where = f"{path}.{key}[{at}]"
            self.total += key in ("contacts", "acts")
            found = read(item, where)
            if found is not None:
                yield where, found

    def contact(self, data: Any, path: str) -> Deed | None:
        before = len(self.findings)
        if not self.fits(data, _CONTACT, path) or not self.has(data, "at", path):
            return None
        contact = Contact(
            at=self.value(_instant, data["at"], f"{path}.at") or 0,
            channel=self.value(CONTACT_FIELDS["channel"].parse, data.get("channel", "call"), f"{path}.channel"),
            debts=self.value(_texts, data.get("debts"), f"{path}.debts") or (),
            outcome=self.value(CONTACT_FIELDS["outcome"].parse, data.get("outcome", "attempted"), f"{path}.outcome"),
            inbound=data.get("inbound") is True,
            discussed=self.value(_texts, data.get("discussed"), f"{path}.discussed") or (),
            line=str(data.get("line", "")),
            addressee=str(data.get("addressee", CONSUMER)),
            reply=data.get("reply") is True,
            answered=data.get("answered") is True,
        )
        facts, aside = self.facts(data, path), self.value(_texts, data.get("overrides"), f"{path}.overrides") or ()
        if len(self.findings) > before:
            return None
        return Deed(contact.at, contact, contact.debts, facts, frozenset(aside))

    def act(self, data: Any, path: str) -> Deed | None:
        before = len(self.findings)
        if not self.fits(data, ("at", "debts", "facts", "overrides"), path) or not self.has(data, "at", path):
            return None
        at = self.value(_instant, data["at"], f"{path}.at") or 0
        debts = self.value(_texts, data.get("debts"), f"{path}.debts") or ()
        facts, aside = self.facts(data, path), self.value(_texts, data.get("overrides"), f"{path}.overrides") or ()
        return Deed(at, None, debts, facts, frozenset(aside)) if len(self.findings) == before else None

    def facts(self, data: Json, path: str) -> dict[str, Fact]:
        facts = data.get("facts", {})
        if not isinstance(facts, dict):
            self.note(f"{path}.facts", "facts are written {term: value}")
            return {}
        read = {term: self.fact(term, value, f"{path}.facts.{term}") for term, value in facts.items()}
        return {term: value for term, value in read.items() if value is not None}

    def fact(self, term: Any, value: Any, path: str) -> Fact | None:
        if term not in TERMS:
            near = suggest(str(term), TERMS)
            self.note(path, f"{term!r} is no fact that laws ask for{f'; did you mean {near!r}?' if near else ''}")
            return None
        found: Fact | None = self.value(lambda told: _fact(term, told), value, path)
        return found

    def known(self, data: Any, path: str) -> Known | None:
        if not self.fits(data, ("term", "value", "since", "until", "debts"), path) or not self.has(data, "term", path):
            return None
        value = self.fact(data["term"], data.get("value"), f"{path}.value")
        when = self.stretch(data, path, "since", "until")
        return None if value is None or when is None else Known(data["term"], value, when)

    def hold(self, data: Any, path: str) -> Held | None:
        if not self.fits(data, ("reason", "start", "end", "debts"), path) or not self.has(data, "reason", path):
            return None
        reason, when = (
            self.value(HoldReason, data["reason"], f"{path}.reason"),
            self.stretch(data, path, "start", "end"),
        )
        return None if reason is None or when is None else Held(reason.value, when)

    def refusal(self, data: Any, path: str) -> OptOut | None:
        if not self.fits(data, ("channel", "start", "end", "debts"), path) or not self.has(data, "channel", path):
            return None
        channel = self.value(CONTACT_FIELDS["channel"].parse, data["channel"], f"{path}.channel")
        when = self.stretch(data, path, "start", "end")
        return None if channel is None or when is None else OptOut(channel, when)

    def stretch(self, data: Json, path: str, start: str, end: str) -> Stretch | None:
        before = len(self.findings)
        first = self.value(_instant, data.get(start), f"{path}.{start}")
        last = self.value(_instant, data.get(end), f"{path}.{end}")
        debts = self.value(_texts, data.get("debts"), f"{path}.debts") or ()
        return Stretch(first, last, debts) if len(self.findings) == before else None

    # One value

    def fits(self, data: Any, keys: tuple[str, ...], path: str) -> bool:
        """Whether it is an object; keys that mean nothing are told."""
        if not isinstance(data, dict):
            self.note(path, "this is no object")
            return False
        for key in data:
            if key not in keys:
                near = suggest(key, keys)
                self.note(f"{path}.{key}", f"this key means nothing here{f'; did you mean {near!r}?' if near else ''}")
        return True

    def has(self, data: Json, key: str, path: str) -> bool:
        if key not in data:
            self.note(path, f"{key!r} is missing")
        return key in data

    def value(self, read: Callable[[Any], Any], value: Any, path: str) -> Any:
        """A value as `read` gives it; nothing where there is none, or none that can be read."""
        try:
            return None if value is None else read(value)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self.note(path, f"{value!r} cannot be read" if not isinstance(error, ValueError) else error)
            return None


WHERE: Final = ("phone", "state", "zip", "country")
_WHERE: Final = {"state": "region", "zip": "postal_code"}
_LISTS: Final = ("contacts", "acts", "facts", "holds", "opted_out")
_CONTACT: Final = (
    "at", "channel", "debts", "outcome", "inbound", "discussed", "line", "addressee", "reply", "answered", "facts",
    "overrides",
)  # fmt: skip


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{value!r} is no list of texts")
    return tuple(value)


def _zones(value: Any) -> tuple[str, ...]:
    names = _texts(value)
    for name in names:
        zone(name)
    return names


def _fact(term: str, value: Any) -> Any:
    """A fact by the sort of its term; yes and no are written `true` and `false`, or as words."""
    kind = TERMS[term]
    match kind.sort:
        case Sort.FLAG:
            return value if isinstance(value, bool) else CONTACT_FIELDS["reply"].parse(value)
        case Sort.WORD:
            return _one_of(folded(value).replace(" ", "_"), kind.words)
        case Sort.WORDS:
            return frozenset(_one_of(word, kind.words) for word in _texts(value))
        case Sort.HAPPENED:
            return _instant(value)
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


def _record(term: str, data: Json) -> Any:
    """A record of the docket: minutes of the day are written `21:30`, days and instants in ISO 8601."""
    kind: Any = RECORDS[term]
    strange = [key for key in data if key not in kind._fields]
    if strange:
        raise ValueError(f"{', '.join(strange)}: {term} holds {', '.join(kind._fields)}")
    read = {key: _PARTS.get(key, _as_it_is)(value) for key, value in data.items() if value is not None}
    missing = [key for key in kind._fields if key not in read and key not in kind._field_defaults]
    if missing:
        raise ValueError(f"{term} needs {', '.join(missing)}")
    return kind(**read)


def _instant(text: str) -> int:
    found = parse_instant(text)
    if not FIRST_YEAR <= moment(found).year <= LAST_YEAR:
        raise ValueError(f"{text!r} is a time in the year {moment(found).year}, which cannot be meant")
    return found


def _weekdays(days: list[int]) -> frozenset[int]:
    if not set(days) <= set(range(7)):
        raise ValueError(f"{days!r}: weekdays are numbers from 0 (Monday) to 6")
    return frozenset(days)


def _as_it_is(value: Any) -> Any:
    return value


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


_PARTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "weekdays": _weekdays,
    "first": _minute,
    "last": _minute,
    "through": day_of,
    "until": day_of,
    "withdrawn": _instant,
    "given": _instant,
    "revoked": _instant,
    "received": _instant,
    "answered": _instant,
    "at": _instant,
    "debt": str,
}
