"""Fold and decide about every case of a golden database, and print a digest of each: the same on whatever machine."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

from dunning_engine.decision.decider import decide
from dunning_engine.domain.case import fold
from dunning_engine.domain.events import Recorded
from dunning_engine.engine.loading import load_rulebooks, policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.ports.codec import encode_case, encode_event
from dunning_engine.ports.personal import Opening, opened

WITHIN = """
SELECT seq, at, recorded_at, type, type_version, body, NULL, NULL FROM dunning_events WHERE case_id = ? ORDER BY seq
"""
BESIDE = """
SELECT seq, at, recorded_at, type, type_version, body, salt, value
FROM dunning_events LEFT JOIN dunning_personal USING (tenant, case_id, seq) WHERE case_id = ? ORDER BY seq
"""
"""Who somebody is stands within the events of a case up to version 5, and beside them from version 6 on."""


def unpacked(golden: Path, folder: Path) -> Path:
    """A copy of a golden database that may be written to, with its send journal where it has one."""
    database = folder / golden.name.removesuffix(".gz")
    database.write_bytes(gzip.decompress(golden.read_bytes()))
    journal = golden.with_name(golden.name.replace(".db.", ".sends."))
    if journal.exists():
        database.with_name(f"{database.name}.sends").write_bytes(gzip.decompress(journal.read_bytes()))
    return database


def histories(database: Path) -> Iterator[tuple[str, str, list[Recorded]]]:
    """Every case: its name, the source of its policy, its events."""
    connection = sqlite3.connect(database)
    try:
        apart = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'dunning_personal'").fetchone()
        for case_id, source in connection.execute(
            "SELECT id, source FROM dunning_cases JOIN dunning_policies ON hash = policy_hash ORDER BY id"
        ).fetchall():
            rows = connection.execute(BESIDE if apart else WITHIN, (case_id,))
            yield case_id, source, [_recorded(*row) for row in rows]
    finally:
        connection.close()


def _recorded(
    seq: int, at: int, recorded_at: int, kind: str, version: int, body: str, salt: str | None, value: str | None
) -> Recorded:
    opening = None if salt is None or value is None else Opening(salt, value)
    return Recorded(seq, at, recorded_at, opened(kind, version, body, opening))


def digests(database: Path) -> dict[str, str]:
    """What each case is now and what would be done about it, a month after its last event, as a digest."""
    policies = {source: policy_of(source, "golden.yaml") for _, source, _ in histories(database)}
    found = {}
    for case_id, source, history in histories(database):
        case, policy = fold(case_id, history), policies[source]
        decision = decide(case, policy, load_rulebooks(policy.books), history[-1].recorded_at + 30 * DAY_SECONDS)
        events = [list(encode_event(event)) for event in decision.events]
        told = json.dumps([encode_case(case), events, decision.next_look, decision.explain()])
        found[case_id] = hashlib.sha256(told.encode()).hexdigest()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digests(Path(sys.argv[1])), sort_keys=True))
