"""What a diagnostic's code means; the tables of codes are made of these."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means; `wrong` and `right` are parts of a policy, which a test completes and compiles."""

    title: str
    explanation: str
    wrong: str
    right: str


def code(title: str, explanation: str, wrong: str, right: str) -> Code:
    """A code from texts as they stand in a table."""
    return Code(title, " ".join(explanation.split()), dedent(wrong).strip("\n"), dedent(right).strip("\n"))
