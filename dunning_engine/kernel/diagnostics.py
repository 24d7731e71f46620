"""What is wrong with a file, where, and what to write instead: values for the policy author, never exceptions.

Codes are grouped by the pass that finds them and are never renumbered: 1xx text, 2xx shape, 3xx meaning, 4xx law,
5xx templates.
"""

from __future__ import annotations

import difflib
import re
import textwrap
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

REFERENCE = "https://dunning-engine.readthedocs.io/reference/diagnostics.html"
"""The page that explains every code."""

WIDTH = 100
"""Columns that `render` fills before it wraps a list or crops a source line."""

ACCEPTED_SHOWN = 20
"""How many accepted words `render` lists before it says how many more there are."""

WORD_MAX = 100
"""Longer words are no typing errors; comparing them would only cost time."""

_CODE = re.compile(r"DUN[0-9]{3}")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_TAB = "    "
_NO_BREAK = "\N{NO-BREAK SPACE}"


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line. Lines and columns count characters from 1; `end_column` is the first one after it."""

    file: str
    line: int
    column: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    `suggestion` is the whole phrase or entry as it was probably meant, `accepted` what could be written here.
    """

    code: str
    message: str
    place: Place
    severity: Severity = Severity.ERROR
    suggestion: str | None = None
    accepted: tuple[str, ...] = ()
    examples: bool = False
    """Whether much more is accepted than `accepted` can hold."""

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is not a diagnostic code such as DUN201")

    @property
    def url(self) -> str:
        return f"{REFERENCE}#{self.code.lower()}"

    def __str__(self) -> str:
        return f"{self.place} {self.code} {self.message}"

    def as_json(self) -> dict[str, object]:
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "end_column": self.place.end_column,
            "severity": self.severity.value,
            "code": self.code,
            "message": self.message,
            "suggestion": self.suggestion,
            "accepted": list(self.accepted),
            "url": self.url,
        }


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In reading order, each finding once."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda d: (d.place.file, d.place.line, d.place.column, d.code)))


def source_lines(text: str) -> list[str]:
    """The lines that editors and `Place` count; a byte order mark at the start belongs to no column."""
    return _LINE_BREAK.split(text.removeprefix("\ufeff"))


def suggest(word: str, accepted: Iterable[str]) -> str | None:
    """The accepted word that was probably meant; letter case, hyphens, underscores and spaces count as equal."""
    if len(word) > WORD_MAX:
        return None
    by_form = {_folded(candidate): candidate for candidate in accepted}
    close = difflib.get_close_matches(_folded(word), by_form, n=1, cutoff=0.65)
    return by_form[close[0]] if close else None


def render(diagnostic: Diagnostic, source_text: str) -> str:
    """The finding as lines for a terminal: header, source line, carets and help; without colour.

    Characters that a terminal would obey or hide are replaced, so a hostile file cannot write to the screen.
    """
    place = diagnostic.place
    number = str(place.line)
    margin = " " * len(number)
    lines = [_visible(str(diagnostic))]
    source = source_lines(source_text)
    if place.line <= len(source):
        shown, carets = _underlined(source[place.line - 1], place)
        lines += [f"{margin} |", f"{number} | {shown}".rstrip(), f"{margin} | {carets}"]
    lines += [f"{margin} = {text}" for text in _help(diagnostic)]
    return "\n".join(lines)


def _folded(word: str) -> str:
    return " ".join(word.casefold().replace("-", " ").replace("_", " ").split())


def _help(diagnostic: Diagnostic) -> list[str]:
    texts = []
    if diagnostic.suggestion is not None:
        shown = _visible(diagnostic.suggestion)
        texts.append(f"did you mean: {shown}" if '"' in shown else f'did you mean "{shown}"?')
    if diagnostic.accepted:
        shown = ", ".join(diagnostic.accepted[:ACCEPTED_SHOWN])
        rest = len(diagnostic.accepted) - ACCEPTED_SHOWN
        lead = "for example" if diagnostic.examples or rest > 0 else "accepted"
        text = f"{lead}: {_whole(_visible(shown))}" + (f" and {rest} more" if rest > 0 else "")
        lines = textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
        texts += [line.replace(_NO_BREAK, " ") for line in lines]
    return texts


def _whole(listed: str) -> str:
    """A list whose items hold no space at which a line could be broken."""
    return ", ".join(item.replace(" ", _NO_BREAK) for item in listed.split(", "))


def _underlined(source: str, place: Place) -> tuple[str, str]:
    first, last = _window(len(source), place.column - 1)
    start = min(place.column - 1, len(source))
    end = min(place.end_column - 1, last)
    before = ("…" if first else "") + _visible(source[first:start])
    marked = _visible(source[start:end])
    after = _visible(source[max(start, end) : last]) + ("…" if last < len(source) else "")
    return before + marked + after, " " * _columns(before) + "^" * max(1, _columns(marked))


def _window(length: int, start: int) -> tuple[int, int]:
    """The part of a long line that is worth showing."""
    if length <= WIDTH:
        return 0, length
    first = max(0, min(start - WIDTH // 2, length - WIDTH))
    return first, min(length, first + WIDTH)


def _visible(text: str) -> str:
    return "".join(
        _TAB if c == "\t" else c if c.isprintable() or unicodedata.category(c) == "Zs" else "�" for c in text
    )


def _columns(text: str) -> int:
    """Terminal columns: East Asian wide characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
