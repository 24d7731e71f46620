"""Findings on a screen: as a compiler shows them, in colour where the screen has it."""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.reading import text_of
from dunning_engine.cli.screen import counted, has_colour, painted
from dunning_engine.kernel.diagnostics import Diagnostic, Severity, render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

_COLOUR: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_MARGIN: Final = re.compile(r"^( *\d* \||  *=)(.*)$")


def show(findings: Sequence[Diagnostic], stream: TextIO | None = None) -> None:
    """Every finding with its line, carets and help, on standard output unless told otherwise."""
    out = stream or sys.stdout
    texts: dict[str, str] = {}
    for finding in findings:
        text = texts.setdefault(finding.place.file, text_of(finding.place.file))
        print(_coloured(finding, text) if has_colour(out) else render(_named(finding), text), file=out, end="\n\n")


def summary(findings: Sequence[Diagnostic]) -> str:
    """`2 errors and 1 warning`."""
    counts = Counter(finding.severity for finding in findings)
    told = [counted(counts[severity], severity.value) for severity in Severity if counts[severity]]
    return " and ".join(told)


def _named(finding: Diagnostic) -> Diagnostic:
    """What is no error says so in words, because colours are not seen by everybody."""
    if finding.severity is Severity.ERROR:
        return finding
    return replace(finding, message=f"{finding.severity.value}: {finding.message}")


def _coloured(finding: Diagnostic, text: str) -> str:
    colour = _COLOUR[finding.severity]
    head, *rest = render(_named(finding), text).split("\n")
    place, code, message = head.partition(f" {finding.code} ")
    lines = [painted(place, "dim", on=True) + painted(code, colour, on=True) + painted(message, "bold", on=True)]
    for line in rest:
        margin, body = found.groups() if (found := _MARGIN.match(line)) else ("", line)
        style = colour if body.strip(" ^") == "" else "cyan" if margin.endswith("=") else ""
        lines.append(painted(margin, "dim", on=True) + (painted(body, style, on=True) if style else body))
    return "\n".join(lines)
