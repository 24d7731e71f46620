"""A connection that breaks after any byte, also between a commit and its answer: told again, everything is there once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cutting_proxy import CuttingProxy
from fault_stage import LEASE, REMINDER, THOROUGH, Stage

from dunning_engine.engine.clocks import instant
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.testing.postgres import PostgresServer

CUTS = 600 if THOROUGH else 14
"""Places for each side of the line."""


@pytest.fixture
def proxy(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[CuttingProxy]:
    where = re.search(r"host=([^&]+)", postgres_server.url())
    assert where is not None
    with CuttingProxy(Path(where[1]), tmp_path) as proxy:
        yield proxy


@pytest.mark.parametrize("side", ["asked", "answered"])
def test_a_line_that_is_cut_anywhere(
    proxy: CuttingProxy, postgres_database: str, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A payment, a decision and a hand-over; whoever got no answer asks again, and nothing is lost or done twice."""
    monkeypatch.setattr("dunning_engine.engine.dispatcher.PATIENCE_SECONDS", (0.0, 0.01))
    stage, url = Stage(), f"postgresql://postgres@/{postgres_database}?host={proxy.folder}"
    with stage.open(url) as engine:
        proxy.cut(side, None)
        _day(stage, engine, 0)
        whole = proxy.passed[side]
        for number in range(1, CUTS):
            proxy.cut(side, whole * number // CUTS)
            _day(stage, engine, number)
        proxy.cut(side, None)
        stage.clock.move_to(stage.clock.now() + LEASE)
        stage.works(engine)
        assert stage.broken(engine) == []
        states = {row.state.value for row in engine.outbox()}

    assert proxy.cuts >= CUTS // 2
    assert states <= {"sent", "uncertain"}
    assert set(stage.got.values()) == {1}
    assert len(stage.got) >= CUTS


def _day(stage: Stage, engine: DunningEngine, number: int) -> None:
    """What a careful host does: each thing again with the same identity until it has an answer."""
    stage.clock.move_to(instant(REMINDER) + number * DAY_SECONDS)
    told = len(stage.facts)
    for act in (
        lambda: _known(engine, number) or stage.owes(engine, number),
        lambda: stage.pays(engine, number, 100 + number),
        engine.advance,
        engine.dispatch,
        engine.dispatch,
    ):
        for _attempt in range(5):
            if not stage.tries(act):
                break
        else:
            raise AssertionError(number)
    assert len(stage.facts) == told + 1


def _known(engine: DunningEngine, number: int) -> bool:
    return any(case.id == f"d{number}/EUR" for case in engine.cases())
