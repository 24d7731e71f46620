"""Databases that earlier versions wrote: they open, fold, verify and go on; nothing that was recorded is changed."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from refold import digests, histories, unpacked

from dunning_engine.domain.case import fold
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.channels import WAYS
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.ports.adapter import Capability, Message, Sent

GOLDEN = sorted(Path(__file__).parent.glob("*.db.gz"))
ENVELOPES = "SELECT case_id, seq, type, type_version, at, recorded_at, written_by FROM dunning_events ORDER BY 1, 2"
ENVIRONMENTS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kolkata", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "4711", "TZ": "America/New_York", "LC_ALL": "POSIX", "PYTHONUTF8": "0"},
)


class _Sink:
    """Takes whatever it is given."""

    name = "sink"
    capability = Capability.NONE

    def __init__(self, handles: frozenset[Any]) -> None:
        self.handles = handles
        self.got: list[str] = []

    def deliver(self, message: Message, *, seconds: float) -> Sent:
        assert seconds > 0
        self.got.append(message.action_id)
        return Sent(message.action_id)


class _PlainWords:
    """Texts that only say what they are about."""

    def render(
        self,
        action: Any,
        case: Any,
        policy: Any,
        creditor: Any,
        at: int,
        *,
        obligations: Any = (),
        enclosures: Any = (),
    ) -> Any:
        assert (case.id, policy.name, creditor.id, enclosures) == (action.case_id, policy.name, "creditor", [])
        return SimpleNamespace(subject="", text=f"{action.amount} at {at}, {len(obligations)}", language="en")


@pytest.fixture(params=GOLDEN, ids=lambda path: path.name)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return unpacked(request.param, tmp_path)


def _rows(database: Path, query: str) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture
def engine(database: Path) -> Iterator[tuple[DunningEngine, FixedClock, _Sink]]:
    """The present engine on an old database, on the day after its last."""
    sources = [source for (source,) in _rows(database, "SELECT source FROM dunning_policies")]
    policies = [policy_of(source, "golden.yaml") for source in sources]
    ((last,),) = _rows(database, "SELECT max(recorded_at) FROM dunning_events")
    clock, sink = (
        FixedClock(last + DAY_SECONDS),
        _Sink(frozenset((*Channel, *(way for way in WAYS if way not in {c.value for c in Channel})))),
    )
    opened = DunningEngine.open(
        f"sqlite:///{database}", policies=policies, adapters=[sink], clock=clock, renderer=_PlainWords()
    )
    yield opened, clock, sink
    opened.close()


def test_there_is_one_for_every_migration() -> None:
    """Whoever adds a migration adds the database of the version before it."""
    steps = Path(sys.modules["dunning_engine"].__path__[0]) / "stores" / "migrations" / "versions"
    numbers = sorted(path.name[1:5] for path in steps.glob("v0*.py"))

    assert [path.name[1:5] for path in GOLDEN] == numbers


def test_an_old_database_opens_with_its_cases_as_they_were(database: Path) -> None:
    """Every event is there and says what it said, and the cases are what their events say."""
    before = _rows(database, ENVELOPES)
    was = {case_id: fold(case_id, history) for case_id, _, history in histories(database)}
    policies = [
        policy_of(source, "golden.yaml") for (source,) in _rows(database, "SELECT source FROM dunning_policies")
    ]
    everything = ["email", "sms", "letter", "call", "agency", "legal", "staff", "bureau", "host"]
    with DunningEngine.open(f"sqlite:///{database}", policies=policies, allow_missing=everything) as engine:
        assert {case.id: case for case in engine.cases()} == was
        assert {case_id: engine.history(case_id) for case_id in was} == {
            case_id: tuple(history) for case_id, _, history in histories(database)
        }
    assert _rows(database, ENVELOPES) == before


def test_an_old_database_goes_on(database: Path, engine: tuple[DunningEngine, FixedClock, _Sink]) -> None:
    """Twenty days more: everybody is decided about, nothing that was sent is sent again, and snapshots are what events say."""
    opened, clock, sink = engine
    before = {case.id: opened.history(case.id) for case in opened.cases()}
    gone = {action for (action,) in _rows(database, "SELECT action_id FROM dunning_outbox")}
    for _ in range(20):
        clock.move_to(clock.now() + DAY_SECONDS)
        opened.advance()
        assert opened.troubles == ()
        opened.dispatch()

    assert sink.got
    assert len(set(sink.got)) == len(sink.got)
    assert gone.isdisjoint(sink.got)
    for case in opened.cases():
        assert fold(case.id, opened.history(case.id)) == case
    after = {case.id: opened.history(case.id) for case in opened.cases()}
    assert all(after[case_id][: len(history)] == history for case_id, history in before.items())
    assert after != before


@pytest.mark.parametrize(
    ("golden", "environment"), list(zip(GOLDEN, cycle(ENVIRONMENTS))), ids=lambda it: getattr(it, "name", "")
)
def test_the_same_events_fold_to_the_same_bytes_everywhere(
    golden: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Neither hash seed nor zone nor locale of a machine changes what a case is, or what is decided about it."""
    database = unpacked(golden, tmp_path)
    run = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("refold.py")), str(database)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
    )
    here = digests(database)
    said, _ = run.communicate(timeout=120)

    assert len(here) > 50
    assert json.loads(said) == here
