"""The desk at the side of a workflow: an engine on an image does what an engine on a store does, and keeps nothing."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.domain.events import HoldLifted, HoldPlaced, PaymentReceived
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal.commands import WALL, Command, Handing, Shown
from dunning_engine.integrations.temporal.desk import Desk
from dunning_engine.integrations.temporal.image import Image, empty, merge, packed, unpacked, wake_of
from dunning_engine.kernel.calendar import DAY_SECONDS, parse_instant
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.codec import encode_event, to_json
from dunning_engine.stores.memory import MemoryStore

POLICY = """
policy: shop
version: 1
title: "A shop"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
contact_limits: [1 contact per day per debtor]
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: warning
    when: 10 days after reminder
    cadence: every 5 days up to 3 times
    send: email warning
    on_uncertain: resend
  - step: last
    when: 10 days after warning
    send: letter last
pause_while: [on hold]
"""

START = parse_instant("2026-03-01T00:00:00+01:00")
ANN = Party.consumer("ann", email="ann@example.com", address=["1 Road"], country="DE", zone="Europe/Berlin")
CASE = "ann/EUR"


def _invoice(number: str) -> Invoice:
    return Invoice(number, Money("100.00", "EUR"), due="2026-03-02", issued="2026-02-02")


class Words:
    def render(self, action: Any, *_given: Any, obligations: Any = (), enclosures: Any = ()) -> Any:
        return SimpleNamespace(subject="", text=action.spec.words, language="en")


class Fickle:
    """Answers by what an action's identity looks like, the first time and later."""

    name, capability = "fickle", Capability.NONE
    handles = frozenset({Channel.EMAIL, Channel.LETTER})

    def __init__(self) -> None:
        self.got: list[str] = []

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        self.got.append(message.action_id)
        kind = (int(message.action_id[:2], 16) + self.got.count(message.action_id)) % 4
        return [Sent("r", delivered=True), Retry(7_200, "busy"), Uncertain("no answer"), Sent("r")][kind]


def _engine(store: Any, clock: Any, adapter: Fickle) -> DunningEngine:
    policies = [policy_of(POLICY, "shop.yaml")]
    return DunningEngine.open(store, clock=clock, policies=policies, adapters=[adapter], renderer=Words())


def _open(number: str) -> Command:
    return Command(
        "open", {"debtor": to_json(Party, ANN), "owed": [to_json(Invoice, _invoice(number))], "policy": "shop"}
    )


class OnImages:
    """A debtor as their workflow keeps them: every answer of the desk goes through JSON."""

    def __init__(self) -> None:
        self.adapter, self.image, self.now = Fickle(), empty(), START
        self.desk = Desk(lambda store, clock: _engine(store, clock, self.adapter))

    def tell(self, command: Command) -> bool:
        answer = self.desk.tell(self._sent(), self.now, command)
        merge(self.image, _through_json(answer.changes))
        return answer.refused is None

    def passes(self, until: int) -> None:
        while (wake := wake_of(self.image)) is not None and wake <= until:
            self.now = max(self.now, wake)
            answer = self.desk.look(self._sent(), self.now)
            merge(self.image, _through_json(answer.changes))
            if answer.armed is not None:
                outcome = self.desk.deliver(Handing(answer.armed.key, self.image["messages"][answer.armed.key]))
                received = self.desk.receive(self._sent(), self.now, answer.armed, outcome)
                merge(self.image, _through_json(received.changes))
        self.now = until

    def goes_on(self) -> None:
        """In a new run, from a snapshot."""
        merge(self.image, self.desk.kept(self._sent(), self.now))
        self.image = unpacked(packed(self.image))

    def _sent(self) -> Image:
        return _through_json(self.image)


def _through_json(body: Any) -> Any:
    return json.loads(json.dumps(body))


class OnStore:
    """The same debtor in an engine on a store."""

    def __init__(self) -> None:
        self.adapter, self.clock, self.store = Fickle(), FixedClock(START), MemoryStore()
        self.engine = _engine(self.store, self.clock, self.adapter)

    def passes(self, until: int) -> None:
        while (wake := self.engine.next_look()) is not None and wake <= until:
            self.clock.move_to(max(self.clock.now(), wake))
            self.engine.advance()
            self.engine.dispatch(limit=1)
        self.clock.move_to(until)


FACTS = [
    PaymentReceived(Money("30.00", "EUR"), source="bank", event_id="tx-1"),
    PaymentReceived(Money("70.00", "EUR"), source="bank", event_id="tx-2"),
    HoldPlaced("hold"),
    HoldLifted("hold"),
]
DEEDS = st.one_of(st.integers(1, 30), st.sampled_from(FACTS), st.just("new run"), st.sampled_from(["INV-2", "INV-3"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(DEEDS, min_size=1, max_size=12))
def test_an_image_tells_the_same_story_as_a_store(deeds: list[Any]) -> None:
    images, store = OnImages(), OnStore()
    images.tell(_open("INV-1"))
    store.engine.open_cases(ANN, [_invoice("INV-1")], "shop")
    for deed in deeds:
        match deed:
            case int(days):
                images.passes(images.now + days * DAY_SECONDS)
                store.passes(store.clock.now() + days * DAY_SECONDS)
            case "new run":
                images.goes_on()
            case str(number):
                images.tell(_open(number))
                store.engine.open_cases(ANN, [_invoice(number)], "shop")
            case fact:
                told = {"case_id": CASE, "fact": list(encode_event(fact))}
                images.tell(Command("record", told))
                store.engine.record(CASE, fact)

    assert images.adapter.got == store.adapter.got
    known = [[r.at, r.recorded_at, type(r.event).__name__] for r in store.engine.history(CASE)]
    assert [row[:3] for row in images.image["events"][CASE]] == known
    assert wake_of(images.image) == store.engine.next_look()


def test_the_same_question_has_the_same_answer() -> None:
    debtor = OnImages()
    debtor.tell(_open("INV-1"))
    later = START + 5 * DAY_SECONDS

    first, again = (debtor.desk.look(_through_json(debtor.image), later) for _ in range(2))

    assert first == again
    assert (first.armed is not None, debtor.adapter.got) == (True, [])


def test_a_policy_that_is_not_here_is_no_refusal() -> None:
    """The workflow task fails and is tried again, until a worker has the version."""
    debtor = OnImages()
    debtor.tell(_open("INV-1"))
    other = policy_of(POLICY.replace("policy: shop", "policy: other"), "other.yaml")
    stranger = Desk(
        lambda store, clock: DunningEngine.open(
            store, clock=clock, policies=[other], adapters=[Fickle()], renderer=Words()
        )
    )

    with pytest.raises(ForeignError, match="this worker cannot carry on: cases keep shop version 1"):
        stranger.look(debtor.image, START)


def test_a_registry_has_the_versions_that_no_worker_was_started_with() -> None:
    debtor, registry = OnImages(), MemoryStore()
    debtor.tell(_open("INV-1"))
    _engine(registry, FixedClock(START), Fickle())
    other = policy_of(POLICY.replace("version: 1", "version: 2").replace("3 days", "4 days"), "shop.yaml")
    newer = Desk(
        lambda store, clock: DunningEngine.open(
            store, clock=clock, policies=[other], adapters=[Fickle()], renderer=Words()
        ),
        registry=registry,
    )

    assert newer.look(debtor.image, START + 5 * DAY_SECONDS).armed is not None


def test_an_image_of_a_newer_version_is_left_alone() -> None:
    with pytest.raises(ValueError, match="carried on by a newer version"):
        unpacked(packed({**empty(), "form": 99}))


def test_a_clock_of_a_rehearsal() -> None:
    fast = Shown(START, 1_000.0, rate=86_400)
    assert (fast.instant(1_000.5), fast.seconds(1_000.5, START + 86_400)) == (START + 43_200, 0.5)
    minutes = Shown(START, 1_000.0, grain=60)
    assert (minutes.instant(1_059.9), minutes.seconds(1_000.0, START + 61)) == (START, 150.0)
    assert WALL.instant(1_234.9) == 1_234
