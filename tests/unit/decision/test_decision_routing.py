"""Routing a new case: routes, the debtor's own policy, experiments, screening, and the reasons that are told."""

from __future__ import annotations

import pytest

from dunning_engine.decision.routing import Question, Routed, route
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.domain.screening import Settled
from dunning_engine.kernel.calendar import day_start, parse_date
from dunning_engine.kernel.money import Money
from dunning_engine.policy.routing_compiler import compile_routing

HEAD = "routing: default\nversion: 3\nzone: Europe/Berlin\n"


def day(text: str) -> int:
    return parse_date(text).toordinal()


TODAY = day_start(day("2026-06-15"), "Europe/Berlin")


def ask(text, *, facts=None, history=(), at=TODAY, **debtor):
    compiled = compile_routing(HEAD + text, file="r.yaml")
    assert compiled.routing is not None, compiled.diagnostics
    owed = [Invoice("I-1", Money("80.00", "EUR"), due="2026-06-01")]
    return route(compiled.routing, Question(Party.consumer("ann", **debtor), owed, facts or {}, tuple(history)), at)


def matches(condition, **given):
    """Whether one condition is true of ann."""
    return ask(f"routes: [{{use: yes, when: '{condition}'}}, {{use: no}}]", **given).policy == "yes"


def test_reasons_name_the_condition():
    """Each route that was passed over says why, in the words of the file."""
    answer = ask(
        """
routes:
  - use: policy of the debtor
  - {use: big, when: [balance at least 100.00]}
  - {use: south, when_any: [country is ES, country is IT]}
  - {use: plain, unless: [country is DE]}
  - use: house
""",
        country="DE",
        risk="high",
        group="b2c",
        customer_since="2025-01-31",
        paid_late=("2026-02-01",),
    )
    assert answer.explain().splitlines() == [
        "default 3: risk high, group b2c, customer since 2025-01-31, paid late 1 time in 12 months",
        "  route 1, the policy of the debtor: the debtor has no policy of their own",
        "  route 2, big: its condition “balance at least 100.00” does not hold",
        "  route 3, south: none of its conditions “when_any” holds",
        "  route 4, plain: its exception “country is DE” holds",
        "  route 5, house: matches, so the policy is house",
    ]
    assert answer.route == "default 3: route 5, house"


def test_no_route():
    """What nothing matches has no policy."""
    answer = ask("routes: [{use: south, when: [country is ES]}]")
    assert (answer.policy, answer.route) == ("", "")
    assert answer.explain().endswith("no route matches: there is no policy for this")


def test_the_debtors_own_policy():
    """It is whatever the host agreed with them."""
    assert ask("routes: [{use: policy of the debtor}, {use: house}]", policy="gentle").policy == "gentle"


def test_an_experiment():
    """The variant stands beside the policy, and in the reasons."""
    text = "routes: [{experiment: sooner, split: [50 % a as control, 50 % b as sooner]}]"
    answer = ask(text)
    assert answer.variant in ("sooner/control", "sooner/sooner")
    assert answer.policy == {"sooner/control": "a", "sooner/sooner": "b"}[answer.variant]
    assert f"variant {answer.variant}" in answer.explain()


@pytest.mark.parametrize(
    ("condition", "debtor", "expected"),
    [
        ("risk is high", {"risk": "high"}, True),
        ("risk is high", {"risk": "low"}, False),
        ("risk is high", {}, False),
        ("group is wholesale", {"group": "wholesale"}, True),
        ("group is wholesale", {}, False),
        ("region is US-CA", {"country": "US", "region": "CA"}, True),
        ("region is US-CA", {"country": "US", "region": "NY"}, False),
        ("customer for at least 6 months", {"customer_since": "2025-12-15"}, True),
        ("customer for at least 6 months", {"customer_since": "2025-12-16"}, False),
        ("customer for less than 6 months", {"customer_since": "2025-12-16"}, True),
        ("customer for less than 6 months", {"customer_since": "2025-12-15"}, False),
        ("customer for at least 6 months", {}, False),
        ("customer for less than 6 months", {}, False),
        ("paid late at least 2 times in 3 months", {"paid_late": ("2026-03-16", "2026-06-15")}, True),
        ("paid late at least 2 times in 3 months", {"paid_late": ("2026-03-15", "2026-06-15")}, False),
        ("paid late at least 1 time in 3 months", {"paid_late": ("2026-06-16",)}, False),
    ],
)
def test_screening(condition, debtor, expected):
    """Edges belong to "at least"; what nobody knows is neither long nor short."""
    assert matches(condition, **debtor) is expected


def test_what_was_settled_late_counts():
    """By the day in the zone of the routing: midnight after the due date is late, the minute before is not."""
    due, next_day = day("2026-05-01"), day_start(day("2026-05-02"), "Europe/Berlin")
    condition = "paid late at least 1 time in 12 months"
    assert matches(condition, history=[Settled(due, next_day)])
    assert not matches(condition, history=[Settled(due, next_day - 60)])


def test_what_both_tell_counts_once():
    """The host's ledger and our store may speak of the same payment."""
    late = Settled(day("2026-05-01"), day_start(day("2026-05-04"), "Europe/Berlin"))
    given = {"history": [late], "paid_late": ("2026-05-04", "2026-01-09")}
    assert matches("paid late at least 2 times in 12 months", **given)
    assert not matches("paid late at least 3 times in 12 months", **given)


def test_a_segment_is_all_of_its_conditions():
    """Named once, asked by name."""
    text = "segments: {risky: [risk is high, fact watched is true]}\nroutes: [{use: hard, when: segment is risky}, {use: soft}]"
    assert ask(text, risk="high", facts={"watched": "true"}).policy == "hard"
    assert ask(text, risk="high").policy == "soft"


def test_a_case_that_nothing_fits_is_told_so():
    """The routes that were passed over, and that there is no policy."""
    answer = ask("routes: [{use: us, when: country is US}]", country="DE")
    assert answer.explain().splitlines()[-1] == "  no route matches: there is no policy for this"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("country is DE", True),
        ("country is US", False),
        ("currency is EUR", True),
        ("currency is USD", False),
        ("language is de", True),
        ("language is en", False),
    ],
)
def test_a_route_asks_where_a_debtor_is_and_what_they_speak(condition, holds):
    """`de` also stands for `de-AT`."""
    assert matches(condition, country="DE", language="de-AT") is holds


def test_a_policy_of_no_route_is_told_with_where_it_comes_from():
    """Nothing was asked: the reasons name whose policy it is."""
    assert (
        Routed("ann", policy="gentle", choice="policy of the debtor").explain() == "ann\n  policy of the debtor: gentle"
    )
