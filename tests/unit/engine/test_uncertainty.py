"""Nobody knows whether it left: what follows is up to its receiver, its step, or a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from engine_house import House, Sink, ann, invoice

from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import DeliveryArmed, PaymentReceived, ReceiptKind, ReceiptRecorded
from dunning_engine.domain.outgoing import DeliveryGivenUp, DeliveryRequeued, NotLeft
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.dispatcher import ATTEMPTS_MAX
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Bounced, Capability, Message, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.store import OutboxState

SEND_TIME = "2026-03-05T10:00:00+01:00"


def silent(_message: Message) -> Outcome:
    return Uncertain("the connection was lost")


@dataclass
class Forgetful(Sink):
    """A receiver that recognises an action for an hour and a half."""

    capability: Capability = Capability.DEDUPE
    key_ttl: int = 5_400


@dataclass
class Desk(Sink):
    """A receiver that can be asked."""

    capability: Capability = Capability.LOOKUP
    asked: list[str] = field(default_factory=list)
    knows: Callable[[str], Outcome] = lambda _action_id: Uncertain("ask later")

    def lookup(self, key: str, *, seconds: float) -> Outcome:
        assert seconds > 0
        self.asked.append(key)
        return self.knows(key)


def with_sink(house: House, sink: Sink) -> str:
    """A case whose reminder was handed over to an adapter that does not know what became of it."""
    house.sink = sink
    sink.answer = silent
    house.reopen()
    case_id = house.opens()
    assert house.moves(SEND_TIME) == ["email reminder: uncertain"]
    return case_id


def test_who_recognises_an_action_gets_it_again(house: House) -> None:
    """The same bytes under the same key, a minute later; to the debtor's limits it is one contact."""
    case_id = with_sink(house, Sink(capability=Capability.DEDUPE))
    assert house.engine.case(case_id).deliveries[house.sink.got[0].action_id].state is DeliveryState.UNCERTAIN
    house.sink.answer = lambda _message: Sent("ref")
    assert house.moves("2026-03-05T10:00:59+01:00") == []
    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: sent"]

    first, second = house.sink.got
    assert first == second
    history = [recorded.event for recorded in house.engine.history(case_id)]
    assert [e.known for e in history if isinstance(e, DeliveryArmed)] == [False, True]
    assert [e.kind for e in history if isinstance(e, ReceiptRecorded)] == [ReceiptKind.UNCERTAIN, ReceiptKind.SENT]
    with house.store.transaction() as tx:
        assert len(tx.contacts(["ann"])["ann"]) == 1


def test_it_is_not_tried_for_ever(house: House) -> None:
    """After eight attempts a person has to look; it is uncertain, not given up: it may have left."""
    with_sink(house, Sink(capability=Capability.DEDUPE))
    for hour in range(11, 23):
        house.moves(f"2026-03-05T{hour}:00:00+01:00")

    assert len(house.sink.got) == ATTEMPTS_MAX
    (row,) = house.engine.outbox()
    assert (row.state, row.next_at) == (OutboxState.UNCERTAIN, None)


def test_a_key_that_may_be_forgotten_is_not_used_again(house: House) -> None:
    """After its lifetime a second hand-over could reach the debtor twice."""
    with_sink(house, Forgetful())
    house.moves("2026-03-05T10:01:00+01:00")
    house.moves("2026-03-05T11:30:00+01:00")

    assert len(house.sink.got) == 2
    (row,) = house.engine.outbox()
    assert (row.state, row.next_at, row.note) == (
        OutboxState.UNCERTAIN,
        None,
        "not sent once more: sink may have forgotten it",
    )


def test_nothing_goes_again_after_a_payment(house: House) -> None:
    """It stays uncertain: what was paid since then keeps the second hand-over back."""
    case_id = with_sink(house, Sink(capability=Capability.DEDUPE))
    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))

    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: uncertain"]
    assert len(house.sink.got) == 1
    assert house.engine.outbox()[0].note == "not sent once more: paid"


def test_other_words_do_not_go_under_the_same_key(house: House) -> None:
    """A part payment changes what would be said; the receiver may have the first words already."""
    case_id = with_sink(house, Sink(capability=Capability.DEDUPE))
    house.engine.record(case_id, PaymentReceived(Money("40.00", "EUR")))
    house.moves("2026-03-05T10:01:00+01:00")

    assert len(house.sink.got) == 1
    assert house.states() == {"reminder": "uncertain"}


def test_a_refusal_after_doubt_leaves_the_doubt(house: House) -> None:
    """The second hand-over certainly did not leave; of the first nobody knows, and it is tried again."""
    case_id = with_sink(house, Sink(capability=Capability.DEDUPE))
    house.sink.answer = lambda _message: Retry(600, "busy")
    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: uncertain"]
    (row,) = house.engine.outbox()
    assert (row.state, row.next_at) == (OutboxState.UNCERTAIN, instant(SEND_TIME) + 660)
    assert house.engine.case(case_id).deliveries[row.id].state is DeliveryState.UNCERTAIN


@pytest.mark.parametrize(
    ("answer", "fate", "state"),
    [
        (Sent("theirs-7"), "sent", OutboxState.SENT),
        (Bounced("no such box"), "bounced", OutboxState.BOUNCED),
        (Retry(0, "unknown here"), "retry", OutboxState.RETRY),
    ],
)
def test_who_can_be_asked_is_asked_first(house: House, answer: Outcome, fate: str, state: OutboxState) -> None:
    """Nothing is handed over again before the receiver has said that it has nothing."""
    desk = Desk()
    case_id = with_sink(house, desk)
    desk.knows = lambda _action_id: answer
    house.clock.move_to("2026-03-05T10:01:00+01:00")
    (handover,) = house.engine.dispatch(limit=1)

    assert (handover.fate.value, desk.asked) == (fate, [handover.action.id])
    assert house.engine.outbox(case_id=case_id)[0].state is state
    assert len(desk.got) == 1


def test_what_a_receiver_does_not_have_goes_again(house: House) -> None:
    """As the same contact: its word stands in the history."""
    desk = Desk()
    case_id = with_sink(house, desk)
    desk.knows = lambda _action_id: Retry(0, "unknown here")
    desk.answer = lambda _message: Sent()
    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: retry", "email reminder: sent"]

    events = [recorded.event for recorded in house.engine.history(case_id)]
    assert [(e.by, e.note) for e in events if isinstance(e, NotLeft)] == [("sink", "unknown here")]
    assert len(house.engine.case(case_id).contacts) == 1


def test_a_receiver_that_cannot_tell_is_asked_again_for_a_day(house: House) -> None:
    """Later each time; then a person has to."""

    def breaks(_action_id: str) -> Outcome:
        raise ValueError("oops")

    desk = Desk(knows=breaks)
    with_sink(house, desk)
    for hours in (0, 1, 2, 5, 10, 23, 30, 60):
        house.clock.move_to(instant(SEND_TIME) + 60 + hours * 3_600)
        house.engine.dispatch()

    (row,) = house.engine.outbox()
    assert (row.state, row.next_at, len(desk.got)) == (OutboxState.UNCERTAIN, None, 1)
    assert 3 < len(desk.asked) < 8
    assert row.note == "the adapter sink failed: ValueError: oops"


def test_an_answer_that_a_receipt_overtook_changes_nothing(house: House) -> None:
    """Somebody told the engine while it asked."""
    desk = Desk()
    case_id = with_sink(house, desk)

    def knows(action_id: str) -> Outcome:
        house.engine.record(case_id, ReceiptRecorded(action_id, ReceiptKind.DELIVERED))
        return Retry(0, "unknown here")

    desk.knows = knows
    house.clock.move_to("2026-03-05T10:01:00+01:00")
    house.engine.dispatch()
    assert house.states() == {"reminder": "sent"}


# A person's word ------------------------------------------------------------------------------------------------------


def test_a_person_says_that_it_left(house: House) -> None:
    """The ladder goes on from there."""
    case_id = with_sink(house, Sink())
    (row,) = house.engine.outbox()
    house.engine.resolve(row.id, left=True, by="Ida Moor", note="the provider's log shows it")

    assert house.states() == {"reminder": "sent"}
    last = [r.event for r in house.engine.history(case_id) if isinstance(r.event, ReceiptRecorded)][-1]
    assert last.note == "Ida Moor says that it left: the provider's log shows it"
    house.sink.answer = lambda _message: Sent()
    assert house.moves("2026-03-16T10:00:00+01:00") == ["sms warning: sent"]


def test_a_person_says_that_it_did_not_leave(house: House) -> None:
    """It goes out, asked about again, as the same contact."""
    case_id = with_sink(house, Sink())
    (row,) = house.engine.outbox()
    house.engine.resolve(row.id, left=False, by="Ida Moor")
    assert house.states() == {"reminder": "retry"}
    house.sink.answer = lambda _message: Sent()

    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: sent"]
    assert [r.event.by for r in house.engine.history(case_id) if isinstance(r.event, NotLeft)] == ["Ida Moor"]
    assert len(house.engine.case(case_id).contacts) == 1


def test_what_did_not_leave_is_taken_back_like_any_other(house: House) -> None:
    """Paid meanwhile."""
    case_id = with_sink(house, Sink())
    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))
    house.engine.resolve(house.engine.outbox()[0].id, left=False, by="Ida Moor")

    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: cancelled"]


def test_only_the_uncertain_can_be_resolved(house: House) -> None:
    """And whoever says it says who they are."""
    house.opens()
    house.moves(SEND_TIME)
    (row,) = house.engine.outbox()
    with pytest.raises(UsageError, match="is sent: only of an uncertain one"):
        house.engine.resolve(row.id, left=True, by="Ida Moor")
    with pytest.raises(UsageError, match="says who they are"):
        house.engine.resolve(row.id, left=True, by=" ")
    with pytest.raises(NotFound):
        house.engine.resolve("nothing", left=True, by="Ida Moor")


def test_giving_up_and_trying_again_stand_in_the_history(house: House) -> None:
    """With the attempts, the reason, and who had it tried again."""
    case_id = house.opens()
    house.sink.answer = lambda _message: Retry(0, "server busy")
    house.moves(SEND_TIME)
    for hour in range(11, 23):
        house.moves(f"2026-03-05T{hour}:00:00+01:00")
    house.engine.requeue(house.engine.outbox()[0].id, by="Ida Moor", note="server mended")

    events = [recorded.event for recorded in house.engine.history(case_id)]
    (given_up,) = [e for e in events if isinstance(e, DeliveryGivenUp)]
    (again,) = [e for e in events if isinstance(e, DeliveryRequeued)]
    assert (given_up.attempts, given_up.note) == (8, "server busy")
    assert (again.by, again.note) == ("Ida Moor", "server mended")


def test_who_cannot_be_asked_does_not_say_so(house: House) -> None:
    """An adapter that promises a lookup and has none is refused when the engine is opened."""
    house.sink = Sink(capability=Capability.LOOKUP)
    with pytest.raises(UsageError, match="give it a method lookup"):
        house.reopen()


def test_an_adapter_that_forgets_to_answer_leaves_doubt_and_the_others_go_on(house: House) -> None:
    """What it returned is told, and the rest of the batch is handed over."""
    case_id = house.opens()
    house.opens(invoice("INV-2"), debtor=ann("bob"))
    house.sink.answer = lambda message: None if message.debtor.id == "ann" else Sent("r")  # type: ignore[assignment,return-value]

    assert sorted(house.moves(SEND_TIME)) == ["email reminder: sent", "email reminder: uncertain"]

    (row,) = house.engine.outbox(case_id=case_id)
    assert row.note == "the adapter sink returned None, which is no outcome: nobody knows whether it left"
