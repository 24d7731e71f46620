"""Opening cases: which receivables go in, into which case, and what is already known of the debtor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dunning_engine.decision.opening import misfit
from dunning_engine.decision.routing import Routed
from dunning_engine.domain.docket import PERSON_TERMS
from dunning_engine.domain.erasure import check_not_erased
from dunning_engine.domain.events import (
    CaseOpened,
    Event,
    FactRecorded,
    HoldPlaced,
    HostFact,
    OptedOut,
    ReceivableAdded,
)
from dunning_engine.engine.casework import OF_THE_PERSON, case_name
from dunning_engine.engine.routes import history_of
from dunning_engine.engine.writing import changed
from dunning_engine.kernel.calendar import day_start
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.codec import normal
from dunning_engine.ports.store import CaseChange, HeldCase

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party, PlaceHint, ZoneHint
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


NO_ROUTE = "no route of the routing matches it"


@dataclass(frozen=True, slots=True)
class Refused:
    """A receivable that was not opened, and why."""

    invoice: Invoice
    why: str


@dataclass(frozen=True, slots=True)
class Opening:
    """What became of some receivables: the cases that hold them, those that came in just now, those that did not fit."""

    cases: tuple[Case, ...]
    added: tuple[str, ...]
    refused: tuple[Refused, ...]
    routed: tuple[Routed, ...] = ()
    """How routing chose, where it was asked: once for each currency."""

    @classmethod
    def of(cls, parts: Sequence[Opening]) -> Opening:
        """Several openings as one."""
        return cls(
            tuple(case for part in parts for case in part.cases),
            tuple(number for part in parts for number in part.added),
            tuple(refused for part in parts for refused in part.refused),
            tuple(routed for part in parts for routed in part.routed),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a host wants opened."""

    debtor: Party
    hints: tuple[ZoneHint, ...]
    place_hints: tuple[PlaceHint, ...]
    owed: Sequence[Invoice]
    policy: Policy
    case_id: str | None
    at: Instant
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the host knows of a debtor when their case opens."""
    routed: Routed | None = None
    tenant: str = ""
    """Whose case it is; empty for the only one."""


def open_receivables(request: Request, known: Sequence[HeldCase], now: Instant) -> tuple[Opening, list[CaseChange]]:
    """What to write so that every receivable is in a case; `known` are the debtor's cases and the one that was named.

    A receivable that some case of the debtor holds already stays there: asking again changes nothing.
    """
    holding = {r.number: held.case for held in known for r in held.case.receivables}
    homes: dict[str, list[Invoice]] = {}
    cases: dict[str, Case] = {}
    refused: list[Refused] = []
    for invoice in request.owed:
        home = holding.get(invoice.number)
        why = _mismatch(home, invoice) if home is not None else _misfit(request, invoice, known)
        if why:
            refused.append(Refused(invoice, why))
        elif home is not None:
            cases[home.id] = home
        else:
            homes.setdefault(request.case_id or case_name(request.policy, request.debtor.id, invoice), []).append(
                invoice
            )
    by_id = {held.case.id: held for held in known}
    changes = [
        _change(case_id, invoices, by_id.get(case_id), request, known, now) for case_id, invoices in homes.items()
    ]
    cases |= {change.case.id: change.case for change in changes}
    added = tuple(invoice.number for invoices in homes.values() for invoice in invoices)
    return Opening(tuple(cases.values()), added, tuple(refused)), changes


def _misfit(request: Request, invoice: Invoice, known: Sequence[HeldCase]) -> str:
    history = history_of([held.case for held in known]) if request.policy.asks_history else ()
    at = day_start(invoice.due.toordinal(), request.policy.zone)
    words = misfit(request.policy, request.debtor, invoice, at, history)
    return f"policy {request.policy.name} applies to “{words}”" if words else ""


def _mismatch(home: Case, invoice: Invoice) -> str:
    known = home.receivable(invoice.number)
    if known is not None and (known.amount, home.currency) == (invoice.amount.minor, invoice.amount.currency):
        return ""
    return f"case {home.id} holds an invoice of this number over another amount: record what changed as a fact"


def _change(
    case_id: str,
    invoices: Sequence[Invoice],
    home: HeldCase | None,
    request: Request,
    known: Sequence[HeldCase],
    now: Instant,
) -> CaseChange:
    events: list[Event] = []
    if home is None:
        policy, routed = request.policy, request.routed or Routed("")
        opened = CaseOpened(request.debtor, policy.ref, request.hints, request.place_hints, policy.terms)
        events.append(replace(opened, variant=routed.variant, route=routed.route, tenant=request.tenant))
        events += [HostFact(name, value) for name, value in request.facts.items()]
    elif home.case.debtor.id != request.debtor.id:
        raise UsageError(
            f"case {case_id} belongs to debtor {home.case.debtor.id}: pass another case_id for {request.debtor.id}"
        )
    else:
        check_not_erased(home.case)
    events += [ReceivableAdded(invoice) for invoice in invoices]
    dated = [(request.at, normal(event)) for event in events]
    if home is None:
        siblings = [held.case for held in known]
        dated += [(request.at, event) for event in _of_the_person(siblings)] + _told_of_the_person(siblings)
    look = request.at if home is None or home.next_look is None else min(home.next_look, request.at)
    case = None if home is None else home.case
    return changed(case_id, case, dated, now=now, next_look=look)


def _of_the_person(siblings: Sequence[Case]) -> list[Event]:
    """What other cases know about the debtor as a person, whatever they owe: who must not be contacted, and how not."""
    holds = {
        HoldPlaced(hold.reason, until=hold.until, channel=hold.channel): None
        for case in siblings
        for hold in case.holds
        if hold.end is None and hold.reason in OF_THE_PERSON
    }
    refused = {
        channel: None for case in siblings for channel in sorted(case.opted_out, key=lambda channel: channel.value)
    }
    return [*holds, *(OptedOut(channel) for channel in refused)]


def _told_of_the_person(siblings: Sequence[Case]) -> list[tuple[Instant, Event]]:
    """What law asks about the person and other cases were told, each when it was so: later news may still change it."""
    marks = {(m.at, m.name, m.value): m for case in siblings for m in case.fact_marks if m.name in PERSON_TERMS}
    return [(mark.at, FactRecorded(mark.name, mark.value)) for mark in marks.values()]
