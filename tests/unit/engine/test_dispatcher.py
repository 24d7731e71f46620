"""What is armed, what is not, and what is said when nobody can know."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest
from engine_house import POLICY, House, PlainWords, Sink, ann, invoice

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome as ContactOutcome
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ContactMade,
    DeliveryArmed,
    Fact,
    HoldLifted,
    HoldPlaced,
    OptedOut,
    PaymentReceived,
    ReceiptKind,
    ReceiptRecorded,
)
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.dispatcher import ATTEMPTS_MAX, LEASE_SECONDS, Armament, Fate
from dunning_engine.engine.rendering import TemplateError
from dunning_engine.kernel.errors import NotFound, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Bounced, Message, Retry, Sent, Uncertain
from dunning_engine.ports.store import OutboxState

SEND_TIME = "2026-03-05T10:00:00+01:00"


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (PaymentReceived(Money("240.00", "EUR")), "paid"),
        (HoldPlaced(HoldReason.DISPUTE, "INV-1"), "disputed"),
        (HoldPlaced(HoldReason.MANUAL), "on hold"),
    ],
    ids=["paid", "disputed", "held"],
)
def test_what_changed_after_the_decision_is_never_handed_over(house: House, fact: Fact, why: str) -> None:
    """Between decision and hand-over the facts changed: the action is taken back with its reason."""
    case_id = house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.engine.record(case_id, fact)

    (handover,) = house.engine.dispatch()

    assert (handover.fate, why in handover.note) == (Fate.CANCELLED, True)
    assert house.sink.got == []
    (row,) = house.engine.outbox()
    assert (row.state, why in row.note) == (OutboxState.CANCELLED, True)
    assert [r.event.action_id for r in house.engine.history(case_id) if isinstance(r.event, ActionCancelled)] == [
        row.id
    ]


def test_a_part_payment_changes_what_is_asked_for(house: House) -> None:
    """The text is made when the action is armed, from the facts of that moment."""
    case_id = house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.engine.record(case_id, PaymentReceived(Money("40.00", "EUR")))
    house.engine.dispatch()

    (message,) = house.sink.got
    assert message.action.amount == 20_000
    assert message.text.startswith("creditor asks for 20000 by shop")


def test_an_action_that_was_taken_back_comes_again_when_it_is_wanted(house: House) -> None:
    """A dispute that ended: the same action, under the same identity, goes out."""
    case_id = house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.engine.record(case_id, HoldPlaced(HoldReason.MANUAL))
    house.engine.dispatch()
    identity = house.engine.outbox()[0].id
    house.engine.record(case_id, HoldLifted(HoldReason.MANUAL))
    assert house.moves("2026-03-06T10:00:00+01:00") == ["email reminder: sent"]
    assert [row.id for row in house.engine.outbox()] == [identity]


def test_two_cases_of_a_debtor_share_their_limit(house: House) -> None:
    """Both were decided when nothing had been sent; the second is asked again when it is armed, and waits."""
    house.opens(case_id="ann/one")
    house.opens(invoice("INV-2"), case_id="ann/two")

    assert house.moves(SEND_TIME) == ["email reminder: sent", "email reminder: postponed"]
    assert house.moves("2026-03-05T23:00:00+01:00") == []
    assert house.moves("2026-03-06T10:00:00+01:00") == ["email reminder: sent"]
    assert len(house.sink.got) == 2


def test_what_is_forbidden_while_it_waits_leaves_the_outbox(house: House) -> None:
    """A cleared action waits for its limit; the debtor opts out meanwhile: its row is taken back with its reason."""
    house.opens(case_id="ann/one")
    case_id = house.opens(invoice("INV-2"), case_id="ann/two")
    house.moves(SEND_TIME)
    house.engine.record(case_id, OptedOut(Channel.EMAIL))
    house.engine.advance()

    (row,) = house.engine.outbox(case_id=case_id)
    assert house.engine.case(case_id).deliveries[row.id].state is DeliveryState.BLOCKED
    assert (row.state, row.next_at, "email" in row.note) == (OutboxState.CANCELLED, None, True)


def test_the_transaction_is_over_before_the_adapter_is_called(house: House) -> None:
    """A payment may come in while an adapter works, and finds the action armed."""
    case_id = house.opens()
    states: list[DeliveryState] = []

    def during(message: Message) -> Sent:
        house.engine.record(case_id, PaymentReceived(Money("1.00", "EUR")))
        states.append(house.engine.case(case_id).deliveries[message.action_id].state)
        return Sent()

    house.sink.answer = during
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    assert states == [DeliveryState.ARMED]


def test_a_receipt_lets_the_ladder_go_on(house: House) -> None:
    """Proof of delivery, a bounce and doubt are events of the case, and settle the row."""
    answers = {
        Sent("r1"): (DeliveryState.SENT, OutboxState.SENT, Fate.SENT),
        Sent("r2", delivered=True): (DeliveryState.DELIVERED, OutboxState.SENT, Fate.DELIVERED),
        Bounced("no such box"): (DeliveryState.BOUNCED, OutboxState.BOUNCED, Fate.BOUNCED),
        Uncertain("lost"): (DeliveryState.UNCERTAIN, OutboxState.UNCERTAIN, Fate.UNCERTAIN),
    }
    house.clock.move_to(SEND_TIME)
    for number, (answer, (delivery, state, fate)) in enumerate(answers.items()):
        case_id = house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"), at="2026-03-01")
        house.sink.answer = lambda _message, answer=answer: answer
        house.engine.advance()
        (handover,) = house.engine.dispatch()
        (row,) = house.engine.outbox(case_id=case_id)

        assert (handover.fate, row.state, house.engine.case(case_id).deliveries[row.id].state) == (
            fate,
            state,
            delivery,
        )


def test_what_certainly_did_not_leave_is_tried_again(house: House) -> None:
    """The same bytes go out, later each time, and the attempts count as one contact."""
    case_id = house.opens()
    house.sink.answer = lambda _message: Retry(5, "server busy")
    assert house.moves(SEND_TIME) == ["email reminder: retry"]
    (row,) = house.engine.outbox()
    assert (row.state, row.next_at, row.note) == (OutboxState.RETRY, instant(SEND_TIME) + 60, "server busy")

    house.sink.answer = lambda _message: Sent()
    assert house.moves("2026-03-05T10:00:59+01:00") == []
    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: sent"]
    first, second = house.sink.got
    assert first == second
    attempts = [r.event.attempt for r in house.engine.history(case_id) if isinstance(r.event, DeliveryArmed)]
    assert attempts == [1, 2]
    with house.store.transaction() as tx:
        assert len(tx.contacts(["ann"])["ann"]) == 1


def test_a_second_attempt_says_what_is_owed_then(house: House) -> None:
    """What did not leave and is no longer true is written anew."""
    case_id = house.opens()
    house.sink.answer = lambda _message: Retry(5, "server busy")
    house.moves(SEND_TIME)
    house.engine.record(case_id, PaymentReceived(Money("40.00", "EUR")))
    house.moves("2026-03-05T10:05:00+01:00")

    assert [message.action.amount for message in house.sink.got] == [24_000, 20_000]


def test_a_retry_is_taken_back_like_any_other(house: House) -> None:
    """Paid between two attempts: there is no second one."""
    case_id = house.opens()
    house.sink.answer = lambda _message: Retry(5, "server busy")
    house.moves(SEND_TIME)
    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))

    assert house.moves("2026-03-05T10:05:00+01:00") == ["email reminder: cancelled"]
    assert house.states() == {"reminder": "cancelled"}


def given_up(house: House) -> tuple[str, str]:
    """A case whose reminder met a server that was always busy, and the reminder's identity."""
    case_id = house.opens()
    house.sink.answer = lambda _message: Retry(0, "server busy")
    house.moves(SEND_TIME)
    fates = [fate for hour in range(11, 20) for fate in house.moves(f"2026-03-05T{hour}:00:00+01:00")]
    assert fates[-1] == "email reminder: dead"
    return case_id, house.engine.outbox()[0].id


def test_a_retry_that_meets_a_limit_waits_and_goes_out(house: House) -> None:
    """It did not leave, the debtor was called meanwhile, the limit puts it off: when it is decided anew, it goes."""
    case_id = house.opens()
    house.sink.answer = lambda _message: Retry(5, "server busy")
    house.moves(SEND_TIME)
    house.engine.record(case_id, ContactMade(Channel.CALL, ContactOutcome.NO_ANSWER))

    assert house.moves("2026-03-05T10:05:00+01:00") == ["email reminder: postponed"]
    assert [row.state for row in house.engine.outbox()] == [OutboxState.PENDING]
    house.sink.answer = lambda _message: Sent()
    assert house.moves("2026-03-06T10:00:00+01:00") == ["email reminder: sent"]


def test_after_many_attempts_it_is_given_up(house: House) -> None:
    """Nothing is tried for ever."""
    given_up(house)

    assert len(house.sink.got) == ATTEMPTS_MAX
    (row,) = house.engine.outbox()
    assert (row.state, row.note) == (OutboxState.DEAD, "given up after 8 attempts: server busy")


def test_giving_up_is_not_a_bounce(house: House) -> None:
    """A broken mail server sends nobody a fallback: the same ladder that climbs past a bounce waits, and says why."""
    house.follows(POLICY.replace("email reminder", "email reminder or else sms reminder"))
    case_id, action_id = given_up(house)

    assert house.moves("2026-06-01T10:00:00+02:00") == []
    assert house.engine.case(case_id).deliveries[action_id].state is DeliveryState.ARMED
    why = house.engine.why(case_id).explain()
    assert (
        f"email reminder was given up after 8 attempts: server busy; it waits for `dunning outbox requeue {action_id} --by NAME`"
        in why
    )
    assert "the ladder waits here" in why
    assert "given up" not in house.engine.why(case_id, SEND_TIME).explain()


def test_what_was_given_up_is_tried_again_by_a_persons_word(house: House) -> None:
    """The same action goes out under its identity, with all its attempts before it, and the ladder goes on."""
    case_id, action_id = given_up(house)
    house.sink.answer = lambda _message: Sent()
    house.clock.move_to("2026-03-06T09:00:00+01:00")
    house.engine.requeue(action_id)
    (row,) = house.engine.outbox()
    assert (row.state, row.attempts) == (OutboxState.RETRY, 0)

    assert house.moves("2026-03-06T10:00:00+01:00") == ["email reminder: sent"]
    assert house.engine.outbox()[0].id == action_id
    assert "given up" not in house.engine.why(case_id).explain()
    assert house.moves("2026-03-16T10:00:00+01:00") == ["sms warning: sent"]


def test_what_is_tried_again_is_asked_about_again(house: House) -> None:
    """Paid while it was dead: a second life ends at the gate."""
    case_id, action_id = given_up(house)
    house.engine.record(case_id, PaymentReceived(Money("240.00", "EUR")))
    house.engine.requeue(action_id)

    assert house.moves("2026-03-06T10:00:00+01:00") == ["email reminder: cancelled"]


def test_only_what_was_given_up_is_tried_again(house: House) -> None:
    """What was sent, or is not there, cannot be sent by a slip of the hand."""
    house.opens()
    house.moves(SEND_TIME)

    with pytest.raises(UsageError, match="is sent: only one that was given up"):
        house.engine.requeue(house.engine.outbox()[0].id)
    with pytest.raises(NotFound, match="there is no action 'nothing'"):
        house.engine.requeue("nothing")


class _Killed(BaseException):
    """The process dies here."""


def test_what_died_between_arming_and_receipt_is_not_sent_again(house: House) -> None:
    """A new process finds it armed, waits for the lease, says that it is uncertain, and leaves it to people."""

    def killed(_message: Message) -> Sent:
        raise _Killed

    case_id = house.opens()
    house.sink.answer = killed
    with pytest.raises(_Killed):
        house.moves(SEND_TIME)
    house.sink.answer = lambda _message: Sent()
    house.reopen()
    assert house.states() == {"reminder": "armed"}
    assert house.engine.dispatch() == []

    house.clock.move_to(house.clock.now() + LEASE_SECONDS)
    (handover,) = house.engine.dispatch()

    assert handover.fate is Fate.UNCERTAIN
    assert house.states() == {"reminder": "uncertain"}
    assert house.moves("2026-04-20T10:00:00+02:00") == []
    assert len(house.sink.got) == 1
    assert "no receipt came back in time" in house.engine.outbox()[0].note
    house.engine.record(case_id, ReceiptRecorded(handover.action.id, ReceiptKind.DELIVERED, note="asked the provider"))
    assert house.states() == {"reminder": "sent"}


def test_a_receipt_after_the_lease_is_evidence_all_the_same(house: House) -> None:
    """A worker that was stopped past its lease still tells what it did."""
    case_id = house.opens()

    def slow(_message: Message) -> Sent:
        house.clock.move_to(house.clock.now() + LEASE_SECONDS)
        assert [h.fate for h in house.engine.dispatch()] == [Fate.UNCERTAIN]
        return Sent("after all")

    house.sink.answer = slow
    assert house.moves(SEND_TIME) == ["email reminder: sent"]
    assert house.states() == {"reminder": "sent"}
    assert [d.state for d in house.engine.case(case_id).deliveries.values()] == [DeliveryState.SENT]


def test_a_retry_after_the_lease_does_not_send_twice(house: House) -> None:
    """What was said to be uncertain stays so, even if the first worker comes back empty-handed."""

    def slow(_message: Message) -> Retry:
        house.clock.move_to(house.clock.now() + LEASE_SECONDS)
        house.engine.dispatch()
        return Retry(1, "server busy")

    house.opens()
    house.sink.answer = slow
    assert house.moves(SEND_TIME) == ["email reminder: uncertain"]
    assert house.states() == {"reminder": "uncertain"}


def test_an_adapter_that_breaks_its_word_does_not_stop_the_others(house: House) -> None:
    """Its exception is recorded as doubt, and the next action goes out."""

    def broken(message: Message) -> Sent:
        if message.debtor.id == "ann":
            raise ValueError("oops")
        return Sent()

    house.opens()
    house.opens(invoice("INV-2"), debtor=ann("bob"))
    house.sink.answer = broken

    assert house.moves(SEND_TIME) == ["email reminder: uncertain", "email reminder: sent"]
    assert house.engine.outbox()[0].note == "the adapter sink failed: ValueError: oops"


def test_a_text_that_cannot_be_made_blocks_its_action_only(house: House) -> None:
    """A missing template is a reason of its own on the case; nothing is armed."""

    @dataclass
    class NoWords(PlainWords):
        def render(self, action, case, policy, creditor, at, *, obligations=(), enclosures=()):
            raise TemplateError("there is no template 'reminder'")

    house.reopen(renderer=NoWords())
    case_id = house.opens()

    assert house.moves(SEND_TIME) == ["email reminder: blocked"]
    events = [r.event for r in house.engine.history(case_id)]
    assert [e.rules for e in events if isinstance(e, ActionBlocked)] == [("template/email/reminder",)]
    assert not any(isinstance(e, DeliveryArmed) for e in events)
    assert house.states() == {"reminder": "cancelled"}


FALLBACK = POLICY.replace("email reminder", "email reminder or else sms reminder")


@dataclass
class Mendable(PlainWords):
    """Texts of which some cannot be made, until somebody mends them."""

    broken: set[str] = field(default_factory=set)

    def render(self, action, case, *rest, **more):
        if action.spec.words in self.broken:
            raise TemplateError(f"there is no template for {action.spec.words}")
        return super().render(action, case, *rest, **more)


def test_a_text_that_cannot_be_made_is_blocked_once(house: House) -> None:
    """No look of the same or a later day says it again; why does, and the next look is in an hour."""
    house.reopen(renderer=Mendable({"email reminder"}))
    case_id = house.opens()
    house.moves(SEND_TIME)
    before = house.engine.history(case_id)

    for time in (SEND_TIME, "2026-03-05T11:00:00+01:00", "2026-03-06T03:00:00+01:00"):
        assert house.moves(time) == []
        assert house.engine.advance() == []
    assert house.engine.history(case_id) == before
    why = house.engine.why(case_id)
    assert [r.rule for blocked in why.blocked for r in blocked.reasons] == ["template/email/reminder"]
    assert "there is no template for email reminder" in str(why)
    assert why.next_look == house.clock.now() + 3600


def test_what_was_blocked_for_its_text_goes_out_when_that_is_mended(house: House) -> None:
    """The ladder goes on from there, as if it had only waited."""
    words = Mendable({"email reminder"})
    house.reopen(renderer=words)
    house.opens()
    house.moves(SEND_TIME)
    house.moves(SEND_TIME)
    words.broken.clear()

    assert house.moves("2026-03-05T11:00:00+01:00") == ["email reminder: sent"]
    assert house.moves("2026-03-15T11:00:00+01:00") == ["sms warning: sent"]


def test_the_fallback_of_what_has_no_text_goes_out(house: House) -> None:
    """Another debtor's action goes out as well; a fallback without text is blocked in its turn."""
    house.follows(FALLBACK)
    words = Mendable({"email reminder"})
    house.reopen(renderer=words)
    house.opens()
    assert house.moves(SEND_TIME) == ["email reminder: blocked"]
    assert house.moves(SEND_TIME) == ["sms reminder: sent"]

    words.broken.add("sms reminder")
    bob = house.opens(invoice("INV-2"), debtor=ann("bob"))
    assert [house.moves(SEND_TIME) for _ in range(3)] == [["email reminder: blocked"], ["sms reminder: blocked"], []]
    rules = [r.event.rules for r in house.engine.history(bob) if isinstance(r.event, ActionBlocked)]
    assert rules == [("template/email/reminder",), ("template/sms/reminder",)]


def test_a_hand_off_that_cannot_be_written_leaves_its_case_alone(house: House) -> None:
    """No rule binds a hand-off, so the case is told as troubled."""
    house.follows(
        POLICY.replace(
            "when: 3 days after due\n    send: email reminder", "when: 3 days after due\n    hand_off: agency acme"
        ).split("  - step: warning")[0]
    )
    house.reopen(renderer=Mendable({"hand off agency acme"}))
    house.opens()

    assert house.moves(SEND_TIME) == ["hand off agency acme: blocked"]
    assert house.moves(SEND_TIME) == []
    assert [str(t.error) for t in house.engine.troubles] == ["there is no template for hand off agency acme"]


def test_an_adapter_that_went_away_blocks_what_waits_for_it(house: House) -> None:
    """Decided with an adapter, opened again without: nobody is asked to do what nobody can do."""
    house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.reopen(adapters=[Sink(handles=frozenset())], allow_missing=["email", "sms", "agency"])

    (handover,) = house.engine.dispatch()

    assert (handover.fate, handover.note) == (Fate.BLOCKED, "no adapter for email is installed here")


def test_the_outcome_of_a_call_is_told_afterwards(house: House) -> None:
    """What came of a contact changes the debtor's log without counting it twice."""
    case_id = house.opens()
    house.moves(SEND_TIME)
    (row,) = house.engine.outbox()
    house.engine.record(case_id, ContactMade(Channel.EMAIL, ContactOutcome.CONVERSATION, action_id=row.id))
    house.engine.record(case_id, ContactMade(Channel.CALL, ContactOutcome.CONVERSATION, inbound=True))

    with house.store.transaction() as tx:
        log = tx.contacts(["ann"])["ann"]
    assert [(c.channel, c.outcome, c.inbound) for c in log] == [
        (Channel.CALL, ContactOutcome.CONVERSATION, True),
        (Channel.EMAIL, ContactOutcome.CONVERSATION, False),
    ]


def test_several_workers_hand_over_each_action_once(house: House) -> None:
    """Threads that dispatch at the same time share the work and repeat none of it."""
    for number in range(24):
        house.opens(invoice(f"INV-{number}"), debtor=ann(f"debtor-{number}"))
    house.clock.move_to(SEND_TIME)
    house.engine.advance()

    workers = [threading.Thread(target=house.engine.dispatch) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(house.sink.got) == len({message.action_id for message in house.sink.got}) == 24


def test_without_a_time_the_clock_is_asked_each_time(house: House) -> None:
    """Arming and receipt carry the instants at which they happened."""
    case_id = house.opens()

    def slow(_message: Message) -> Sent:
        house.clock.move_to(house.clock.now() + 7)
        return Sent()

    house.sink.answer = slow
    house.moves(SEND_TIME)
    (delivery,) = house.engine.case(case_id).deliveries.values()

    assert delivery.armed_at == instant(SEND_TIME)
    assert delivery.sent_at == instant(SEND_TIME) + 7


def test_a_given_time_stands_for_the_whole_run(house: House) -> None:
    """Whoever passes `now` gets it everywhere."""
    house.opens(at="2026-03-01")
    house.engine.advance(SEND_TIME)
    (handover,) = house.engine.dispatch(SEND_TIME)

    assert handover.at == instant(SEND_TIME)


def test_a_limit_that_filled_up_meanwhile_postpones(house: House) -> None:
    """A contact that came into the debtor's log while an action waited is counted at arming."""
    case_id = house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()
    house.engine.record(case_id, ContactMade(Channel.CALL, ContactOutcome.ATTEMPTED))

    (handover,) = house.engine.dispatch()

    assert handover.fate is Fate.POSTPONED
    assert handover.until == instant("2026-03-06T00:00:00+01:00")


RESENDS = POLICY.replace("    send: email reminder\n", "    send: email reminder\n    on_uncertain: resend\n")


def silent(_message: Message) -> Sent:
    """An adapter that waits for an answer of the server until its time is over."""
    raise TimeoutError("the server fell silent after the text")


def test_an_adapter_that_times_out_leaves_doubt(house: House) -> None:
    """Without a word on it a person is asked, and nothing more goes out."""
    house.opens()
    house.sink.answer = silent
    assert house.moves(SEND_TIME) == ["email reminder: uncertain"]
    assert house.moves("2026-03-30T10:00:00+01:00") == []
    assert "the server fell silent" in house.engine.outbox()[0].note


def test_what_may_have_left_goes_once_more_where_the_policy_says_so(house: House) -> None:
    """The same words under the same identity, as soon as the limit of a contact per day allows; then somebody is asked."""
    house.follows(RESENDS)
    case_id = house.opens()
    house.sink.answer = silent
    assert house.moves(SEND_TIME) == ["email reminder: uncertain"]
    (row,) = house.engine.outbox()
    assert (row.state, row.next_at) == (OutboxState.UNCERTAIN, instant(SEND_TIME) + 60)
    assert house.moves("2026-03-05T10:01:00+01:00") == ["email reminder: postponed"]
    assert house.engine.case(case_id).deliveries[row.id].state is DeliveryState.UNCERTAIN

    assert house.moves("2026-03-06T00:00:00+01:00") == ["email reminder: uncertain"]
    assert house.moves("2026-03-30T10:00:00+01:00") == []
    first, second = house.sink.got
    assert (first, first.action_id) == (second, row.id)
    assert [contact.at for contact in house.engine.case(case_id).contacts] == [
        instant(SEND_TIME),
        instant("2026-03-06T00:00:00+01:00"),
    ]
    assert house.states() == {"reminder": "uncertain"}


def test_what_went_out_the_second_time_lets_the_ladder_go_on(house: House) -> None:
    """The receipt of either attempt will do; ten days count from it."""
    house.follows(RESENDS)
    house.opens()
    house.sink.answer = silent
    house.moves(SEND_TIME)
    house.sink.answer = lambda _message: Sent()
    assert house.moves("2026-03-06T00:00:00+01:00") == ["email reminder: sent"]
    assert house.moves("2026-03-16T10:00:00+01:00") == ["sms warning: sent"]


@pytest.mark.parametrize(
    "fact", [PaymentReceived(Money("240.00", "EUR")), HoldPlaced(HoldReason.DISPUTE, "INV-1")], ids=["paid", "disputed"]
)
def test_what_changed_since_keeps_the_second_attempt_back(house: House, fact: Fact) -> None:
    """Nobody knows any better than before; the case is told nothing."""
    house.follows(RESENDS)
    case_id = house.opens()
    house.sink.answer = silent
    house.moves(SEND_TIME)
    house.engine.record(case_id, fact)
    house.clock.move_to("2026-03-07T10:00:00+01:00")
    (handover,) = house.engine.dispatch()

    assert (handover.fate, "not sent once more" in handover.note) == (Fate.UNCERTAIN, True)
    assert (house.states(), len(house.sink.got)) == ({"reminder": "uncertain"}, 1)


def test_a_receipt_makes_a_second_attempt_needless(house: House) -> None:
    """It did leave, as somebody says."""
    house.follows(RESENDS)
    case_id = house.opens()
    house.sink.answer = silent
    house.moves(SEND_TIME)
    (row,) = house.engine.outbox()
    house.engine.record(case_id, ReceiptRecorded(row.id, ReceiptKind.DELIVERED))
    assert house.moves("2026-03-08T10:00:00+01:00") == []
    assert len(house.sink.got) == 1


def test_a_dead_process_leaves_doubt_that_is_sent_once_more(house: House) -> None:
    """Its lease ran out; a receipt that comes in between stands."""
    house.follows(RESENDS)
    house.opens()

    def late(_message: Message) -> Uncertain:
        house.clock.move_to("2026-03-05T11:00:00+01:00")
        house.engine.dispatch()
        return Uncertain("lost")

    house.sink.answer = late
    assert house.moves(SEND_TIME)[-1:] == ["email reminder: uncertain"]
    house.sink.answer = lambda _message: Sent()
    assert house.moves("2026-03-07T10:00:00+01:00") == ["email reminder: sent"]


def test_a_host_hands_over_by_itself_in_two_halves(house: House) -> None:
    """Armed here, delivered elsewhere: the receipt comes back under the fence of its arming."""
    house.opens()
    house.clock.move_to(SEND_TIME)
    house.engine.advance()

    armament = house.engine.arm_next()

    assert isinstance(armament, Armament)
    assert (house.sink.got, house.states()) == ([], {"reminder": "armed"})
    handover = house.engine.receive(armament.message, armament.fence, Sent("ref-1"))
    assert (handover.fate, house.states()) == (Fate.SENT, {"reminder": "sent"})
    assert house.engine.arm_next() is None
