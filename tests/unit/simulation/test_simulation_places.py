"""Simulated cases know whose law may protect their debtor, as stored ones do."""

from __future__ import annotations

from datetime import date

from dunning_engine.domain.parties import Party, PlaceHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.casework import CasePlan
from dunning_engine.intake.model import IncomingInvoice
from dunning_engine.kernel.money import Money
from dunning_engine.policy.compiler import compile_policy
from dunning_engine.simulation.run import Simulation
from dunning_engine.whereabouts.holidays import Holidays
from dunning_engine.whereabouts.zones import Whereabouts

POLICY = """
policy: p
version: 1
time: {zone: America/New_York}
steps:
  - step: reminder
    when: 3 days after due
    send: letter reminder
"""


class Brazil:
    def places(self, _party):
        return (PlaceHint("branch", ("BR-SP",)),)


def places(**sources):
    """Where the debtor of a simulated case may be."""
    policy = compile_policy(POLICY, file="p.yaml", calendars=Holidays(), rulebooks=()).policy
    debtor = Party.consumer("ann", country="US", postal_code="02139")
    invoice = Invoice("INV-1", Money("240.00", "USD"), due="2026-03-02", issued="2026-02-01")
    incoming = IncomingInvoice(invoice=invoice, debtor=debtor.id, file="a.csv", line=2)
    plan = CasePlan("ann/INV-1", policy, debtor, "USD", [incoming], [])
    simulation = Simulation(
        plans=[plan],
        rulebooks={},
        zones=Whereabouts(),
        start=date(2026, 1, 1),
        until=date(2026, 12, 31),
        **sources,
    )
    (line,) = simulation.run()
    return line.trace.case.places


def test_a_simulated_debtor_is_placed_by_their_address():
    """Unless somebody knows better."""
    assert places() == {"US-MA"}
    assert places(places=Brazil()) == {"BR-SP"}
