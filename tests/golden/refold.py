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
from dunning_engine.ports.codec import decode_event, encode_case, encode_event


def unpacked(golden: Path, folder: Path) -> Path:
    """A copy of a golden database that may be written to."""
    database = folder / golden.name.removesuffix(".gz")
    database.write_bytes(gzip.decompress(golden.read_bytes()))
    return database


def histories(database: Path) -> Iterator[tuple[str, str, list[Recorded]]]:
    """Every case: its name, the source of its policy, its events."""
    connection = sqlite3.connect(database)
    try:
        for case_id, source in connection.execute(
            "SELECT id, source FROM dunning_cases JOIN dunning_policies ON hash = policy_hash ORDER BY id"
        ).fetchall():
            rows = connection.execute(
                "SELECT seq, at, recorded_at, type, type_version, body FROM dunning_events WHERE case_id = ? ORDER BY seq",
                (case_id,),
            )
            yield case_id, source, [Recorded(*row[:3], decode_event(*row[3:])) for row in rows]
    finally:
        connection.close()


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
