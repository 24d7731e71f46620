"""Identities derived from content: the same thing has the same name on every machine, and nothing is random."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces and NFC text; floats are refused, so that the same value gives the same bytes."""
    return json.dumps(_canonical(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def short_hash(*parts: str) -> str:
    """A 32-digit name derived from some words, for keys that travel to other systems (128 bits)."""
    counted = "".join([f"{len(part)}:{part}" for part in parts])  # no character of a word can pass for the next word
    return hashlib.sha256(counted.encode()).hexdigest()[:32]


def _canonical(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    raise TypeError(f"{value!r} has no canonical form: use strings, integers, lists and mappings by strings")
