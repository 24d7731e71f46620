"""Read files of law cases: every mistake is told at its place, all of them at once.

A case asks whether rulebooks let a contact pass, or what a law computes. What a case leaves out is left out here too;
what that means is decided where facts are made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from dunning_engine.kernel import yamltext
from dunning_engine.kernel.calendar import Minute, parse_date, parse_instant, zone_names
from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, suggest
from dunning_engine.kernel.yamltext import Mapping as Keys
from dunning_engine.kernel.yamltext import Node, Parsed, Scalar
from dunning_engine.kernel.yamltext import Sequence as Items
from dunning_engine.testing.law_fields import Field, Form
from dunning_engine.testing.law_shape import law_cases
from dunning_engine.testing.law_told import NOTHING, ComputationCase, ContactCase, Facts, LawFile, Moment

KIND: Final = "law-cases"
"""The `kind` of such files."""


def is_law_cases(data: bytes) -> bool:
    """Whether a file says that it holds law cases."""
    head = rb"(?:\A\s*\{\s*|^)[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?law-cases\b"
    return re.search(head, data.removeprefix(b"\xef\xbb\xbf"), re.MULTILINE) is not None


def parse_law_cases(data: bytes, *, file: str, laws: tuple[str, ...]) -> LawFile:
    """The cases of a file; `laws` are the rulebooks that can be asked."""
    parsed: Parsed = yamltext.parse_bytes(data, file=file, limits=yamltext.CASES)
    if parsed.node is None:
        return LawFile(diagnostics=parsed.diagnostics)
    reading = _Reading()
    reading.findings += parsed.diagnostics
    shape = law_cases(laws)
    root = reading.group(shape, "a file of law cases", parsed.node)
    contacts = tuple(map(ContactCase, root.groups("contact_cases"), _places(parsed.node, "contact_cases")))
    computations = tuple(ComputationCase(_plain(node), node.place) for node in _items(parsed.node, "computation_cases"))
    cases = [*_items(parsed.node, "contact_cases"), *_items(parsed.node, "computation_cases")]
    reading.names(cases)
    if not cases:
        reading.note("DUN273", "a file of law cases holds at least one case", parsed.node.place)
    for case in contacts:
        if "law" in case.facts and not case.facts.texts("law"):
            reading.note("DUN273", "a case that names no law asks nothing", case.place, accepted=laws)
    if reading.findings:
        return LawFile(diagnostics=in_order(reading.findings))
    return LawFile(contacts, computations)


def _items(root: Node, key: str) -> tuple[Keys, ...]:
    node = root.get(key) if isinstance(root, Keys) else None
    return tuple(item for item in node.items if isinstance(item, Keys)) if isinstance(node, Items) else ()


def _places(root: Node, key: str) -> Iterator[Place]:
    return (item.place for item in _items(root, key))


def _plain(node: Keys) -> dict[str, object]:
    return {name.text: _plain_value(value) for name, value in node.entries}


def _plain_value(node: Node) -> object:
    match node:
        case Scalar():
            return None if _is_null(node) else node.text
        case Items():
            return [_plain_value(item) for item in node.items]
        case Keys():
            return _plain(node)


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.quoted and node.text.lower() in {"", "~", "null"}


def _is_missing(node: Node | None) -> bool:
    return node is None or _is_null(node)


class _Reading:
    """One pass over the tree; `findings` are its mistakes."""

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []

    def note(self, code: str, message: str, place: Place, *, word: str = "", accepted: tuple[str, ...] = ()) -> None:
        meant = suggest(word, accepted) if word else None
        self.findings.append(Diagnostic(code, message, place, suggestion=meant, accepted=accepted))

    def names(self, cases: list[Keys]) -> None:
        """Two cases of one name could not be told apart in what is printed."""
        seen: set[str] = set()
        for case in cases:
            name = case.get("id")
            if isinstance(name, Scalar):
                if name.text in seen:
                    self.note("DUN278", f'another case is called "{name.text}" too', name.place)
                seen.add(name.text)

    def group(self, field: Field, what: str, node: Node) -> Facts:
        known = tuple(field.fields)
        if not isinstance(node, Keys):
            self.note("DUN271", f"{what} is written as keys with values", node.place, accepted=known)
            return NOTHING
        strangers = {key.text: suggest(key.text, known) for key, _ in node.entries if key.text not in field.fields}
        for key, _ in node.entries:
            if key.text in strangers:
                self.note("DUN272", f'{what} has no key "{key.text}"', key.place, word=key.text, accepted=known)
        for name, one in field.fields.items():
            if one.needed and name not in strangers.values() and _is_missing(node.get(name)):
                self.note("DUN273", f'{what} needs the key "{name}"', _head(node.place), accepted=(f"{name}: …",))
        told = ((key.text, value) for key, value in node.entries if key.text in field.fields)
        return Facts({key: self.value(field.fields[key], key, value) for key, value in told})

    def value(self, field: Field, key: str, node: Node, *, entry: bool = False) -> object:
        if _is_null(node):
            return None
        match field.form:
            case Form.GROUP:
                return self.group(field, f'an entry of "{key}"' if entry else f'"{key}"', node)
            case Form.LIST:
                return self.items(field, key, node)
            case Form.NAMES:
                return self.named(key, node)
            case _:
                return self.scalar(field, key, node)

    def items(self, field: Field, key: str, node: Node) -> tuple[object, ...]:
        assert field.item is not None
        if isinstance(node, Items):
            for item in filter(_is_null, node.items):
                self.note("DUN271", f'"{key}" has an empty item', item.place)
            return tuple(self.value(field.item, key, item, entry=True) for item in node.items if not _is_null(item))
        if field.alone:
            return (self.value(field.item, key, node),)
        self.note("DUN271", f'"{key}" is a list', node.place)
        return ()

    def named(self, key: str, node: Node) -> Facts:
        if isinstance(node, Keys):
            return Facts({name.text: self.scalar(Field(Form.TEXT), name.text, value) for name, value in node.entries})
        self.note("DUN271", f'"{key}" is written as names with texts', node.place)
        return NOTHING

    def scalar(self, field: Field, key: str, node: Node) -> object:
        if not isinstance(node, Scalar):
            self.note("DUN271", f'"{key}" is {field.form.value}', node.place, accepted=field.words)
            return None
        text = node.text.strip()
        if field.form is Form.WORD:
            if text not in field.words:
                self.note("DUN274", f'"{text}" is no word for "{key}"', node.place, word=text, accepted=field.words)
            return text
        if field.form is Form.ZONE and text not in zone_names():
            message = f'"{text}" is no time zone'
            self.note("DUN274", message, node.place, word=text, accepted=tuple(sorted(zone_names())))
            return None
        try:
            return _READ[field.form](text)
        except (ValueError, ArithmeticError):
            code = "DUN275" if field.form in {Form.INSTANT, Form.MOMENT} else "DUN274"
            self.note(code, f'"{key}" is {field.form.value}, not "{text}"', node.place)
            return None


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ValueError(text)
    return int(text)


def _matching(pattern: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return text

    return read


def _moment(text: str) -> Moment:
    return parse_date(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else parse_instant(text)


def _clock(text: str) -> Minute:
    """Minutes since midnight; `24:00` is the last minute of the day."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)|24:00", text)
    if found is None:
        raise ValueError(text)
    return 1439 if found[1] is None else int(found[1]) * 60 + int(found[2])


_READ: Final[Mapping[Form, Callable[[str], object]]] = {
    Form.TEXT: str,
    Form.ZONE: str,
    Form.FLAG: _flag,
    Form.COUNT: _count,
    Form.NUMBER: _matching(r"-?\d+(\.\d+)?"),
    Form.INSTANT: parse_instant,
    Form.MOMENT: _moment,
    Form.CLOCK: _clock,
    Form.PLACE: _matching(r"[A-Z]{2}(-[A-Z0-9]{1,3}(-[A-Z]+)?)?"),
}


def _head(place: Place) -> Place:
    """The first character of a group, which may be long."""
    return replace(place, end_column=place.column + 1)
