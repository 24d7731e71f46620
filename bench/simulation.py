"""A year of a portfolio in bulk: `python -m bench.simulation --cases 1000000 --workers 2`.

Households in four zones owe 20 to 900 dollars each, due on some day of the year; half pay up to twenty days before, a
third some days after, one in twenty disputes, the rest never pays. Or nobody does (`--unpaid`). What is timed is the
playing, from the plans in memory to the totals, processes started and shares sent included; a sample of debtors is
played alone beside it. Reading tables is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldPlaced, PaymentReceived
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.casework import CasePlan
from dunning_engine.engine.loading import load_policy, load_rulebooks
from dunning_engine.intake.model import IncomingInvoice
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Policy
from dunning_engine.simulation.bulk import Totals, Wanted, on_processes, played, together
from dunning_engine.simulation.run import Simulation
from dunning_engine.whereabouts.zones import Whereabouts

POLICIES = Path(__file__).parents[1] / "policies"
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
FIRST = date(2026, 1, 5)
SAMPLE = 300


def portfolio(policy: Policy, cases: int, *, unpaid: bool) -> Simulation:
    """The same portfolio at every call."""
    chance = random.Random(7)
    return Simulation(
        plans=[_plan(policy, number, chance, unpaid=unpaid) for number in range(cases)],
        rulebooks={book.name: book for book in load_rulebooks(policy.books)},
        zones=Whereabouts(),
        start=date(2026, 1, 1),
        until=date(2026, 12, 31),
    )


def _plan(policy: Policy, number: int, chance: random.Random, *, unpaid: bool) -> CasePlan:
    europe = policy.name.startswith("eu-")
    currency, party = ("EUR", Party.business) if europe else ("USD", Party.consumer)
    zone, country = ("Europe/Berlin", "DE") if europe else (chance.choice(ZONES), "US")
    debtor = party(f"c{number:07}", email=f"c{number}@example.com", country=country, zone=zone)
    due = FIRST + timedelta(days=chance.randrange(340))
    amount = Money(f"{chance.randrange(2_000, 90_000) / 100:.2f}", currency)
    invoice = Invoice(f"I{number:07}", amount, due=due, issued=due - timedelta(days=30))
    incoming = IncomingInvoice(debtor=debtor.id, invoice=invoice, file="", line=number)
    plan = CasePlan(f"{debtor.id}/{currency}", policy, debtor, currency, [incoming])
    fate = chance.random()
    late = -chance.randrange(20) if fate < 0.5 else int(chance.expovariate(1 / 20))
    if not unpaid and fate < 0.85:
        plan.facts.append((due + timedelta(days=late), PaymentReceived(amount, invoice.number)))
    if not unpaid and 0.80 < fate < 0.85:
        plan.facts.append((due + timedelta(days=chance.randrange(10)), HoldPlaced(HoldReason.DISPUTE, invoice.number)))
    return plan


def _actions(totals: Totals) -> int:
    return sum(tally.times for tally in totals.values())


def measured(name: str, cases: int, workers: int, *, unpaid: bool) -> dict[str, Any]:
    """Microseconds a case-year, alone and together, and how long the whole portfolio takes."""
    policy = load_policy(POLICIES / f"{name}.yaml")
    sample = portfolio(policy, SAMPLE, unpaid=unpaid)
    for _ in range(2):  # the second time with warm caches
        start = time.process_time()
        count = sum(1 for _world in sample.played_out())
    alone = (time.process_time() - start) / count
    whole = portfolio(policy, cases, unpaid=unpaid)
    before, start = os.times(), time.perf_counter()
    parts = on_processes(whole, workers, Wanted(rows=False)) if workers > 1 else [played(whole, Wanted(rows=False))]
    taken, after = time.perf_counter() - start, os.times()
    used = sum(after[:4]) - sum(before[:4])
    return {
        "policy": name,
        "unpaid": unpaid,
        "cases": cases,
        "workers": workers,
        "alone_us": round(alone * 1e6),
        "together_us": round(used / cases * 1e6),
        "seconds": round(taken, 1),
        "actions": _actions(together(parts)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--policy", nargs="+", default=["us-consumer", "eu-business"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--unpaid", action="store_true", help="nobody pays")
    options = parser.parse_args()
    for name in options.policy:
        for cases in options.cases:
            print(json.dumps(measured(name, cases, options.workers, unpaid=options.unpaid)), flush=True)


if __name__ == "__main__":
    main()
