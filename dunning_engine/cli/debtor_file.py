"""A debtor as a small file: who they are, what came of contacts, what they asked for, and facts of the docket.

    kind: consumer
    phone: "+12125550123"
    country: US
    region: CO
    holds: [cease]
    opted_out: [sms]
    contacts:
      - {at: 2026-03-02T10:00, channel: call, outcome: conversation}
    inconvenient_times:
      - {days: [monday], from: "12:00", to: "13:00"}
    facts: {email_basis: direct_consent}

Every mistake is told at once with its place. Times without an offset are those of the debtor's first zone. The contact
that is asked about concerns `debts`; without them, every debt that a contact of the file names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.docket import TERMS, CallConsent, Challenge, Fact, InconvenientTime, Sort, Term, TimeConsent
from dunning_engine.domain.limits import WEEKDAYS
from dunning_engine.domain.parties import Channel, Party, PartyKind
from dunning_engine.engine.paths import file_bytes, shown
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.calendar import day_of, instant_of, resolve
from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, suggest
from dunning_engine.kernel.errors import PolicyInvalid
from dunning_engine.kernel.yamltext import Mapping as MappingNode
from dunning_engine.kernel.yamltext import Node, Scalar, Sequence

WORDS: Final = ("name", "email", "phone", "social", "push", "postal_code", "region", "country", "zone", "language")
"""Keys of a party that hold one text."""

KEYS: Final = (
    *("kind", "address", *WORDS, "debts", "opted_out", "holds", "contacts", "facts"),
    *("inconvenient_times", "time_consents", "call_consents", "challenges"),
)
FLAGS: Final[Mapping[str, bool]] = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True, slots=True)
class Debtor:
    """What a file, or the options of a command, say of a debtor; `debts` are those that a contact would be about."""

    party: Party
    debts: tuple[str, ...] = ()
    contacts: ContactLog = field(default_factory=ContactLog)
    holds: frozenset[HoldReason] = frozenset()
    opted_out: frozenset[Channel] = frozenset()
    docket: Mapping[str, Fact] = field(default_factory=dict)


def read_debtor(path: Path, zone_of: Callable[[Party], str]) -> Debtor:
    """The debtor of a YAML or JSON file; `zone_of` says where their clocks are. Raises `PolicyInvalid` for mistakes."""
    parsed = yamltext.parse_bytes(file_bytes(path), file=shown(path))
    reading = _Reading()
    found = reading.debtor(parsed.node, path.stem, zone_of) if parsed.node is not None else None
    findings = in_order((*parsed.diagnostics, *reading.findings))
    if findings or found is None:
        raise PolicyInvalid(findings)
    return found


class _Reading:
    """A file on its way to a debtor: findings gather, and whatever could be read goes on."""

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []
        self.zone = "UTC"

    def debtor(self, node: Node, identity: str, zone_of: Callable[[Party], str]) -> Debtor:
        fields = self.fields(node, "a debtor", KEYS)
        texts: dict[str, Any] = {key: self.text(fields[key]) for key in WORDS if key in fields}
        kind = self.word(fields["kind"], PartyKind) if "kind" in fields else PartyKind.CONSUMER
        lines = tuple(self.text(line) for line in self.items(fields.get("address")))
        party = Party(id=identity, kind=kind or PartyKind.CONSUMER, address=lines, **texts)
        self.zone = zone_of(party)
        docket = self.facts(fields.get("facts"))
        for key, read in self._records.items():
            if key in fields:
                records = [read(self, item) for item in self.items(fields[key])]
                docket[key] = tuple(record for record in records if record is not None)
        contacts = ContactLog(self.contact(item) for item in self.items(fields.get("contacts")))
        named = tuple(self.text(item) for item in self.items(fields.get("debts")))
        return Debtor(
            party,
            named or tuple(dict.fromkeys(debt for contact in contacts for debt in contact.debts)),
            contacts,
            frozenset(self.words(fields.get("holds"), HoldReason)),
            frozenset(self.words(fields.get("opted_out"), Channel)),
            docket,
        )

    def contact(self, node: Node) -> Contact:
        keys = ("at", "channel", "outcome", "inbound", "line", "debts", "answered", "reply")
        fields = self.fields(node, "a contact", keys, needed=("at", "channel"))
        return Contact(
            at=self.instant(fields.get("at")) or 0,
            channel=self.word(fields.get("channel"), Channel) or Channel.CALL,
            debts=tuple(map(self.text, self.items(fields.get("debts")))),
            outcome=self.word(fields.get("outcome"), Outcome) or Outcome.ATTEMPTED,
            inbound=self.flag(fields.get("inbound")),
            line=self.text(fields.get("line")),
            answered=self.flag(fields.get("answered")),
            reply=self.flag(fields.get("reply")),
        )

    def inconvenient(self, node: Node) -> InconvenientTime:
        fields = self.fields(node, "an inconvenient time", ("days", "from", "to", "through", "withdrawn"))
        days = [self.one_of(item, WEEKDAYS) for item in self.items(fields.get("days"))]
        first, last = self.span(fields)
        through = self.day(fields.get("through")) if "through" in fields else None
        weekdays = frozenset(WEEKDAYS.index(day) for day in days if day)
        return InconvenientTime(weekdays, first, last, through, self.instant(fields.get("withdrawn")))

    def time_consent(self, node: Node) -> TimeConsent:
        fields = self.fields(node, "a consent", ("from", "to", "given", "revoked"), needed=("from", "to", "given"))
        first, last = self.span(fields)
        return TimeConsent(first, last, self.instant(fields.get("given")) or 0, self.instant(fields.get("revoked")))

    def call_consent(self, node: Node) -> CallConsent:
        fields = self.fields(node, "a consent", ("given", "debt", "until", "revoked"), needed=("given",))
        until = self.day(fields.get("until")) if "until" in fields else None
        debt = self.text(fields.get("debt")) or None
        return CallConsent(self.instant(fields.get("given")) or 0, debt, until, self.instant(fields.get("revoked")))

    def challenge(self, node: Node) -> Challenge:
        fields = self.fields(node, "a dispute", ("received", "answered", "repeats"), needed=("received",))
        received = self.instant(fields.get("received")) or 0
        return Challenge(received, self.instant(fields.get("answered")), self.flag(fields.get("repeats")))

    _records: Final[Mapping[str, Callable[[Any, Node], Any]]] = {
        "inconvenient_times": inconvenient,
        "time_consents": time_consent,
        "call_consents": call_consent,
        "challenges": challenge,
    }

    # The docket ----------------------------------------------------------------------------------------------------------

    def facts(self, node: Node | None) -> dict[str, Fact]:
        terms = {name: term for name, term in TERMS.items() if term.sort is not Sort.RECORDS}
        fields = {} if node is None else self.fields(node, "the docket", tuple(terms))
        found = {name: self.fact(value, terms[name]) for name, value in fields.items() if name in terms}
        return {name: value for name, value in found.items() if value is not None}

    def fact(self, node: Node, term: Term) -> Fact | None:
        match term.sort:
            case Sort.FLAG:
                return self.flag(node)
            case Sort.WORD:
                return self.one_of(node, term.words) or None
            case Sort.WORDS:
                each = self.items(node)
                return frozenset(self.one_of(item, term.words) if term.words else self.text(item) for item in each)
            case Sort.HAPPENED:
                return self.instant(node)
            case Sort.DAY:
                return self.day(node)
            case _:
                return self.text(node)

    # Kinds of values -----------------------------------------------------------------------------------------------------

    def note(self, code: str, message: str, place: Place, accepted: Iterable[str] = (), word: str = "") -> None:
        listed = tuple(accepted)
        likely = suggest(word, listed) if word else None
        self.findings.append(Diagnostic(code, message, place, suggestion=likely, accepted=listed))

    def fields(self, node: Node, what: str, keys: tuple[str, ...], needed: tuple[str, ...] = ()) -> dict[str, Node]:
        if not isinstance(node, MappingNode):
            self.note("DUN203", f"{what} has keys of its own", node.place, keys)
            return {}
        for key, _value in node.entries:
            if key.text not in keys:
                self.note("DUN201", f'there is no key "{key.text}" here', key.place, keys, key.text)
        for missing in (key for key in needed if node.get(key) is None):
            self.note("DUN202", f"{what} needs {missing}", node.place)
        return {key.text: value for key, value in node.entries}

    def items(self, node: Node | None) -> tuple[Node, ...]:
        if node is None:
            return ()
        return node.items if isinstance(node, Sequence) else (node,)

    def text(self, node: Node | None) -> str:
        if node is None or isinstance(node, Scalar):
            return node.text if node is not None else ""
        self.note("DUN203", "here stands one text", node.place)
        return ""

    def one_of(self, node: Node | None, accepted: tuple[str, ...]) -> str:
        text = self.text(node)
        if node is not None and text not in accepted:
            self.note("DUN204", f'"{text}" is none of the words that fit here', node.place, accepted, text)
            return ""
        return text

    def word(self, node: Node | None, kind: type[Enum]) -> Any:
        """The member of an enum that a word names; `None` where nothing stands."""
        text = self.one_of(node, tuple(str(member.value) for member in kind))
        return kind(text) if text else None

    def words(self, node: Node | None, kind: type[Enum]) -> list[Any]:
        return [member for item in self.items(node) if (member := self.word(item, kind)) is not None]

    def flag(self, node: Node | None) -> bool:
        return node is not None and FLAGS.get(self.one_of(node, tuple(FLAGS)), False)

    def span(self, fields: Mapping[str, Node]) -> tuple[int, int]:
        """The minutes between two clock times, the first one in and the second one out."""
        first, end = (self.minute(fields[key]) if key in fields else None for key in ("from", "to"))
        return first or 0, (1440 if end is None else end) - 1

    def minute(self, node: Node) -> int | None:
        text = self.text(node)
        hours, _, minutes = text.partition(":")
        if hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60 and int(hours) * 60 + int(minutes) <= 1440:
            return int(hours) * 60 + int(minutes)
        self.note("DUN204", f'"{text}" is not a time of day such as 12:00', node.place)
        return None

    def day(self, node: Node | None) -> int | None:
        text = self.text(node)
        try:
            return day_of(text)
        except ValueError:
            self._refuse(node, text, "a day such as 2026-03-02")
        return None

    def instant(self, node: Node | None) -> int | None:
        if node is None:
            return None
        text = self.text(node)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self._refuse(node, text, "a time such as 2026-03-02T10:00")
            return None
        if found.tzinfo is not None:
            return instant_of(found)
        return resolve(found.toordinal(), found.hour * 60 + found.minute, self.zone) + found.second

    def _refuse(self, node: Node | None, text: str, instead: str) -> None:
        if node is not None:
            self.note("DUN204", f'"{text}" is not {instead}', node.place)
