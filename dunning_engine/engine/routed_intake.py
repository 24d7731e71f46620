"""Routing of what came in by files: asked once for each debtor and currency, when the first of the invoices comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from dunning_engine.decision.routing import Question, Routed, route
from dunning_engine.domain.events import HostFact
from dunning_engine.kernel.calendar import day_start

if TYPE_CHECKING:
    from dunning_engine.intake.model import IncomingInvoice, Intake
    from dunning_engine.kernel.calendar import LocalDate
    from dunning_engine.policy.routing import Routing


class RoutedDebt(NamedTuple):
    """What routing said of a debtor's first invoice in a currency, and the host facts that it knew."""

    routed: Routed
    facts: Mapping[str, str]


def routed_debts(intake: Intake, routing: Routing) -> dict[tuple[str, str], RoutedDebt]:
    """By debtor and currency, for invoices that name no policy."""
    first: dict[tuple[str, str], IncomingInvoice] = {}
    for incoming in intake.receivables:
        key = incoming.debtor, incoming.invoice.amount.currency
        if not incoming.policy and (key not in first or _issued(incoming) < _issued(first[key])):
            first[key] = incoming
    told = _host_facts(intake)
    found: dict[tuple[str, str], RoutedDebt] = {}
    for (debtor, currency), incoming in first.items():
        day = _issued(incoming)
        facts = {fact.name: fact.value for since, fact in told.get(debtor, ()) if since is None or since <= day}
        question = Question(intake.parties[debtor], [incoming.invoice], facts)
        routed = route(routing, question, day_start(day.toordinal(), routing.zone))
        found[debtor, currency] = RoutedDebt(routed, facts)
    return found


def _issued(incoming: IncomingInvoice) -> LocalDate:
    return incoming.invoice.issued or incoming.invoice.due


def _host_facts(intake: Intake) -> dict[str, list[tuple[LocalDate | None, HostFact]]]:
    """What the files tell of debtors in the host's own words, by debtor; those of an invoice are its debtor's."""
    owner = {incoming.invoice.number: incoming.debtor for incoming in intake.receivables}
    found: dict[str, list[tuple[LocalDate | None, HostFact]]] = {}
    for fact in intake.facts:
        if isinstance(fact.fact, HostFact):
            debtor = fact.debtor or owner.get(fact.invoice or fact.case or "")
            if debtor is not None:
                found.setdefault(debtor, []).append((fact.date, fact.fact))
    return found
