"""What a debtor's workflow promises: nothing twice, the gate again before each hand-over, and an answer to everyone."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from temporal_house import CASE, House, Post, house
from temporal_stage import TestServer, server
from temporalio.service import RPCError

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Message, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.codec import encode_event

ALL = Money("240.00", "EUR")
_numbers = itertools.count(1)

Story = Callable[[House], Awaitable[None]]


@pytest.fixture(scope="module")
def stage() -> Iterator[TestServer]:
    with server() as running:
        yield running


@pytest.fixture
def play(stage: TestServer) -> Callable[..., None]:
    """Plays a story in a house of its own."""

    def play(story: Story, sink: Post | None = None, **begins: Any) -> None:
        async def told() -> None:
            async with house(stage.env, next(_numbers), sink, **begins) as home:
                await story(home)

        stage.run(told())

    return play


# Time -----------------------------------------------------------------------------------------------------------------


def test_it_wakes_by_itself_and_hands_each_action_over_once(play):
    async def story(home: House) -> None:
        await home.opens()
        await home.passes(40)

        assert home.sink.words == ["email reminder", "email warning", "letter last"]
        assert await home.activities() == [f"{message.action_id}.1" for message in home.sink.got]
        assert "waiting: hand off agency acme for the approval of manager" in await home.ask("explain", CASE)

    play(story)


def test_what_is_approved_goes_out_and_what_is_paid_closes(play):
    async def story(home: House) -> None:
        await home.opens()
        await home.passes(40)
        action = next(a for a, row in (await home.ask("image"))["events"].items() if a == CASE)
        asked = [row[4] for row in await home.ask("history", action) if row[2] == "ApprovalRequested"]
        given = {"case_id": CASE, "action_id": asked[0]["action"]["id"], "by": "mara", "role": "manager"}
        await home.debtors.tell("ann", "approve", given, settle=True)
        assert home.sink.words[-1] == "hand off agency acme"

        await home.debtors.tell("ann", "together", {"commands": []}, settle=True)
        assert await home.debtors.record("ann", CASE, PaymentReceived(ALL, source="bank", event_id="tx-1"))
        await home.passes(1)
        assert "closed as paid" in await home.ask("explain", CASE)
        assert home.sink.words[-1] == "recall agency acme"

    play(story)


def test_a_long_history_goes_on_in_a_new_run(play):
    """Cases, contacts, dedupe and keys come along; the runs together do what one run would."""

    async def story(home: House) -> None:
        await home.opens()
        payment = PaymentReceived(Money("1.00", "EUR"), source="bank", event_id="tx-1")
        assert await home.debtors.record("ann", CASE, payment)
        first = (await home.debtors.handle("ann").describe()).run_id
        await home.passes(40)

        assert (await home.debtors.handle("ann").describe()).run_id != first
        assert home.sink.words == ["email reminder", "email warning", "letter last"]
        assert not await home.debtors.record("ann", CASE, payment)
        image = await home.ask("image")
        assert [row[2] for row in image["events"][CASE]][:3] == ["CaseOpened", "ReceivableAdded", "PaymentReceived"]
        assert image["kept"][CASE][0] > 3

    play(story, events_max=25)


# Commands -------------------------------------------------------------------------------------------------------------


def test_an_outside_event_counts_once(play):
    async def story(home: House) -> None:
        await home.opens()
        payment = PaymentReceived(Money("40.00", "EUR"), source="bank", event_id="tx-1")

        assert [await home.debtors.record("ann", CASE, payment) for _ in range(2)] == [True, False]
        with pytest.raises(UsageError, match="recorded before with other content"):
            await home.debtors.record("ann", CASE, PaymentReceived(ALL, source="bank", event_id="tx-1"))
        assert (await home.events()).count("PaymentReceived") == 1

    play(story)


@pytest.mark.parametrize(
    ("word", "given", "error", "words"),
    [
        ("skip", {"case_id": "x", "step": "last", "by": "mara", "reason": "r"}, NotFound, "there is no case 'x'"),
        ("sing", {}, UsageError, "nobody knows the command 'sing'"),
        (
            "skip",
            {"case_id": CASE},
            UsageError,
            "skip cannot be followed without step, by, reason: it takes case_id, step, by, reason",
        ),
        ("record", {"case_id": CASE, "fact": ["Paid", 1, "{}"]}, UsageError, "cannot be read: UnreadableEvent"),
    ],
)
def test_who_asks_for_the_impossible_is_told(play, word, given, error, words):
    async def story(home: House) -> None:
        await home.opens()
        before = await home.events()
        with pytest.raises(error, match=words):
            await home.debtors.tell("ann", word, given)
        assert await home.events() == before

    play(story)


def test_commands_together_are_all_followed_or_none(play):
    async def story(home: House) -> None:
        await home.opens()
        fact = list(encode_event(PaymentReceived(ALL)))
        good = {"word": "record", "given": {"case_id": CASE, "fact": fact}}
        bad = {"word": "record", "given": {"case_id": "x", "fact": fact}}
        with pytest.raises(NotFound):
            await home.debtors.tell("ann", "together", {"commands": [good, bad]})
        assert "PaymentReceived" not in await home.events()

    play(story)


def test_a_signal_is_followed_without_an_answer_and_its_refusal_is_kept(play):
    async def story(home: House) -> None:
        await home.opens()
        await home.debtors.send("ann", "pause", {"case_id": CASE, "by": "mara", "reason": "she called"})
        await home.debtors.send("ann", "resume", {"debtor": "ann", "by": "mara", "reason": "an error"})
        await home.passes(40)

        assert home.sink.words == []
        ((word, why),) = await home.ask("refused")
        assert (word, "debtor ann is not paused" in why) == ("resume", True)

    play(story)


# Hand-over ------------------------------------------------------------------------------------------------------------


def test_what_did_not_leave_is_asked_about_again_and_taken_back_when_it_was_paid(play):
    async def story(home: House) -> None:
        await home.opens()
        await home.passes(4.5)
        assert (home.sink.words, await home.state("reminder")) == (["email reminder"], "retry")

        assert await home.debtors.record("ann", CASE, PaymentReceived(ALL))
        await home.passes(2)

        assert (home.sink.words, await home.state("reminder")) == (["email reminder"], "cancelled")

    play(story, Post(answer=lambda _message: Retry(86_400, "the server is down")))


@pytest.mark.parametrize("raises", [True, False])
def test_what_may_have_left_is_uncertain_and_not_sent_again(play, raises):
    def doubt(_message: Message) -> Outcome:
        if raises:
            raise RuntimeError("the line broke")
        return Uncertain("no answer after the last byte")

    async def story(home: House) -> None:
        await home.opens()
        await home.passes(8)

        assert (home.sink.words, await home.state("reminder")) == (["email reminder"], "uncertain")
        (receipt,) = [row[4] for row in await home.ask("history", CASE) if row[2] == "ReceiptRecorded"]
        assert receipt["kind"] == "uncertain"

    play(story, Post(answer=doubt))


def test_who_pays_while_a_message_is_on_its_way_is_answered_at_once(play):
    """The payment comes after the arming, and the history says so in this order."""
    begun, paid = threading.Event(), threading.Event()

    def slow(_message: Message) -> Outcome:
        begun.set()
        assert paid.wait(10)
        return Sent()

    async def story(home: House) -> None:
        await home.opens()
        passing = asyncio.ensure_future(home.passes(5))
        await asyncio.to_thread(begun.wait, 10)
        assert await home.debtors.record("ann", CASE, PaymentReceived(ALL))
        paid.set()
        with suppress(RPCError):
            await passing
        events = await home.events()
        assert events.index("DeliveryArmed") < events.index("PaymentReceived") < events.index("ReceiptRecorded")
        assert home.sink.words == ["email reminder"]

    play(story, Post(answer=slow))
