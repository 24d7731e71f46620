"""The desk at the side of a workflow: an engine on an image does what an engine on a store does, and keeps nothing."""

from __future__ import annotations

from typing import Any

import pytest
from chains import broken
from desk_house import ANN, CASE, POLICY, START, Fickle, OnImages, at, engine_on, opening, through_json
from hypothesis import given, settings
from hypothesis import strategies as st
from shop import PlainWords, invoice

from dunning_engine.domain.events import HoldLifted, HoldPlaced, PaymentReceived
from dunning_engine.engine import arming
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal.commands import WALL, Command, Shown
from dunning_engine.integrations.temporal.desk import Desk
from dunning_engine.integrations.temporal.image import empty, packed, unpacked, wake_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.codec import encode_event
from dunning_engine.stores.memory import MemoryStore


class OnStore:
    """The same debtor in an engine on a store."""

    def __init__(self) -> None:
        self.adapter, self.clock, self.store = Fickle(), FixedClock(START), MemoryStore()
        self.engine = engine_on(self.store, self.clock, self.adapter)

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


@settings(max_examples=40, deadline=None)
@given(st.lists(DEEDS, min_size=1, max_size=12))
def test_an_image_tells_the_same_story_as_a_store(deeds: list[Any]) -> None:
    images, store = OnImages(), OnStore()
    images.tell(opening("INV-1"))
    store.engine.open_cases(ANN, [invoice("INV-1", "100.00")], "shop")
    for deed in deeds:
        match deed:
            case int(days):
                images.passes(images.now + days * DAY_SECONDS)
                store.passes(store.clock.now() + days * DAY_SECONDS)
            case "new run":
                images.goes_on()
            case str(number):
                images.tell(opening(number))
                store.engine.open_cases(ANN, [invoice(number, "100.00")], "shop")
            case fact:
                told = {"case_id": CASE, "fact": list(encode_event(fact))}
                images.tell(Command("record", told))
                store.engine.record(CASE, fact)

    assert images.adapter.got == store.adapter.got
    assert broken(images.image) == []
    known = [[r.at, r.recorded_at, type(r.event).__name__] for r in store.engine.history(CASE)]
    assert [row[:3] for row in images.image["events"][CASE]] == known
    assert wake_of(images.image) == store.engine.next_look()


def test_the_same_question_has_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the seal of a message, which nobody is to guess, and the claim: an answer is recorded, and not asked again."""
    monkeypatch.setattr(arming, "new_seal", lambda: "0" * 32)
    debtor = OnImages()
    debtor.tell(opening("INV-1"))
    later = START + 5 * DAY_SECONDS

    first, again = (debtor.desk.look(through_json(debtor.image), at(later)) for _ in range(2))

    for answer in (first, again):
        (row,) = answer.changes["outbox"].values()
        assert row.pop("owner")
    assert first == again
    assert (first.armed is not None, debtor.adapter.got) == (True, [])


def test_a_policy_that_is_not_here_is_no_refusal() -> None:
    """The workflow task fails and is tried again, until a worker has the version."""
    debtor = OnImages()
    debtor.tell(opening("INV-1"))
    other = policy_of(POLICY.replace("policy: shop", "policy: other"), "other.yaml")
    stranger = Desk(
        lambda store, clock: DunningEngine.open(
            store, clock=clock, policies=[other], adapters=[Fickle()], renderer=PlainWords()
        )
    )

    with pytest.raises(ForeignError, match="this worker cannot carry on: cases keep shop version 1"):
        stranger.look(debtor.image, at(START))


def test_a_registry_has_the_versions_that_no_worker_was_started_with() -> None:
    debtor, registry = OnImages(), MemoryStore()
    debtor.tell(opening("INV-1"))
    engine_on(registry, FixedClock(START), Fickle())
    other = policy_of(POLICY.replace("version: 1", "version: 2").replace("3 days", "4 days"), "shop.yaml")
    newer = Desk(
        lambda store, clock: DunningEngine.open(
            store, clock=clock, policies=[other], adapters=[Fickle()], renderer=PlainWords()
        ),
        registry=registry,
    )

    assert newer.look(debtor.image, at(START + 5 * DAY_SECONDS)).armed is not None


def test_an_image_of_a_newer_version_is_left_alone() -> None:
    with pytest.raises(ValueError, match="carried on by a newer version"):
        unpacked(packed({**empty(), "form": 99}))


def test_a_clock_of_a_rehearsal() -> None:
    fast = Shown(START, 1_000.0, rate=86_400)
    assert (fast.instant(1_000.5), fast.seconds(1_000.5, START + 86_400)) == (START + 43_200, 0.5)
    minutes = Shown(START, 1_000.0, grain=60)
    assert (minutes.instant(1_059.9), minutes.seconds(1_000.0, START + 61)) == (START, 150.0)
    assert WALL.instant(1_234.9) == 1_234
