"""A database that goes away for a moment: what was kept is not done twice, what was not is done again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from engine_house import House, ann, invoice

from dunning_engine.domain.events import DeliveryArmed, ReceiptRecorded
from dunning_engine.engine.breakers import FAILURES
from dunning_engine.engine.dispatcher import Armament, Fate, Handover
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.receiving import Receiving
from dunning_engine.kernel.errors import Conflict, ForeignError
from dunning_engine.ports.adapter import Retry, Sent
from dunning_engine.ports.checkpoints import Point
from dunning_engine.ports.store import OutboxState

SEND_TIME = "2026-03-05T10:00:00+01:00"


class Lossy:
    """A store whose connection is lost at a point, once: before the commit, or when it was kept already."""

    def __init__(self, house: House, point: Point, *, kept: bool, error: type[Exception] = ForeignError) -> None:
        self.store, self.point, self.kept, self.error = house.store, point, kept, error
        self.times, self.after, self.lost = 1, 0, False
        house.store = self  # type: ignore[assignment]
        house.reopen(checkpoint=self.passes)
        house.store = self.store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def passes(self, point: Point) -> None:
        if point is not self.point or not self.times:
            return
        if self.after:
            self.after -= 1
        else:
            self.times -= 1
            self.lost = self.kept
            if not self.kept:
                raise self.error("the connection is lost")

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[Any]:
        with self.store.transaction(connection, write=write) as tx:
            yield tx
        if self.lost:
            self.lost = False
            raise self.error("the connection is lost")


def told(house: House, case_id: str) -> tuple[int, int]:
    """How often an action was armed, and how many receipts came."""
    events = [recorded.event for recorded in house.engine.history(case_id)]
    return sum(isinstance(e, DeliveryArmed) for e in events), sum(isinstance(e, ReceiptRecorded) for e in events)


@pytest.mark.parametrize(("kept", "armed"), [(False, 1), (True, 2)], ids=["taken back", "kept"])
def test_lost_while_it_was_armed(house: House, kept: bool, armed: int) -> None:
    """Nothing was handed over, whatever became of the commit: there is no doubt, and it goes."""
    case_id = house.opens()
    Lossy(house, Point.ARM_WRITTEN, kept=kept)
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    assert (told(house, case_id), len(house.sink.got)) == ((armed, 1), 1)


class Overtaken(Lossy):
    """Likewise; and before anything is made good, another thread of the same engine claims what is due."""

    engine: DunningEngine
    other: Armament | Handover | None = None

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[Any]:
        try:
            with super().transaction(connection, write=write) as tx:
                yield tx
        except self.error:
            self.other = self.engine.arm_next()
            raise


def test_another_thread_may_have_armed_it_meanwhile(house: House) -> None:
    """What it armed stays armed: the engine is the same, the claim is not."""
    house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    lossy = Overtaken(house, Point.ARM_WRITTEN, kept=False)
    lossy.engine = house.engine
    assert house.engine.dispatch() == []
    assert isinstance(other := lossy.other, Armament)
    assert [row.state for row in house.engine.outbox()] == [OutboxState.ARMED]
    assert house.engine.receive(other.message, other.fence, Sent("ref")).fate is Fate.SENT
    assert house.sink.got == []


def test_what_was_armed_long_ago_is_not_freed_by_a_commit_that_was_lost(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out and nobody knows whether it left: that stays so when the doubt cannot be written at once."""
    house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    assert isinstance(house.engine.arm_next(), Armament)
    lost, times = Receiving.lost, [1]

    def away(self: Receiving, *given: Any) -> Handover:
        handover = lost(self, *given)
        if times:
            raise ForeignError(f"the connection is lost {times.pop()} time")
        return handover

    monkeypatch.setattr(Receiving, "lost", away)
    assert house.moves("2026-03-05T10:10:00+01:00") == ["email reminder: uncertain"]
    assert house.sink.got == []


@pytest.mark.parametrize("kept", [False, True], ids=["taken back", "kept"])
@pytest.mark.parametrize("error", [ForeignError, Conflict])
def test_lost_while_its_receipt_was_written(house: House, kept: bool, error: type[Exception]) -> None:
    """The receipt is written again, or stands there already: once in either case."""
    case_id = house.opens()
    Lossy(house, Point.RECEIPT_WRITTEN, kept=kept, error=error)
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    assert (told(house, case_id), house.states()) == ((1, 1), {"reminder": "sent"})


def test_a_database_that_stays_away_is_the_callers_business(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some seconds; what was handed over is uncertain when the lease ends."""
    monkeypatch.setattr("dunning_engine.engine.dispatcher.PATIENCE_SECONDS", (0.0, 0.0))
    house.opens()
    Lossy(house, Point.RECEIPT_WRITTEN, kept=False).times = 9
    with pytest.raises(ForeignError):
        house.moves(SEND_TIME)
    assert house.states() == {"reminder": "armed"}


def test_somebody_else_was_first_again_and_again(house: House) -> None:
    """Then the turn ends, and the next one tries again."""
    house.opens()
    house.opens(invoice("INV-2"), debtor=ann("bob"))
    Lossy(house, Point.CLAIMED, kept=False, error=Conflict).times = 5
    assert house.moves(SEND_TIME) == []
    assert house.moves(SEND_TIME) == ["email reminder: sent", "email reminder: sent"]


@pytest.mark.parametrize(("error", "kept"), [(ForeignError, False), (ForeignError, True), (Conflict, False)])
def test_lost_with_the_receipt_before_it(house: House, error: type[Exception], kept: bool) -> None:
    """A receipt and the next arming share a transaction: of both nothing is lost, and nothing is there twice."""
    cases = [house.opens(), house.opens(invoice("INV-2"), debtor=ann("bob"))]
    lossy = Lossy(house, Point.ARM_WRITTEN, kept=kept, error=error)
    lossy.after = 1
    assert house.moves(SEND_TIME) == ["email reminder: sent", "email reminder: sent"]
    assert len(house.sink.got) == 2
    assert [told(house, case_id)[1] for case_id in cases] == [1, 1]


def test_the_one_attempt_that_a_breaker_lets_through_may_be_lost(house: House) -> None:
    """Then another one is let through: a receiver is not left alone for ever because somebody else was first."""
    house.sink.answer = lambda _message: Retry(60, "no route to host")
    for number in range(FAILURES):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    lossy = Lossy(house, Point.ARM_WRITTEN, kept=False, error=Conflict)
    lossy.times = 0
    assert house.moves(SEND_TIME) == ["email reminder: retry"] * FAILURES
    lossy.times, house.sink.answer = 1, lambda _message: Sent("ref")
    assert house.moves("2026-03-05T10:05:00+01:00") == ["email reminder: sent"] * FAILURES
