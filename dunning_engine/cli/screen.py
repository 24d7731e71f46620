"""What the commands share of a terminal: results go to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

WIDTH_MAX: Final = 160
"""Wider lines are hard to follow with the eye."""

NARROWEST: Final = 8
"""Columns of a table are not cut below this."""

STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def prepare() -> None:
    """Whatever is redirected is UTF-8, as JSON demands; a terminal that lacks a letter shows a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(**({"errors": "replace"} if stream.isatty() else {"encoding": "utf-8"}))


def note(*lines: str) -> None:
    """Tell people something that is no part of the result."""
    for line in lines:
        print(line, file=sys.stderr)


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def has_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colours and nobody asked for none (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def painted(text: str, style: str, *, on: bool) -> str:
    """Text in some styles (`bold red`) where colours are on."""
    codes = ";".join(STYLES[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if on and codes and text else text


def width() -> int:
    """Columns of the terminal, or of the variable COLUMNS; 100 where nobody knows."""
    return min(shutil.get_terminal_size((100, 24)).columns, WIDTH_MAX)


def room() -> int:
    """Columns that a line may fill; as many as it likes where no screen limits it."""
    return width() if sys.stdout.isatty() or "COLUMNS" in os.environ else sys.maxsize


def console(stream: TextIO | None = None) -> Console:
    """A console of Rich for tables; on standard output unless told otherwise."""
    from rich.console import Console

    return Console(file=stream or sys.stdout, width=width(), highlight=False, emoji=False, markup=False)


def progress() -> Progress:
    """A bar on standard error, which only a terminal shows and which leaves nothing behind."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )


def columns(header: Sequence[str], rows: Iterable[Sequence[str]], *, room: int, whole: Sequence[int] = ()) -> list[str]:
    """Rows under their header as lines; where there is not enough room the widest columns but the `whole` ones are cut."""
    table = [list(header), *(list(row) for row in rows)]
    widths = [max(_cells(cell) for cell in column) for column in zip(*table, strict=True)]
    elastic = [at for at in range(len(widths)) if at not in whole]
    while sum(widths) + 2 * (len(widths) - 1) > room:
        widest = max(elastic, key=widths.__getitem__)
        if widths[widest] <= NARROWEST:
            break
        widths[widest] -= 1
    return ["  ".join(_fitted(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in table]


def _fitted(text: str, wide: int) -> str:
    if _cells(text) > wide:
        while text and _cells(text) > wide - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (wide - _cells(text))


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `3 files`, `no policies`."""
    return f"{number or 'no'} {noun if number == 1 else plural or f'{noun}s'}"
