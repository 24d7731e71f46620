"""Compile `dunning_engine/compliance/rulebooks/**.yaml` to the JSON beside each, which is what the engine reads.

Run it when a rulebook was changed. Every mistake is told at once with file, line and column, and nothing is written
while there is one. The JSON holds the SHA-256 of the YAML, so that a test sees a rulebook that was not compiled.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from dunning_engine.compliance.rulebook import Confidence, RuleKind, rulebook_of
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.domain.limits import EVER, Counting, Per
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.calendar import zone
from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, render, suggest
from dunning_engine.kernel.grammar import Form, Grammar, Meant, Misfit, Slot
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.kernel.slots import COUNT, DATE, NAME, TIME
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
    "telephone contact": (Channel.CALL, Channel.SMS),
    "electronic message": (Channel.EMAIL, Channel.SMS, Channel.SOCIAL),
}
COUNTINGS = {
    "by calendar": Counting.CALENDAR,
    "by the hour": Counting.ROLLING,
    "by calendar and by the hour": Counting.BOTH,
}
OPTIONAL = "+optional"
"""What a calendar's name ends with where its optional holidays count as well."""

WHOSE = {"about the debt": Per.DEBT, "with the debtor": Per.DEBTOR}
QUALIFIERS: Mapping[str, Json] = {
    "not counting calls that reached no telephone": {"uncounted": ["not connected"]},
    "not counting wrong numbers": {"uncounted": ["wrong number"]},
    "not counting calls without a message": {"uncounted": ["no answer", "no message possible"]},
    "not counting calls that could leave no message": {"uncounted": ["no message possible"]},
    "not counting call-back messages": {"uncounted": ["call-back message"]},
    "not counting replies to the debtor": {"replies": False},
    "not counting letters": {"channels": [c.value for c in Channel if c not in (Channel.LETTER, Channel.PUSH)]},
    "not counting calls to which the debtor agreed": {"consented": False},
    "counting only conversations": {"counted": ["conversation"]},
    "counting only conversations and messages": {"counted": ["conversation", "message"]},
    "counting only contacts at work": {"lines": ["work"]},
    "counting only contacts with a mobile": {"lines": ["mobile"]},
    "counting only contacts at home or with a personal number": {"lines": ["home", "mobile", "personal", ""]},
    "counting only from the first conversation on": {"since_conversation": True},
    "counting only what the debtor never answered": {"unanswered": True},
}
WEEKDAYS = {
    "on monday to friday": (0, 1, 2, 3, 4),
    "on monday to saturday": (0, 1, 2, 3, 4, 5),
    "on saturday and sunday": (5, 6),
    "on saturday": (5,),
    "on sunday": (6,),
}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a rule asks, as it was written: the form and the values in its slots."""

    build: Callable[..., Json]
    values: Json

    @property
    def json(self) -> Json:
        return self.build(**self.values)


def _form(pattern: str, build: Callable[..., Json], **slots: Slot[Any]) -> Form[Phrase]:
    def make(**values: Any) -> Phrase:
        build(**values)
        return Phrase(build, values)

    return Form(pattern, slots=slots, make=make, take=lambda phrase: phrase.values if phrase.build is build else None)


def _constant(pattern: str, json: Json) -> Form[Phrase]:
    return _form(pattern, lambda: json)


def _hours(days: tuple[int, ...]) -> Callable[..., Json]:
    def build(after: int, before: int) -> Json:
        if after + 1 >= before:
            raise ValueError(f"no minute lies after {_clock(after)} and before {_clock(before)}")
        window = {"days": list(days), "after": _clock(after), "before": _clock(before)}
        return {"open_hours": {"windows": [window]}}

    return build


def _holidays(kind: str) -> Callable[..., Json]:
    return lambda calendar: {"holidays": {"calendar": calendar + kind}}


def _contacts(noun: str, per: Per, counting: Counting, **fixed: int) -> Callable[..., Json]:
    def build(n: int, days: int = 0) -> Json:
        limit = {"count": n, "days": days, "per": per.value, "counting": counting.value} | fixed
        return {"contacts": limit | _channels(noun)}

    return build


def _contact_forms() -> Iterator[Form[Phrase]]:
    for noun, per in itertools.product(COUNTED, Per):
        plural = noun if noun == "sms" else f"{noun}[s]"
        whose = f"per {per.value}"
        for words, counting in COUNTINGS.items():
            pattern = f"at most {{n}} {plural} in {{days}} day[s] {whose} {words}"
            yield _form(pattern, _contacts(noun, per, counting), n=COUNT, days=COUNT)
        month = _contacts(noun, per, Counting.MONTH, days=31)
        yield _form(f"at most {{n}} {plural} in a calendar month {whose}", month, n=COUNT)
        ever = _contacts(noun, per, Counting.ROLLING, days=EVER)
        yield _form(f"at most {{n}} {plural} ever {whose}", ever, n=COUNT)


def _rest(noun: str, words: str, *, day_itself: bool) -> Form[Phrase]:
    def build(days: int) -> Json:
        limit = {"days": days, "per": WHOSE[words].value, "day_itself": day_itself}
        return {"cooling_off": limit | _channels(noun)}

    start = "after" if day_itself else "from"
    return _form(f"no {noun} for {{days}} day[s] {start} the day of a conversation {words}", build, days=COUNT)


def _spacing(noun: str) -> Form[Phrase]:
    def build(minutes: int) -> Json:
        return {"spacing": {"minutes": minutes} | _channels(noun)}

    return _form(f"none within {{minutes}} minute[s] of the last {noun}", build, minutes=COUNT)


def _retries(n: int, hours: int) -> Json:
    return {"retries": {"count": n, "hours": hours}}


def _retries_in_days(n: int, days: int) -> Json:
    return _retries(n, days * 24)


def _channels(noun: str) -> Json:
    return {"channels": [channel.value for channel in COUNTED[noun]]} if COUNTED[noun] else {}


def _zone(name: str) -> str:
    zone(name)
    return name


ZONE: Slot[str] = Slot("a time zone", r"[A-Za-z_]+/[A-Za-z_/]+", _zone, str, "America/New_York")
CALENDAR: Slot[str] = Slot("a calendar", r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?", str, str, "CA-ON")

LIMIT: Grammar[Phrase] = Grammar(
    "a limit",
    (
        _form("only after {after} and before {before}", _hours(tuple(range(7))), after=TIME, before=TIME),
        *(
            _form(f"{words} only after {{after}} and before {{before}}", _hours(days), after=TIME, before=TIME)
            for words, days in WEEKDAYS.items()
        ),
        _form("and in {zone} as well", lambda zone: {"open_hours": {"zone": zone}}, zone=ZONE),
        _form("no contact on holidays of {calendar}", _holidays(""), calendar=CALENDAR),
        _form("no contact on public or optional holidays of {calendar}", _holidays(OPTIONAL), calendar=CALENDAR),
        *_contact_forms(),
        *(_constant(words, {"contacts": json}) for words, json in QUALIFIERS.items()),
        *(
            _rest(noun, words, day_itself=day_itself)
            for noun in COUNTED
            for words in WHOSE
            for day_itself in (False, True)
        ),
        *map(_spacing, COUNTED),
        _constant("no contact by a channel that the debtor refused", {"blocked_channels": []}),
        _constant("no contact at an address that the debtor refused", {"blocked_addresses": []}),
        _constant("no contact at times that the debtor called inconvenient", {"inconvenient_times": []}),
        _constant("no contact at places that the debtor called inconvenient", {"inconvenient_places": []}),
        _constant("no contact while a dispute is unanswered", {"open_challenge": []}),
        _constant("nothing any more", {"prerequisites": {}}),
        _form(
            "no report before a notice has stood for {days} day[s]",
            lambda days: {"bureau_notice": {"days": days}},
            days=COUNT,
        ),
        _form("at most {n} further attempt[s] in {hours} hour[s]", _retries, n=COUNT, hours=COUNT),
        _form("at most {n} further attempt[s] in {days} day[s]", _retries_in_days, n=COUNT, days=COUNT),
        *(
            _constant(f"no contact while {reason.value} is in force", {"blocked_person": [reason.value]})
            for reason in HoldReason
        ),
    ),
)

# What a rule asks of the docket ---------------------------------------------------------------------------------------

FACT: Slot[str] = replace(NAME, regex="[a-z][a-z_]*", name="a fact", example="email_basis")


def _listed(name: str, joint: str) -> Slot[tuple[str, ...]]:
    words = r"[a-z][a-z_]*"
    show = f" {joint} ".join
    return Slot(name, f"{words}(?: {joint} {words})*", lambda text: tuple(text.split(f" {joint} ")), show, "yes")


def _question(pattern: str, op: Op, **fixed: Any) -> Form[Question]:
    slots: dict[str, Slot[Any]] = {"fact": FACT}
    if "{words}" in pattern:
        slots["words"] = _listed("words", "and" if op is Op.INCLUDES else "or")
    if "{count}" in pattern:
        slots["count"] = COUNT
    if "{other}" in pattern:
        slots["other"] = FACT

    def make(**values: Any) -> Question:
        question = Question(op, **values, **fixed)
        _sensible(question)
        return question

    def take(question: Question) -> Json | None:
        same = question.op is op and all(getattr(question, key) == value for key, value in fixed.items())
        return {name: getattr(question, name) for name in slots} if same else None

    return Form(pattern, slots=slots, make=make, take=take)


SORTS: Mapping[Op, tuple[Sort, ...]] = {
    Op.IS: (Sort.WORD, Sort.FLAG),
    Op.IS_NOT: (Sort.WORD, Sort.FLAG),
    Op.INCLUDES: (Sort.WORDS,),
    Op.HOLDS_ONLY: (Sort.WORDS,),
    Op.WITHIN: (Sort.HAPPENED,),
    Op.WAITED: (Sort.HAPPENED,),
    Op.OVER: (Sort.DAY,),
    Op.RUNS: (Sort.DAY,),
    Op.AFTER: (Sort.DAY, Sort.HAPPENED),
}


def _sensible(question: Question) -> None:
    """Refuse a fact that nobody can record, a word that it cannot hold, a question that does not fit its sort."""
    for name in (question.fact, *([question.other] if question.other else [])):
        if name not in TERMS:
            raise _unknown(f'nothing on the docket is called "{name}"', suggest(name, TERMS))
    term = TERMS[question.fact]
    if question.op in SORTS and term.sort not in SORTS[question.op]:
        raise ValueError(f"{question.fact} says {term.says}: that cannot be asked of it")
    accepted = ("yes", "no") if term.sort is Sort.FLAG else term.words
    for word in question.words:
        if word not in accepted:
            raise _unknown(f'{question.fact} is never "{word}", but {", ".join(accepted)}', suggest(word, accepted))


def _unknown(message: str, near: str | None) -> ValueError:
    return ValueError(message) if near is None else Meant(message, near)


QUESTION: Grammar[Question] = Grammar(
    "a condition",
    (
        _question("{fact} is known", Op.KNOWN),
        _question("{fact} is unknown", Op.UNKNOWN),
        _question("{fact} is over", Op.OVER),
        _question("{fact} is not over", Op.RUNS),
        _question("{fact} is not {words}", Op.IS_NOT),
        _question("{fact} is less than {count} day[s] ago", Op.WITHIN, unit=Unit.DAYS),
        _question("{fact} is at most {count} minute[s] ago", Op.WITHIN, unit=Unit.MINUTES),
        _question("{fact} is at least {count} day[s] after {other}", Op.AFTER),
        _question("{fact} is {words}", Op.IS),
        _question("{fact} includes {words}", Op.INCLUDES),
        _question("{fact} holds only {words}", Op.HOLDS_ONLY),
        _question("{fact} is at least {count} day[s] ago", Op.WAITED, unit=Unit.DAYS),
        _question("{count} year[s] are over since {fact}", Op.WAITED, unit=Unit.YEARS),
    ),
)


def _asked(question: Question) -> Json:
    """The form that `compliance.rulebook` reads; what is left to a default is left out."""
    told: Json = {"op": question.op.value, "fact": question.fact}
    if question.words:
        told["words"] = list(question.words)
    if question.count or question.op in (Op.WITHIN, Op.WAITED, Op.AFTER):
        told["count"] = question.count
    if question.op in (Op.WITHIN, Op.WAITED):
        told["unit"] = question.unit.value
    if question.other:
        told["other"] = question.other
    return told


# The shape of a rulebook ----------------------------------------------------------------------------------------------

BOOK = ("rulebook", "title", "state_of", "rules")
OF_BOOK = ("place", "place_needed", "includes", "binds")
RULE = ("rule", "kind", "says", "since", "citation", "confidence")
OF_RULE = ("code", "binds", "when", "unless", "offstage", "conflict")
CITATION = ("text", "url")
BINDS: Mapping[str, type[Enum]] = {"collectors": Collector, "debtors": PartyKind, "channels": Channel}
REGULATORS = ("fca", "rbi")
PREREQUISITES = ("needs", "needs_any", "refuses")
YES_NO = {"yes": True, "no": False}

RULE_NAME = re.compile(r"[a-z][a-z0-9-]*")
PATH = re.compile(r"[a-z]+/[a-z0-9-]+")
PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3}){0,2}")
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
        fields = self.fields(node, "a rulebook", BOOK, OF_BOOK)
        usual = self.binds(fields.get("binds"))
        composite = "includes" in fields
        rules = [self.rule(item, usual) for item in self.items(fields.get("rules"), "rules", empty=composite)]
        self._unlike([(rule["rule"], rule.pop("place")) for rule in rules])
        book = {
            "rulebook": self.text(fields.get("rulebook"), PATH, "a rulebook such as us/reg-f"),
            "title": self.text(fields.get("title")),
            "state_of": self.day(fields.get("state_of")),
            "rules": rules,
        }
        if "place" in fields:
            book["place"] = self.text(fields["place"], PLACE, "a place such as US-MA")
        if composite:
            included = self.items(fields["includes"], "includes")
            book["includes"] = [self.text(name, PATH, "a rulebook such as us/ma") for name in included]
        if "place_needed" in fields:
            book["place_needed"] = self.yes_or_no(fields["place_needed"])
        if "rulebook" in fields and not self.file.endswith(f"{book['rulebook']}.yaml"):
            self.note("DUN204", f"{book['rulebook']} is not the name of this file", fields["rulebook"].place)
        return book

    def rule(self, node: Node, usual: Json) -> Json:
        fields = self.fields(node, "a rule", RULE, OF_RULE)
        rule: Json = {
            "place": fields["rule"].place if "rule" in fields else node.place,
            "rule": self.text(fields.get("rule"), RULE_NAME, "a name such as quiet-hours"),
            "kind": self.word(fields.get("kind"), RuleKind),
            "says": self.text(fields.get("says")),
            "binds": usual | self.binds(fields.get("binds")),
            "since": self.since(fields.get("since")),
            "citation": self.citation(fields.get("citation")),
            "confidence": self.word(fields.get("confidence"), Confidence),
        }
        for key in ("code", "conflict"):
            if key in fields:
                rule[key] = self.text(fields[key])
        for key in ("when", "unless"):
            if key in fields:
                rule[key] = self.questions(fields[key], key)
        if "offstage" in fields:
            rule["offstage"] = self.yes_or_no(fields["offstage"])
        return rule

    def binds(self, node: Node | None) -> Json:
        """Whom a rule binds; a key that is left out means everybody."""
        if node is None:
            return {}
        fields = self.fields(node, "binds", (), (*BINDS, "regulators"))
        bound: Json = {
            key: [self.word(item, BINDS[key]) for item in self.items(fields[key], key)]
            for key in BINDS
            if key in fields
        }
        if "regulators" in fields:
            bound["regulators"] = [
                self.one_of(item, REGULATORS) for item in self.items(fields["regulators"], "regulators")
            ]
        return bound

    def since(self, node: Node | None) -> Json:
        if not isinstance(node, MappingNode) or not node.entries:
            if node is not None:
                self.note("DUN203", "since needs at least one entry: a day and what is asked from then on", node.place)
            return {}
        return {self.day(day): self.asked(value) for day, value in node.entries}

    def asked(self, node: Node) -> Json:
        """One phrase; several that together are one limit; or a mapping of what is asked of the docket."""
        if isinstance(node, MappingNode):
            return self.composed(node)
        phrases = [self.limit(item) for item in (node.items if isinstance(node, Sequence) else (node,))]
        kinds = {kind for phrase in phrases for kind in phrase}
        if len(kinds) > 1:
            self.note(
                "DUN203", f"these are several limits ({', '.join(sorted(kinds))}): write a rule for each", node.place
            )
        return _merged(phrases)

    def composed(self, node: MappingNode) -> Json:
        fields = self.fields(node, "what a rule asks", (), (*PREREQUISITES, "carries", "all_used_up"))
        if "carries" in fields:
            items = self.items(fields["carries"], "carries")
            return {"carries": [self.one_of(item, TERMS["carries"].words) for item in items]}
        if "all_used_up" in fields:
            parts = [self.asked(item) for item in self.items(fields["all_used_up"], "all_used_up")]
            return {"together": [part.get("contacts", {}) for part in parts]}
        asked: Json = {key: self.questions(fields[key], key) for key in ("needs", "refuses") if key in fields}
        if "needs_any" in fields:
            lists = self.items(fields["needs_any"], "needs_any")
            asked["any_of"] = [self.questions(one, "needs_any") for one in lists]
        return {"prerequisites": asked}

    def questions(self, node: Node, what: str) -> list[Json]:
        found = [self.phrase(item, QUESTION) for item in self.items(node, what)]
        return [_asked(question) for question in found if question is not None]

    def limit(self, node: Node) -> Json:
        phrase = self.phrase(node, LIMIT)
        return {} if phrase is None else phrase.json

    def phrase(self, node: Node, grammar: Grammar[Any]) -> Any:
        text = self.text(node)
        found = grammar.parse(text) if text else None
        if not isinstance(found, Misfit):
            return found
        column = node.place.column
        at = replace(node.place, column=column + found.start, end_column=column + found.end)
        self.findings.append(
            Diagnostic("DUN204", found.message, at, suggestion=found.suggestion, accepted=found.accepted)
        )
        return None

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

    def items(self, node: Node | None, what: str, *, empty: bool = False) -> tuple[Node, ...]:
        if isinstance(node, Sequence) and (node.items or empty):
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
        return self.one_of(node, tuple(str(word.value) for word in words))

    def yes_or_no(self, node: Node) -> bool:
        return YES_NO.get(self.one_of(node, tuple(YES_NO)), False)

    def one_of(self, node: Node | None, accepted: tuple[str, ...]) -> str:
        text = self.text(node)
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


def _merged(phrases: list[Json]) -> Json:
    """Phrases of one limit as one: lists grow together, later words add to earlier ones."""
    merged: Json = {}
    for phrase in phrases:
        for kind, value in phrase.items():
            merged[kind] = _added(merged[kind], value) if kind in merged else value
    return merged


def _added(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return one | {key: _added(one[key], value) if key in one else value for key, value in other.items()}
    return [*one, *other] if isinstance(one, list) else other


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
