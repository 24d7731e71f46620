"""Compile `dunning_engine/compliance/rulebooks/**.yaml` to the JSON beside each, which is what the engine reads.

Run it when a rulebook was changed. Every mistake is told at once with file, line and column, and nothing is written
while there is one. The JSON holds the SHA-256 of the YAML, so that a test sees a rulebook that was not compiled.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from dunning_engine.compliance.rulebook import Confidence, RuleKind, rulebook_of
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.limits import Counting, Per
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, render, suggest
from dunning_engine.kernel.grammar import COUNT, DATE, TIME, Form, Grammar, Misfit, Slot
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.kernel.yamltext import Mapping as MappingNode
from dunning_engine.kernel.yamltext import Node, Scalar, Sequence

ROOT = Path(__file__).parents[1] / "dunning_engine/compliance/rulebooks"

Json = dict[str, Any]

# What a rule asks -----------------------------------------------------------------------------------------------------

COUNTED = {
    "contact": (),
    "call": (Channel.CALL,),
    "email": (Channel.EMAIL,),
    "sms": (Channel.SMS,),
    "letter": (Channel.LETTER,),
}
COUNTINGS = {
    "by calendar": Counting.CALENDAR,
    "by the hour": Counting.ROLLING,
    "by calendar and by the hour": Counting.BOTH,
}
WHOSE = {"about the debt": Per.DEBT, "with the debtor": Per.DEBTOR}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a rule asks, as it was written: the form and the values in its slots."""

    build: Callable[..., Json]
    values: Json

    @property
    def json(self) -> Json:
        """The form that `compliance.rulebook.limit_of` reads."""
        return self.build(**self.values)


def _form(pattern: str, build: Callable[..., Json], **slots: Slot[int]) -> Form[Phrase]:
    def make(**values: int) -> Phrase:
        build(**values)
        return Phrase(build, values)

    return Form(pattern, slots=slots, make=make, take=lambda phrase: phrase.values if phrase.build is build else None)


def _hours(after: int, before: int) -> Json:
    if after + 1 >= before:
        raise ValueError(f"no minute lies after {_clock(after)} and before {_clock(before)}")
    return {"open_hours": {"after": _clock(after), "before": _clock(before)}}


def _contacts(noun: str, per: Per, words: str) -> Form[Phrase]:
    def make(n: int, days: int) -> Json:
        limit = {"count": n, "days": days, "per": per.value, "counting": COUNTINGS[words].value}
        return {"contacts": limit | _channels(noun)}

    plural = noun if noun == "sms" else f"{noun}[s]"
    return _form(f"at most {{n}} {plural} in {{days}} day[s] per {per.value} {words}", make, n=COUNT, days=COUNT)


def _rest(noun: str, words: str) -> Form[Phrase]:
    def make(days: int) -> Json:
        return {"cooling_off": {"days": days, "per": WHOSE[words].value} | _channels(noun)}

    return _form(f"no {noun} for {{days}} day[s] from the day of a conversation {words}", make, days=COUNT)


def _channels(noun: str) -> Json:
    return {"channels": [channel.value for channel in COUNTED[noun]]} if COUNTED[noun] else {}


def _while(reason: HoldReason) -> Form[Phrase]:
    return _form(f"no contact while {reason.value} is in force", lambda: {"blocked_person": [reason.value]})


LIMIT: Grammar[Phrase] = Grammar(
    "a limit",
    (
        _form("only after {after} and before {before}", _hours, after=TIME, before=TIME),
        *(_contacts(noun, per, words) for noun in COUNTED for per in Per for words in COUNTINGS),
        *(_rest(noun, words) for noun in COUNTED for words in WHOSE),
        _form("no contact by a channel that the debtor refused", lambda: {"blocked_channels": []}),
        *map(_while, HoldReason),
    ),
)

# The shape of a rulebook ----------------------------------------------------------------------------------------------

BOOK = ("rulebook", "title", "state_of", "rules")
RULE = ("rule", "kind", "says", "binds", "since", "citation", "confidence")
CITATION = ("text", "url")
BINDS: Mapping[str, type[Enum]] = {"collectors": Collector, "debtors": PartyKind, "channels": Channel}

NAME = re.compile(r"[a-z][a-z0-9-]*")
PATH = re.compile(r"[a-z]{2}/[a-z0-9-]+")
WEB = re.compile(r"https://\S+")


class Reading:
    """One rulebook on its way to JSON; findings gather, and whatever could be read goes on."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Diagnostic] = []

    def note(self, code: str, message: str, place: Place, accepted: tuple[str, ...] = (), word: str = "") -> None:
        likely = suggest(word, accepted) if word else None
        self.findings.append(Diagnostic(code, message, place, suggestion=likely, accepted=accepted))

    def book(self, node: Node) -> Json:
        fields = self.fields(node, "a rulebook", BOOK)
        rules = [self.rule(item) for item in self.items(fields.get("rules"), "rules")]
        self._unlike([(rule["rule"], rule.pop("place")) for rule in rules])
        book = {
            "rulebook": self.text(fields.get("rulebook"), PATH, "a rulebook such as us/reg-f"),
            "title": self.text(fields.get("title")),
            "state_of": self.day(fields.get("state_of")),
            "rules": rules,
        }
        if "rulebook" in fields and not self.file.endswith(f"{book['rulebook']}.yaml"):
            self.note("DUN204", f"{book['rulebook']} is not the name of this file", fields["rulebook"].place)
        return book

    def rule(self, node: Node) -> Json:
        fields = self.fields(node, "a rule", RULE)
        return {
            "place": fields["rule"].place if "rule" in fields else node.place,
            "rule": self.text(fields.get("rule"), NAME, "a name such as quiet-hours"),
            "kind": self.word(fields.get("kind"), RuleKind),
            "says": self.text(fields.get("says")),
            "binds": self.binds(fields.get("binds")),
            "since": self.since(fields.get("since")),
            "citation": self.citation(fields.get("citation")),
            "confidence": self.word(fields.get("confidence"), Confidence),
        }

    def binds(self, node: Node | None) -> Json:
        """Whom a rule binds; a key that is left out means everybody."""
        if node is None:
            return {}
        fields = self.fields(node, "binds", (), tuple(BINDS))
        return {
            key: [self.word(item, BINDS[key]) for item in self.items(fields[key], key)]
            for key in BINDS
            if key in fields
        }

    def since(self, node: Node | None) -> Json:
        if not isinstance(node, MappingNode) or not node.entries:
            if node is not None:
                self.note("DUN203", "since needs at least one entry: a day and what is asked from then on", node.place)
            return {}
        return {self.day(day): self.limit(value) for day, value in node.entries}

    def limit(self, node: Node) -> Json:
        text = self.text(node)
        found = LIMIT.parse(text) if text else Misfit("", 0, 0)
        if isinstance(found, Phrase):
            return found.json
        if text:
            column = node.place.column
            at = replace(node.place, column=column + found.start, end_column=column + found.end)
            self.findings.append(
                Diagnostic("DUN204", found.message, at, suggestion=found.suggestion, accepted=found.accepted)
            )
        return {}

    def citation(self, node: Node | None) -> Json:
        fields = self.fields(node, "a citation", CITATION) if node is not None else {}
        url = self.text(
            fields.get("url"), WEB, "an address such as https://www.ecfr.gov/current/title-12/section-1006.6"
        )
        return {"text": self.text(fields.get("text")), "url": url}

    # Kinds of values --------------------------------------------------------------------------------------------------

    def fields(self, node: Node, what: str, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> dict[str, Node]:
        if not isinstance(node, MappingNode):
            self.note("DUN203", f"{what} has keys of its own", node.place, needed + more)
            return {}
        for key, _value in node.entries:
            if key.text not in needed + more:
                self.note("DUN201", f'"{key.text}" is no key of {what}', key.place, needed + more, key.text)
        for missing in (key for key in needed if node.get(key) is None):
            self.note("DUN202", f"{what} needs {missing}", node.place)
        return {key.text: value for key, value in node.entries}

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        if isinstance(node, Sequence) and node.items:
            return node.items
        if node is not None:
            self.note("DUN203", f"{what} is a list with at least one item", node.place)
        return ()

    def text(self, node: Node | None, shape: re.Pattern[str] | None = None, what: str = "a text") -> str:
        if node is None:
            return ""
        if not isinstance(node, Scalar) or not node.text:
            self.note("DUN203", f"here stands {what}", node.place)
            return ""
        if shape is not None and not shape.fullmatch(node.text):
            self.note("DUN204", f'"{node.text}" is not {what}', node.place)
        return node.text

    def word(self, node: Node | None, words: type[Enum]) -> str:
        text = self.text(node)
        accepted = tuple(str(word.value) for word in words)
        if node is not None and text and text not in accepted:
            self.note("DUN204", f'"{text}" is none of the words that fit here', node.place, accepted, text)
        return text

    def day(self, node: Node | None) -> str:
        text = self.text(node)
        if node is not None and text:
            try:
                DATE.parse(text)
            except ValueError:
                self.note("DUN204", f'"{text}" is not a day such as 2021-11-30', node.place)
        return text

    def _unlike(self, named: list[tuple[str, Place]]) -> None:
        seen: set[str] = set()
        for name, place in named:
            if name and name in seen:
                self.note("DUN120", f'a rule "{name}" is already there', place)
            seen.add(name)


def compile_rulebook(data: bytes, file: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """The JSON of a rulebook's YAML, and what is wrong with it; the JSON is empty where anything is."""
    parsed = yamltext.parse_bytes(data, file=file)
    reading = Reading(file)
    book = reading.book(parsed.node) if parsed.node is not None else {}
    findings = in_order((*parsed.diagnostics, *reading.findings))
    if findings:
        return "", findings
    book["sha256"] = hashlib.sha256(data).hexdigest()
    rulebook_of(book)
    return canonical_json(book) + "\n", ()


def main() -> int:
    compiled: dict[Path, str] = {}
    mistakes = 0
    for source in sorted(ROOT.rglob("*.yaml")):
        text, findings = compile_rulebook(source.read_bytes(), source.relative_to(ROOT.parents[2]).as_posix())
        for finding in findings:
            print(render(finding, source.read_text(encoding="utf-8")), file=sys.stderr)
        mistakes += len(findings)
        compiled[source.with_suffix(".json")] = text
    if not mistakes:
        for target, text in compiled.items():
            target.write_text(text, encoding="utf-8")
    return min(mistakes, 1)


if __name__ == "__main__":
    sys.exit(main())
