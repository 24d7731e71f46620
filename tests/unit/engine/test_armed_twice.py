"""Two workers that both mean to arm an action of one case: the index of armed rows lets only one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from engine_house import POLICY, House, ann, invoice

from dunning_engine.domain.events import DeliveryArmed, ReceiptRecorded
from dunning_engine.engine.dispatcher import CONFLICTS_MAX, Armament
from dunning_engine.ports.adapter import Sent
from dunning_engine.ports.store import OutboxRow, OutboxState

SEND_TIME = "2026-03-05T10:00:00+01:00"

TWO_AT_ONCE = POLICY.replace("contact_limits: [1 contact per day per debtor]\n", "").replace(
    "send: email reminder", "send: [email reminder, sms nudge]"
)


class Late:
    """A store whose claims find what was there before another worker's arming was committed; `None`: what is there."""

    def __init__(self, house: House, *found: OutboxRow | None) -> None:
        self.store, self.found = house.store, list(found)
        house.store = self  # type: ignore[assignment]
        house.reopen()
        house.store = self.store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[Any]:
        with self.store.transaction(connection, write=write) as tx:
            yield LateTransaction(tx, self.found)


class LateTransaction:
    def __init__(self, tx: Any, found: list[OutboxRow | None]) -> None:
        self._tx, self._found = tx, found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def claim(self, now: int, leases: int) -> OutboxRow | None:
        old = self._found.pop(0) if self._found else None
        return old or self._tx.claim(now, leases)


@pytest.fixture
def two(house: House) -> tuple[House, Armament, OutboxRow]:
    """Of two actions of a case one is armed by a worker; the other is as a second worker found it before."""
    house.follows(TWO_AT_ONCE)
    house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    second = house.engine.outbox()[1]
    armed = house.engine.arm_next()
    assert isinstance(armed, Armament)
    return house, armed, second


def armings(house: House, case_id: str = "ann/EUR") -> list[str]:
    events = [recorded.event for recorded in house.engine.history(case_id)]
    return [event.action_id for event in events if isinstance(event, DeliveryArmed)]


@pytest.mark.parametrize("times", [1, CONFLICTS_MAX])
def test_who_comes_second_arms_nothing(two: tuple[House, Armament, OutboxRow], times: int) -> None:
    """Nothing of its attempt stays, neither in the case nor in the outbox, and the action goes when it is its turn."""
    house, first, second = two
    Late(house, *[second] * times)
    assert house.engine.dispatch() == []
    assert house.engine.outbox()[1] == second
    assert armings(house) == [first.message.action_id]
    assert house.sink.got == []

    house.engine.receive(first.message, first.fence, Sent("ref"))
    assert [handover.fate.value for handover in house.engine.dispatch()] == ["sent"]
    assert armings(house) == [first.message.action_id, second.id]


def test_the_receipt_before_it_is_kept(two: tuple[House, Armament, OutboxRow]) -> None:
    """It shares the transaction of the arming that came second, and is written once, without it."""
    house, _first, second = two
    bob = house.opens(invoice("INV-2"), debtor=ann("bob"))
    house.engine.advance()
    Late(house, None, second)
    assert [handover.fate.value for handover in house.engine.dispatch()] == ["sent", "sent"]

    receipts = [r for r in house.engine.history(bob) if isinstance(r.event, ReceiptRecorded)]
    assert (len(receipts), len(armings(house, bob))) == (2, 2)
    assert [row.state for row in house.engine.outbox(case_id="ann/EUR")] == [OutboxState.ARMED, OutboxState.PENDING]
