"""Open a case, take a payment, decide, hand over: the whole of the engine in fifteen lines. Run: python examples/embed.py."""

from pathlib import Path

from dunning_engine import DunningEngine, FixedClock, Invoice, Money, Party, PaymentReceived, load_policy
from dunning_engine.adapters.console import Console

POLICIES = Path(__file__).resolve().parents[1] / "policies"

engine = DunningEngine.open(
    "memory:",  # or "sqlite:///dunning.db"
    policies=[load_policy(POLICIES / "us-consumer.yaml")],
    adapters=[Console()],
    creditor=Party.business("us", name="Kestrel Lane Ltd", email="billing@example.com", phone="+1 212 555 0100"),
    clock=FixedClock("2026-03-06T10:00:00-07:00"),  # leave it out and the machine's clock is asked
)
case = engine.open_case(
    debtor=Party.consumer(
        "cust-17", name="Ann", email="ann@example.com", phone="+13035550134", zone="America/Denver", country="US"
    ),
    owed=[Invoice("INV-1042", Money("240.00", "USD"), due="2026-03-02", issued="2026-02-01")],
    policy="us-consumer",
)
engine.record(case.id, PaymentReceived(Money("40.00", "USD"), source="bank", event_id="tx-9"))
for decision in engine.advance():
    print(decision.explain())
engine.dispatch()
