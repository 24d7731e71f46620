"""The variants of an experiment side by side."""

from __future__ import annotations

from dunning_engine import DunningEngine, FixedClock, Invoice, Money, Party, PaymentReceived
from dunning_engine.engine.loading import policy_of
from dunning_engine.policy.routing import Route, Routing, Use, Variant
from dunning_engine.reports.variants import VariantResult, variant_results

POLICY = """
policy: calm
version: 1
time: {zone: Europe/Berlin}
steps: [{step: reminder, when: 3 days after due, send: letter reminder}]
"""


def test_cases_payments_and_days():
    """Days count from the due date; early payment counts below zero; who has no variant stands under the policy."""
    split = (Variant(50, "calm", "control"), Variant(50, "calm", "new"))
    routes = (Route(experiment="sooner", split=split),)
    engine = DunningEngine.open(
        "memory:",
        policies=[policy_of(POLICY, "calm.yaml")],
        routing=Routing(name="r", version=1, title="", hash="1", zone="Europe/Berlin", routes=routes),
        allow_missing=["letter"],
        clock=FixedClock("2026-03-31T10:00:00+02:00"),
    )
    for number in range(12):
        owed = [Invoice(f"I-{number}", Money("80.00", "EUR"), due="2026-03-10")]
        engine.open_case(Party.consumer(f"C-{number}"), owed)
    engine.open_case(Party.consumer("alone"), [Invoice("A", Money("80.00", "EUR"), due="2026-03-10")], "calm")
    cases = {case.variant: case for case in engine.cases()}
    engine.record(cases["sooner/new"].id, PaymentReceived(Money("80.00", "EUR")), at="2026-03-15")
    engine.record(cases["sooner/control"].id, PaymentReceived(Money("80.00", "EUR")), at="2026-03-08")
    alone, control, new = variant_results((case, "Europe/Berlin") for case in engine.cases())
    assert alone == VariantResult("", "calm", 1, 0, None, 0)
    assert (control.variant, control.paid, control.days) == ("sooner/control", 1, "-2.0")
    assert (new.variant, new.paid, new.days) == ("sooner/new", 1, "5.0")
    assert control.cases + new.cases == 12
    assert (alone.days, alone.share) == ("", "0 %")


def test_routes_name_their_policies():
    """Each once."""
    assert Route(use=Use("calm")).policies == ("calm",)
    assert Route(experiment="x", split=(Variant(100, "calm", "a"),)).policies == ("calm",)
