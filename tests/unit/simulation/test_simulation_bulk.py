"""Simulations in shares: however debtors are dealt out, the same comes of it."""

from __future__ import annotations

import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from dunning_engine.domain.events import PaymentReceived
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.casework import CasePlan
from dunning_engine.engine.loading import load_policy, load_rulebooks
from dunning_engine.intake.model import IncomingInvoice
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.simulation.bulk import Part, Wanted, in_order, on_dask, on_processes, play, played, shares, together
from dunning_engine.simulation.run import Simulation
from dunning_engine.whereabouts.zones import Whereabouts

POLICY = Path(__file__).parents[3] / "policies" / "eu-business.yaml"
DEBTORS = 23


@cache
def portfolio() -> Simulation:
    """Firms with one or two invoices, of which some are paid."""
    policy = load_policy(POLICY)
    plans = []
    for number in range(DEBTORS):
        debtor = Party.business(f"firm-{number % 19}", email="a@example.com", country="DE", zone="Europe/Berlin")
        due = date(2026, 1, 5) + timedelta(days=3 * number)
        invoice = Invoice(f"INV-{number}", Money(f"{100 + number}.00", "EUR"), due=due, issued=due - timedelta(days=30))
        incoming = IncomingInvoice(debtor=debtor.id, invoice=invoice, file="", line=number)
        plan = CasePlan(f"{debtor.id}/{number}", policy, debtor, "EUR", [incoming])
        if number % 3 == 0:
            plan.facts.append((due + timedelta(days=2 * number), PaymentReceived(invoice.amount)))
        plans.append(plan)
    return Simulation(
        plans=plans,
        rulebooks={book.name: book for book in load_rulebooks(policy.books)},
        zones=Whereabouts(),
        start=date(2026, 1, 1),
        until=date(2026, 6, 30),
    )


@cache
def whole() -> Part:
    return played(portfolio(), Wanted(cases=True))


def _file(parts: list[Part]) -> str:
    return "".join(f"{row.text}\n" for row in in_order(parts))


@pytest.mark.parametrize("count", [1, 2, 3, 7, DEBTORS, 1000])
def test_any_number_of_shares_gives_the_same_file_and_totals(count: int) -> None:
    parts = [play(share, Wanted(cases=True)) for share in shares(portfolio(), count)]

    assert len(parts) == min(count, 19)
    assert _file(parts) == _file([whole()])
    assert together(parts) == together([whole()])
    assert list(together(reversed(parts))) == list(together(parts))
    assert sorted(case.id for part in parts for case in part.cases) == sorted(case.id for case in whole().cases)
    assert sum(part.debtors for part in parts) == 19


def test_totals_count_every_row() -> None:
    totals = together([whole()])

    assert sum(tally.times for tally in totals.values()) == len(whole().rows)
    assert play(next(shares(portfolio(), 1)), Wanted(rows=False)).rows == ()
    assert {kind.verdict for kind in totals} >= {"cleared"}


def test_processes_give_the_same_and_tell_how_far_they_are() -> None:
    done: list[int] = []
    parts = on_processes(portfolio(), 2, progress=done.append)

    assert (_file(parts), together(parts)) == (_file([whole()]), together([whole()]))
    assert sum(done) == 19


def test_a_policy_without_a_text_stays_here() -> None:
    plan = portfolio().plans[0]
    plan = CasePlan(plan.case_id, load_policy(POLICY), plan.debtor, plan.currency, plan.invoices)
    plan.policy.memo.pop("source")
    alone = Simulation(
        plans=[plan], rulebooks={}, zones=Whereabouts(), start=portfolio().start, until=portfolio().until
    )
    with pytest.raises(UsageError, match="was not read from a text"):
        list(shares(alone, 1))


@contextmanager
def dask() -> Iterator[str]:
    """A scheduler and a worker of their own processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    host, port = address.split(":")
    head = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    calls = [
        [*head, "--host", host, "--port", port, "--no-dashboard"],
        [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--no-nanny",
        ],
    ]
    running = [subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for call in calls]
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"tcp://{address}"
    finally:
        for process in running:
            process.terminate()
            process.wait(20)


def test_a_process_that_is_killed_is_told() -> None:
    """The machine may have had no more memory: that is no mistake of the library's, and there is something to do."""

    def kill(_done: int) -> None:
        for child in multiprocessing.active_children():
            child.kill()
            child.join()

    with pytest.raises(ForeignError, match=r"was killed, perhaps .*: use fewer --workers"):
        on_processes(portfolio(), 2, progress=kill)


def test_a_dask_cluster_gives_the_same() -> None:
    done: list[int] = []
    with dask() as address:
        parts = on_dask(portfolio(), address, progress=done.append)

    assert (_file(parts), together(parts)) == (_file([whole()]), together([whole()]))
    assert sum(done) == 19


def test_a_cluster_that_is_not_there_is_named() -> None:
    with pytest.raises(ForeignError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        on_dask(portfolio(), "tcp://127.0.0.1:1")
