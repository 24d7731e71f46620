"""What is booked and what the engine learns from it: every function here writes both on one connection."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fastapi import HTTPException
from sqlalchemy import Connection, insert, select, update

from dunning_engine import DunningEngine, Invoice, Money, Party, PaymentReceived, UsageError
from invoicing_app.requests import NewCustomer, NewInvoice, NewPayment
from invoicing_app.tables import customers, invoices, payments


def book_customer(connection: Connection, new: NewCustomer) -> dict[str, str]:
    """Book a customer; the engine hears of them with their first invoice."""
    if row(connection, customers, customers.c.id == new.id):
        raise HTTPException(409, f"customer {new.id} is there already")
    connection.execute(insert(customers).values(**new.model_dump()))
    return {"id": new.id}


def book_invoice(engine: DunningEngine, connection: Connection, new: NewInvoice) -> dict[str, Any]:
    """Book an invoice and open its case; one that no policy fits is booked all the same, and says why."""
    customer = row(connection, customers, customers.c.id == new.customer)
    if customer is None:
        raise HTTPException(404, f"there is no customer {new.customer}")
    if row(connection, invoices, invoices.c.number == new.number):
        raise HTTPException(409, f"invoice {new.number} is there already")
    amount = _money(new.amount, new.currency)
    opening = engine.open_cases(
        _debtor(customer),
        [Invoice(new.number, amount, due=new.due, issued=new.issued)],
        "eu-business" if customer.kind == "business" else "us-consumer",
        connection=connection,
    )
    case_id = opening.cases[0].id if opening.cases else None
    not_dunned = opening.refused[0].why if opening.refused else ""
    booked = {
        "number": new.number,
        "customer": new.customer,
        "amount": amount.minor,
        "currency": new.currency,
        "issued": new.issued.isoformat(),
        "due": new.due.isoformat(),
        "case_id": case_id,
        "not_dunned": not_dunned,
    }
    connection.execute(insert(invoices).values(booked))
    return {"number": new.number, "case": case_id, "not_dunned": not_dunned}


def book_payment(engine: DunningEngine, connection: Connection, new: NewPayment) -> dict[str, Any]:
    """Book a payment and tell the engine, on one connection. The same reference again changes nothing."""
    invoice = row(connection, invoices, invoices.c.number == new.invoice)
    if invoice is None:
        raise HTTPException(404, f"there is no invoice {new.invoice}")
    amount = _money(new.amount, invoice.currency)
    if row(connection, payments, payments.c.reference == new.reference):
        return {"reference": new.reference, "booked": False}
    booked = {
        "reference": new.reference,
        "invoice": new.invoice,
        "amount": amount.minor,
        "paid_on": new.paid_on.isoformat(),
    }
    connection.execute(insert(payments).values(booked))
    if invoice.case_id is not None:
        fact = PaymentReceived(amount, invoice=new.invoice, source="ledger", event_id=new.reference)
        engine.record(invoice.case_id, fact, at=new.paid_on, connection=connection)
    more = update(invoices).where(invoices.c.number == new.invoice).values(paid=invoices.c.paid + amount.minor)
    connection.execute(more)  # the ledger refuses what is too much: then the fact is taken back as well
    return {"reference": new.reference, "booked": True}


def _debtor(customer: Any) -> Party:
    facts = {name: getattr(customer, name) for name in ("name", "email", "phone", "country", "zone", "language")}
    made = Party.business if customer.kind == "business" else Party.consumer
    return made(customer.id, address=tuple(customer.address.splitlines()), **facts)


def _money(amount: Decimal, currency: str) -> Money:
    try:
        return Money(amount, currency)
    except UsageError as error:
        raise HTTPException(422, str(error)) from error


def row(connection: Connection, table: Any, condition: Any) -> Any:
    """The one row that fits, or `None`."""
    return connection.execute(select(table).where(condition)).one_or_none()
