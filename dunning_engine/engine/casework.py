"""From what came in to cases: which invoices share a case, and which facts belong to it.

The same for a store and for a simulation, so that both see the same cases under the same names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dunning_engine.decision.opening import misfit
from dunning_engine.domain.agency_events import AgencyCollected
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.docket import PERSON_TERMS
from dunning_engine.domain.events import (
    CreditNoteIssued,
    Event,
    FactRecorded,
    HoldLifted,
    HoldPlaced,
    OptedIn,
    OptedOut,
    PaymentReceived,
    PaymentReversed,
    PromiseMade,
)
from dunning_engine.domain.facts import StepNews, about
from dunning_engine.domain.ledger_events import (
    ChargeAssessed,
    ChargeReversed,
    CreditApplied,
    CreditNoteCancelled,
    DiscountGranted,
    WrittenOff,
)
from dunning_engine.domain.plans import PlanAgreed, PlanOffered
from dunning_engine.engine.routed_intake import RoutedDebt, routed_debts
from dunning_engine.intake.findings import folded
from dunning_engine.intake.model import Finding
from dunning_engine.kernel.calendar import LocalDate, day_start
from dunning_engine.kernel.diagnostics import Severity
from dunning_engine.policy.model import Unit

if TYPE_CHECKING:
    from dunning_engine.decision.routing import Routed
    from dunning_engine.domain.parties import Party
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.intake.model import DatedFact, IncomingInvoice, Intake
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing import Routing

_MONEY = (
    PaymentReceived, CreditNoteIssued, PaymentReversed, CreditNoteCancelled, CreditApplied, DiscountGranted,
    ChargeAssessed, ChargeReversed, AgencyCollected, PromiseMade, PlanOffered, PlanAgreed,
)  # fmt: skip
"""Facts over an amount, which never counts in two cases."""

OF_THE_PERSON = frozenset({
    HoldReason.BANKRUPTCY, HoldReason.DECEASED, HoldReason.CEASE, HoldReason.ATTORNEY, HoldReason.HARDSHIP,
})  # fmt: skip
"""Holds that concern the debtor and so every case of theirs."""


def case_name(policy: Policy, debtor_id: str, invoice: Invoice) -> str:
    """The name of the case that an invoice belongs to."""
    if policy.unit is Unit.INVOICE:
        return f"{debtor_id}/{invoice.number}"
    whose = f"/{invoice.creditor}" if invoice.creditor else ""
    return f"{debtor_id}/{invoice.amount.currency}{whose}"


def concerns_person(event: Event | StepNews) -> bool:
    """Whether a fact is about the debtor rather than about one case."""
    match event:
        case HoldPlaced(reason=reason) | HoldLifted(reason=reason):
            return reason in OF_THE_PERSON
        case OptedOut() | OptedIn():
            return True
        case FactRecorded(name=name):
            return name in PERSON_TERMS
        case _:
            return False


@dataclass(slots=True)
class CasePlan:
    """A case to open: its invoices with the line that brought each, and its facts by date (`None`: from the start)."""

    case_id: str
    policy: Policy
    debtor: Party
    currency: str
    invoices: list[IncomingInvoice] = field(default_factory=list)
    facts: list[tuple[LocalDate | None, Event | StepNews]] = field(default_factory=list)
    routed: Routed | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    """Host facts that routing was asked with."""


@dataclass(frozen=True, slots=True)
class Casework:
    """The cases of an intake, and what could not be made one, line by line."""

    plans: tuple[CasePlan, ...]
    by_line: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is true of many lines, once."""
        return folded(self.by_line)


def casework(
    intake: Intake, policies: Mapping[str, Policy], default: str | None = None, routing: Routing | None = None
) -> Casework:
    """Sort what came in into cases. Of lines that name no policy, `routing` chooses it, else it is `default`."""
    routes = {} if routing is None else routed_debts(intake, routing)
    findings: list[Finding] = []
    plans: dict[str, CasePlan] = {}
    by_invoice: dict[str, CasePlan] = {}
    for incoming in intake.receivables:
        chosen = None if incoming.policy else routes.get((incoming.debtor, incoming.invoice.amount.currency))
        plan = _plan(incoming, intake, policies, default, plans, findings, chosen)
        if plan is not None:
            plan.invoices.append(incoming)
            by_invoice[incoming.invoice.number] = plan
    left_out = {incoming.invoice.number for incoming in intake.receivables} - by_invoice.keys()
    _distribute(intake.facts, plans, by_invoice, left_out, findings)
    return Casework(tuple(plans.values()), tuple(findings))


def _plan(
    incoming: IncomingInvoice,
    intake: Intake,
    policies: Mapping[str, Policy],
    default: str | None,
    plans: dict[str, CasePlan],
    findings: list[Finding],
    chosen: RoutedDebt | None,
) -> CasePlan | None:
    routed = chosen.routed if chosen is not None else None
    if routed is not None and not routed.policy:
        message = f"invoice {incoming.invoice.number} is not opened: no route of {routed.routing} matches it"
        findings.append(_finding(incoming, message, Severity.WARNING, subject=incoming.invoice.number))
        return None
    name = incoming.policy or (routed.policy if routed is not None else default)
    policy = policies.get(name or "")
    invoice, debtor = incoming.invoice, intake.parties[incoming.debtor]
    if policy is None:
        findings.append(_nobodys(incoming, name, policies))
        return None
    reason = misfit(policy, debtor, invoice, day_start(invoice.due.toordinal(), policy.zone))
    if reason:
        message = f"invoice {invoice.number} is not opened under {policy.name}, which applies to “{reason}”"
        findings.append(_finding(incoming, message, Severity.WARNING, subject=invoice.number))
        return None
    case_id = case_name(policy, debtor.id, invoice)
    plan = CasePlan(case_id, policy, debtor, invoice.amount.currency)
    if chosen is not None:
        plan.routed, plan.known = chosen.routed, chosen.facts
    return plans.setdefault(case_id, plan)


def _nobodys(incoming: IncomingInvoice, name: str | None, policies: Iterable[str]) -> Finding:
    """An invoice whose policy is not there, or that names none where there are several."""
    number, known = incoming.invoice.number, ", ".join(sorted(policies))
    if name is None:
        message = f"invoice {number} names no policy: map a column to it, or give the intake one; there are {known}"
    else:
        message = f"invoice {number} names the policy {name!r}; there are {known}"
    return _finding(incoming, message, subject=number)


def _finding(
    source: IncomingInvoice | DatedFact, message: str, severity: Severity = Severity.ERROR, *, subject: str = ""
) -> Finding:
    return Finding(source.file, source.line, message, severity, subject=subject)


def _distribute(
    facts: Iterable[DatedFact],
    plans: dict[str, CasePlan],
    by_invoice: Mapping[str, CasePlan],
    left_out: set[str],
    findings: list[Finding],
) -> None:
    by_debtor: dict[str, list[CasePlan]] = {}
    for plan in plans.values():
        by_debtor.setdefault(plan.debtor.id, []).append(plan)
    for fact in facts:
        about_invoice = fact.invoice or _invoice_in(fact)
        named = about_invoice or fact.case
        if named in left_out:
            continue
        home = by_invoice.get(named or "") or plans.get(named or "")
        homes = [home] if home is not None else _of_debtor(fact, by_debtor.get(fact.debtor or named or "", []))
        if not homes or (home is None and _invoice_in(fact) is not None):
            findings.append(_homeless(fact))
            continue
        _put(fact, homes, by_debtor, findings, invoice=named if named in by_invoice else None)


def _invoice_in(fact: DatedFact) -> str | None:
    """The invoice that the words of a fact name themselves; what a table of payments says of them is in its line."""
    return None if isinstance(fact.fact, PaymentReceived | CreditNoteIssued) else getattr(fact.fact, "invoice", None)


def _of_debtor(fact: DatedFact, plans: list[CasePlan]) -> list[CasePlan]:
    """The cases of a debtor that a fact about none of their invoices may be about: a credit is never spread."""
    credit = fact.fact
    if not isinstance(credit, CreditNoteIssued):
        return plans
    return [plan for plan in plans if plan.policy.unit is Unit.DEBTOR and plan.currency == credit.amount.currency]


def _homeless(fact: DatedFact) -> Finding:
    """What to do about a fact that belongs to no case."""
    credit = fact.fact
    if not isinstance(credit, CreditNoteIssued):
        named = fact.invoice or _invoice_in(fact) or fact.case or fact.debtor
        return _finding(fact, f"there is no invoice or case {named!r} for this fact")
    if fact.invoice is not None:
        message = f"{fact.event_id} is about invoice {fact.invoice}, which has not come in: bring in both together"
        return _finding(fact, message, subject=fact.event_id)
    message = (
        f"{fact.event_id} names no invoice, and no case holds all that {fact.debtor} owes in {credit.amount.currency}: "
        f'it lowers nothing until the table of facts says "credit note of {credit.amount.amount:f}" of an invoice'
    )
    return _finding(fact, message, Severity.WARNING, subject=fact.event_id)


def _put(
    fact: DatedFact,
    homes: list[CasePlan],
    by_debtor: Mapping[str, list[CasePlan]],
    findings: list[Finding],
    *,
    invoice: str | None,
) -> None:
    """Give a fact to its case; what concerns the person goes to every case of theirs, money to one only."""
    try:
        event = _meant(fact, homes[0], invoice)
        if concerns_person(event):
            homes = by_debtor[homes[0].debtor.id]
        elif isinstance(event, _MONEY) or (isinstance(event, WrittenOff) and event.amount is not None):
            homes = homes[:1]
        for home in homes:
            home.facts.append((fact.date, event if home is homes[0] else _meant(fact, home, invoice)))
    except ValueError as error:
        findings.append(_finding(fact, str(error)))


def _meant(fact: DatedFact, home: CasePlan, invoice: str | None) -> Event | StepNews:
    if invoice is not None and not isinstance(fact.fact, PaymentReceived | CreditNoteIssued):
        from dataclasses import replace

        fact = replace(fact, fact=about(fact.fact, invoice))
    return fact.event(home.currency, home.policy.zone)
