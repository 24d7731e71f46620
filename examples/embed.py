"""The whole of it in fifteen lines: open a case, take a payment, advance, dispatch. Run: python examples/embed.py."""

import sys
from pathlib import Path

from dunning_engine import DunningEngine, Invoice, Money, Party, PaymentReceived, load_policy
from dunning_engine.adapters.console import Console

POLICIES = Path(__file__).parents[1] / "policies"

engine = DunningEngine.open(
    "memory:",
    policies=[load_policy(POLICIES / "us-consumer.yaml")],
    adapters=[Console(sys.stdout)],
    allow_missing=["agency"],
)
case = engine.open_case(
    debtor=Party.consumer("cust-17", name="Ann Lee", email="ann@example.com", country="US", zone="America/Denver"),
    owed=[Invoice("INV-1042", Money("240.00", "USD"), due="2026-03-02", issued="2026-02-01")],
    policy="us-consumer",
)
engine.record(case.id, PaymentReceived(Money("40.00", "USD"), source="bank", event_id="tx-9"))
for decision in engine.advance(now=engine.clock.now()):
    print(decision.explain())
engine.dispatch()
