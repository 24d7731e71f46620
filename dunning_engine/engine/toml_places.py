"""Where the keys of a TOML text stand: the standard library reads TOML, but tells no lines."""

from __future__ import annotations

import re
from collections import Counter
from typing import TypeAlias

from dunning_engine.kernel.diagnostics import Diagnostic, Place, source_lines

KeyPath: TypeAlias = tuple[str | int, ...]

_TABLE = re.compile(r"\s*\[(?P<array>\[)?\s*(?P<name>[^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*(?P<name>[A-Za-z0-9_\"'.-]+)\s*=")
_QUOTES = ('"', "'")
_AT = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


class Places:
    """Places of tables and keys. What a line of another value merely looks like never hides the real one before it."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._lines = source_lines(text)
        self._known: dict[KeyPath, Place] = {}
        table: KeyPath = ()
        arrays: Counter[KeyPath] = Counter()
        for number, line in enumerate(self._lines, start=1):
            if found := _TABLE.match(line):
                table = _path(found["name"])
                if found["array"]:
                    arrays[table] += 1
                    table = (*table, arrays[table] - 1)
                self._note(table, number, found)
            elif found := _KEY.match(line):
                self._note((*table, *_path(found["name"])), number, found)

    def of(self, path: KeyPath) -> Place:
        """The key at a path, or the nearest thing around it that has a place."""
        while path and path not in self._known:
            path = path[:-1]
        return self._known.get(path) or Place(self._file, 1, 1, 2)

    def value(self, path: KeyPath, text: str) -> Place:
        """A text that is the value at a path, or one of its items, with its quotes."""
        key = self.of(path)
        for number in range(key.line, len(self._lines) + 1):
            line = self._lines[number - 1]
            if number > key.line and (_TABLE.match(line) or _KEY.match(line)):
                break
            at = line.find(text, key.end_column - 1 if number == key.line else 0) if text else -1
            if at >= 0:
                quotes = line[at - 1 : at] in _QUOTES
                return Place(self._file, number, at + 1 - quotes, at + 1 + len(text) + quotes)
        return key

    def no_toml(self, words: str, code: str) -> Diagnostic:
        """What `tomllib` says, at the place that it says."""
        found = _AT.search(words)
        line, column = len(self._lines), len(self._lines[-1]) + 1
        if found and found["line"]:
            line, column = int(found["line"]), int(found["column"])
        message = _AT.sub("", words)
        return Diagnostic(
            code, f"this is no TOML: {message[:1].lower()}{message[1:]}", Place(self._file, line, column, column + 1)
        )

    def _note(self, path: KeyPath, line: int, found: re.Match[str]) -> None:
        start, end = found.span("name")
        self._known.setdefault(path, Place(self._file, line, start + 1, end + 1))


def _path(name: str) -> KeyPath:
    return tuple(part.strip().strip("\"'") for part in name.split("."))
