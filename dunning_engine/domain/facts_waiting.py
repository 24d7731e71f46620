"""Phrases about holds, disputes, promises and payment plans; their grammar is part of that of all facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeAlias, assert_never

from dunning_engine.domain.arrangements import DisputeOutcome, HoldReason
from dunning_engine.domain.events import DisputeAnswered, HoldLifted, HoldPlaced, PlanBroken, PromiseMade
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.plans import Instalment, PlanAgreed, PlanOffered, day_of
from dunning_engine.kernel.calendar import Day
from dunning_engine.kernel.grammar import Form, Slot
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.slots import AMOUNT, COUNT, DATE


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise in the currency of its case."""

    amount: Decimal
    by: date
    invoice: str | None = None


@dataclass(frozen=True, slots=True)
class PartDispute:
    """A dispute of a part of an invoice, in the currency of its case."""

    invoice: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlanTold:
    """A plan of equal instalments, in the currency of its case."""

    count: int
    every: str
    amount: Decimal
    start: date
    invoice: str | None = None
    offered: bool = False


InCurrency: TypeAlias = Promise | PartDispute | PlanTold
"""Phrases of this page that need the currency of their case."""

WaitingFact: TypeAlias = HoldPlaced | HoldLifted | DisputeAnswered | PlanBroken
"""Facts of this page that need none."""


def waiting_event(phrase: InCurrency, currency: str) -> PromiseMade | HoldPlaced | PlanAgreed | PlanOffered:
    """The event that a phrase tells in a case of this currency."""
    match phrase:
        case Promise(amount, by, invoice):
            return PromiseMade(Money(amount, currency), by.toordinal(), invoice)
        case PartDispute(invoice, amount):
            return HoldPlaced(HoldReason.DISPUTE, invoice, amount=Money(amount, currency))
        case PlanTold():
            start, money = phrase.start.toordinal(), Money(phrase.amount, currency)
            parts = tuple(Instalment(money, day_of(start, n, phrase.every)) for n in range(phrase.count))
            return PlanOffered(parts, phrase.invoice) if phrase.offered else PlanAgreed(parts, phrase.invoice)
        case _:
            assert_never(phrase)


# The forms ------------------------------------------------------------------------------------------------------------

INVOICE: Slot[str] = Slot("an invoice number", r"[^\s,]+", str, str, "INV-1042")
CHANNEL: Slot[Channel] = Slot(
    "a channel", "|".join(channel.value for channel in Channel), Channel, lambda channel: channel.value, "call"
)
_DAY: Slot[Day] = Slot(
    "a date",
    DATE.regex,
    lambda text: DATE.parse(text).toordinal(),
    lambda day: date.fromordinal(day).isoformat(),
    "2026-05-01",
)
_OUTCOME: Slot[DisputeOutcome] = Slot(
    "an outcome", "|".join(o.value for o in DisputeOutcome), DisputeOutcome, lambda outcome: outcome.value, "credited"
)


def constant(pattern: str, value: Any) -> Form[Any]:
    """A phrase without slots."""
    return Form(pattern, slots={}, make=lambda: value, take=lambda other: {} if other == value else None)


def _told(pattern: str, make: Callable[..., Any], **slots: Slot[Any]) -> Form[Any]:
    """A form whose slots are fields of the fact that it tells."""
    kind = type(make(**{name: slot.parse(slot.example) for name, slot in slots.items()}))

    def take(value: Any) -> Mapping[str, Any] | None:
        if not isinstance(value, kind):
            return None
        fields = {name: getattr(value, name, None) for name in slots}
        return fields if None not in fields.values() and make(**fields) == value else None

    return Form(pattern, slots=slots, make=make, take=take)


def _of_something(what: str, kind: type[Promise | PartDispute | PlanTold], amount: Decimal, **fields: Any) -> Any:
    if not amount:
        raise ValueError(f"{what} of nothing is no fact")
    return kind(amount=amount, **fields)


def _hold_forms(words: str, make: Callable[..., HoldPlaced]) -> Iterator[Form[Any]]:
    """A hold of everything or of one invoice, with its last day or without."""
    yield _told(words, make)
    yield _told(f"{words} until {{until}}", make, until=_DAY)
    yield _told(f"{words} on {{invoice}}", make, invoice=INVOICE)
    yield _told(f"{words} on {{invoice}} until {{until}}", make, invoice=INVOICE, until=_DAY)


def _dispute_forms() -> Iterator[Form[Any]]:
    placed, lifted = partial(HoldPlaced, HoldReason.DISPUTE), partial(HoldLifted, HoldReason.DISPUTE)
    yield _told("dispute opened", placed)
    yield _told("dispute opened on {invoice}", placed, invoice=INVOICE)
    part = partial(_of_something, "a dispute", PartDispute)
    yield _told("dispute opened on {invoice} over {amount}", part, invoice=INVOICE, amount=AMOUNT)
    yield _told("dispute answered", DisputeAnswered)
    yield _told("dispute answered on {invoice}", DisputeAnswered, invoice=INVOICE)
    yield _told("dispute closed", lifted)
    yield _told("dispute closed as {outcome}", lifted, outcome=_OUTCOME)
    yield _told("dispute closed on {invoice}", lifted, invoice=INVOICE)
    yield _told("dispute closed on {invoice} as {outcome}", lifted, invoice=INVOICE, outcome=_OUTCOME)


def _manual_forms() -> Iterator[Form[Any]]:
    placed, lifted = partial(HoldPlaced, HoldReason.MANUAL), partial(HoldLifted, HoldReason.MANUAL)
    yield from _hold_forms("hold placed", placed)
    yield _told("hold placed on contacts by {channel}", placed, channel=CHANNEL)
    yield _told("hold placed on contacts by {channel} until {until}", placed, channel=CHANNEL, until=_DAY)
    yield _told("hold lifted", lifted)
    yield _told("hold lifted on {invoice}", lifted, invoice=INVOICE)
    yield _told("hold lifted on contacts by {channel}", lifted, channel=CHANNEL)


def _promise_forms() -> Iterator[Form[Any]]:
    make = partial(_of_something, "a promise", Promise)
    yield _told("promise of {amount} by {by}", make, amount=AMOUNT, by=DATE)
    yield _told("promise of {amount} for {invoice} by {by}", make, amount=AMOUNT, invoice=INVOICE, by=DATE)


def _plan_forms() -> Iterator[Form[Any]]:
    for words, offered in (("plan of", False), ("plan offered of", True)):
        for adverb, every in (("monthly", "month"), ("weekly", "week")):
            make = partial(_of_something, "an instalment", PlanTold, every=every, offered=offered)
            parts = f"{words} {{count}} {adverb} instalment[s] of {{amount}}"
            slots: dict[str, Slot[Any]] = {"count": COUNT, "amount": AMOUNT, "start": DATE}
            yield _told(f"{parts} from {{start}}", make, **slots)
            yield _told(f"{parts} for {{invoice}} from {{start}}", make, **slots, invoice=INVOICE)
    yield constant("plan agreed", HoldPlaced(HoldReason.PLAN))
    yield constant("plan broken", PlanBroken())
    yield constant("plan completed", HoldLifted(HoldReason.PLAN))


def _person_forms() -> Iterator[Form[Any]]:
    yield constant("bankrupt", HoldPlaced(HoldReason.BANKRUPTCY))
    yield constant("bankruptcy ended", HoldLifted(HoldReason.BANKRUPTCY))
    yield constant("deceased", HoldPlaced(HoldReason.DECEASED))
    yield constant("cease requested", HoldPlaced(HoldReason.CEASE))
    yield constant("cease withdrawn", HoldLifted(HoldReason.CEASE))
    yield constant("attorney named", HoldPlaced(HoldReason.ATTORNEY))
    yield constant("attorney dismissed", HoldLifted(HoldReason.ATTORNEY))
    yield _told("hardship", partial(HoldPlaced, HoldReason.HARDSHIP))
    yield _told("hardship until {until}", partial(HoldPlaced, HoldReason.HARDSHIP), until=_DAY)
    yield constant("hardship ended", HoldLifted(HoldReason.HARDSHIP))
    placed, lifted = partial(HoldPlaced, HoldReason.IDENTITY_THEFT), partial(HoldLifted, HoldReason.IDENTITY_THEFT)
    yield _told("identity theft reported", placed)
    yield _told("identity theft reported on {invoice}", placed, invoice=INVOICE)
    yield _told("identity theft cleared", lifted)
    yield _told("identity theft cleared on {invoice}", lifted, invoice=INVOICE)


WAITING_FORMS: Final[tuple[Form[Any], ...]] = (
    *_promise_forms(),
    *_dispute_forms(),
    *_plan_forms(),
    *_manual_forms(),
    *_person_forms(),
)


# In plain words -------------------------------------------------------------------------------------------------------


def hold_words(event: HoldPlaced | HoldLifted) -> str:
    """What a hold is about and how long, for people: `dispute for INV-1 over 40.00 EUR, until 2026-05-01, by Ida`."""
    words = event.reason.value
    if event.invoice is not None:
        words += f" for {event.invoice}"
    if isinstance(event, HoldPlaced):
        words += f" over {event.amount}" if event.amount is not None else ""
        words += f", until {date.fromordinal(event.until)}" if event.until is not None else ""
        rules = (rule.value for rule in (event.resume, event.clock) if rule is not None)
        words += "".join(f", {rule}" for rule in rules)
    elif event.outcome is not None:
        words += f" as {event.outcome.value}"
    words += f", contacts by {event.channel.value} only" if event.channel is not None else ""
    words += f" by {event.by}" if event.by else ""
    return words + (f": {event.note}" if event.note else "")


def plan_words(event: PlanAgreed | PlanOffered) -> str:
    """`3 instalments from 2026-04-01 to 2026-06-01, 150.00 USD in all`."""
    parts, last = event.instalments, event.instalments[-1]
    total = Money.of_minor(sum(one.amount.minor for one in parts), last.amount.currency)
    count = "1 instalment" if len(parts) == 1 else f"{len(parts)} instalments"
    days = f"from {date.fromordinal(parts[0].due)} to {date.fromordinal(last.due)}"
    return f"{count} {days}, {total} in all{f' for {event.invoice}' if event.invoice else ''}"
