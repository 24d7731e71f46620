"""What a diagnostic of a policy or of routing means, with an example wrong and right."""

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
    """A row of a table of codes."""
    return Code(title, " ".join(explanation.split()), dedent(wrong).strip("\n"), dedent(right).strip("\n"))
