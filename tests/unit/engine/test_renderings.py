"""What certainly did not leave is tried again: the same bytes under the same key, or other bytes under another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine_house import House, Sink, ann
from test_uncertainty import Desk

from dunning_engine.domain.events import DebtorUpdated, PaymentReceived
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Retry, Sent, Uncertain

SEND_TIME = "2026-03-05T10:00:00+01:00"
AGAIN = "2026-03-05T10:01:00+01:00"


def busy(_message: Message) -> Outcome:
    return Retry(30, "busy")


def refused_once(house: House, sink: Sink | None = None) -> tuple[str, str]:
    """A case whose reminder was not taken, and the identity of that reminder."""
    house.sink = sink or Sink(capability=Capability.DEDUPE)
    house.sink.answer = busy
    house.reopen()
    case_id = house.opens()
    assert house.moves(SEND_TIME) == ["email reminder: retry"]
    (row,) = house.engine.outbox()
    return case_id, row.id


def pays(house: House, case_id: str, amount: str) -> None:
    house.engine.record(case_id, PaymentReceived(Money(amount, "EUR"), source="bank", event_id=amount))


def answers(house: House, answer: Callable[[Message], Outcome]) -> None:
    house.sink.answer = answer


def test_as_long_as_nothing_changes_the_same_bytes_go_under_the_same_key(house: House) -> None:
    """What was rendered first stays, whatever the time of the attempt."""
    _case_id, action_id = refused_once(house)
    answers(house, lambda _message: Sent("ref"))

    assert house.moves(AGAIN) == ["email reminder: sent"]
    first, second = house.sink.got
    assert first == second
    assert first.key == action_id


def test_other_words_go_under_a_key_of_their_own(house: House) -> None:
    """A receiver that knows the first key would take the new text for the old one, or refuse it."""
    case_id, action_id = refused_once(house)
    pays(house, case_id, "40.00")
    house.moves(AGAIN)
    pays(house, case_id, "50.00")
    answers(house, lambda _message: Sent("ref"))

    assert house.moves("2026-03-05T10:03:00+01:00") == ["email reminder: sent"]
    assert [message.key for message in house.sink.got] == [action_id, f"{action_id}.2", f"{action_id}.3"]
    assert [message.action.amount for message in house.sink.got] == [24_000, 20_000, 15_000]
    assert {message.action_id for message in house.sink.got} == {action_id}
    assert house.states() == {"reminder": "sent"}


def test_another_address_makes_other_words(house: House) -> None:
    """What did not leave for the old address goes to the new one."""
    case_id, action_id = refused_once(house)
    moved = ann()
    house.engine.record(case_id, DebtorUpdated(type(moved).consumer("ann", email="new@example.com", country="DE")))
    answers(house, lambda _message: Sent("ref"))

    assert house.moves(AGAIN) == ["email reminder: sent"]
    assert [(message.key, message.debtor.email) for message in house.sink.got] == [
        (action_id, "ann@example.com"),
        (f"{action_id}.2", "new@example.com"),
    ]


def test_what_no_message_says_changes_nothing(house: House) -> None:
    """Hosts tell again and again how a debtor pays."""
    case_id, action_id = refused_once(house)
    house.engine.record(case_id, DebtorUpdated(replace(ann(), paid_late=("2026-02-01",), group="gold")))
    answers(house, lambda _message: Sent("ref"))

    assert house.moves(AGAIN) == ["email reminder: sent"]
    assert {message.key for message in house.sink.got} == {action_id}


def test_what_may_have_left_keeps_its_key(house: House) -> None:
    """Nobody knows of the first one: a second under another key could be a second letter."""
    case_id, action_id = refused_once(house)
    answers(house, lambda _message: Uncertain("the connection was lost"))
    house.moves(AGAIN)
    pays(house, case_id, "40.00")
    answers(house, lambda _message: Sent("ref"))

    assert house.moves("2026-03-05T10:10:00+01:00") == ["email reminder: uncertain"]
    assert {message.key for message in house.sink.got} == {action_id}


def test_a_receiver_is_asked_under_the_key_that_it_got(house: House) -> None:
    """It knows nothing of the first one."""
    desk = Desk()
    case_id, action_id = refused_once(house, desk)
    pays(house, case_id, "40.00")
    answers(house, lambda _message: Uncertain("the connection was lost"))
    house.moves(AGAIN)
    desk.knows = lambda _key: Sent("ref")

    assert house.moves("2026-03-05T10:02:00+01:00") == ["email reminder: sent"]
    assert desk.asked == [f"{action_id}.2"]
