"""Anchors: the heads of all cases that moved, put under one hash and appended to a file outside the database.

Whoever changes the database afterwards has to change the file too; where that lies elsewhere, or its last line was
given to somebody, this shows. Each line holds a `statement` (number, time, root over the heads, hash of the statement
before), its HMAC-SHA256 where there is a key, and the heads themselves, so that a break is found where it is.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.adapters.folder import locked, sync
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.ports.chain import leaf, proof, root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.audit_log import Head
    from dunning_engine.ports.store import Store, Transaction

HEADS_MAX: Final = 1_000
"""Heads in one anchor at most; where more have moved, several are written."""

KEY_MIN: Final = 24
"""Bytes that a key has at least."""

WAIT_SECONDS: Final = 30.0
"""How long one process waits for another that writes anchors."""

_BLOCK: Final = 1 << 16

_log = logging.getLogger("dunning_engine")


@dataclass(frozen=True, slots=True)
class Anchors:
    """A file of anchors, and the secret with which they are signed (none: they only chain)."""

    path: Path
    key: str = ""
    _seen: dict[str, tuple[int, str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """By tenant, a place where a line of the file ended when it was compared with the store, and the hash of that statement."""

    def __post_init__(self) -> None:
        if self.key and len(self.key.encode()) < KEY_MIN:
            raise UsageError(f"the key of the anchors is shorter than {KEY_MIN} bytes: make a longer one at random")

    def __repr__(self) -> str:
        return f"Anchors({str(self.path)!r}, {'signed' if self.key else 'not signed'})"

    def take(self, store: Store, now: Instant) -> int:
        """Anchor every case that moved since the last time; how many these were. Without any, time alone is written.

        Where the file does not hold what the store counts on, every case is anchored again, with a note of that.
        """
        count = 0
        with self._opened() as file:
            with store.transaction() as tx:
                tenant, lost = tx.tenant, self._lost(file, tx)
                if lost:
                    _log.error("%s", _behind(self.path, lost))
                    count += self._afresh(file, tx, now, lost)
            while True:
                with store.transaction() as tx:
                    heads = tx.unanchored(HEADS_MAX)
                    self._append(file, heads, now)  # first the file: what the database notes is surely there
                    tx.anchored(heads)
                count += len(heads)
                if len(heads) < HEADS_MAX:
                    self._seen[tenant] = (file.seek(0, os.SEEK_END), _last(file)[1])
                    return count

    def _lost(self, file: BinaryIO, tx: Transaction) -> int:
        """Of how many cases the store counts on an anchor that the file does not hold: it was lost, moved or cut off."""
        end, known = self._seen.get(tx.tenant, (0, ""))
        if end and end <= file.seek(0, os.SEEK_END) and _hash_at(file, end) == known:
            return 0
        held = _held(file, tx.tenant)
        return sum(held.get(case_id, 0) < seq for case_id, seq in tx.counted_on())

    def _afresh(self, file: BinaryIO, tx: Transaction, now: Instant, lost: int) -> int:
        heads = [head for head in tx.heads() if head.hash is not None]
        for start in range(0, len(heads), HEADS_MAX):
            self._append(file, heads[start : start + HEADS_MAX], now, lost=0 if start else lost)
        tx.anchored(heads)
        return len(heads)

    def add(self, heads: Sequence[Head], now: Instant) -> int:
        """Anchor heads that no store of ours keeps; how many these were."""
        with self._opened() as file:
            for start in range(0, len(heads), HEADS_MAX):
                self._append(file, heads[start : start + HEADS_MAX], now)
        return len(heads)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path.parent, WAIT_SECONDS):
                new = not self.path.exists()
                with self.path.open("a+b") as file:
                    if new:
                        sync(self.path.parent)
                    yield file
        except OSError as error:
            raise ForeignError(f"anchors cannot be written to {self.path}: {error}") from error

    def _append(self, file: BinaryIO, heads: Sequence[Head], now: Instant, *, lost: int = 0) -> None:
        number, previous = _last(file)
        said: dict[str, Any] = {
            "anchor": number + 1,
            "at": now,
            "heads": len(heads),
            "previous": previous,
            "root": root([leaf(head.tenant, head.case_id, head.seq, str(head.hash)) for head in heads]),
        }
        statement = canonical_json({**said, "lost": lost} if lost else said)
        line: dict[str, Any] = {"statement": statement, "heads": [list(head) for head in heads]}
        if self.key:
            line["signature"] = hmac.new(self.key.encode(), statement.encode(), sha256).hexdigest()
        file.write(_line(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())

    def taken_at(self) -> Instant | None:
        """When the last anchor was written: another is due some minutes later, whoever wrote it."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            end = _line_break(file, file.seek(0, os.SEEK_END))
            last = _statement(file, end)
        return None if last is None else int(json.loads(last)["at"])

    def covering(self, tenant: str, case_id: str) -> list[str]:
        """The anchors that hold a head of one case, as lines that show no other case, with the way to their root."""
        if not self.path.exists():
            return []
        word = json.dumps(case_id, ensure_ascii=False).encode()
        found: list[str] = []
        with self.path.open("rb") as file:
            for line in file:
                if word in line:
                    found += _of_case(json.loads(line), tenant, case_id)
        return found


def _behind(path: Path, lost: int) -> str:
    return (
        f"anchors are missing in {path}: the database counts on them for {lost} cases. All cases are anchored again, "
        "and what was changed before that is not noticed: look for the file of before, and verify with it"
    )


def _hash_at(file: BinaryIO, end: int) -> str:
    """The hash of the statement whose line ends at a position; empty where there is none."""
    try:
        statement = _statement(file, end)
    except ForeignError:
        return ""
    return "" if statement is None else sha256(statement.encode()).hexdigest()


def _held(file: BinaryIO, tenant: str) -> dict[str, int]:
    """The last event of each case of a tenant that an anchor holds; a line that is none holds nothing."""
    held: dict[str, int] = {}
    file.seek(0)
    for line in file:
        try:
            heads = json.loads(line)["heads"]
            found = {case_id: int(seq) for whose, case_id, seq, _hash in heads if whose == tenant}
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        held.update({case_id: max(seq, held.get(case_id, 0)) for case_id, seq in found.items()})
    return held


def _of_case(line: dict[str, Any], tenant: str, case_id: str) -> Iterator[str]:
    for index, head in enumerate(line["heads"]):
        if head[:2] == [tenant, case_id]:
            way = proof([leaf(*other) for other in line["heads"]], index)
            yield _line({**line, "heads": [head], "proof": way})


def _line(line: dict[str, Any]) -> str:
    """Names as they are stored: normalising them would give them other hashes."""
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _last(file: BinaryIO) -> tuple[int, str]:
    """The number of the last anchor and the hash of its statement. A line that a crash tore is cut off."""
    end = file.seek(0, os.SEEK_END)
    whole = _line_break(file, end)
    if whole < end:
        file.truncate(whole)
    statement = _statement(file, whole)
    if statement is None:
        return 0, ""
    return json.loads(statement)["anchor"], sha256(statement.encode()).hexdigest()


def _statement(file: BinaryIO, end: int) -> str | None:
    """What the anchor states whose line ends at a position."""
    if end == 0:
        return None
    start = _line_break(file, end - 1)
    file.seek(start)
    try:
        statement: str = json.loads(file.read(end - start))["statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise ForeignError(f"the last line of the anchors is none ({error!r}): verify them first") from error
    return statement


def _line_break(file: BinaryIO, end: int) -> int:
    """Where the last whole line before a position ends; 0 where there is none."""
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
