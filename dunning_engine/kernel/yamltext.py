"""YAML as a tree of strings with positions; the only home of `yaml`.

Nothing is guessed from a value (`NO`, `21:00` and `2.50` stay text) and only the plain part of YAML is let in: no
anchors, tags or merge keys. Whatever the text, the answer is a tree and diagnostics, never an exception. The limits
are applied to the stream of events, before anything is built.
"""

from __future__ import annotations

import re
from collections import abc
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import yaml

from dunning_engine.kernel.diagnostics import Diagnostic, Place, in_order, source_lines
from dunning_engine.kernel.yamlmistakes import DIRECTIVE, TAG, Lines, Mistake, lacks_space, no_dash_space, no_space

CODES: abc.Mapping[str, str] = MappingProxyType({
    "DUN101": "A value that contains ': ' must be quoted",
    "DUN102": "A tab instead of spaces",
    "DUN103": "A quote that is not closed",
    "DUN104": "A bracket that is not closed",
    "DUN105": "No space after a colon",
    "DUN106": "A key without a colon",
    "DUN107": "Wrong indentation",
    "DUN108": "A value that begins with a special character must be quoted",
    "DUN109": "A character that cannot be seen",
    "DUN110": "The file is not UTF-8 text",
    "DUN111": "A backslash that means nothing",
    "DUN112": "Text after the end of a value",
    "DUN113": "A list item in the wrong place",
    "DUN114": "A bracket or comma in the wrong place",
    "DUN115": "An anchor",
    "DUN116": "An alias",
    "DUN117": "A merge key",
    "DUN118": "A tag",
    "DUN119": "More than one document",
    "DUN120": "A key that is written twice",
    "DUN121": "A key that is not a word",
    "DUN122": "An empty document",
    "DUN123": "The file is too large",
    "DUN124": "Nested too deeply",
    "DUN125": "Too many values",
    "DUN126": "A value that is too long",
    "DUN127": "A directive",
    "DUN128": "No space after a dash",
})  # fmt: skip

HIDDEN_SHOWN = 20
"""Lines with invisible characters that are reported: a binary file would have thousands."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read: bytes of the file, levels of nesting, values, characters of one value."""

    bytes: int
    depth: int
    nodes: int
    scalar: int


POLICY = Limits(bytes=256_000, depth=20, nodes=5_000, scalar=4_000)
CASES = Limits(bytes=5_000_000, depth=20, nodes=200_000, scalar=64_000)


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text; `quoted` for any style but the plain one. An entry without a value holds an empty text."""

    text: str
    place: Place
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name.text == key), None)

    def keys(self) -> tuple[str, ...]:
        return tuple(name.text for name, _ in self.entries)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class Parsed:
    """`node` is None when the text could not be read to its end."""

    node: Node | None
    diagnostics: tuple[Diagnostic, ...]


def plain(node: Node) -> dict[str, object] | list[object] | str:
    """The same values as dicts, lists and strings."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
    return {name.text: plain(value) for name, value in node.entries}


def parse_bytes(data: bytes, *, file: str, limits: Limits = POLICY) -> Parsed:
    """`parse` for the content of a file, which has to be UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source_lines(data[: error.start].decode("utf-8"))
        column = len(before[-1]) + 1
        message = "this byte is not UTF-8: save the file with the encoding UTF-8"
        return Parsed(None, (Diagnostic("DUN110", message, Place(file, len(before), column, column + 1)),))
    return parse(text, file=file, limits=limits)


def parse(text: str, *, file: str, limits: Limits = POLICY) -> Parsed:
    """The tree, when the text can be read to its end, and every mistake in reading order."""
    if len(text.encode("utf-8", "surrogatepass")) > limits.bytes:
        message = f"the file has more than {limits.bytes:,} bytes"
        return Parsed(None, (Diagnostic("DUN123", message, Place(file, 1, 1, 1)),))
    reading = _Reading(file, text, limits)
    loader: Any = yaml.BaseLoader(reading.text)
    node = None
    try:
        node = reading.tree(loader)
    except _Stop as stop:
        reading.findings.append(stop.diagnostic)
    except yaml.MarkedYAMLError as error:
        reading.explained(Mistake(reading, error, flow=bool(loader.flow_level)))
    except (ValueError, OverflowError):  # PyYAML hands any number of digits to int() and chr()
        mark = loader.get_mark()
        problem = "directive" if reading.lines[mark.line].startswith("%") else "escape"
        at = yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        reading.explained(Mistake(reading, at, flow=False))
    return Parsed(node, in_order(reading.findings))


class _Stop(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic
        super().__init__(str(diagnostic))


class _Reading(Lines):
    """One pass over the events of a text; what is forbidden is noted, and the tree is built all the same."""

    def __init__(self, file: str, text: str, limits: Limits) -> None:
        super().__init__(file)
        self.limits = limits
        self.findings: list[Diagnostic] = []
        self.nodes = 0
        self.above: list[tuple[yaml.CollectionStartEvent, list[Node]]] = []
        if text.startswith("\ufeff"):
            message = "the file begins with an invisible mark: save it as UTF-8 without BOM"
            self.note("DUN109", message, self.span(0, 0, 0))
        text = text.removeprefix("\ufeff")
        self.text = _HIDDEN.sub(lambda run: "\ufffd" * len(run[0]), text)
        self.lines = source_lines(self.text)
        if self.text != text:
            self._hidden(source_lines(text))

    def note(self, code: str, message: str, place: Place) -> None:
        self.findings.append(Diagnostic(code, message, place))

    def explained(self, mistake: Mistake) -> None:
        """Told where no invisible character in the line explains it better."""
        finding = mistake.explain(self.above[-1][0] if self.above else None)
        if ("DUN109", finding.place.line) not in {(hidden.code, hidden.place.line) for hidden in self.findings}:
            self.findings.append(finding)

    def tree(self, loader: Any) -> Node | None:
        """The first document; None if it is empty."""
        items: list[Node] = []
        while loader.check_event():
            match event := loader.get_event():
                case yaml.DocumentStartEvent():
                    self._document(event, items)
                case yaml.DocumentEndEvent():
                    self.ended = bool(event.explicit)
                case yaml.CollectionStartEvent():
                    self.above.append((event, items))
                    self._admit(event, len(self.above))
                    items = []
                case yaml.CollectionEndEvent():
                    start, outer = self.above.pop()
                    outer.append(self._collection(start, event, items))
                    items = outer
                case yaml.NodeEvent():
                    self._admit(event, len(self.above))
                    items.append(self._scalar(event))
        return self._root(items)

    def _document(self, event: yaml.DocumentStartEvent, before: list[Node]) -> None:
        place = self.word(event.start_mark)
        if before:
            raise _Stop(Diagnostic("DUN119", "a file holds one document: move this to a file of its own", place))
        if self.lines[place.line - 1].startswith("%"):
            self.note("DUN127", DIRECTIVE, place)

    def _admit(self, event: yaml.NodeEvent, depth: int) -> None:
        place = self.word(event.start_mark)
        self.nodes += 1
        if self.nodes > self.limits.nodes:
            raise _Stop(Diagnostic("DUN125", f"the file has more than {self.limits.nodes:,} values", place))
        if depth > self.limits.depth:
            raise _Stop(Diagnostic("DUN124", f"this is nested more than {self.limits.depth} levels deep", place))
        if isinstance(event, yaml.AliasEvent):
            self.note("DUN116", "* refers to another part of the file: write the value here, or quote it", place)
        elif event.anchor is not None:
            self.note("DUN115", "& names a part of the file: remove it, or quote the value", place)
        if getattr(event, "tag", None) is not None:
            self.note("DUN118", TAG, place)

    def _scalar(self, event: Any) -> Scalar:
        place = self.place(event.start_mark, event.end_mark)
        if isinstance(event, yaml.AliasEvent):
            return Scalar(f"*{event.anchor}", place)
        if len(event.value) > self.limits.scalar:
            self.note("DUN126", f"this value has more than {self.limits.scalar:,} characters", place)
        if event.style == '"' and (hidden := _HIDDEN.search(event.value)):
            self.note("DUN109", f"this text holds a character that cannot be seen ({_code_point(hidden)})", place)
        if event.style is None and (finding := no_dash_space(self, event.start_mark.line)):
            self.findings.append(finding)
        if event.style in {'"', "'"} and event.end_mark.line > event.start_mark.line:
            self.long_quote = place
        return Scalar(event.value, place, quoted=event.style is not None)

    def _collection(self, start: yaml.CollectionStartEvent, end: yaml.Event, items: list[Node]) -> Sequence | Mapping:
        place = self.place(start.start_mark, end.end_mark)
        if isinstance(start, yaml.SequenceStartEvent):
            return Sequence(tuple(items), place)
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.note("DUN121", "a key is a word, not a list or a group", key.place)
            elif self._is_new(key, entries):
                entries[key.text] = key, value
                if _is_empty(value):
                    self._spaced(key)
        return Mapping(tuple(entries.values()), place)

    def _is_new(self, key: Scalar, entries: abc.Mapping[str, tuple[Scalar, Node]]) -> bool:
        if key.text == "<<" and not key.quoted:
            self.note("DUN117", "<< takes over another part of the file: write the entries here", key.place)
            return False
        if key.text in entries:
            line = entries[key.text][0].place.line
            self.note(
                "DUN120", f'"{_short(key.text)}" is already written in line {line}: keep one of the two', key.place
            )
            return False
        return True

    def _root(self, items: list[Node]) -> Node | None:
        if not items or _is_empty(items[0]):
            self.note("DUN122", "the file is empty", self.span(0, 0, 0))
            return None
        if isinstance(items[0], Scalar):
            self._spaced(items[0])
        return items[0]

    def _spaced(self, scalar: Scalar) -> None:
        if not scalar.quoted and lacks_space(scalar.text):
            self.findings.append(no_space(scalar.text, scalar.place))

    def _hidden(self, lines: list[str]) -> None:
        found = [(number, run) for number, line in enumerate(lines) if (run := _HIDDEN.search(line))]
        for number, run in found[:HIDDEN_SHOWN]:
            message = f"this character cannot be seen ({_code_point(run)}): delete it"
            self.note("DUN109", message, self.span(number, run.start(), run.end()))


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.text and not node.quoted


def _code_point(run: re.Match[str]) -> str:
    return f"U+{ord(run[0][0]):04X}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
