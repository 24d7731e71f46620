"""Several workers on one PostgreSQL: what a debtor may be told counts over all of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing

from engine_house import House, ann, invoice

from dunning_engine.domain.events import DeliveryArmed, PaymentReceived
from dunning_engine.engine.bringing_in import BroughtIn, bring_in, itinerary
from dunning_engine.intake.model import IncomingInvoice, Intake
from dunning_engine.kernel.money import Money
from dunning_engine.stores.sql import SqlStore

WORKERS = 12
DEBTORS = [f"hot-{number}" for number in range(4)]
DUE = "2026-03-06T12:00:00+01:00"


def test_many_workers_on_few_debtors_exceed_no_limit(shared_url: str) -> None:
    """One contact per day per debtor, five cases of each that want one: one goes out, whoever comes first."""
    with closing(SqlStore(shared_url)) as store:
        house = _portfolio(store)
        _all_at_once([_work(house)] * WORKERS)

    assert Counter(message.debtor.id for message in house.sink.got) == dict.fromkeys(DEBTORS, 1)


def test_nothing_is_armed_after_a_payment(shared_url: str) -> None:
    """Who pays while others hand over is written to before the payment is known, or not at all."""
    with closing(SqlStore(shared_url)) as store:
        house = _portfolio(store)
        cases = [case.id for case in house.engine.cases()]

        def pay() -> None:
            for case_id in cases:
                paid = PaymentReceived(Money("240.00", "EUR"), source="bank", event_id=f"tx-{case_id}")
                house.engine.record(case_id, paid)

        _all_at_once([_work(house)] * 4 + [pay] * 2)
        for case_id in cases:
            kinds = [type(recorded.event) for recorded in house.engine.history(case_id)]
            assert kinds.count(PaymentReceived) == 1
            assert DeliveryArmed not in kinds[kinds.index(PaymentReceived) :]


def test_who_takes_in_the_same_files_takes_each_line_in_once(shared_url: str) -> None:
    """Several workers start on a fresh database: one is first, the others find it known and die of nothing."""
    with closing(SqlStore(shared_url)) as store:
        house = House(store)
        debtors = {name: ann(name) for name in (f"debtor-{number}" for number in range(20))}
        incoming = [
            IncomingInvoice(debtor=name, invoice=invoice(f"INV-{name}"), policy="shop", file="f", line=1)
            for name in debtors
        ]
        brought: list[BroughtIn] = []

        def take_in() -> None:
            items, _findings = itinerary(Intake(tuple(incoming), debtors, (), ()), house.policies)
            brought.append(bring_in(house.engine, items))

        _all_at_once([take_in] * 4)
        assert len(house.engine.cases()) == len(debtors)

    assert sum(one.invoices for one in brought) == len(debtors)
    assert [one.refused for one in brought] == [()] * 4


def test_tenants_with_the_same_names_do_not_meet(shared_url: str) -> None:
    """Each has its own debtors, limits and outbox, in one database and on the same connections."""
    with closing(SqlStore(shared_url)) as store:
        houses = [_portfolio(store), _portfolio(store.of("acme"))]
        _all_at_once([_work(house) for house in houses] * 3)

    for house in houses:
        assert Counter(message.debtor.id for message in house.sink.got) == dict.fromkeys(DEBTORS, 1)


def _portfolio(store: SqlStore) -> House:
    house = House(store)
    for debtor in DEBTORS:
        for number in range(5):
            house.opens(invoice(f"{debtor}-{number}"), debtor=ann(debtor), case_id=f"{debtor}/{number}")
    house.clock.move_to(DUE)
    return house


def _work(house: House) -> Callable[[], None]:
    def work() -> None:
        for _ in range(4):
            house.engine.advance(limit=3)
            house.engine.dispatch(limit=2)

    return work


def _all_at_once(jobs: list[Callable[[], None]]) -> None:
    together, failures = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], None]) -> None:
        together.wait()
        try:
            job()
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
