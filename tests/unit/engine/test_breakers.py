"""A receiver that fails again and again is left alone, and does not stop the others."""

from __future__ import annotations

from engine_house import House, Sink, ann, invoice

from dunning_engine.domain.parties import Channel
from dunning_engine.engine.breakers import FAILURES, PAUSE_SECONDS, PAUSE_SECONDS_MAX, SPREAD_SECONDS, Breakers
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.dispatcher import ATTEMPTS_MAX
from dunning_engine.ports.adapter import Bounced, Message, Outcome, Retry, Sent, Uncertain

SEND_TIME = "2026-03-05T10:00:00+01:00"
DOWN = Retry(60, "no route to host")


def failed(breakers: Breakers, times: int = FAILURES, now: int = 0) -> None:
    for _ in range(times):
        breakers.tell("smtp", DOWN, now)


def test_it_opens_after_failures_in_a_row() -> None:
    """One success in between begins the count anew."""
    breakers = Breakers()
    failed(breakers, FAILURES - 1)
    breakers.tell("smtp", Sent(), 0)
    failed(breakers, FAILURES - 1)
    assert breakers.until("smtp", 0) is None
    breakers.tell("smtp", Uncertain("silence"), 0)
    assert breakers.until("smtp", 0) == PAUSE_SECONDS
    assert (breakers.open(0), breakers.why("smtp")) == ({"smtp": PAUSE_SECONDS}, "silence")
    assert breakers.until("other", 0) is None
    assert breakers.why("other") == ""


def test_what_concerns_one_action_is_no_failure_of_its_receiver() -> None:
    """Greylisting and bounces are answers."""
    breakers = Breakers()
    for outcome in (Retry(900, "greylisted", alone=True), Bounced("no such box")) * FAILURES:
        breakers.tell("smtp", outcome, 0)
    assert breakers.until("smtp", 0) is None


def test_after_a_while_one_attempt_is_let_through() -> None:
    """If it fails the pause is twice as long, up to a quarter of an hour; if it does not, all follow."""
    breakers = Breakers()
    failed(breakers)
    assert breakers.until("smtp", PAUSE_SECONDS) is None
    assert breakers.until("smtp", PAUSE_SECONDS) == 2 * PAUSE_SECONDS
    breakers.untried("smtp")
    assert breakers.until("smtp", PAUSE_SECONDS) is None
    breakers.tell("smtp", DOWN, PAUSE_SECONDS)
    assert breakers.until("smtp", PAUSE_SECONDS) == 3 * PAUSE_SECONDS
    now = 0
    for _ in range(9):
        now += 10_000
        breakers.tell("smtp", DOWN, now)
    assert breakers.until("smtp", now) == now + PAUSE_SECONDS_MAX
    breakers.tell("smtp", Sent(), now)
    assert breakers.open(now) == {}
    breakers.untried("smtp")


def crowd(house: House, size: int = 12) -> None:
    for number in range(size):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    house.clock.move_to(SEND_TIME)
    house.engine.advance()


def test_a_broken_receiver_costs_three_attempts(house: House) -> None:
    """The others of its actions wait untouched and come back over a minute, one by one."""
    crowd(house)
    house.sink.answer = lambda _message: DOWN
    fates = [handover.fate.value for handover in house.engine.dispatch()]
    assert fates == ["retry"] * FAILURES + ["postponed"] * 9
    assert list(house.engine.resting()) == ["sink"]
    waiting = [row for row in house.engine.outbox() if row.attempts == 0]
    first = instant(SEND_TIME) + PAUSE_SECONDS
    assert all(first <= row.next_at < first + SPREAD_SECONDS for row in waiting)
    assert len({row.next_at for row in waiting}) > 4
    assert "sink fails and is left alone for a while: no route to host" in waiting[0].note

    house.sink.answer = lambda _message: Sent()
    house.clock.move_to(instant(SEND_TIME) + 3_600)
    assert [handover.fate.value for handover in house.engine.dispatch()] == ["sent"] * 12
    assert house.engine.resting() == {}


def test_others_are_not_stopped(house: House) -> None:
    """Text messages go out while the mail server is down."""
    mail = Sink(handles=frozenset({Channel.EMAIL}), name="mail", answer=lambda _message: DOWN)
    other = Sink(handles=frozenset({Channel.SMS, "agency"}), name="other")
    house.reopen(adapters=[mail, other])
    for number in range(6):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    house.follows(open_words())
    house.reopen(adapters=[mail, other])
    for number in range(6):
        house.opens(invoice(f"SMS-{number}"), debtor=ann(f"text-{number}"))
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.engine.dispatch()

    assert (len(mail.got), len(other.got)) == (FAILURES, 6)


def open_words() -> str:
    from engine_house import POLICY

    return POLICY.replace("send: email reminder", "send: sms reminder")


def test_each_receiver_of_an_adapter_has_its_own(house: House) -> None:
    """One that fails does not close the way to the others."""

    class Hooks(Sink):
        def endpoint(self, action) -> str:
            return action.debtor_id

    def answer(message: Message) -> Outcome:
        return DOWN if message.debtor.id == "debtor-0" else Sent()

    house.sink = Hooks(answer=answer)
    house.reopen()
    for number in range(9):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number % 3}"), case_id=f"case-{number}")
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    fates = [handover.fate.value for handover in house.engine.dispatch()]
    assert fates.count("retry") == 1
    assert fates.count("sent") == 2


# Poison ---------------------------------------------------------------------------------------------------------------


def test_what_cannot_even_be_armed_is_given_up_in_the_end(house: House) -> None:
    """An error of ours in one action does not stop the others, nor is it tried for ever."""
    from engine_house import PlainWords

    class Broken(PlainWords):
        def render(self, action, *rest, **more):
            if action.debtor_id == "bob":
                raise RuntimeError("oops")
            return super().render(action, *rest, **more)

    ann_case = house.opens()
    bob_case = house.opens(invoice("INV-2"), debtor=ann("bob"))
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.reopen(renderer=Broken())
    fates = [handover.fate.value for handover in house.engine.dispatch()]
    assert fates == ["sent", "retry"]
    for hour in range(11, 24):
        house.clock.move_to(f"2026-03-05T{hour}:00:00+01:00")
        house.engine.dispatch()

    assert house.engine.outbox(case_id=ann_case)[0].state.value == "sent"
    (row,) = house.engine.outbox(case_id=bob_case)
    assert (row.state.value, row.attempts) == ("dead", ATTEMPTS_MAX)
    assert row.note == "given up after 8 attempts: it could not be armed: RuntimeError: oops"
