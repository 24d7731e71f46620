"""Hand-overs inside the engine's own database: there exactly once with their receipt, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from engine_house import House, Sink, ann, invoice
from sqlalchemy import text

from dunning_engine.adapters.inside import Inside
from dunning_engine.domain.events import DeliveryArmed, PaymentReceived, ReceiptRecorded
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.dispatcher import ATTEMPTS_MAX, Fate
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Bounced, Message, Outcome, Retry
from dunning_engine.ports.checkpoints import Point
from dunning_engine.stores.memory import MemoryStore

SEND_TIME = "2026-03-05T10:00:00+01:00"


class Queue:
    """A table of letters that the host keeps beside ours."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.adapter = Inside("queue", [Channel.EMAIL], self.write)
        self.others = Sink(handles=frozenset({Channel.SMS, "agency"}))
        self.poison: set[str] = set()
        self.outcome: Outcome | None = None
        self.connections: list[int] = []
        if isinstance(house.store, MemoryStore):
            pytest.skip("a memory store has no database to write into")
        with house.engine.transaction() as connection:
            connection.execute(text("DROP TABLE IF EXISTS letters"))
            connection.execute(text("CREATE TABLE letters (key TEXT, debtor TEXT)"))

    def opened(self, **settings: Any) -> None:
        self.house.reopen(adapters=[self.adapter, self.others], **settings)

    def write(self, message: Message, connection: Any) -> Outcome | None:
        self.connections.append(id(connection))
        connection.execute(
            text("INSERT INTO letters VALUES (:key, :debtor)"), {"key": message.key, "debtor": message.debtor.id}
        )
        if message.debtor.id in self.poison:
            raise ValueError("this debtor cannot be written to")
        return self.outcome

    def letters(self) -> list[str]:
        with self.house.engine.transaction() as connection:
            return sorted(connection.execute(text("SELECT debtor FROM letters")).scalars())


@pytest.fixture
def queue(house: House) -> Any:
    queue = Queue(house)
    queue.opened()
    yield queue
    with house.engine.transaction() as connection:
        connection.execute(text("DROP TABLE letters"))


def _owing(house: House, *debtors: str) -> None:
    for name in debtors:
        house.opens(invoice(f"INV-{name}"), debtor=ann(name))
    house.clock.move_to(SEND_TIME)
    house.engine.advance()


def test_what_is_written_commits_with_its_receipt(house: House, queue: Queue) -> None:
    _owing(house, "ann")

    (handover,) = house.engine.dispatch()

    assert (handover.fate, queue.letters()) == (Fate.SENT, ["ann"])
    events = [type(recorded.event) for recorded in house.engine.history("ann/EUR")]
    assert events[-2:] == [DeliveryArmed, ReceiptRecorded]
    assert house.engine.dispatch() == []


def test_many_share_a_transaction(house: House, queue: Queue) -> None:
    _owing(house, *(f"d{number}" for number in range(9)))

    assert len(house.engine.dispatch()) == 9
    assert len(set(queue.connections)) == 1
    assert len(queue.letters()) == 9


def test_a_limit_counts_them_one_by_one(house: House, queue: Queue) -> None:
    _owing(house, "ann", "bob", "cid")

    assert len(house.engine.dispatch(limit=2)) == 2
    assert len(queue.letters()) == 2


def test_one_that_cannot_be_written_takes_back_its_own_and_stops_nobody(house: House, queue: Queue) -> None:
    _owing(house, "ann", "bob", "cid")
    queue.poison = {"bob"}

    fates = {handover.action.case_id: handover.fate for handover in house.engine.dispatch()}

    assert fates == {"ann/EUR": Fate.SENT, "bob/EUR": Fate.RETRY, "cid/EUR": Fate.SENT}
    assert queue.letters() == ["ann", "cid"]

    queue.poison = set()
    house.clock.move_to("2026-03-05T12:00:00+01:00")
    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT]
    assert queue.letters() == ["ann", "bob", "cid"]


def test_one_that_can_never_be_written_is_given_up(house: House, queue: Queue) -> None:
    _owing(house, "bob")
    queue.poison = {"bob"}
    fates = []
    for day in range(5, 5 + ATTEMPTS_MAX):
        house.clock.move_to(f"2026-03-{day:02}T18:00:00+01:00")
        fates += [handover.fate for handover in house.engine.dispatch()]

    assert fates == [Fate.RETRY] * (ATTEMPTS_MAX - 1) + [Fate.DEAD]
    assert queue.letters() == []


def test_a_payment_before_it_counts(house: House, queue: Queue) -> None:
    _owing(house, "ann", "bob")
    house.engine.record("bob/EUR", PaymentReceived(Money("240.00", "EUR")))

    fates = {handover.action.case_id: handover.fate for handover in house.engine.dispatch()}

    assert fates == {"ann/EUR": Fate.SENT, "bob/EUR": Fate.CANCELLED}
    assert queue.letters() == ["ann"]


class Crash(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("point", [Point.CLAIMED, Point.ARM_WRITTEN, Point.RECEIPT_WRITTEN])
def test_a_process_that_dies_anywhere_leaves_nothing_or_all_of_it(house: House, queue: Queue, point: Point) -> None:
    _owing(house, "ann", "bob")
    passed: list[Point] = []

    def dies(here: Point) -> None:
        passed.append(here)
        if here is point and passed.count(here) == 2:
            raise Crash

    queue.opened(checkpoint=dies)
    with pytest.raises(Crash):
        house.engine.dispatch()
    assert queue.letters() == []

    queue.opened()
    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT, Fate.SENT]
    assert queue.letters() == ["ann", "bob"]


@pytest.mark.parametrize(
    ("outcome", "fate"),
    [(Bounced("no such mailbox"), Fate.BOUNCED), (Retry(60, "not now"), Fate.RETRY), ("sent", Fate.UNCERTAIN)],
    ids=["bounced", "retry", "no outcome at all"],
)
def test_it_may_say_what_became_of_it(house: House, queue: Queue, outcome: Any, fate: Fate) -> None:
    queue.outcome = outcome
    _owing(house, "ann")

    assert [handover.fate for handover in house.engine.dispatch()] == [fate]


def test_hosts_that_arm_and_receive_elsewhere_find_it_done(house: House, queue: Queue) -> None:
    _owing(house, "ann", "bob")

    first = house.engine.arm_next()

    assert getattr(first, "fate", None) is Fate.SENT
    assert len(queue.letters()) == 1, "one at a time"


def test_others_go_their_own_way(house: House, queue: Queue) -> None:
    """The way out over the network is armed alone, whatever is written inside before and after it."""
    _owing(house, "ann", "bob")
    house.engine.dispatch()
    later = "2026-03-15T10:00:00+01:00"
    house.opens(invoice("INV-cid", due="2026-03-12"), debtor=ann("cid"))
    house.clock.move_to(later)
    house.engine.advance()

    words = sorted(f"{one.action.spec.words}: {one.fate.value}" for one in house.engine.dispatch())

    assert words == ["email reminder: sent", "sms warning: sent", "sms warning: sent"]
    assert queue.letters() == ["ann", "bob", "cid"]
    assert len(queue.others.got) == 2


def test_handed_to_it_from_outside_it_says_what_to_call(house: House, queue: Queue) -> None:
    said = queue.adapter.deliver(None, seconds=1)  # type: ignore[arg-type]  # it does not look at the message

    assert isinstance(said, Retry)
    assert "use `dispatch`" in said.note
    assert repr(queue.adapter) == "<Inside queue>"
