"""Identities derived from content: the same thing has the same name on every machine, and nothing is random."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no spaces and NFC text; floats are refused, so that the same value gives the same bytes."""
    return unicodedata.normalize(
        "NFC", json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_refuse)
    )


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, in hex."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def short_hash(*parts: str) -> str:
    """A 32-digit name derived from some words, for keys that travel to other systems (128 bits)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _refuse(value: Any) -> Any:
    raise TypeError(f"{value!r} has no canonical form: use strings, integers, lists and mappings")
