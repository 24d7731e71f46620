"""What the YAML library could not read, told to the person who wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dunning_engine.kernel.diagnostics import Diagnostic, Place

SUGGESTION_MAX = 200
"""Longer entries are not written out again with their quotes."""

KEY_MAX = 1024
"""Longer keys are not read by the YAML library."""

TAG = "! names a type of value: remove it, or quote the value"
DIRECTIVE = "a line that begins with % is not used here: remove it"
_NO_DASH_SPACE = re.compile(r" *(?:- +)*(?P<entry>-[A-Za-z].*)")


class Lines:
    """The lines of a text, and what is known of it when a mistake stops the reading."""

    lines: list[str]

    def __init__(self, file: str) -> None:
        self.file = file
        self.long_quote: Place | None = None
        self.ended = False

    def span(self, line: int, start: int, end: int) -> Place:
        """A place from the counts of PyYAML, which begin at 0."""
        return Place(self.file, line + 1, start + 1, end + 1)

    def place(self, start: Any, end: Any) -> Place:
        """From one mark of PyYAML to another, or to the end of the first line."""
        if start.line == end.line:
            return self.span(start.line, start.column, end.column)
        return self.span(start.line, start.column, max(start.column, len(self.lines[start.line].rstrip())))

    def word(self, start: Any) -> Place:
        """From a mark to the next space."""
        rest = self.lines[start.line][start.column :].split(" ", 1)[0]
        return self.span(start.line, start.column, start.column + len(rest))


def lacks_space(text: str) -> bool:
    key, _, value = text.partition(":")
    return key.replace("-", "_").isidentifier() and value != "" and not value.startswith("//")


def _mended(code: str, message: str, place: Place, entry: str) -> Diagnostic:
    return Diagnostic(code, message, place, suggestion=entry if len(entry) <= SUGGESTION_MAX else None)


def no_space(text: str, place: Place) -> Diagnostic:
    return _mended("DUN105", "a colon is followed by a space", place, text.replace(":", ": ", 1))


def no_dash_space(lines: Lines, number: int) -> Diagnostic | None:
    """What is wrong with a line that begins a list item as `-step: final`."""
    match = _NO_DASH_SPACE.fullmatch(lines.lines[number].rstrip())
    if match is None:
        return None
    place = lines.span(number, match.start("entry"), match.end())
    return _mended("DUN128", "a dash is followed by a space", place, f"- {match['entry'][1:]}")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _quoted(value: str) -> str:
    """The text in quotes; of those that it has already, an outer pair around a single one (`'it's'`) is not kept."""
    if value[0] == value[-1] and value[0] in "'\"" and value.count(value[0]) == 3:
        value = value[1:-1]
    if '"' in value or "\\" in value:
        return "'" + value.replace("'", "''") + "'"
    return f'"{value}"'


class Mistake:
    """A place where the YAML library stopped."""

    def __init__(self, reading: Lines, error: Any, *, flow: bool) -> None:
        self.reading = reading
        self.problem = f"{error.context}: {error.problem}"
        self.at = error.problem_mark
        self.since = error.context_mark or error.problem_mark
        self.group: Any = None
        self.line: str = reading.lines[self.at.line]
        self.flow = flow or "flow" in self.problem

    def explain(self, group: Any | None) -> Diagnostic:
        """`group` is the innermost list or group that has begun, as an event."""
        self.group = group
        if self.reading.ended:
            return self.finding("DUN119", "the line ... ends the file: remove it", self.at)
        if self._outgrown():
            return self.unclosed()
        if not self.flow and (finding := self._dashed()):
            return finding
        return next(explanation for fragment, explanation in _EXPLANATIONS if fragment in self.problem)(self)

    def _outgrown(self) -> bool:
        """Whether a line since the opening bracket stands as far left as the line of that bracket."""
        if self.group is None or not self.group.flow_style or "quoted" in self.problem:
            return False
        first, *others = self.reading.lines[self.group.start_mark.line : self.at.line + 1]
        return any(line.strip(" ]},") and _indent(line) <= _indent(first) for line in others)

    def _dashed(self) -> Diagnostic | None:
        """A dash without its space in this line or in the one above, which then looks like a key."""
        written = [number for number in range(self.at.line + 1) if self.reading.lines[number].strip()]
        return next((found for number in written[-2:] if (found := no_dash_space(self.reading, number))), None)

    def finding(self, code: str, message: str, mark: Any) -> Diagnostic:
        return Diagnostic(code, message, self.reading.word(mark))

    def sign(self, code: str, message: str, mark: Any) -> Diagnostic:
        return Diagnostic(code, message, self.reading.span(mark.line, mark.column, mark.column + 1))

    def entry(self, mark: Any) -> tuple[int, int]:
        """Where the entry around a mark begins and ends in its line."""
        line, column = self.reading.lines[mark.line], mark.column
        if self.flow:
            start = 1 + max(line.rfind(separator, 0, column) for separator in "[{,")
            end = min((at for separator in "]}," if (at := line.find(separator, column)) >= 0), default=len(line))
        else:
            start = len(line) - len(line.lstrip(" "))
            while line.startswith("- ", start):
                start += len(line[start + 1 :]) - len(line[start + 1 :].lstrip(" ")) + 1
            end = comment if (comment := line.find(" #", column)) >= 0 else len(line)
        text = line[start:end]
        return start + len(text) - len(text.lstrip()), start + len(text.rstrip())

    def colon(self) -> Diagnostic:
        """A second ': ' in one entry; without a first one, the line above has swallowed this line."""
        start, end = self.entry(self.at)
        key, _, value = self.line[start:end].partition(": ")
        begin = end - len(value.lstrip())
        if begin > self.at.column:
            return self.indentation()
        place = self.reading.span(self.at.line, begin, end)
        entry = f"{key}: {_quoted(self.line[begin:end])}"
        return _mended("DUN101", "a value that contains ': ' must be quoted", place, entry)

    def indentation(self) -> Diagnostic:
        start = len(self.line) - len(self.line.lstrip())
        message = "this line is not indented like the lines it belongs to: begin it in the column where they begin"
        return Diagnostic("DUN107", message, self.reading.span(self.at.line, start, max(start + 1, self.at.column)))

    def lone_word(self) -> Diagnostic:
        start, end = self.entry(self.since)
        text = self.reading.lines[self.since.line][max(start, self.since.column) : end]
        place = self.reading.span(self.since.line, self.since.column, self.since.column + len(text))
        if text[0] in "'\"" and text[0] not in text[1:]:
            return self.quote()
        if len(text) > KEY_MAX and ":" in text:
            return Diagnostic("DUN126", f"this key has more than {KEY_MAX:,} characters", place)
        if lacks_space(text):
            return no_space(text, place)
        message = 'this line has no colon: a key is written "key: value"'
        key, _, value = text.partition(" ")
        return _mended("DUN106", message, place, f"{key}: {value}") if value else Diagnostic("DUN106", message, place)

    def quote(self) -> Diagnostic:
        return self.sign("DUN103", "this quote is never closed", self.since)

    def escape(self) -> Diagnostic:
        start = max(0, self.line.rfind("\\", 0, self.at.column + 1))
        message = "a backslash in double quotes is written twice; in single quotes it is written once"
        return Diagnostic("DUN111", message, self.reading.span(self.at.line, start, max(start, self.at.column) + 1))

    def special(self) -> Diagnostic:
        """Tabs, and characters that mean something to YAML where a value begins."""
        mark = self.since
        line = self.reading.lines[mark.line]
        sign = line[mark.column]
        if sign == "\t":
            return self.sign("DUN102", "a tab: use spaces", mark)
        start, end = self.entry(mark)
        place = self.reading.span(mark.line, mark.column, end)
        entry = line[start : mark.column] + _quoted(line[mark.column : end])
        if sign == "*" and start == mark.column:
            entry = f"-{line[start + 1 : end]}"
        return _mended("DUN108", f"a value that begins with {sign} must be quoted", place, entry)

    def tag(self) -> Diagnostic:
        return self.finding("DUN118", TAG, self.since)

    def directive(self) -> Diagnostic:
        lines = self.reading.lines[: self.at.line + 1]
        number = max(number for number, line in enumerate(lines) if line.startswith("%"))
        return Diagnostic("DUN127", DIRECTIVE, self.reading.span(number, 0, len(lines[number])))

    def dash(self) -> Diagnostic:
        message = 'a list item "- …" begins a line of its own; a list within a line is written [a, b]'
        return self.finding("DUN113", message, self.at)

    def bracket(self) -> Diagnostic:
        """Inside [ ] or { } something else came where a comma or the closing bracket should stand."""
        if self.problem.endswith("':'"):
            return self.colon() if ": " in self.line[: self.at.column] else self.unclosed()
        return self.finding("DUN114", "a comma is missing before this", self.at)

    def unclosed(self) -> Diagnostic:
        start: Any = self.group.start_mark
        opening = self.reading.lines[start.line][start.column]
        return self.sign("DUN104", f"this {opening} is never closed", start)

    def misplaced(self) -> Diagnostic:
        if self.problem.endswith("'-'"):
            return self.dash()
        sign = self.line[self.at.column]
        return self.sign("DUN114", f"this {sign} is in the wrong place: as part of a text it must be quoted", self.at)

    def nameless(self) -> Diagnostic:
        return self.finding("DUN121", "the key before this colon is missing", self.at)

    def after_root(self) -> Diagnostic:
        percent = any(line.startswith("%") for line in self.reading.lines[: self.at.line + 1])
        return self.directive() if percent else self.after_value()

    def after_value(self) -> Diagnostic:
        if self.reading.long_quote is not None:
            return Diagnostic("DUN103", "this quote is not closed in its line", self.reading.long_quote)
        start, end = self.entry(self.at)
        key, colon, value = self.line[start:end].partition(": ")
        place = self.reading.span(self.at.line, self.at.column, max(end, self.at.column))
        message = "text after the end of the value: quote the whole value"
        if not colon:
            return Diagnostic("DUN112", message, place)
        return _mended("DUN112", message, place, f"{key}: {_quoted(value.lstrip())}")


_EXPLANATIONS: tuple[tuple[str, Callable[[Mistake], Diagnostic]], ...] = (
    ("mapping values are not allowed", Mistake.colon),
    ("could not find expected ':'", Mistake.lone_word),
    ("undefined tag handle", Mistake.tag),
    ("a tag:", Mistake.tag),
    ("scanning a quoted scalar", Mistake.quote),
    ("escape", Mistake.escape),
    ("scanning for the next token", Mistake.special),
    ("scanning a block scalar", Mistake.special),
    ("scanning an a", Mistake.special),
    ("mapping keys are not allowed", Mistake.special),
    ("directive", Mistake.directive),
    ("duplicate tag handle", Mistake.directive),
    ("incompatible YAML", Mistake.directive),
    ("sequence entries are not allowed", Mistake.dash),
    ("expected '<document start>'", Mistake.after_root),
    ("found '<stream end>'", Mistake.unclosed),
    ("got '<stream end>'", Mistake.unclosed),
    ("expected ',' or", Mistake.bracket),
    ("expected the node content", Mistake.misplaced),
    ("found '?'", Mistake.indentation),
    ("found '-'", Mistake.indentation),
    ("<block mapping start>", Mistake.indentation),
    ("<block sequence start>", Mistake.indentation),
    ("found ':'", Mistake.nameless),
    ("found ']'", Mistake.misplaced),
    ("found '}'", Mistake.misplaced),
    ("found ','", Mistake.misplaced),
    ("", Mistake.after_value),
)
"""Words of PyYAML, the most telling first, and what they mean to a person."""
