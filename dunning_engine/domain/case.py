"""A case: one debtor and what they owe under one policy version, as a fold of recorded events.

Facts may come late, twice or out of order. Whatever depends on their order (allocation of money, ends of holds) is
computed from the facts sorted by the instant at which they happened, so that every order of arrival folds to the same
case. What time itself changes (overdue, promise broken) is not in here: it is derived when somebody asks, at `now`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.domain.arrangements import Hold, HoldMark, PromiseToPay
from dunning_engine.domain.charges import DEFAULT_TERMS, ChargeAccount, LedgerTerms
from dunning_engine.domain.contacts import NO_CONTACTS, Contact, ContactLog
from dunning_engine.domain.declines import Declined
from dunning_engine.domain.deliveries import OF_DELIVERIES, Change, Delivery
from dunning_engine.domain.docket import Docket
from dunning_engine.domain.erasure import OF_ERASURE
from dunning_engine.domain.events import (
    CaseOpened,
    ContactMade,
    DebtorUpdated,
    FactRecorded,
    HostFact,
    OptedIn,
    OptedOut,
    PaymentFailed,
    PolicyRef,
    Recorded,
    StatusChanged,
    StepSkipped,
)
from dunning_engine.domain.holding import OF_HOLDS
from dunning_engine.domain.ladder_events import OF_LADDERS, Forcing, SetBack, Skip
from dunning_engine.domain.ledger import OF_LEDGER, balanced, entry_key, needs_balance
from dunning_engine.domain.offers import OF_OFFERS, OfferAccount
from dunning_engine.domain.orders import StandingOrder
from dunning_engine.domain.parties import Channel, Party, PlaceHint, ZoneHint, united, united_places
from dunning_engine.domain.placements import OF_PLACEMENTS, AgencyMark
from dunning_engine.domain.plans import Plan
from dunning_engine.domain.readiness import OF_READINESS
from dunning_engine.domain.receivables import Correction, Entry, Receivable
from dunning_engine.domain.recording import FactMark, docket_of
from dunning_engine.domain.screening import Settled
from dunning_engine.domain.versions import OF_VERSIONS
from dunning_engine.kernel.calendar import Instant
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.values import Token, changed


class CaseStatus(Token):
    """Where a case stands in its lifecycle; `decision.lifecycle` has the moves."""

    UPCOMING = "upcoming"
    """Nothing is overdue."""
    OVERDUE = "overdue"
    PAUSED = "paused"
    PLACED = "placed"
    """Handed to an agency."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that is known about a case up to its `seq`-th event.

    `contacts` starts as the case's own; the shell puts the debtor's whole log there before it decides, and into
    `history` what the debtor settled in other cases, for policies that ask how often they paid late.
    """

    id: str
    debtor: Party
    policy: PolicyRef
    opened_at: Instant
    currency: str = ""
    hints: tuple[ZoneHint, ...] = ()
    zones: tuple[str, ...] = ()
    place_hints: tuple[PlaceHint, ...] = ()
    places: frozenset[str] | None = None
    """Where the debtor may be; `None` is anywhere, as in cases of before places were asked for."""
    receivables: tuple[Receivable, ...] = ()
    entries: tuple[Entry, ...] = ()
    credit: int = 0
    promises: tuple[PromiseToPay, ...] = ()
    marks: tuple[HoldMark, ...] = ()
    holds: tuple[Hold, ...] = ()
    opted_out: frozenset[Channel] = frozenset()
    failed_payments: tuple[Instant, ...] = ()
    declines: tuple[Declined, ...] = ()
    """The same failures with what was told of them."""
    failures: frozenset[str] = frozenset()
    """Outside identities of failed payments, so that none counts twice."""
    plan_broken_at: Instant | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Instant] = field(default_factory=dict)
    """When the newest word on a topic was spoken, so that older news that comes late changes nothing."""
    fact_marks: tuple[FactMark, ...] = ()
    docket: Docket = field(default_factory=dict)
    """What was told of the facts that law asks for."""
    overrides: Mapping[str, tuple[OverrideGranted, ...]] = field(default_factory=dict)
    """By action, which rules a person set aside for it."""
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    skipped: tuple[Skip, ...] = ()
    agency_marks: tuple[AgencyMark, ...] = ()
    """What agencies said, in order."""
    contacts: ContactLog = NO_CONTACTS
    status: CaseStatus = CaseStatus.UPCOMING
    closed_as: str = ""
    seq: int = 0
    plans: tuple[Plan, ...] = ()
    plan_offered_at: Instant | None = None
    terms: LedgerTerms = DEFAULT_TERMS
    charges: tuple[ChargeAccount, ...] = ()
    offers: tuple[OfferAccount, ...] = ()
    """What messages offered to let go."""
    charge_reversals: Mapping[str, str] = field(default_factory=dict)
    """Charges that were taken back, with the reason; also those that are not known yet."""
    corrections: tuple[Correction, ...] = ()
    unapplied: int = 0
    """What of the credit is for nothing yet."""
    written_off: int = 0
    recovered: int = 0
    variant: str = ""
    route: str = ""
    history: tuple[Settled, ...] = ()
    creditor: str = ""
    """Whose invoices these are, where there are several creditors."""
    unready: frozenset[str] = frozenset()
    """Invoices that may not be asked for yet."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Identities of actions, by those that follow from their keys, since the case moved to another policy version."""
    set_backs: tuple[SetBack, ...] = ()
    orders: tuple[StandingOrder, ...] = ()
    """Those that bind it, which the shell puts there before it decides; the case itself holds none."""
    assigned_by: str = ""
    """Who moved it to its policy version."""
    forced: tuple[Forcing, ...] = ()
    erased_at: Instant | None = None
    """When what identified the debtor was erased."""
    tenant: str = ""
    """Whose case it is, as far as the identities of its actions say so."""

    def receivable(self, number: str) -> Receivable | None:
        return next((r for r in self.receivables if r.number == number), None)

    def seen_entry(self, source: str, event_id: str) -> bool:
        """Whether money with this outside identity is already counted."""
        key = entry_key(source, event_id, 0)
        return bool(event_id) and any(entry.key == key for entry in self.entries)


def fold(case_id: str, history: Iterable[Recorded], case: Case | None = None) -> Case:
    """The case after some events, from nothing or from a snapshot."""
    for recorded in history:
        case = evolve(case_id, case, recorded)
    if case is None:
        raise UsageError(f"case {case_id} has no events: open it first")
    return case


def evolve(case_id: str, case: Case | None, recorded: Recorded) -> Case:
    """The case after one more event."""
    event = recorded.event
    if case is None:
        if not isinstance(event, CaseOpened):
            raise UsageError(f"the first event of case {case_id} is {type(event).__name__}, not CaseOpened")
        return Case(
            id=case_id,
            debtor=event.debtor,
            policy=event.policy,
            **_whereabouts(event),
            opened_at=recorded.at,
            seq=recorded.seq,
            terms=event.terms,
            variant=event.variant,
            route=event.route,
            tenant=event.tenant,
        )
    if isinstance(event, CaseOpened):
        raise UsageError(f"case {case_id} is open already")
    change = _EVOLVERS[type(event)](case, event, recorded)
    after = changed(case, {"seq": recorded.seq, **change})
    return balanced(after) if needs_balance(after, change) else after


# One function per event: the fields that it changes -------------------------------------------------------------------


def _newest(case: Case, topic: str, at: Instant, change: Change) -> Change:
    """A change, unless something that was said later about the same topic is known already."""
    return {**change, "told": {**case.told, topic: at}} if case.told.get(topic, at) <= at else {}


def _debtor_updated(case: Case, event: DebtorUpdated, recorded: Recorded) -> Change:
    return _newest(case, "debtor", recorded.at, {"debtor": event.debtor, **_whereabouts(event)})


def _whereabouts(event: CaseOpened | DebtorUpdated) -> Change:
    return {
        "hints": event.hints,
        "zones": united(event.hints),
        "place_hints": event.place_hints,
        "places": united_places(event.place_hints),
    }


def _payment_failed(case: Case, event: PaymentFailed, recorded: Recorded) -> Change:
    key = entry_key(event.source, event.event_id, recorded.seq)
    if key in case.failures:
        return {}
    return {
        "failed_payments": tuple(sorted((*case.failed_payments, recorded.at))),
        "declines": tuple(
            sorted((*case.declines, Declined(recorded.at, event.decline, event.scheme)), key=lambda one: one.at)
        ),
        "failures": case.failures | {key} if event.event_id else case.failures,
    }


def _contact_made(case: Case, event: ContactMade, recorded: Recorded) -> Change:
    news = contact_of(event, (case.id,), recorded.at)
    if event.action_id and any(contact.action_id == event.action_id for contact in case.contacts):
        return {"contacts": case.contacts.told(event.action_id, news)}
    return {"contacts": case.contacts.plus(news)}


def contact_of(event: ContactMade, debts: tuple[str, ...], at: Instant) -> Contact:
    """The contact that an event tells of."""
    return Contact(
        at,
        event.channel,
        debts,
        event.outcome,
        event.inbound,
        discussed=event.discussed,
        line=event.line,
        addressee=event.addressee,
        reply=event.reply,
        answered=event.answered,
    )


def _opted_out(case: Case, event: OptedOut, recorded: Recorded) -> Change:
    change = {"opted_out": case.opted_out | {event.channel}}
    return _newest(case, f"consent {event.channel.value}", recorded.at, change)


def _opted_in(case: Case, event: OptedIn, recorded: Recorded) -> Change:
    change = {"opted_out": case.opted_out - {event.channel}}
    return _newest(case, f"consent {event.channel.value}", recorded.at, change)


def _host_fact(case: Case, event: HostFact, recorded: Recorded) -> Change:
    return _newest(case, f"fact {event.name}", recorded.at, {"facts": {**case.facts, event.name: event.value}})


def _fact_recorded(case: Case, event: FactRecorded, recorded: Recorded) -> Change:
    mark = FactMark(recorded.at, recorded.seq, event.name, event.value)
    marks = tuple(sorted((*case.fact_marks, mark), key=lambda m: (m.at, m.seq)))
    return {"fact_marks": marks, "docket": docket_of(marks)}


def _override_granted(case: Case, event: OverrideGranted, _recorded: Recorded) -> Change:
    granted = (*case.overrides.get(event.action_id, ()), event)
    return {"overrides": {**case.overrides, event.action_id: granted}}


def _step_skipped(case: Case, event: StepSkipped, recorded: Recorded) -> Change:
    skip = Skip(recorded.at, event.cycle, event.step, event.by, event.why)
    return {"skipped": (*case.skipped, skip)}


def _status_changed(_case: Case, event: StatusChanged, _recorded: Recorded) -> Change:
    status = CaseStatus(event.status)
    return {"status": status, "closed_as": event.why if status is CaseStatus.CLOSED else ""}


_EVOLVERS: Mapping[type, Callable[[Case, Any, Recorded], Change]] = {
    DebtorUpdated: _debtor_updated,
    PaymentFailed: _payment_failed,
    ContactMade: _contact_made,
    OptedOut: _opted_out,
    OptedIn: _opted_in,
    HostFact: _host_fact,
    FactRecorded: _fact_recorded,
    OverrideGranted: _override_granted,
    StepSkipped: _step_skipped,
    StatusChanged: _status_changed,
    **OF_DELIVERIES,
    **OF_PLACEMENTS,
    **OF_OFFERS,
    **OF_HOLDS,
    **OF_READINESS,
    **OF_LADDERS,
    **OF_LEDGER,
    **OF_VERSIONS,
    **OF_ERASURE,
}
