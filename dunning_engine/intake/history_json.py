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
from dunning_engine.domain.docket import TERMS, Fact
from dunning_engine.domain.parties import Collector, PartyKind
from dunning_engine.intake.contact_words import CONTACT_FIELDS
from dunning_engine.intake.fields import text_of
from dunning_engine.intake.history_facts import fact_of, instant_in, texts_of, zones_in
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
        name = self.value(text_of, str(data["id"]), f"{path}.id")
        if not name:
            return None
        zones = [data["zone"]] if "zone" in data else data.get("zones", [])
        places = self.value(texts_of, data.get("places"), f"{path}.places")
        return Told(
            debtor=name,
            kind=self.value(PartyKind, data.get("kind"), f"{path}.kind") or PartyKind.CONSUMER,
            collector=self.value(Collector, data.get("collector"), f"{path}.collector"),
            zones=self.value(zones_in, zones, f"{path}.zones") or (),
            places=None if places is None else frozenset(places),
            regulators=frozenset(self.value(texts_of, data.get("regulators"), f"{path}.regulators") or ()),
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
            at=self.value(instant_in, data["at"], f"{path}.at") or 0,
            channel=self.value(CONTACT_FIELDS["channel"].parse, data.get("channel", "call"), f"{path}.channel"),
            debts=self.value(texts_of, data.get("debts"), f"{path}.debts") or (),
            outcome=self.value(CONTACT_FIELDS["outcome"].parse, data.get("outcome", "attempted"), f"{path}.outcome"),
            inbound=data.get("inbound") is True,
            discussed=self.value(texts_of, data.get("discussed"), f"{path}.discussed") or (),
            line=str(data.get("line", "")),
            addressee=str(data.get("addressee", CONSUMER)),
            reply=data.get("reply") is True,
            answered=data.get("answered") is True,
        )
        facts, aside = self.facts(data, path), self.value(texts_of, data.get("overrides"), f"{path}.overrides") or ()
        if len(self.findings) > before:
            return None
        return Deed(contact.at, contact, contact.debts, facts, frozenset(aside))

    def act(self, data: Any, path: str) -> Deed | None:
        before = len(self.findings)
        if not self.fits(data, ("at", "debts", "facts", "overrides"), path) or not self.has(data, "at", path):
            return None
        at = self.value(instant_in, data["at"], f"{path}.at") or 0
        debts = self.value(texts_of, data.get("debts"), f"{path}.debts") or ()
        facts, aside = self.facts(data, path), self.value(texts_of, data.get("overrides"), f"{path}.overrides") or ()
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
        found: Fact | None = self.value(lambda told: fact_of(term, told), value, path)
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
        first = self.value(instant_in, data.get(start), f"{path}.{start}")
        last = self.value(instant_in, data.get(end), f"{path}.{end}")
        debts = self.value(texts_of, data.get("debts"), f"{path}.debts") or ()
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
