"""Cases that are opened without a policy: routing chooses, cases that are there keep theirs, history counts."""

from __future__ import annotations

import pytest

from dunning_engine import DunningEngine, FixedClock, Invoice, Money, Party, PaymentReceived, UsageError
from dunning_engine.engine.loading import policy_of
from dunning_engine.engine.routing_files import load_routing
from dunning_engine.kernel.errors import PolicyInvalid

POLICY = """
policy: {name}
version: 1
time: {{zone: Europe/Berlin}}
{rest}
steps:
  - {{step: reminder, when: 3 days after due, send: letter reminder}}
"""
ROUTES = """
routing: shop
version: 2
zone: Europe/Berlin
routes:
  - {use: late, when: [paid late at least 1 time in 12 months]}
  - {use: vip, when: [fact vip is true]}
  - experiment: sooner
    when: [debtor is consumer]
    split: [50 % calm as control, 50 % vip as sooner]
"""


def policies():
    return [policy_of(POLICY.format(name=name, rest=""), f"{name}.yaml") for name in ("calm", "vip", "late")]


@pytest.fixture
def routing(tmp_path):
    file = tmp_path / "routing.yaml"
    file.write_text(ROUTES)
    return load_routing(file)


@pytest.fixture
def engine(routing):
    made = DunningEngine.open(
        "memory:",
        policies=policies(),
        routing=routing,
        allow_missing=["letter"],
        clock=FixedClock("2026-03-20T10:00:00+01:00"),
    )
    yield made
    made.close()


def invoice(number="I-1", currency="EUR", due="2026-03-01"):
    return Invoice(number, Money("80.00", currency), due=due)


ANN = Party.consumer("ann", zone="Europe/Berlin")


def test_the_variant_stands_on_the_case_and_on_every_decision(engine):
    """So that what a variant brings can be told apart for good."""
    case = engine.open_case(ANN, [invoice()])
    assert case.variant in ("sooner/control", "sooner/sooner")
    assert case.route == "shop 2: route 3, experiment sooner"
    assert case.policy.name == {"sooner/control": "calm", "sooner/sooner": "vip"}[case.variant]
    (decision,) = engine.advance()
    assert decision.variant == case.variant
    assert f"variant: {case.variant}" in decision.explain()
    assert engine.why(case.id).variant == case.variant


def test_asking_opens_nothing(engine):
    """The answer is the one that opening gives."""
    (answer,) = engine.route(ANN, [invoice()])
    assert engine.cases() == ()
    assert engine.open_case(ANN, [invoice()]).variant == answer.variant


def test_a_case_that_is_there_keeps_its_policy(engine):
    """Whatever routing would say by now."""
    engine.open_case(ANN, [invoice()], "calm")
    opening = engine.open_cases(ANN, [invoice("I-2")], facts={"vip": "true"})
    assert [case.policy.name for case in opening.cases] == ["calm"]
    assert opening.routed[0].explain().endswith("case ann/EUR is there and keeps its policy: calm")


def test_each_currency_is_routed(engine):
    """Its case is another one."""
    opening = engine.open_cases(ANN, [invoice(), invoice("I-2", "USD")])
    assert sorted(case.id for case in opening.cases) == ["ann/EUR", "ann/USD"]
    assert len(opening.routed) == 2


def test_facts_are_known_to_routing_and_to_the_case(engine):
    """Also to the routing of the next case."""
    case = engine.open_case(ANN, [invoice()], facts={"vip": "true"})
    assert (case.policy.name, dict(case.facts)) == ("vip", {"vip": "true"})
    assert engine.open_case(ANN, [invoice("I-2", "USD")]).policy.name == "vip"


def test_what_was_paid_late_counts(engine):
    """From every case of the debtor in the store."""
    case = engine.open_case(ANN, [invoice()])
    engine.record(case.id, PaymentReceived(Money("80.00", "EUR")), at="2026-03-05")
    assert engine.open_case(ANN, [invoice("I-2", "USD")]).policy.name == "late"


def test_steps_ask_about_other_cases():
    """A policy that asks how often somebody paid late is told of all their cases."""
    asks = POLICY.format(name="asks", rest="segments: {late: [paid late at least 1 time in 12 months]}")
    asks = asks.replace("send:", "only_if: [segment is late], send:")
    engine = DunningEngine.open(
        "memory:",
        policies=[policy_of(asks, "asks.yaml")],
        allow_missing=["letter"],
        clock=FixedClock("2026-03-20T10:00:00+01:00"),
    )
    euros = engine.open_case(ANN, [invoice()], "asks")
    dollars = engine.open_case(ANN, [invoice("I-2", "USD", due="2026-02-01")], "asks")
    assert "does not hold" in engine.why(euros.id).explain()
    engine.record(dollars.id, PaymentReceived(Money("80.00", "USD")), at="2026-02-10")
    assert "does not hold" not in engine.why(euros.id).explain()


def test_what_no_route_matches_is_refused(engine):
    """With the reason; opening a single case says it as an error."""
    shop = Party.business("shop")
    opening = engine.open_cases(shop, [invoice()])
    assert (opening.cases, [refused.why for refused in opening.refused]) == ((), ["no route of the routing matches it"])
    with pytest.raises(UsageError, match="no route of the routing matches it"):
        engine.open_case(shop, [invoice()])


def test_without_routing_a_policy_is_needed():
    """The message says what to pass."""
    engine = DunningEngine.open("memory:", policies=policies(), allow_missing=["letter"])
    with pytest.raises(UsageError, match="pass policy=…, or open the engine with routing="):
        engine.open_case(ANN, [invoice()])


def test_policies_that_routing_chooses_have_to_be_there(routing):
    """They are named, all of them."""
    with pytest.raises(UsageError, match="routing shop chooses late, vip: open the engine with those policies"):
        DunningEngine.open("memory:", policies=policies()[:1], routing=routing, allow_missing=["letter"])
    with pytest.raises(UsageError, match=r"pass load_routing\('policies/routing.yaml'\)"):
        DunningEngine.open("memory:", policies=policies(), routing="routing.yaml", allow_missing=["letter"])


def test_mistakes_of_a_file_are_told(tmp_path):
    """All errors at once, with the policies that are given."""
    file = tmp_path / "routing.yaml"
    file.write_text(ROUTES.replace("use: late", "use: lat"))
    with pytest.raises(PolicyInvalid) as caught:
        load_routing(file, policies=policies())
    assert [(d.code, d.suggestion) for d in caught.value.diagnostics] == [("DUN384", "late")]
    file.write_bytes(b"\xff")
    with pytest.raises(PolicyInvalid):
        load_routing(file)
