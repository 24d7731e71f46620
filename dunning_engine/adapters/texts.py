"""Text that others wrote, made harmless before it reaches a header, a file or a terminal."""

from __future__ import annotations

import re
import textwrap

_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
"""Control characters, and those that turn the direction of what follows: devices obey them, people do not see them."""

_LABEL = re.compile(r"[^:]{1,40}: {2,}(?=\S)")
"""The first column of a table of labels and values."""

_SURROGATES = re.compile("[\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Text of several lines without control characters and with one kind of line break."""
    text = _SURROGATES.sub("\ufffd", _BREAKS.sub("\n", text))
    return _OBEYED.sub("", text)


def one_line(text: str) -> str:
    """Text as a single line: every run of white space, breaks included, is one space."""
    return " ".join(plain_text(text).split())


def shortened(text: str, width: int) -> str:
    """One line of at most so many characters."""
    line = one_line(text)
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Lines no longer than the width; what is indented, or set off from a label by two spaces, stays so."""
    lines = []
    for line in plain_text(text).expandtabs(4).split("\n"):
        label = _LABEL.match(line)
        indent = " " * (label.end() if label else len(line) - len(line.lstrip(" ")))
        pieces = textwrap.wrap(
            line,
            max(width, len(indent) + 20),
            subsequent_indent=indent,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
        )
        lines += pieces or [""]
    return lines
