"""Words of the language that later versions bring: refused until then, by name, so that no file changes its meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

POLICY_KEYS = frozenset({
    "channels", "resume",
})  # fmt: skip

STEP_KEYS: frozenset[str] = frozenset()

PHRASES: Mapping[str, re.Pattern[str]] = MappingProxyType({
    "a proof": re.compile(r"^validation notice sent$"),
})  # fmt: skip
"""Beginnings of phrases that are not read yet, by the title of the grammar that will read them."""


def in_phrase(title: str, text: str) -> re.Match[str] | None:
    """The reserved words in a text that should have been a phrase of the titled grammar."""
    pattern = PHRASES.get(title)
    return pattern.search(text) if pattern else None
