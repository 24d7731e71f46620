"""The hash chain of a case: every event as stored is hashed together with the hash of the one before.

Who changes, removes, swaps or renumbers an event changes every hash after it. The last one, the *head* of the case, is
kept beside the case and goes into anchors outside the database. `dunning_engine/audit_log_verify.py` computes the same
without this package.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.kernel.calendar import Instant

START: Final = ""
"""What stands before the first event."""


class Kept(NamedTuple):
    """An event as it is stored: the columns that its hash covers, in the order of the chain's words."""

    seq: int
    type: str
    version: int
    at: Instant
    recorded_at: Instant
    written_by: str
    body: str


def chained(tenant: str, case_id: str, previous: str, event: Kept) -> str:
    """The hash of an event after the one whose hash is `previous`, in hex.

    Every text stands behind its length in characters, so that no character of one can pass for the next one. The body,
    which is the last, is hashed as stored and never written anew.
    """
    seq, kind, version, at, recorded_at, written_by, body = event
    words = (
        f"\0{len(tenant)}:{tenant}{len(case_id)}:{case_id}{seq}:{previous}:{len(kind)}:{kind}"
        f"{version}:{at}:{recorded_at}:{len(written_by)}:{written_by}{body}"
    )
    return _hash(words)


# Anchors --------------------------------------------------------------------------------------------------------------


def leaf(tenant: str, case_id: str, seq: int, head: str) -> str:
    """What stands for a head in the tree of an anchor."""
    return _hash("\0" + json.dumps([tenant, case_id, seq, head], ensure_ascii=False, separators=(",", ":")))


def root(leaves: Sequence[str]) -> str:
    """The root of the Merkle tree over some leaves, in their order, split as RFC 9162 does."""
    if len(leaves) < 2:
        return leaves[0] if leaves else _hash("")
    half = _half(leaves)
    return _hash("\1" + root(leaves[:half]) + root(leaves[half:]))


def proof(leaves: Sequence[str], index: int) -> list[tuple[str, str]]:
    """What leads from one leaf to the root without the others: on which side stands which hash."""
    if len(leaves) < 2:
        return []
    half = _half(leaves)
    if index < half:
        return [*proof(leaves[:half], index), ("right", root(leaves[half:]))]
    return [*proof(leaves[half:], index - half), ("left", root(leaves[:half]))]


def _half(leaves: Sequence[str]) -> int:
    return 1 << (len(leaves) - 1).bit_length() - 1


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
