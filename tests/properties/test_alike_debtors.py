"""Debtors who are alike are simulated together, and what is counted is what comes of playing each of them alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunning_engine.domain.events import (
    ContactMade,
    Event,
    HoldLifted,
    HoldPlaced,
    OptedOut,
    PaymentFailed,
    PaymentReceived,
    PromiseMade,
)
from dunning_engine.domain.facts import News, StepNews
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.casework import CasePlan, case_name
from dunning_engine.engine.loading import load_policy, load_rulebooks, policy_of
from dunning_engine.intake.model import IncomingInvoice
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Policy
from dunning_engine.simulation.bulk import Wanted, play, played, shares, together
from dunning_engine.simulation.run import Simulation
from dunning_engine.simulation.together import ends
from dunning_engine.simulation.world import AT_ONCE, Approvals
from dunning_engine.whereabouts.zones import Whereabouts

POLICIES: Final = Path(__file__).parents[2] / "policies"

OFFERING = """
policy: offering
version: 1
title: "Discounts, settlements, fees and a case for each invoice"
collector: first_party
law: []
applies_to: [currency is USD]
time: {zone: America/New_York, business_days: US, send_at: "10:00"}
unit: invoice
tolerance: 0.50 USD
minimum: 20.00 USD
fees:
  late: {percent: 4 %, at_least: 2.00}
steps:
  - step: reminder
    when: 3 days after due
    only_if: [balance at least 60.00]
    send: email reminder
  - step: demand
    when: 9 days after reminder
    send: email demand
    charge: fee late
    offer: settlement of 80 % within 14 days
  - step: last
    when: balance reaches 70.00
    send: letter last
    approval: manager
"""


@cache
def policies() -> tuple[Policy, ...]:
    shipped = (load_policy(POLICIES / f"{name}.yaml") for name in ("us-consumer", "eu-business"))
    early = OFFERING.replace("unit: invoice", "unit: debtor\nlead: largest\ndiscount: 2 % within 10 days of issue")
    charging = OFFERING.replace("    offer: settlement of 80 % within 14 days\n", "").replace(
        "approval: manager", "charge: fee late"
    )
    return *shipped, *(policy_of(text, f"{n}.yaml") for n, text in enumerate((OFFERING, early, charging)))


FIRST: Final = date(2026, 2, 2)
AMOUNTS: Final = (
    "0.80",
    "9.99",
    "10.00",
    "24.99",
    "25.00",
    "49.99",
    "50.00",
    "51.00",
    "60.00",
    "75.00",
    "75.01",
    "300.00",
)


def _facts(number: str, amount: Money) -> dict[str, Callable[[], Event | StepNews]]:
    """What may happen, by name; the first two are what debtors who are alike do most."""
    return {
        "paid": lambda: PaymentReceived(amount, number, "bank", f"tx {number}"),
        "paid unnamed": lambda: PaymentReceived(amount),
        "paid in part": lambda: PaymentReceived(Money("0.30", amount.currency), number),
        "unapplied": lambda: PaymentReceived(amount, number, unapplied=True),
        "one transfer": lambda: PaymentReceived(amount, number, "bank", "one for all"),
        "disputed": lambda: HoldPlaced("dispute", number),  # type: ignore[arg-type]  # hosts may pass the word
        "disputed in part": lambda: HoldPlaced("dispute", number, amount=Money("0.10", amount.currency)),  # type: ignore[arg-type]
        "settled": lambda: HoldLifted("dispute", number),  # type: ignore[arg-type]
        "on hold": lambda: HoldPlaced("hold"),  # type: ignore[arg-type]
        "opted out": lambda: OptedOut("email"),  # type: ignore[arg-type]
        "spoke": lambda: ContactMade("call", "conversation", inbound=True),  # type: ignore[arg-type]
        "failed": PaymentFailed,
        "promised": lambda: PromiseMade(amount, FIRST + timedelta(days=20)),
        "bounced": lambda: StepNews("reminder", News.BOUNCED),
    }


NAMES: Final = tuple(_facts("", Money("1.00", "USD")))
a_fact = st.tuples(st.sampled_from((*NAMES[:2] * 4, *NAMES)), st.sampled_from((None, -40, 0, 3, 3, 9, 30, 80, 400)))
an_invoice = st.tuples(st.sampled_from(AMOUNTS), st.sampled_from((0, 0, 0, 5)), st.lists(a_fact, max_size=2))
a_debtor = st.tuples(
    st.sampled_from(("America/New_York", "America/Denver")),
    st.sampled_from(("", "a@example.com")),
    st.lists(an_invoice, min_size=1, max_size=2),
)


def _portfolio(policy: Policy, debtors: list[Any], approvals: Approvals, start: date) -> Simulation:
    plans: dict[str, CasePlan] = {}
    currency, party = ("EUR", Party.business) if policy.name == "eu-business" else ("USD", Party.consumer)
    for who, (zone, email, invoices) in enumerate(debtors):
        debtor = party(f"debtor-{who}", name=f"Number {who}", email=email and f"{who}{email}", country="US", zone=zone)
        for count, (amount, later, facts) in enumerate(invoices):
            number, due = f"I-{who}-{count}", FIRST + timedelta(days=later)
            invoice = Invoice(number, Money(amount, currency), due=due, issued=due - timedelta(days=30))
            name = case_name(policy, debtor.id, invoice)
            plan = plans.setdefault(name, CasePlan(name, policy, debtor, currency))
            plan.invoices.append(IncomingInvoice(debtor=debtor.id, invoice=invoice, file="", line=count))
            for word, days in facts:
                event = _facts(number, invoice.amount)[word]()
                plan.facts.append((None if days is None else due + timedelta(days=days), event))
    books = {book.name: book for book in load_rulebooks(policy.books)}
    return Simulation(
        plans=list(plans.values()),
        rulebooks=books,
        zones=Whereabouts(),
        start=start,
        until=date(2026, 7, 1),
        approvals=approvals,
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    which=st.sampled_from((0, 1, 2, 3, 4)),
    debtors=st.lists(a_debtor, min_size=2, max_size=7),
    approvals=st.sampled_from((AT_ONCE, Approvals(None), Approvals(3))),
    start=st.sampled_from((date(2026, 1, 1), FIRST + timedelta(days=12))),
    count=st.integers(1, 4),
)
def test_what_is_counted_together_is_what_comes_of_each_alone(
    which: int, debtors: list[Any], approvals: Approvals, start: date, count: int
) -> None:
    simulation = _portfolio(policies()[which], debtors, approvals, start)
    alone = together([played(simulation, Wanted(rows=True))])

    assert together([played(simulation, Wanted(rows=False))]) == alone
    assert together([play(share, Wanted(rows=False)) for share in shares(simulation, count)]) == alone


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    which=st.sampled_from((1, 4)),
    owing=st.lists(st.tuples(st.integers(900, 9_000), st.lists(a_fact, max_size=1)), min_size=3, max_size=9),
)
def test_whoever_owes_something_between_two_others_comes_to_pass_what_both_of_these_do(
    which: int, owing: list[Any]
) -> None:
    debtors = [("America/Denver", "a@example.com", [(f"{cents / 100:.2f}", 0, facts)]) for cents, facts in owing]
    simulation = _portfolio(policies()[which], debtors, AT_ONCE, date(2026, 1, 1))

    assert together([played(simulation, Wanted(rows=False))]) == together([played(simulation, Wanted(rows=True))])


def _ends(which: int, debtors: list[Any]) -> list[int]:
    """How many debtors came to each end together."""
    simulation = _portfolio(policies()[which], debtors, AT_ONCE, date(2026, 1, 1))
    return sorted(len(walkers) for _world, walkers in ends(simulation))


def test_debtors_who_are_alike_are_decided_about_once() -> None:
    nobody_pays = [("America/Denver", "a@example.com", [("300.00", 0, [])])] * 5
    paid = ("America/Denver", "a@example.com", [("200.00", 0, [("paid", 9)])])
    unreachable = ("America/Denver", "", [("300.00", 0, [])])

    assert _ends(0, nobody_pays) == [5]
    assert _ends(0, [*nobody_pays, paid, paid]) == [2, 5]
    assert _ends(0, [*nobody_pays, unreachable]) == [1, 5]


def test_amounts_count_as_far_as_the_policy_tells_them_apart() -> None:
    def owing(*amounts: str) -> list[Any]:
        return [("America/Denver", "a@example.com", [(amount, 0, [])]) for amount in amounts]

    assert _ends(0, owing("310.00", "320.00", "49.99", "50.00")) == [1, 1, 2]
    assert _ends(1, owing("310.00", "320.00", "320.00")) == [3], (
        "the ultimatum charges interest, but asks for nothing by it"
    )
    assert _ends(4, owing("60.50", "61.00", "68.00", "69.00")) == [2, 2], "a fee lifts two to the sum of the last step"
    assert _ends(3, owing("310.00", "320.00", "320.00")) == [1, 2], "a discount is reckoned from the first day"


def test_what_is_not_understood_is_played_alone() -> None:
    promised = ("America/Denver", "a@example.com", [("300.00", 0, [("promised", 3)])])

    assert _ends(0, [promised, promised]) == [1, 1]
