"""What hosts pass to the engine, looked at before anything is stored: events cannot be deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, get_args

from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import (
    CreditNoteIssued,
    DebtorUpdated,
    DisputeAnswered,
    Event,
    Fact,
    HoldLifted,
    HoldPlaced,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PromiseMade,
)
from dunning_engine.domain.given import NAME_MOST, check_kept
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    InvoiceCancelled,
    InvoiceCorrected,
    WrittenOff,
)
from dunning_engine.domain.parties import Party
from dunning_engine.domain.plans import PlanAgreed, PlanOffered
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.errors import UsageError
from dunning_engine.policy.model import Policy

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case

_FACTS: Final = get_args(Fact)
_OF_INVOICES: Final = (
    PaymentReceived, CreditNoteIssued, PaymentReversed, HoldPlaced, HoldLifted, DisputeAnswered, PromiseMade,
    PlanOffered, PlanAgreed, CreditNoteCancelled, CreditApplied, DiscountGranted, WrittenOff,
)  # fmt: skip
_BY_NUMBER: Final = (InvoiceCorrected, InvoiceCancelled, InvoiceReadied)
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+")
_KINDS: Final[Mapping[str, tuple[type, str]]] = MappingProxyType({
    "str": (str, "text, as in str(…)"),
    "bool": (bool, "True or False"),
    "int": (int, "a whole number"),
    "Day": (int, "the ordinal of a day, as in date(2026, 3, 20).toordinal()"),
})  # fmt: skip
"""Plain fields of facts, invoices and people as they are declared: what they hold, and what to pass."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def check_name(name: object, what: str) -> None:
    """What something is known by: text that every store keeps, and not too much of it."""
    if not isinstance(name, str):
        raise UsageError(f"{what} is {name!r}: pass text")
    check_kept(name, what, NAME_MOST)


def check_texts(value: object, what: str) -> None:
    """Every text within what a host passes, however deep; where text or a number belongs, nothing else stands."""
    match value:
        case str():
            check_kept(value, what)
        case Mapping():
            for item in value.items():
                check_texts(item, what)
        case tuple() | list() | frozenset():
            for one in value:
                check_texts(one, what)
        case _ if is_dataclass(value):
            for field in fields(value):
                part = getattr(value, field.name)
                _check_kind(part, str(field.type), f"{field.name} of {what}")
                check_texts(part, what)


def _check_kind(part: object, declared: str, what: str) -> None:
    """What is kept as text or a number is one: anything else might be kept as what it was not, or not be written at all."""
    kind = declared.removesuffix(" | None")
    if kind not in _KINDS or (part is None and kind != declared):
        return
    wanted, instead = _KINDS[kind]
    if not isinstance(part, wanted):
        raise UsageError(f"{what} is {part!r}: pass {instead}")


def check_policies(policies: object) -> None:
    """A list of compiled policies, not of their files."""
    if isinstance(policies, str | Policy) or not isinstance(policies, Sequence):
        raise UsageError(f"policies is {policies!r}: pass a list, as in policies=[load_policy('reminders.yaml')]")
    for policy in policies:
        if not isinstance(policy, Policy):
            raise UsageError(f"policies holds {policy!r}, which is no policy: pass load_policy({str(policy)!r})")


def check_owed(owed: object) -> None:
    """A list of invoices with something in it."""
    if isinstance(owed, Invoice):
        raise UsageError(f"owed is one invoice, {owed.number}: pass a list of invoices, as in owed=[invoice]")
    if not isinstance(owed, Sequence) or not owed or not all(isinstance(invoice, Invoice) for invoice in owed):
        raise UsageError(
            f"owed is {owed!r}: pass a list of at least one Invoice, "
            'as in [Invoice("INV-1", Money("240.00", "USD"), due="2026-03-01")]'
        )
    for invoice in owed:
        check_name(invoice.number, "the number of an invoice")
        check_texts(invoice, "an invoice")


def check_party(party: object) -> None:
    """A debtor with an identity; an address that is known has to be one."""
    if not isinstance(party, Party):
        raise UsageError(f'the debtor is {party!r}: pass a Party, as in Party.consumer("ann", email="ann@example.com")')
    if not str(party.id).strip():
        raise UsageError(f"the debtor's id is {party.id!r}: pass your own customer number, which payments refer to")
    check_name(party.id, "the debtor's id")
    check_texts(party, "a debtor's particulars")
    if party.email is not None and not _EMAIL.fullmatch(party.email):
        raise UsageError(
            f"{party.email!r} of debtor {party.id} is no e-mail address: pass one such as ann@example.com, "
            "or None where none is known"
        )
    if party.country is not None and not _COUNTRY.fullmatch(party.country):
        raise UsageError(
            f"{party.country!r} of debtor {party.id} is no country: pass its two letters of ISO 3166-1, as in US or DE"
        )


def check_fact(fact: object) -> None:
    """Something that hosts may record."""
    if not isinstance(fact, _FACTS):
        raise UsageError(
            f'{fact!r} is no fact that can be recorded: pass one such as PaymentReceived(Money("5.00", "USD")) '
            'or HoldPlaced("dispute")'
        )
    check_texts(fact, f"the fact {type(fact).__name__}")
    if isinstance(fact, DebtorUpdated):
        check_party(fact.debtor)
    if isinstance(fact, PaymentFailed) and not {type(fact.decline), type(fact.scheme)} <= {Decline, Scheme}:
        raise UsageError(
            f"a payment failed as {fact.decline!r} by {fact.scheme!r}: "
            "pass words of domain.declines, as in Decline.SOFT and Scheme.VISA"
        )


def check_invoice(event: Event, case: Case) -> None:
    """An invoice that a fact names has to be one of its case."""
    number = invoice_in(event)
    if number is None or case.receivable(number) is not None:
        return
    known = ", ".join(receivable.number for receivable in case.receivables)
    instead = "" if isinstance(event, _BY_NUMBER) else ", or leave invoice out to mean the case"
    raise UsageError(f"case {case.id} has no invoice {number!r}: name one of {known}{instead}")


def invoice_in(event: object) -> str | None:
    """The number of the invoice that a fact is about; `None` where it is about a case or a debtor."""
    match event:
        case ChargeAssessed(charge):
            return charge.invoice
        case InvoiceCorrected() | InvoiceCancelled():
            return event.number
        case InvoiceReadied(invoice):
            return invoice
        case _:
            return event.invoice if isinstance(event, _OF_INVOICES) else None
