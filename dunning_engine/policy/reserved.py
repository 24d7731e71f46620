"""Words of the language that later versions bring: refused until then, by name, so that no file changes its meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

POLICY_KEYS = frozenset({
    "allocation", "channels", "discount", "disputes", "fees", "holds", "interest", "plans", "promises", "resume",
    "settlement",
})  # fmt: skip

STEP_KEYS = frozenset({
    "charge", "offer", "on_uncertain",
})  # fmt: skip

PHRASES: Mapping[str, re.Pattern[str]] = MappingProxyType({
    "a message": re.compile(r"\b(?:push|portal)(?= )"),
    "a reason to pause": re.compile(r"^(?:hardship|identity theft|cease|attorney)$"),
    "a reason to stop": re.compile(r"^(?:hardship|identity theft|cease|attorney)$"),
    "what follows when the lead is paid": re.compile(r"^fall_back$"),
    "a proof": re.compile(r"^validation notice sent$"),
})  # fmt: skip
"""Beginnings of phrases that are not read yet, by the title of the grammar that will read them."""


def in_phrase(title: str, text: str) -> re.Match[str] | None:
    """The reserved words in a text that should have been a phrase of the titled grammar."""
    pattern = PHRASES.get(title)
    return pattern.search(text) if pattern else None
