"""A process that dies at any named point leaves a store from which the next one goes on."""

from __future__ import annotations

import pytest
from engine_house import House

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.engine.dispatcher import LEASE_SECONDS
from dunning_engine.kernel.money import Money
from dunning_engine.ports.checkpoints import Point

SEND_TIME = "2026-03-05T10:00:00+01:00"

NOT_PASSED = {Point.LOOKED_UP}
"""Points that only some adapters reach."""


class Killed(BaseException):
    """The process dies here."""


def works(house: House, case_id: str) -> None:
    """A fact, a decision, a hand-over."""
    house.engine.record(case_id, PaymentReceived(Money("1.00", "EUR")), source="bank", event_id="tx-1")
    house.moves(SEND_TIME)


def test_every_point_is_passed_in_its_order(house: House) -> None:
    """Whoever lists the points knows all of them."""
    case_id = house.opens()
    passed: list[Point] = []
    house.reopen(checkpoint=passed.append)
    works(house, case_id)

    assert list(dict.fromkeys(passed)) == [point for point in Point if point not in NOT_PASSED]


@pytest.mark.parametrize("point", [point for point in Point if point not in NOT_PASSED], ids=lambda point: point.value)
def test_a_death_at_any_point_loses_and_repeats_nothing(house: House, point: Point) -> None:
    """What was not committed is done again; what may have left is said to be uncertain."""
    case_id = house.opens()

    def dies(passed: Point) -> None:
        if passed is point:
            raise Killed

    house.reopen(checkpoint=dies)
    with pytest.raises(Killed):
        works(house, case_id)
    house.reopen()
    works(house, case_id)
    house.clock.move_to(house.clock.now() + LEASE_SECONDS)
    house.engine.dispatch()

    (row,) = house.engine.outbox()
    unknown = point in {Point.ARMED, Point.HANDED_OVER, Point.RECEIPT_WRITTEN}
    assert row.state.value == ("uncertain" if unknown else "sent")
    assert len(house.sink.got) == (0 if point is Point.ARMED else 1)
    paid = [r for r in house.engine.history(case_id) if isinstance(r.event, PaymentReceived)]
    assert len(paid) == 1
