"""Adapters that raise, hang, crash or eat memory cost their own action and nothing else."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from courier_samples import ODD, Asking, Misbehaving, Unmovable

from dunning_engine.domain.parties import Channel
from dunning_engine.engine.couriers import Apart, Courier, Direct, Threads
from dunning_engine.ports.adapter import Bounced, Message, Outcome, Retry, Sent, Uncertain, Withheld
from dunning_engine.testing.adapters import sample_message

MESSAGE = sample_message(Channel.EMAIL)


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    courier = Apart(grace=0.2, memory=4 << 30)
    yield courier
    courier.close()


def deliver(courier: Courier, adapter: Misbehaving, seconds: float = 10.0, *, goes: bool = True) -> object:
    return courier.deliver(adapter, MESSAGE, seconds=seconds, may_go=lambda: goes, late=lambda _outcome: None)


@pytest.mark.parametrize("kind", ["direct", "threads", "apart"])
def test_every_courier_calls_asks_and_tells(kind: str, apart: Apart) -> None:
    """What an adapter says comes back; what it raises is doubt; what may not go is withheld."""
    courier: Courier = {"direct": Direct(), "threads": Threads(), "apart": apart}[kind]
    assert isinstance(deliver(courier, Misbehaving("sends")), Sent)
    assert deliver(courier, Misbehaving("raises")) == Uncertain("the adapter sample failed: ValueError: oops")
    assert isinstance(deliver(courier, Misbehaving("sends"), goes=False), Withheld)
    assert isinstance(deliver(courier, Asking("sends"), goes=False), Withheld)
    assert isinstance(deliver(courier, Asking("sends")), Sent)
    assert courier.lookup(Misbehaving("sends"), "a1", seconds=5) == Retry(0, "a1 is unknown here")
    assert isinstance(courier.lookup(Misbehaving("raises"), "a1", seconds=5), Uncertain)
    if kind != "apart":
        courier.close()


@pytest.mark.parametrize("kind", ["direct", "threads", "apart"])
def test_what_is_no_outcome_is_doubt(kind: str, apart: Apart) -> None:
    """An adapter that forgets to return, or returns what it got from its receiver, is named with what it returned."""
    courier: Courier = {"direct": Direct(), "threads": Threads(), "apart": apart}[kind]
    for adapter in (Misbehaving, Asking):
        for does in ODD:
            said = deliver(courier, adapter(does))
            if "NUL" in does:
                assert said in (Sent("ab"), Bounced("ab"))
            else:
                assert said == Uncertain(
                    f"the adapter sample returned {does}, which is no outcome: nobody knows whether it left"
                )
    assert isinstance(courier.lookup(Misbehaving("a dict"), "a1", seconds=5), Uncertain)
    if kind != "apart":
        courier.close()


def test_a_thread_that_hangs_is_left_behind() -> None:
    """Its action is uncertain on time; what it brings in the end is told as late."""
    go_on, told = threading.Event(), []

    @dataclass
    class Hangs(Misbehaving):
        does: str = ""

        def deliver(self, message: Message, *, seconds: float) -> Outcome:
            go_on.wait(20)
            return Sent("at last")

    courier = Threads(grace=0.1)
    start = time.monotonic()
    outcome = courier.deliver(Hangs(), MESSAGE, seconds=0.1, may_go=lambda: True, late=told.append)
    assert outcome == Uncertain("the adapter sample did not come back within 0.2 seconds")
    assert time.monotonic() - start < 2
    assert courier.stuck == 1

    assert isinstance(deliver(courier, Misbehaving("sends")), Sent)
    go_on.set()
    for _ in range(200):
        if told:
            break
        time.sleep(0.01)
    assert (told, courier.stuck) == ([Sent("at last")], 0)
    courier.close()


def test_a_thread_that_was_left_behind_may_not_go() -> None:
    """It comes to its last question when nobody waits for it any more."""
    go_on, answers = threading.Event(), []

    @dataclass
    class Late(Misbehaving):
        does: str = ""
        seen: list[bool] = field(default_factory=list)

        def deliver_asking(self, message: Message, *, seconds: float, may_go) -> Outcome | Withheld:
            go_on.wait(20)
            answers.append(may_go())
            return Withheld()

    courier = Threads(grace=0.1)
    deliver(courier, Late(), seconds=0.1)
    go_on.set()
    for _ in range(200):
        if answers:
            break
        time.sleep(0.01)
    assert answers == [False]
    courier.close()


class _Killed(BaseException):
    """The process is to end."""


def test_what_ends_a_process_is_not_swallowed() -> None:
    """It comes out in the thread that called."""

    @dataclass
    class Ends(Misbehaving):
        does: str = ""

        def deliver(self, message: Message, *, seconds: float) -> Outcome:
            raise _Killed

    courier = Threads()
    with pytest.raises(_Killed):
        deliver(courier, Ends())
    courier.close()


def test_a_process_that_crashes_is_started_anew(apart: Apart) -> None:
    """The action is uncertain, the engine lives, and the next action goes out."""
    outcome = deliver(apart, Misbehaving("aborts"))
    assert isinstance(outcome, Uncertain)
    assert "took its process down (exit code -6)" in outcome.note
    sent = deliver(apart, Misbehaving("sends"))
    assert isinstance(sent, Sent)
    assert sent.reference != str(os.getpid())


def test_a_process_that_hangs_is_killed(apart: Apart) -> None:
    """On time."""
    deliver(apart, Misbehaving("sends"))
    start = time.monotonic()
    assert isinstance(deliver(apart, Misbehaving("hangs"), seconds=0.2), Uncertain)
    assert time.monotonic() - start < 3
    assert isinstance(deliver(apart, Misbehaving("sends")), Sent)


def test_a_process_may_not_eat_all_memory(apart: Apart) -> None:
    """What it cannot have is its own trouble."""
    outcome = deliver(apart, Misbehaving("eats memory"))
    assert isinstance(outcome, Uncertain)
    assert "MemoryError" in outcome.note


def test_what_cannot_travel_is_told(apart: Apart) -> None:
    """Nothing has left: the host has to mend it."""
    outcome = deliver(apart, Unmovable("sends"))
    assert isinstance(outcome, Retry)
    assert "cannot work in another process" in outcome.note
