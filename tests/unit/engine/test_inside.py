"""Hand-overs inside the engine's own database: there exactly once with their receipt, or not at all."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_house import House, PlainWords, Sink, ann, invoice
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dunning_engine.adapters.inside import Inside
from dunning_engine.domain.events import DeliveryArmed, PaymentReceived, ReceiptRecorded
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.dispatcher import ATTEMPTS_MAX, Fate
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.kernel.errors import Conflict, ForeignError, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Bounced, Message, Outcome, Retry, Uncertain
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
        self.then: Callable[[Any], object] = lambda _connection: None
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
        self.then(connection)
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


def test_a_commit_that_was_lost_and_kept_is_told_as_what_it_was(house: House, queue: Queue) -> None:
    store = house.store

    class Lossy:
        lost = True

        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        @contextlib.contextmanager
        def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[Any]:
            with store.transaction(connection, write=write) as tx:
                yield tx
            if write and Lossy.lost:
                Lossy.lost = False
                raise ForeignError("the connection is lost")

    _owing(house, "ann", "bob", "cid")
    Lossy.lost = False
    house.store = Lossy()  # type: ignore[assignment]
    queue.opened()
    house.store, Lossy.lost = store, True

    assert [handover.fate for handover in house.engine.dispatch(limit=2)] == [Fate.SENT, Fate.SENT]
    assert len(queue.letters()) == 2, "the limit counts them"
    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT]
    assert queue.letters() == ["ann", "bob", "cid"]


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
    [
        (Bounced("no such mailbox"), Fate.BOUNCED),
        (Retry(60, "not now"), Fate.RETRY),
        (Uncertain("who knows"), Fate.RETRY),
        ("sent", Fate.RETRY),
        (True, Fate.RETRY),
    ],
    ids=["bounced", "retry", "doubt", "a text", "a flag"],
)
def test_what_it_wrote_stays_only_where_it_says_that_it_was_taken(
    house: House, queue: Queue, outcome: Any, fate: Fate
) -> None:
    queue.outcome = outcome
    _owing(house, "ann")

    assert [handover.fate for handover in house.engine.dispatch()] == [fate]
    assert queue.letters() == (["ann"] if fate is Fate.BOUNCED else [])


@pytest.mark.parametrize("error", [ForeignError("away"), Conflict("changed"), ValueError("no")], ids=repr)
def test_whatever_it_raises_the_others_go(house: House, queue: Queue, error: Exception) -> None:
    def fails(connection: Any) -> None:
        if connection.execute(text("SELECT count(*) FROM letters WHERE debtor = 'bob'")).scalar_one():
            raise error

    queue.then = fails
    _owing(house, "ann", "bob", "cid")

    fates = {handover.action.case_id: handover.fate for handover in house.engine.dispatch()}

    assert fates == {"ann/EUR": Fate.SENT, "bob/EUR": Fate.RETRY, "cid/EUR": Fate.SENT}
    assert queue.letters() == ["ann", "cid"]
    (row,) = [row for row in house.engine.outbox() if row.action.case_id == "bob/EUR"]
    assert (row.attempts, type(error).__name__ in row.note) == (1, True)


def test_an_error_of_the_database_that_it_caught_takes_back_its_own(house: House, queue: Queue) -> None:
    def swallows(connection: Any) -> None:
        with contextlib.suppress(DBAPIError):
            connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    queue.then = swallows
    _owing(house, "ann")

    (handover,) = house.engine.dispatch()

    aborted = house.store.engine.dialect.name == "postgresql"  # type: ignore[attr-defined]  # a SQL store
    assert handover.fate is (Fate.RETRY if aborted else Fate.SENT)
    assert queue.letters() == ([] if aborted else ["ann"])


@pytest.mark.parametrize("ends", ["commit", "rollback", "close"])
def test_who_ends_the_transaction_keeps_nothing_and_is_told(house: House, queue: Queue, ends: str) -> None:
    _owing(house, "ann", "bob")
    queue.then = lambda connection: getattr(connection, ends)()

    fates = [handover.fate for handover in house.engine.dispatch()]

    assert set(fates) == {Fate.RETRY}
    assert queue.letters() == []
    assert all("must not commit" in row.note for row in house.engine.outbox())
    events = [type(recorded.event) for recorded in house.engine.history("ann/EUR")]
    assert ReceiptRecorded not in events

    queue.then = lambda _connection: None
    house.clock.move_to("2026-03-05T12:00:00+01:00")
    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT, Fate.SENT]


def test_a_part_that_it_takes_back_itself_is_its_own_affair(house: House, queue: Queue) -> None:
    queue.then = lambda connection: connection.begin_nested().rollback()
    _owing(house, "ann")

    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT]
    assert queue.letters() == ["ann"]


def test_an_older_database_is_told_of_what_went(
    house: House, queue: Queue, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The host has emptied its queue meanwhile: nothing goes once more without somebody's word."""
    if house.store.engine.dialect.name != "sqlite":  # type: ignore[attr-defined]  # a SQL store
        pytest.skip("a file is copied")
    file = Path(house.store.engine.url.database)  # type: ignore[attr-defined]
    queue.opened(journal=tmp_path / "sends")
    _owing(house, "ann")
    before = tmp_path / "before.db"
    with contextlib.closing(sqlite3.connect(file)) as source, contextlib.closing(sqlite3.connect(before)) as copy:
        source.backup(copy)
    assert [handover.fate for handover in house.engine.dispatch()] == [Fate.SENT]

    with DunningEngine.open(
        f"sqlite:///{before}",
        journal=tmp_path / "sends",
        policies=house.policies,
        adapters=[queue.adapter, queue.others],
        clock=house.clock,
        renderer=PlainWords(),
    ) as restored:
        assert restored.dispatch() == []
    assert "older than its send journal" in caplog.text


def test_a_store_without_a_database_is_refused() -> None:
    house = House(MemoryStore())
    adapter = Inside("queue", [Channel.EMAIL], lambda _message, _connection: None)
    with pytest.raises(UsageError, match="queue writes inside the engine's database, and <MemoryStore"):
        house.reopen(adapters=[adapter, house.sink])


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
