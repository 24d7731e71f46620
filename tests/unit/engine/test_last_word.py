"""Between arming and the first byte that cannot be taken back time may pass: then the gate is asked once more."""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine_house import POLICY, House, Sink

from dunning_engine.adapters.files import Files
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import ActionCancelled, DeliveryArmed, Fact, HoldPlaced, OptedOut, PaymentReceived
from dunning_engine.domain.outgoing import DeliveryCrossed
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.dispatcher import LEASE_SECONDS
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Message, Outcome, Sent, Uncertain, Withheld
from dunning_engine.ports.checkpoints import Point

SEND_TIME = "2026-03-05T10:00:00+01:00"


@dataclass
class Slow(Sink):
    """An adapter that needs a while before it comes to the point of no return."""

    before: Callable[[], None] = lambda: None

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        self.before()
        return self.deliver(message, seconds=seconds) if may_go() else Withheld()


class Watch:
    """A clock for durations."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch(house: House) -> Watch:
    watch = Watch()
    house.sink = Slow()
    house.reopen(monotonic=watch)
    return watch


def armed(house: House, case_id: str) -> int:
    return sum(isinstance(recorded.event, DeliveryArmed) for recorded in house.engine.history(case_id))


def test_what_was_armed_just_now_goes(house: House, watch: Watch) -> None:
    """Nothing is asked within two seconds."""
    case_id = house.opens()

    def before() -> None:
        watch.seconds += 2.0

    house.sink.before = before
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    assert armed(house, case_id) == 1


def test_what_was_armed_long_ago_is_armed_anew(house: House, watch: Watch) -> None:
    """Nothing has changed: it goes, and the history tells both armings of one attempt."""
    case_id = house.opens()

    def before() -> None:
        watch.seconds += 2.1

    house.sink.before = before
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    assert armed(house, case_id) == 2
    assert len(house.engine.case(case_id).contacts) == 1


@pytest.mark.parametrize(
    "fact",
    [PaymentReceived(Money("240.00", "EUR")), HoldPlaced(HoldReason.DISPUTE, "INV-1"), HoldPlaced(HoldReason.MANUAL)],
    ids=["paid", "disputed", "held"],
)
def test_what_happened_meanwhile_holds_it_back(house: House, watch: Watch, fact: Fact) -> None:
    """It is taken back at the last moment, with its reason."""
    case_id = house.opens()

    def before() -> None:
        watch.seconds += 10
        house.engine.record(case_id, fact)

    house.sink.before = before
    assert house.moves(SEND_TIME) == ["email reminder: cancelled"]
    assert house.sink.got == []
    assert house.states() == {"reminder": "cancelled"}
    assert any(isinstance(recorded.event, ActionCancelled) for recorded in house.engine.history(case_id))


def test_words_that_are_no_longer_so_are_written_anew(house: House, watch: Watch) -> None:
    """A part payment: the first text does not leave, another one does."""
    case_id = house.opens()

    def before() -> None:
        if watch.seconds == 0:
            watch.seconds += 10
            house.engine.record(case_id, PaymentReceived(Money("40.00", "EUR")))

    house.sink.before = before
    assert house.moves(SEND_TIME) == ["email reminder: postponed", "email reminder: sent"]
    assert [message.action.amount for message in house.sink.got] == [20_000]


def test_an_opt_out_at_the_last_moment_is_evidence(house: House, watch: Watch) -> None:
    """The law says no: blocked, with the rules that spoke."""
    case_id = house.opens()

    def before() -> None:
        watch.seconds += 10
        house.engine.record(case_id, OptedOut(Channel.EMAIL))

    house.sink.before = before
    assert house.moves(SEND_TIME)[0] == "email reminder: blocked"
    assert house.sink.got == []


def test_who_was_stopped_before_the_call_asks_again(house: House, watch: Watch) -> None:
    """An adapter that does not ask itself is not called with an old arming."""
    house.sink = Sink()
    case_id = house.opens()

    def sleeps(point: Point) -> None:
        if point is Point.ARMED:
            watch.seconds += 60
            house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))

    house.reopen(monotonic=watch, checkpoint=sleeps)
    assert house.moves(SEND_TIME) == ["email reminder: cancelled"]
    assert house.sink.got == []


def test_who_lost_the_lease_does_not_send(house: House, watch: Watch) -> None:
    """Somebody else said meanwhile that it is uncertain."""
    house.opens()

    def before() -> None:
        watch.seconds += LEASE_SECONDS
        house.clock.move_to(house.clock.now() + LEASE_SECONDS)
        house.engine.dispatch()

    house.sink.before = before
    assert house.moves(SEND_TIME) == ["email reminder: uncertain"]
    assert house.sink.got == []


def test_a_second_attempt_that_is_held_back_leaves_the_doubt(house: House, watch: Watch) -> None:
    """What may have left once is not said to have been taken back."""
    house.follows(POLICY.replace("    send: email reminder\n", "    send: email reminder\n    on_uncertain: resend\n"))
    house.reopen(monotonic=watch)
    case_id = house.opens()
    house.sink.answer = lambda _message: Uncertain("lost")
    house.moves(SEND_TIME)

    def before() -> None:
        watch.seconds += 10
        house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))

    house.sink.before = before
    assert house.moves("2026-03-06T10:00:00+01:00") == ["email reminder: uncertain"]
    assert (house.states(), len(house.sink.got)) == ({"reminder": "uncertain"}, 1)


# What crosses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (PaymentReceived(Money("240.00", "EUR")), "paid"),
        (PaymentReceived(Money("40.00", "EUR")), "the amount that it asks for has changed"),
        (HoldPlaced(HoldReason.DISPUTE, "INV-1"), "disputed"),
    ],
    ids=["paid", "part paid", "disputed"],
)
def test_what_came_too_late_is_said_to_have_crossed(house: House, fact: Fact, why: str) -> None:
    """The fact is taken, the action is on its way: the case knows, with the reason."""
    case_id = house.opens()

    def during(_message: Message) -> Sent:
        house.engine.record(case_id, fact)
        return Sent()

    house.sink.answer = during
    house.moves(SEND_TIME)
    (delivery,) = house.engine.case(case_id).deliveries.values()
    assert delivery.crossed == (why,)
    assert [r.event.why for r in house.engine.history(case_id) if isinstance(r.event, DeliveryCrossed)] == [why]


def test_a_fact_that_changes_nothing_does_not_cross(house: House) -> None:
    """News of another channel are no news of the e-mail that is on its way."""
    case_id = house.opens()

    def during(_message: Message) -> Sent:
        house.engine.record(case_id, OptedOut(Channel.CALL))
        return Sent()

    house.sink.answer = during
    house.moves(SEND_TIME)
    assert [d.crossed for d in house.engine.case(case_id).deliveries.values()] == [()]


def test_who_waited_for_a_folder_asks_again(house: House, tmp_path: Path) -> None:
    """Another process writes to it; when it is done the debtor has paid, and no letter is written."""
    (tmp_path / "out").mkdir()
    lock = (tmp_path / "out" / ".lock").open("ab")
    fcntl.flock(lock, fcntl.LOCK_EX)
    files = Files(tmp_path / "out")
    house.reopen(adapters=[files], allow_missing=["agency"], monotonic=lambda: time.monotonic() * 20)
    case_id = house.opens()

    def pays() -> None:
        house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))
        lock.close()

    later = threading.Timer(0.3, pays)
    later.start()
    try:
        assert house.moves(SEND_TIME) == ["email reminder: cancelled"]
    finally:
        later.join()
    assert [path.name for path in files.folder.iterdir()] == [".lock"]
