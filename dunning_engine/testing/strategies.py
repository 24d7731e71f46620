"""Hypothesis strategies for what cases are made of: parties, invoices, events, and whole histories.

`parties`, `facts`, `events` and `histories` draw whatever a type allows; `policies`, `debtors`, `portfolios`,
`contact_histories` and `clocks` what may really come. Text is in Unicode's composed form and without lone surrogates,
which is how events are kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any, TypeAlias

from hypothesis import strategies as st

from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyCollected, AgencyReturned
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested, OverrideGranted
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.docket import TERMS
from dunning_engine.domain.erasure import Erased
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    CaseOpened,
    ContactMade,
    CreditNoteIssued,
    DebtorUpdated,
    DeliveryArmed,
    Event,
    HostFact,
    OptedIn,
    OptedOut,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PlanBroken,
    PolicyRef,
    ReceiptKind,
    ReceiptRecorded,
    ReceivableAdded,
    Recorded,
    StatusChanged,
    StepSkipped,
)
from dunning_engine.domain.joining import LevelJoined
from dunning_engine.domain.ladder_events import LadderRewound, NoticeCancelled, StepForced
from dunning_engine.domain.ledger_events import ChargeOmitted, ReversalKind
from dunning_engine.domain.offers import OfferMade
from dunning_engine.domain.outgoing import DeliveryCrossed, DeliveryGivenUp, DeliveryRequeued, NotLeft
from dunning_engine.domain.parties import OFFERED, Channel, ContactPerson, Party, PartyKind, PlaceHint, ZoneHint
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.domain.receivables import Invoice
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.kernel.money import Money
from dunning_engine.testing import strategies_ledger, strategies_policies, strategies_worlds
from dunning_engine.testing.strategies_docket import recorded_facts
from dunning_engine.testing.strategies_ledger import ledger_facts
from dunning_engine.testing.strategies_waiting import waiting_facts

policies = strategies_policies.policies
debtors, portfolios = strategies_worlds.debtors, strategies_worlds.portfolios
contact_histories, clocks = strategies_worlds.contact_histories, strategies_worlds.clocks

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

CURRENCIES = ("USD", "EUR", "JPY", "KWD")
PLACES = ("US", "US-MA", "US-NY-NYC", "US-NY-REST", "CA-QC", "GB")
ZONES = ("America/Denver", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")

_letters = st.characters(exclude_categories=["Cs", "Cc"])
texts = st.text(_letters, max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
names = st.text(_letters, min_size=1, max_size=8).map(lambda text: unicodedata.normalize("NFC", text))
instants = st.integers(min_value=0, max_value=4_000_000_000)
days = st.integers(min_value=719_163, max_value=760_000)
dates = st.dates(min_value=date(1990, 1, 1), max_value=date(2080, 12, 31))
currencies = st.sampled_from(CURRENCIES)
channels = st.sampled_from(Channel)
offered = st.sampled_from(OFFERED)
keys = st.builds(ActionKey, names, names, st.integers(1, 9), names)
people = st.builds(ContactPerson, role=names, name=st.none() | names, email=st.none() | names, zone=st.none() | names)
zone_hints = st.builds(ZoneHint, names, st.lists(st.sampled_from(ZONES), max_size=3, unique=True).map(tuple))
hints = st.lists(zone_hints, max_size=2).map(tuple)
_placed = st.builds(PlaceHint, names, st.lists(st.sampled_from(PLACES), max_size=3, unique=True).map(tuple))
place_hints = st.lists(_placed, max_size=2).map(tuple)


@cache
def money(currency: str | None = None) -> st.SearchStrategy[Money]:
    """Amounts above zero, of one currency or any."""
    minor = st.integers(min_value=1, max_value=10**9)
    return st.builds(Money.of_minor, minor, currencies if currency is None else st.just(currency))


@cache
def parties() -> st.SearchStrategy[Party]:
    """Debtors about whom something, all or nothing is known."""
    maybe = st.none() | names
    return st.builds(
        Party,
        id=names,
        kind=st.sampled_from(PartyKind),
        name=maybe,
        email=maybe,
        phone=maybe,
        social=maybe,
        push=maybe,
        address=st.lists(names, max_size=3).map(tuple),
        postal_code=maybe,
        region=maybe,
        country=maybe,
        zone=st.none() | st.sampled_from(ZONES),
        language=maybe,
        contacts=st.lists(people, max_size=2).map(tuple),
        guarantors=st.lists(people, max_size=1).map(tuple),
        representative=st.none() | people,
        accounts=st.lists(names, max_size=2).map(tuple),
        payer=texts,
    )


@cache
def invoices(currency: str | None = None) -> st.SearchStrategy[Invoice]:
    """Invoices of one currency or any."""
    return st.builds(Invoice, names, money(currency), due=dates, issued=st.none() | dates)


@cache
def actions(case_id: str | None = None, currency: str | None = None) -> st.SearchStrategy[ProposedAction]:
    """Proposed actions; those of one case have the identities that its deliveries will have."""
    specs = st.builds(
        ActionSpec, st.just(Do.SEND), names, offered, st.booleans(), st.booleans(), names, to=texts
    ) | st.builds(ActionSpec, st.just(Do.HAND_OFF), names, slot=names)

    @st.composite
    def built(draw: Draw) -> ProposedAction:
        home, key = case_id or draw(names), draw(keys)
        return ProposedAction(
            id=key.action_id(home),
            key=key,
            case_id=home,
            debtor_id=draw(names),
            spec=draw(specs),
            planned_at=draw(instants),
            invoices=tuple(draw(st.lists(names, max_size=3))),
            amount=draw(st.integers(0, 10**9)),
            currency=currency or draw(currencies),
            deadline=draw(st.none() | days),
            approval=draw(st.none() | names),
            charges=tuple(draw(st.lists(strategies_ledger.charges(), max_size=1))),
            offers=tuple(draw(st.lists(strategies_ledger.offers(), max_size=1))),
            levels=tuple(draw(st.lists(keys, max_size=2))),
        )

    return built()


@cache
def facts(currency: str | None = None) -> st.SearchStrategy[Event]:
    """What hosts record, except receipts."""
    amount, outside = money(currency), {"source": texts, "event_id": texts}
    number = st.none() | names
    return st.one_of(
        st.builds(ReceivableAdded, invoices(currency)),
        st.builds(DebtorUpdated, parties(), hints, place_hints),
        st.builds(PaymentReceived, amount, number, **outside, unapplied=st.booleans()),
        st.builds(CreditNoteIssued, amount, number, **outside, unapplied=st.booleans()),
        st.builds(PaymentReversed, amount, number, **outside, kind=st.sampled_from(ReversalKind), payment=texts),
        st.builds(PaymentFailed, decline=st.sampled_from(Decline), scheme=st.sampled_from(Scheme), **outside),
        st.builds(AgencyAcknowledged, texts, texts),
        st.builds(AgencyReturned, texts, texts),
        st.builds(AgencyCollected, amount, agency=texts, **outside),
        waiting_facts(amount),
        st.just(PlanBroken()),
        _contacts_made(texts),
        st.builds(OptedOut, channels),
        st.builds(OptedIn, channels),
        st.builds(HostFact, names, texts),
        st.builds(InvoiceReadied, names.filter(str.strip), st.booleans()),
        recorded_facts(),
        ledger_facts(amount),
    )


def _contacts_made(action_ids: st.SearchStrategy[str]) -> st.SearchStrategy[ContactMade]:
    return st.builds(
        ContactMade,
        channels,
        st.sampled_from(Outcome),
        st.booleans(),
        action_ids,
        line=st.sampled_from(("", *TERMS["line"].words)),
        addressee=st.sampled_from(TERMS["addressee"].words),
        reply=st.booleans(),
        answered=st.booleans(),
        discussed=st.lists(names, max_size=2).map(tuple),
    )


@cache
def openings() -> st.SearchStrategy[CaseOpened]:
    """The first event of a case."""
    return st.builds(CaseOpened, parties(), policy_refs(), hints, place_hints, strategies_ledger.terms)


@cache
def policy_refs() -> st.SearchStrategy[PolicyRef]:
    """Policy versions that nobody needs to have."""
    return st.builds(PolicyRef, names, st.integers(1, 99), names)


@cache
def proposals(case_id: str | None = None, currency: str | None = None) -> st.SearchStrategy[Event]:
    """What the engine decides about an action."""
    action, rules = actions(case_id, currency), st.lists(names, max_size=3).map(tuple)
    return st.one_of(
        st.builds(ActionDeferred, action, instants, rules, rules),
        st.builds(ActionBlocked, action, rules, rules),
        st.builds(ApprovalRequested, action, names, names, instants),
        st.builds(ActionCleared, action),
        st.builds(ChargeOmitted, action, texts),
    )


@cache
def sequels() -> st.SearchStrategy[Any]:
    """What becomes of an action; each has an `action_id`."""
    action_ids = names
    return st.one_of(
        st.builds(ApprovalGranted, action_ids, names, names),
        st.builds(ApprovalRefused, action_ids, names, texts),
        st.builds(OverrideGranted, action_ids, st.lists(names, max_size=2).map(tuple), names, texts),
        st.builds(DeliveryArmed, action_ids, st.integers(1, 9), st.booleans()),
        st.builds(DeliveryCrossed, action_ids, texts),
        st.builds(DeliveryGivenUp, action_ids, st.integers(1, 9), texts),
        st.builds(DeliveryRequeued, action_ids, texts.filter(str.strip), texts),
        st.builds(NotLeft, action_ids, texts.filter(str.strip), texts),
        st.builds(ActionCancelled, action_ids, texts),
        st.builds(NoticeCancelled, action_ids, texts.filter(str.strip), texts.filter(str.strip)),
        st.builds(ReceiptRecorded, action_ids, st.sampled_from(ReceiptKind), texts, texts),
        _contacts_made(action_ids),
        st.builds(LevelJoined, action_ids, keys, texts, st.booleans(), instants, action_ids, texts),
    )


@cache
def course() -> st.SearchStrategy[Event]:
    """What the engine notes about a case as a whole, and what people do to its ladder."""
    said = texts.filter(str.strip)
    return st.one_of(
        st.builds(StepSkipped, names, names, instants, texts, texts),
        st.builds(StepForced, names, names, said, said),
        st.builds(LadderRewound, names, names, said, said),
        st.builds(
            PolicyAssigned,
            policy_refs(),
            st.lists(st.tuples(names, names), max_size=3).map(tuple),
            names,
            texts,
            strategies_ledger.terms,
        ),
        st.builds(OfferMade, strategies_ledger.offers()),
        st.builds(Erased, said, said),
        st.builds(StatusChanged, names, st.sampled_from([status.value for status in CaseStatus]), texts),
    )


def events() -> st.SearchStrategy[Event]:
    """Every type of event, each with any content."""
    return st.one_of(openings(), facts(), proposals(), sequels(), course())


@st.composite
def histories(draw: Draw, case_id: str = "case", max_size: int = 8) -> tuple[Recorded, ...]:
    """Streams of one case that fold: one currency, and only actions that were proposed before."""
    currency = draw(currencies)
    stream: list[Event] = [draw(openings()), ReceivableAdded(draw(invoices(currency)))]
    proposed: list[str] = []
    for _ in range(draw(st.integers(0, max_size))):
        if proposed and draw(st.booleans()):
            sequel = replace(draw(sequels()), action_id=draw(st.sampled_from(proposed)))
            if isinstance(sequel, LevelJoined):
                sequel = replace(sequel, into=draw(st.sampled_from(proposed)))
            stream.append(sequel)
            continue
        event = draw(facts(currency) | proposals(case_id, currency) | course())
        if isinstance(event, ActionDeferred | ActionBlocked | ApprovalRequested | ActionCleared):
            proposed.append(event.action.id)
        stream.append(event)
    times = draw(st.lists(st.tuples(instants, instants), min_size=len(stream), max_size=len(stream)))
    return tuple(
        Recorded(seq, at, known, event) for seq, (event, (at, known)) in enumerate(zip(stream, times, strict=True), 1)
    )
