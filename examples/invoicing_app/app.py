"""Customers, invoices and payments over HTTP; every write of the ledger and of the engine commits together or not at all.

Run: python -m uvicorn --app-dir examples --factory invoicing_app.app:create_app
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from dunning_engine import Case, Decision, DunningEngine, FixedClock, Money, Party, UsageError, load_policy, moment
from dunning_engine.adapters.files import Files
from dunning_engine.domain.events import StatusChanged
from invoicing_app.booking import book_customer, book_invoice, book_payment, row
from invoicing_app.page import overview
from invoicing_app.requests import Approval, Moment, NewCustomer, NewInvoice, NewPayment
from invoicing_app.tables import invoices, ledger

POLICIES = Path(__file__).resolve().parents[2] / "policies"
SELLER = Party.business(
    "kestrel", name="Kestrel Lane Ltd", email="billing@example.com", phone="+353209120100", zone="Europe/Dublin"
)


def open_engine() -> DunningEngine:
    """The engine as the environment says: a folder for everything, and for a trial a clock that stands still."""
    home = Path(os.environ.get("INVOICING_HOME", "out/invoicing"))
    home.mkdir(parents=True, exist_ok=True)
    start = os.environ.get("INVOICING_CLOCK")
    return DunningEngine.open(
        f"sqlite:///{home / 'invoicing.db'}",
        policies=[load_policy(POLICIES / "eu-business.yaml"), load_policy(POLICIES / "us-consumer.yaml")],
        adapters=[Files(home / "delivered", receipt="delivered" if start else "sent")],
        creditor=SELLER,
        clock=FixedClock(start) if start else None,
    )


def create_app() -> FastAPI:
    """The app with its engine; the ledger's tables are made in the engine's database."""
    engine = open_engine()
    with engine.transaction() as connection:
        ledger.create_all(connection)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with engine:
            yield

    app = FastAPI(title="Invoicing with dunning inside", lifespan=lifespan)

    @app.post("/customers", status_code=201)
    def create_customer(new: NewCustomer) -> dict[str, str]:
        with engine.transaction() as connection:
            return book_customer(connection, new)

    @app.post("/invoices", status_code=201)
    def create_invoice(new: NewInvoice) -> dict[str, Any]:
        with engine.transaction() as connection:
            return book_invoice(engine, connection, new)

    @app.post("/payments", status_code=201)
    def take_payment(new: NewPayment) -> dict[str, Any]:
        try:
            with engine.transaction() as connection:
                return book_payment(engine, connection, new)
        except IntegrityError:
            raise HTTPException(
                409, f"{new.amount} is more than is open on {new.invoice}: nothing was booked"
            ) from None

    @app.post("/advance")
    def advance(trial: Moment | None = None) -> dict[str, Any]:
        if trial is not None:
            if not isinstance(engine.clock, FixedClock):
                raise HTTPException(409, "only the clock of a trial can be moved: set INVOICING_CLOCK")
            engine.clock.move_to(trial.now)
        decisions = engine.advance()
        handovers = engine.dispatch()
        return {
            "decisions": [decision.explain().splitlines() for decision in decisions],
            "handed_over": [f"{done.action.spec.words}: {done.fate.value}" for done in handovers],
        }

    @app.post("/approvals")
    def approve(answer: Approval) -> dict[str, str]:
        try:
            engine.approve(answer.case, answer.action, by=answer.by, role=answer.role)
        except UsageError as error:
            raise HTTPException(409, str(error)) from error
        return {"approved": answer.action}

    @app.get("/invoices/{number}")
    def show_invoice(number: str) -> dict[str, Any]:
        with engine.transaction() as connection:
            found = row(connection, invoices, invoices.c.number == number)
            if found is None:
                raise HTTPException(404, f"there is no invoice {number}")
            return _view(engine, connection, found)

    @app.get("/", response_class=HTMLResponse)
    def show_overview() -> str:
        with engine.transaction() as connection:
            found = connection.execute(select(invoices).order_by(invoices.c.due, invoices.c.number)).all()
            return overview([_view(engine, connection, one) for one in found])

    return app


def _view(engine: DunningEngine, connection: Connection, invoice: Any) -> dict[str, Any]:
    """An invoice with what its case does, what comes next and why."""
    view = {
        "number": invoice.number,
        "customer": invoice.customer,
        "due": invoice.due,
        "amount": str(Money.of_minor(invoice.amount, invoice.currency)),
        "open": str(Money.of_minor(invoice.amount - invoice.paid, invoice.currency)),
        "case": invoice.case_id,
    }
    if invoice.case_id is None:
        return {**view, "status": "not dunned", "next": "", "why": [invoice.not_dunned], "done": [], "waiting": []}
    case = engine.case(invoice.case_id, connection=connection)
    why = engine.why(invoice.case_id, connection=connection)
    return {
        **view,
        "status": _status(case, why),
        "next": _next(why),
        "why": why.explain().splitlines()[1:],
        "done": [f"{done.words}: {done.state.value}" for done in case.deliveries.values()],
        "waiting": [{"action": asked.action.id, "role": asked.role} for asked in why.waiting],
    }


def _status(case: Case, why: Decision) -> str:
    """Where the case stands now, also where the engine has not looked since the last payment."""
    moves = [(event.status, event.why) for event in why.events if isinstance(event, StatusChanged)]
    status, because = moves[-1] if moves else (case.status.value, case.closed_as)
    return f"{status} as {because}" if status == "closed" else status


def _next(why: Decision) -> str:
    """The step that comes next, with its time on the clock of the policy."""
    return next(
        (
            f"{note.about} at {moment(note.at, why.zone):%Y-%m-%d %H:%M}"
            for note in why.why
            if note.words == "comes next"
        ),
        "",
    )
