"""Bugs that other dunning systems shipped, as scenarios that the whole engine has to pass on each store.

The numbers are those of their issue trackers: Kill Bill 472, 94 and 2297, akaunting 259, FOSSBilling 3965 and 4025.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sim_facts import invoice
from sim_sinks import Words
from sim_world import Clock, debtor_of

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.events import ActionCleared, DeliveryArmed, PaymentReceived
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS, local_day, moment, parse_date
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Retry, Sent
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.invariants import Evidence, violations

POLICY = policy_of(
    """
policy: others
version: 1
title: "A ladder as others have it"
law: []
time: {zone: Europe/Berlin, business_days: none, send_at: "09:00"}
min_gap: 2 days
on_lead_paid: continue
steps:
  - step: reminder
    when: 1 day after due
    send: email reminder
  - step: warning
    when: 7 days after reminder
    send: email warning
  - step: ultimatum
    when: 7 days after warning
    send: letter ultimatum
    deadline: 7 days
  - step: agency
    when: 1 day after ultimatum expires
    hand_off: agency acme
pause_while: [disputed, promise open, on hold]
stop_when: [paid]
""",
    "others.yaml",
)
LADDER = [step.name for step in POLICY.steps]
SLOTS = {slot for step in POLICY.steps for slot in step.slots}
"""What steps ask for; news for an agency and recalls follow from facts."""

SPACING = (7, 7, 8)
"""Days that the policy wants between a step and the next."""


class Box:
    """An adapter that remembers, and answers what it is told to."""

    name = "box"
    handles: frozenset[Channel | str] = frozenset({*Channel, "agency"})
    capability = Capability.NONE

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.answer: Callable[[Message], Outcome] = lambda _message: Sent()

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        self.got.append(message)
        return self.answer(message)

    @property
    def words(self) -> list[str]:
        return [message.action.spec.words for message in self.got]


class Shop:
    """An engine, its clock and its box; `again` is a second process on the same store."""

    def __init__(self, store: Any) -> None:
        self.store, self.box, self.clock = store, Box(), Clock(instant("2026-03-02T08:00:00Z"))
        self.engine = self.again()

    def again(self) -> DunningEngine:
        return DunningEngine.open(
            self.store, policies=[POLICY], adapters=[self.box], clock=self.clock, renderer=Words()
        )

    def owes(self, *minor: int, due: str = "2026-03-02") -> str:
        start = parse_date(due)
        debts = [invoice(f"I{n}", amount, "EUR", start.replace(day=start.day + n)) for n, amount in enumerate(minor)]
        return self.engine.open_case(debtor_of(0, "others"), debts, "others").id

    def pays(self, case_id: str, minor: int, number: str | None = None) -> None:
        paid = Money.of_minor(minor, "EUR")
        self.engine.record(case_id, PaymentReceived(paid, number, source="bank", event_id=f"p{self.clock.at}{minor}"))

    def runs(self, days: int) -> None:
        """The job of every morning, for some days."""
        for _ in range(days):
            self.clock.at += DAY_SECONDS
            self.turn()

    def turn(self) -> None:
        while any([self.engine.advance(), self.engine.dispatch()]):
            self.clock.at += 1

    def is_in_order(self) -> bool:
        with self.store.transaction() as tx:
            return list(violations(Evidence.read(tx, [POLICY]))) == []


@pytest.fixture(params=["memory", "sqlite"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    store = MemoryStore() if request.param == "memory" else SqlStore("sqlite:///:memory:")
    yield Shop(store)
    store.close()


def test_a_payment_that_is_not_visible_yet_is_not_judged_without(shop: Shop) -> None:
    """Kill Bill 472: the overdue state was computed before the payment's own row could be read, and was wrong.

    The host's row and ours are one transaction: whoever decides sees both or neither, and arming looks again.
    """
    case_id = shop.owes(10_000)
    shop.clock.at += DAY_SECONDS
    shop.engine.advance()
    with shop.engine.transaction() as connection:
        paid = PaymentReceived(Money("100.00", "EUR"), source="bank", event_id="p1")
        shop.engine.record(case_id, paid, connection=connection)
        assert shop.engine.case(case_id, connection=connection).receivables[0].open == 0
    shop.turn()

    case = shop.engine.case(case_id)
    assert (shop.box.got, case.status, case.closed_as) == ([], CaseStatus.CLOSED, "paid")
    assert [row.state for row in shop.engine.outbox()] == [OutboxState.CANCELLED]
    assert shop.is_in_order()


def test_checks_at_the_same_instant_do_everything_once(shop: Shop) -> None:
    """Kill Bill 94: a retry and the overdue check at the same time acted twice, and warnings went out repeatedly."""
    case_id = shop.owes(10_000)
    shop.clock.at += DAY_SECONDS
    engines = [shop.engine, shop.again(), shop.again()]
    for engine in engines:
        engine.advance()
    for engine in (*engines, *engines):
        engine.dispatch()
        engine.advance()

    assert shop.box.words == ["email reminder"]
    cleared = [r for r in shop.engine.history(case_id) if isinstance(r.event, ActionCleared)]
    assert len(cleared) == 1
    assert shop.is_in_order()


@pytest.mark.parametrize("seed", range(40))
def test_payments_in_any_order_skip_no_step_and_bring_none_sooner(shop: Shop, seed: int) -> None:
    """Kill Bill 2297: part of the debt was paid, the anchor moved, a step was left out and a harsher one came at once."""
    chance = Random(f"2297/{seed}")
    amounts = [chance.randrange(20, 300) * 100 for _ in range(chance.choice((2, 3)))]
    case_id = shop.owes(*amounts)
    for _ in range(40):
        shop.runs(1)
        if chance.random() < 0.15:
            number = chance.choice([None, *(f"I{n}" for n in range(len(amounts)))])
            shop.pays(case_id, chance.choice((500, 1_000, chance.choice(amounts))), number)

    taken = [message.action for message in shop.box.got if message.action.key.slot in SLOTS]
    furthest = -1
    runs: dict[str, list[tuple[int, int]]] = {}
    for action in taken:
        place = LADDER.index(action.step)
        assert place <= furthest + 1, f"{action.step} was reached over a step that was left out"
        furthest = max(furthest, place)
        runs.setdefault(action.key.cycle, []).append((place, _armed_on(shop, case_id, action.id)))
    for run in runs.values():
        for (earlier, then), (later, now) in pairwise(run):
            assert later == earlier + 1
            assert now - then >= SPACING[earlier]
    assert shop.is_in_order()


def _armed_on(shop: Shop, case_id: str, action_id: str) -> int:
    history = shop.engine.history(case_id)
    armed = (r.at for r in history if isinstance(r.event, DeliveryArmed) and r.event.action_id == action_id)
    return local_day(next(armed), POLICY.zone)


def test_what_is_paid_in_time_is_never_reminded_of(shop: Shop) -> None:
    """Akaunting 259: the reminder went out although the invoice was paid."""
    case_id = shop.owes(10_000, due="2026-03-10")
    shop.pays(case_id, 10_000)
    shop.runs(40)

    assert shop.box.got == []
    assert shop.engine.case(case_id).closed_as == "paid"


def test_a_job_that_runs_twice_reminds_once(shop: Shop) -> None:
    """FOSSBilling 3965: every run of the job sent the same reminder again."""
    shop.owes(10_000)
    shop.clock.at += DAY_SECONDS
    for _ in range(5):
        shop.turn()
        shop.again().dispatch()

    assert shop.box.words == ["email reminder"]


def test_a_mail_that_failed_is_not_lost_by_its_claim(shop: Shop) -> None:
    """FOSSBilling 4025: marked as sent before it was queued, a reminder that failed never went out."""
    shop.owes(10_000)
    shop.clock.at += DAY_SECONDS
    shop.box.answer = lambda _message: Retry(60, "the queue is down")
    shop.turn()
    assert [row.state for row in shop.engine.outbox()] == [OutboxState.RETRY]

    shop.box.answer = lambda _message: Sent()
    shop.clock.at += 3_600
    shop.turn()
    assert [row.state for row in shop.engine.outbox()] == [OutboxState.SENT]
    assert len({message.action_id for message in shop.box.got}) == 1
    assert shop.is_in_order()


def test_an_agency_is_called_back_once_when_the_debt_is_paid(shop: Shop) -> None:
    """Paid after the file was handed over: one recall, and no word to the debtor after that."""
    case_id = shop.owes(10_000)
    shop.runs(30)
    assert shop.box.words[-1] == "hand off agency acme"
    shop.pays(case_id, 10_000)
    shop.runs(30)

    after = shop.box.words[shop.box.words.index("hand off agency acme") + 1 :]
    assert after == ["recall agency acme"]
    assert shop.is_in_order()


def test_after_an_outage_every_case_takes_one_step(shop: Shop) -> None:
    """Seven days down, then everything is due at once: one step for each case, none of them a harsher one."""
    for number in range(30):
        shop.engine.open_case(
            debtor_of(number, "others"),
            [invoice(f"J{number}", 10_000, "EUR", moment(shop.clock.at, "UTC").date())],
            "others",
        )
    shop.clock.at += 30 * DAY_SECONDS
    shop.turn()

    assert shop.box.words == ["email reminder"] * 30
    shop.runs(1)
    assert shop.box.words == ["email reminder"] * 30
    assert shop.is_in_order()
