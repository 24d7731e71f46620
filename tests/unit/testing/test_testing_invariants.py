"""The judge of stores sees each kind of harm that is done to a record which was in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import (
    ActionCancelled,
    DeliveryArmed,
    Event,
    HoldPlaced,
    OptedOut,
    PaymentReceived,
    ReceiptRecorded,
    Recorded,
    StatusChanged,
)
from dunning_engine.domain.ledger_events import ChargeAssessed, ChargeReversed
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.domain.verbs import Do
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Policy
from dunning_engine.ports.adapter import Capability, Message, Sent
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.testing.invariants import Effect, Evidence, Stream, crossed, violations

TEXT = """
policy: shop
version: 1
title: "Two letters"
law: []
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
contact_limits: [1 contact in 3 days per debtor]
quiet_hours: 20:00 to 09:00
steps:
  - step: first
    when: 1 day after due
    send: email first
  - step: second
    when: 5 days after first
    send: sms second
pause_while: [disputed, on hold]
stop_when: [paid]
"""
POLICY = policy_of(TEXT, "shop.yaml")
CHARGING = policy_of(
    TEXT.replace("steps:", "fees: {late: {fixed: 5.00, currency: EUR, once: per case}}\nsteps:").replace(
        "    send: email first\n", "    send: email first\n    charge: fee late\n"
    ),
    "shop.yaml",
)
PAID = PaymentReceived(Money("300.00", "EUR"), source="bank", event_id="p9")
PART = PaymentReceived(Money("10.00", "EUR"), source="bank", event_id="p1")


class Box:
    """An adapter that remembers."""

    name = "box"
    handles = frozenset(Channel)
    capability = Capability.NONE

    def __init__(self) -> None:
        self.effects: list[Effect] = []

    def deliver(self, message: Message, *, seconds: float) -> Sent:
        assert seconds
        self.effects.append(Effect(message.key, message.text, self.name))
        return Sent()


class Words:
    def render(self, action: Any, *_rest: Any, **_more: Any) -> Any:
        return SimpleNamespace(subject="", text=f"{action.amount}", language="en")


def played(policy: Policy = POLICY) -> Evidence:
    """A case with two messages sent and a part payment between them."""
    clock, box = FixedClock("2026-03-01"), Box()
    store = MemoryStore()
    engine = DunningEngine.open(store, policies=[policy], adapters=[box], clock=clock, renderer=Words())
    ann = Party.consumer("ann", email="ann@example.com", phone="+4930123456", country="DE", zone="Europe/Berlin")
    owed = Invoice("INV-1", Money("240.00", "EUR"), due="2026-03-02", issued="2026-02-02")
    case_id = engine.open_case(ann, [owed], "shop").id
    for day in ("2026-03-03", "2026-03-08"):
        clock.move_to(f"{day}T10:00:00+01:00")
        engine.advance()
        engine.dispatch()
        engine.record(case_id, PART)
        engine.advance()
    with store.transaction() as tx:
        return Evidence.read(tx, [policy], effects=box.effects, acknowledged=[(case_id, PART)])


def rewritten(evidence: Evidence, change: Callable[[list[Recorded]], None]) -> Evidence:
    """The same record with other events."""
    (stream,) = evidence.streams
    events = list(stream.history)
    change(events)
    history = tuple(replace(one, seq=seq) for seq, one in enumerate(events, 1))
    return replace(evidence, streams=(Stream(stream.case_id, history, stream.policy),))


def before_the_second_arming(*events: Event) -> Callable[[Evidence], Evidence]:
    def change(stream: list[Recorded]) -> None:
        place = [n for n, one in enumerate(stream) if isinstance(one.event, DeliveryArmed)][1]
        stream[place:place] = [replace(stream[place], event=event) for event in events]

    return lambda evidence: rewritten(evidence, change)


def without(kind: type) -> Callable[[Evidence], Evidence]:
    return lambda evidence: rewritten(
        evidence, lambda stream: stream.__setitem__(slice(None), [r for r in stream if not isinstance(r.event, kind)])
    )


def again(kind: type) -> Callable[[Evidence], Evidence]:
    def change(stream: list[Recorded]) -> None:
        stream.append(next(one for one in stream if isinstance(one.event, kind)))

    return lambda evidence: rewritten(evidence, change)


def at_night(evidence: Evidence) -> Evidence:
    def change(stream: list[Recorded]) -> None:
        for place, one in enumerate(stream):
            if isinstance(one.event, DeliveryArmed):
                stream[place] = replace(one, at=one.at + 12 * 3600)

    return rewritten(evidence, change)


def too_soon(evidence: Evidence) -> Evidence:
    def change(stream: list[Recorded]) -> None:
        arms = [n for n, one in enumerate(stream) if isinstance(one.event, DeliveryArmed)]
        stream[arms[1]] = replace(stream[arms[1]], at=stream[arms[0]].at + 86_400)

    return rewritten(evidence, change)


def rows(**changes: Any) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, outbox=[replace(row, **changes) for row in evidence.outbox])


def effects(*more: Effect) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, effects=[*evidence.effects, *more])


def repeated(**changes: Any) -> Callable[[Evidence], Evidence]:
    return lambda evidence: replace(evidence, effects=[*evidence.effects, replace(evidence.effects[0], **changes)])


def paused(evidence: Evidence) -> Evidence:
    return replace(evidence, orders=[StandingOrder(Scope.EVERYTHING, "", "north", "", since=0)])


def opened_by(tenant: str) -> Callable[[list[Recorded]], None]:
    def change(stream: list[Recorded]) -> None:
        stream[0] = replace(stream[0], event=replace(stream[0].event, tenant=tenant))  # type: ignore[call-arg]

    return change


def told(evidence: Evidence, tenant: str) -> Evidence:
    """Receivers were told that it comes from somebody else."""
    return replace(evidence, effects=[replace(effect, tenant=tenant) for effect in evidence.effects])


def elsewhere(evidence: Evidence) -> Evidence:
    """Actions of a case that this tenant does not have."""
    rows = [replace(row, action=replace(row.action, case_id="bob/EUR")) for row in evidence.outbox]
    return replace(evidence, outbox=rows)


HARM: list[tuple[str, str, Callable[[Evidence], Evidence]]] = [
    ("I1", "was cleared twice", again(type(played().streams[0].history[3].event))),
    ("I2", "is not in the outbox", lambda evidence: replace(evidence, outbox=evidence.outbox[:1])),
    ("I2", "without a receipt", without(ReceiptRecorded)),
    ("I2", "is pending, and its case says", rows(state=OutboxState.PENDING)),
    ("I2", "nobody sees to it", rows(state=OutboxState.ARMED)),
    ("I3", "which nobody cleared", effects(Effect("unknown", "", "box"))),
    ("I3", "armed 1 times and arrived 2 times", repeated()),
    ("I3", "with different bytes", repeated(digest="other")),
    (
        "I3",
        "under several keys",
        lambda evidence: effects(replace(one := evidence.effects[0], key=f"{one.key}.2"))(evidence),
    ),
    ("I3", "nobody got it", lambda evidence: replace(evidence, effects=evidence.effects[:1])),
    ("I4", "nothing is owed", before_the_second_arming(PaymentReceived(Money("230.00", "EUR")))),
    ("I4", "a hold stands: dispute", before_the_second_arming(HoldPlaced(HoldReason.DISPUTE))),
    ("I4", "INV-1 is in dispute", before_the_second_arming(HoldPlaced(HoldReason.DISPUTE, "INV-1"))),
    ("I4", "a hold stands: cease", before_the_second_arming(HoldPlaced(HoldReason.CEASE))),
    ("I4", "its channel waits", before_the_second_arming(HoldPlaced(HoldReason.MANUAL, channel=Channel.SMS))),
    ("I4", "opted out", before_the_second_arming(OptedOut(Channel.SMS))),
    ("I4", "the case is closed", before_the_second_arming(StatusChanged("settle", "closed"))),
    ("I4", "everything is paused", paused),
    ("I4", "nothing says why", rows(state=OutboxState.CANCELLED)),
    ("I5", "contact 2 of 1", too_soon),
    ("I5", "went out at", at_night),
    ("I6", "2 actions are armed at the same time", rows(state=OutboxState.ARMED)),
    ("I6", "after a later one", again(DeliveryArmed)),
    ("I7", "is owed by the events", before_the_second_arming(PaymentReceived(Money("1.00", "EUR")))),
    ("I8", "fold to another case", without(StatusChanged)),
    ("I8", "in the outbox and sent in its case", rows(state=OutboxState.BOUNCED)),
    ("I10", "reads a case that bolt opened", lambda evidence: rewritten(evidence, opened_by("bolt"))),
    ("I10", "its case is not", elsewhere),
    ("I10", "in the name of bolt", lambda evidence: told(evidence, "bolt")),
    ("I11", "was acknowledged 1 times and is there 0 times", without(PaymentReceived)),
    ("I11", "was acknowledged 1 times and is there 2 times", again(PaymentReceived)),
]


def test_a_record_in_order_is_not_blamed() -> None:
    """Two messages, a part payment that was told twice, and nothing left to do."""
    evidence = played()

    assert len(evidence.effects) == 2
    assert list(violations(evidence, at_rest=max(r.at for r in evidence.streams[0].history))) == []


@pytest.mark.parametrize(("invariant", "words", "harm"), HARM, ids=[f"{code} {words}" for code, words, _ in HARM])
def test_harm_is_seen(invariant: str, words: str, harm: Callable[[Evidence], Evidence]) -> None:
    """One thing is changed in the record, and the judge says what."""
    evidence = harm(played())
    now = max(r.at for r in evidence.streams[0].history)

    assert any(v.invariant == invariant and words in str(v) for v in violations(evidence, at_rest=now))


def test_an_action_of_two_tenants_is_seen() -> None:
    """One key for both: a receiver would take the second for the first."""
    evidence = played()
    other = replace(evidence, tenant="bolt")

    assert list(crossed([evidence])) == []
    assert any("is an action of default and of bolt" in str(v) for v in crossed([evidence, other]))


def test_an_arming_of_what_was_taken_back_is_seen() -> None:
    """Cancelled and armed all the same, without having been cleared again."""
    evidence = played()
    last = list(evidence.streams[0].actions)[-1]

    harmed = before_the_second_arming(ActionCancelled(last, "paid"))(evidence)

    assert any("arms what was not cleared" in str(v) for v in violations(harmed))


def booked(evidence: Evidence) -> tuple[int, int]:
    """Where in the record the fee is charged, and where it is armed for the books."""
    (stream,) = evidence.streams
    (charge,) = (n for n, one in enumerate(stream.history) if isinstance(one.event, ChargeAssessed))
    (action,) = (one for one in stream.actions.values() if one.spec.do is Do.CHARGE)
    arms = (n for n, one in enumerate(stream.history) if one.event.__class__ is DeliveryArmed)
    return charge, next(n for n in arms if stream.history[n].event.action_id == action.id)


def breaches(evidence: Evidence) -> list[str]:
    return [one.words for one in violations(evidence, at_rest=10**10) if one.invariant == "I4"]


def put(event: Event, at: int) -> Callable[[list[Recorded]], None]:
    return lambda stream: stream.insert(at, replace(stream[at], event=event))


def test_a_fee_that_was_charged_before_a_payment_is_booked_after_it() -> None:
    evidence = played(CHARGING)
    _charged, armed = booked(evidence)
    assert breaches(evidence) == []
    told = breaches(rewritten(evidence, put(PAID, armed)))
    assert told  # what demands something may not go any more
    assert not any(words.startswith(f"event {armed + 2} ") for words in told)


def test_a_fee_that_was_taken_back_is_not_booked() -> None:
    evidence = played(CHARGING)
    charged, armed = booked(evidence)
    (stream,) = evidence.streams
    fee = stream.history[charged].event.charge
    assert breaches(rewritten(evidence, put(ChargeReversed(fee.id, "north", "goodwill"), armed))) == [
        f"event {armed + 2} arms {stream.history[armed].event.action_id}: its charge {fee.id} is not owed"
    ]


def test_no_fee_is_charged_when_everything_is_paid() -> None:
    evidence = played(CHARGING)
    charged, _armed = booked(evidence)
    assert any("nothing is owed" in words for words in breaches(rewritten(evidence, put(PAID, charged))))
