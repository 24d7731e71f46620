"""The words in which people write dated facts, in test files and in tables of events: one closed grammar.

Most phrases *are* an event. Amounts have no currency until the case is known, so sums and promises wait for it, and
`StepNews` is about a step of a ladder, which only whoever runs the case can turn into a receipt or an approval.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias

from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyCollected, AgencyReturned
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import ATTEMPT_TERMS, TERMS, Sort
from dunning_engine.domain.events import (
    ContactMade,
    Fact,
    FactRecorded,
    HoldLifted,
    HoldPlaced,
    HostFact,
    OptedIn,
    OptedOut,
    PaymentFailed,
)
from dunning_engine.domain.facts_actions import FAILURES, OF_AGENCIES, Collected
from dunning_engine.domain.facts_ledger import LEDGER_FORMS, SUMS, LedgerWord, ledger_event
from dunning_engine.domain.facts_waiting import (
    CHANNEL,
    INVOICE,
    WAITING_FORMS,
    InCurrency,
    PartDispute,
    PlanTold,
    Promise,
    WaitingFact,
    waiting_event,
)
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.kernel.calendar import day_start
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.grammar import Form, Grammar, Meant, Misfit, Slot
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.slots import AMOUNT, DATE, NAME, WORD


class SumOf(Enum):
    """What an amount of money was; the value is the word of the phrase."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit note"
    REVERSAL = "reversal"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    BOUNCED = "bounced payment"
    CREDIT_CANCELLED = "cancelled credit note"
    UNAPPLIED_PAYMENT = "unapplied payment"
    UNAPPLIED_CREDIT_NOTE = "unapplied credit note"
    CREDIT_APPLIED = "applied credit"
    DISCOUNT = "discount"
    WRITE_OFF = "write-off"


@dataclass(frozen=True, slots=True)
class Sum:
    """Money that came, was credited or went back, in the currency of its case."""

    what: SumOf
    amount: Decimal
    invoice: str | None = None


@dataclass(frozen=True, slots=True)
class OnDay:
    """Something that law asks for happened on a day; when the day begins depends on the zone of its case."""

    name: str
    day: date


class News(Enum):
    """What may be told about a step: what became of its action, or what a person did to the ladder there."""

    APPROVED = "approved"
    REFUSED = "refused"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    OPENED = "opened"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SKIPPED = "skipped"
    REWOUND = "rewound"
    FORCED = "forced"
    CANCELLED = "cancelled"


BY_HAND: Final = frozenset({News.SKIPPED, News.REWOUND, News.FORCED, News.CANCELLED})
"""What a person does to a ladder; `decision.by_hand` turns it into events."""


@dataclass(frozen=True, slots=True)
class StepNews:
    """News of a step's latest action, or of the step."""

    step: str
    news: News


PlainFact: TypeAlias = (
    PaymentFailed
    | AgencyAcknowledged
    | AgencyReturned
    | WaitingFact
    | ContactMade
    | OptedOut
    | OptedIn
    | HostFact
    | FactRecorded
    | InvoiceReadied
)
"""Facts that need no currency."""

FactPhrase: TypeAlias = Collected | LedgerWord | Sum | InCurrency | OnDay | StepNews | PlainFact


def in_currency(
    phrase: FactPhrase, currency: str, *, zone: str = "UTC", source: str = "", event_id: str = ""
) -> Fact | StepNews:
    """The event that a phrase tells in a case of this currency, whose days begin in `zone`; `StepNews` stays as it is.

    Raises `MoneyError` where the currency has fewer decimal places than the amount.
    """
    match phrase:
        case Sum(what, amount, invoice):
            return SUMS[what.value](Money(amount, currency), invoice, source=source, event_id=event_id)
        case LedgerWord():
            return ledger_event(phrase, currency, source, event_id)
        case Promise() | PartDispute() | PlanTold():
            return waiting_event(phrase, currency)
        case OnDay(name, day):
            return FactRecorded(name, day_start(day.toordinal(), zone), "", source, event_id)
        case PaymentFailed():
            return replace(phrase, source=source, event_id=event_id)
        case Collected(amount, commission):
            kept = None if commission is None else Money(commission, currency)
            return AgencyCollected(Money(amount, currency), kept, "", source, event_id)
        case FactRecorded():
            return replace(phrase, source=source, event_id=event_id)
        case _:
            return phrase


def about(phrase: FactPhrase, invoice: str) -> FactPhrase:
    """The phrase, meant for an invoice where it can be about one.

    Raises `ValueError` where it already names another invoice.
    """
    match phrase:
        case Sum(invoice=named):
            return replace(phrase, invoice=_same(named, invoice))
        case HoldPlaced(HoldReason.DISPUTE, named) | HoldLifted(HoldReason.DISPUTE, named) | PartDispute(named):
            return replace(phrase, invoice=_same(named, invoice))
        case _:
            return phrase


def parse_fact(text: str) -> FactPhrase | Misfit:
    """The fact that a phrase tells, or why it tells none.

    Any word may name a step, so `deceaced` would be told that "delivered" is missing: unless only the forms of steps
    come near, the phrase is explained by the others.
    """
    value = FACT.parse(text)
    if not isinstance(value, Misfit):
        return value
    told = _WITHOUT_STEPS.parse(text)
    words = (news.value for news in News if news not in BY_HAND)
    of_step = suggest(text.rpartition(" ")[2], words) is not None
    return value if of_step and isinstance(told, Misfit) and told.suggestion is None else told


def show_fact(phrase: FactPhrase) -> str:
    """The phrase that `parse_fact` reads as this fact."""
    return FACT.show(phrase)


def _same(named: str | None, invoice: str) -> str:
    if named not in (None, invoice):
        raise ValueError(f"the fact is about invoice {named}, its line about invoice {invoice}")
    return invoice


# The grammar ----------------------------------------------------------------------------------------------------------


def _sum_forms(what: SumOf) -> tuple[Form[FactPhrase], ...]:
    def make(amount: Decimal, invoice: str | None = None) -> Sum:
        if not amount:
            raise ValueError(f"a {what.value} of nothing is no fact")
        return Sum(what, amount, invoice)

    def take(value: FactPhrase, *, named: bool) -> Mapping[str, Any] | None:
        if not isinstance(value, Sum) or value.what is not what or (value.invoice is not None) is not named:
            return None
        return {"amount": value.amount, "invoice": value.invoice} if named else {"amount": value.amount}

    return (
        Form(
            f"{what.value} of {{amount}}",
            slots={"amount": AMOUNT},
            make=make,
            take=lambda value: take(value, named=False),
        ),
        Form(
            f"{what.value} of {{amount}} for {{invoice}}",
            slots={"amount": AMOUNT, "invoice": INVOICE},
            make=make,
            take=lambda value: take(value, named=True),
        ),
    )


def _channel_form(pattern: str, make: Any) -> Form[FactPhrase]:
    def take(value: FactPhrase) -> Mapping[str, Any] | None:
        channel = getattr(value, "channel", None)
        return {"channel": channel} if channel is not None and value == make(channel) else None

    return Form(pattern, slots={"channel": CHANNEL}, make=make, take=take)


def _news_form(pattern: str, news: News) -> Form[FactPhrase]:
    def take(value: FactPhrase) -> Mapping[str, Any] | None:
        return {"step": value.step} if isinstance(value, StepNews) and value.news is news else None

    return Form(pattern, slots={"step": NAME}, make=lambda step: StepNews(step, news), take=take)


def _term(sorts: Collection[Sort], instead: str) -> Slot[str]:
    """A term whose facts are of some sorts; of others it is said how they are told instead."""
    known = tuple(name for name, term in TERMS.items() if term.sort in sorts and name not in ATTEMPT_TERMS)

    def parse(text: str) -> str:
        if text in known:
            return text
        if text in ATTEMPT_TERMS:
            raise ValueError(f"{text} is about one attempt: it is not recorded beforehand")
        if text in TERMS:
            raise ValueError(f"{text} is not told so: {instead}")
        message = f"{text} is no fact that law asks for"
        near = suggest(text, known)
        raise Meant(message, near) if near else ValueError(message)

    return Slot("a fact that law asks for", r"[a-z][a-z0-9_]*", parse, str, known[0])


_YES_NO = {"yes": True, "no": False}


def _recorded(term: str, word: str) -> FactRecorded:
    words = tuple(_YES_NO) if TERMS[term].sort is Sort.FLAG else TERMS[term].words
    if word not in words:
        message = f"{term} is one of {', '.join(words)}, not {word}"
        near = suggest(word, words)
        raise Meant(message, f"recorded {term} is {near}") if near else ValueError(message)
    return FactRecorded(term, _YES_NO.get(word, word))


def _recorded_on(term: str, day: date) -> FactPhrase:
    return FactRecorded(term, day.toordinal()) if TERMS[term].sort is Sort.DAY else OnDay(term, day)


def _word_told(value: FactPhrase) -> Mapping[str, Any] | None:
    if not isinstance(value, FactRecorded) or TERMS[value.name].sort not in (Sort.WORD, Sort.FLAG):
        return None
    word = value.value if isinstance(value.value, str) else "yes" if value.value else "no"
    return {"term": value.name, "word": word}


def _day_told(value: FactPhrase) -> Mapping[str, Any] | None:
    match value:
        case OnDay(name, day):
            return {"term": name, "day": day}
        case FactRecorded(name, int(ordinal)) if TERMS[name].sort is Sort.DAY:
            return {"term": name, "day": date.fromordinal(ordinal)}
        case _:
            return None


_TOLD: tuple[Form[FactPhrase], ...] = (
    *(form for what in SumOf for form in _sum_forms(what)),
    *FAILURES,
    *OF_AGENCIES,
    *LEDGER_FORMS,
    *WAITING_FORMS,
    _channel_form("conversation by {channel}", lambda channel: ContactMade(channel, Outcome.CONVERSATION)),
    _channel_form(
        "inbound conversation by {channel}", lambda channel: ContactMade(channel, Outcome.CONVERSATION, inbound=True)
    ),
    _channel_form("opted out of {channel}", OptedOut),
    _channel_form("opted into {channel}", OptedIn),
    Form(
        "invoice {invoice} ready",
        slots={"invoice": INVOICE},
        make=InvoiceReadied,
        take=lambda fact: {"invoice": fact.invoice} if isinstance(fact, InvoiceReadied) and fact.ready else None,
    ),
    Form(
        "invoice {invoice} not ready",
        slots={"invoice": INVOICE},
        make=lambda invoice: InvoiceReadied(invoice, ready=False),
        take=lambda fact: {"invoice": fact.invoice} if isinstance(fact, InvoiceReadied) and not fact.ready else None,
    ),
    Form(
        "fact {name} is {value}",
        slots={"name": replace(NAME, example="vip"), "value": replace(WORD, example="true")},
        make=HostFact,
        take=lambda fact: {"name": fact.name, "value": fact.value} if isinstance(fact, HostFact) else None,
    ),
    Form(
        "recorded {term} is {word}",
        slots={
            "term": replace(_term((Sort.WORD, Sort.FLAG), "write “on” and a date, or record it"), example="monitored"),
            "word": replace(WORD, example="yes"),
        },
        make=_recorded,
        take=_word_told,
    ),
    Form(
        "recorded {term} on {day}",
        slots={
            "term": replace(
                _term((Sort.HAPPENED, Sort.DAY), "write “is” and a word, or record it"), example="validation_provided"
            ),
            "day": DATE,
        },
        make=_recorded_on,
        take=_day_told,
    ),
    _news_form("approved {step}", News.APPROVED),
    _news_form("refused {step}", News.REFUSED),
    _news_form("skipped {step}", News.SKIPPED),
    _news_form("rewound to {step}", News.REWOUND),
    _news_form("forced {step}", News.FORCED),
    _news_form("notice of {step} cancelled", News.CANCELLED),
)
_OF_STEPS: tuple[Form[FactPhrase], ...] = (
    _news_form("{step} delivered", News.DELIVERED),
    _news_form("{step} bounced", News.BOUNCED),
    _news_form("{step} opened", News.OPENED),
    _news_form("{step} answered", News.ANSWERED),
    _news_form("{step} accepted", News.ACCEPTED),
    _news_form("{step} declined", News.DECLINED),
)

FACT: Grammar[FactPhrase] = Grammar("a fact", (*_TOLD, *_OF_STEPS))
_WITHOUT_STEPS: Grammar[FactPhrase] = Grammar("a fact", _TOLD)
