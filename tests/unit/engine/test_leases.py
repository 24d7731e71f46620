"""Leases run by a clock that all workers share: the database's, where it has one."""

from __future__ import annotations

import time

import pytest
from engine_house import POLICY, House, PlainWords, Sink, ann, invoice

from dunning_engine.engine.clocks import SystemClock
from dunning_engine.engine.dispatcher import LEASE_SECONDS
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.ports.adapter import Message, Sent
from dunning_engine.ports.store import OutboxState

AHEAD = 3_600


def test_a_lease_ends_when_the_database_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose clock is an hour ahead does not hold an action for an hour, nor end the lease of another."""
    monkeypatch.setattr(SystemClock, "now", lambda _self: int(time.time()) + AHEAD)
    leases: list[int] = []

    def answer(_message: Message) -> Sent:
        (row,) = engine.outbox(state=OutboxState.ARMED)
        assert row.next_at is not None
        leases.append(row.next_at - LEASE_SECONDS - int(time.time()))
        assert other.dispatch() == []
        return Sent()

    settings = {"policies": [policy_of(POLICY, "shop.yaml")], "adapters": [Sink(answer=answer)], "journal": False}
    engine = DunningEngine.open(house.store, renderer=PlainWords(), **settings)
    other = DunningEngine.open(house.store, renderer=PlainWords(), **settings)
    engine.open_case(ann(), [invoice()], "shop")
    engine.advance()
    assert [handover.fate.value for handover in engine.dispatch()] == ["sent"]

    with house.store.transaction() as tx:
        shared = tx.time() is not None
    (ahead,) = leases
    assert abs(ahead - (0 if shared else AHEAD)) < 60


def test_a_time_that_the_host_tells_is_that_of_its_leases(house: House) -> None:
    """Whoever passes `now`, or a clock of their own, means it everywhere."""
    house.opens()
    leases: list[int | None] = []

    def answer(_message: Message) -> Sent:
        leases.extend(row.next_at for row in house.engine.outbox(state=OutboxState.ARMED))
        return Sent()

    house.sink.answer = answer
    house.moves("2026-03-05T10:00:00+01:00")
    assert leases == [house.clock.now() + LEASE_SECONDS]
