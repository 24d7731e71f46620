"""What is let go because the debtor paid in time, and asked again where that payment went back.

Both follow from the facts by their dates: a payment that becomes known late was still in time, and one that went back
earned nothing, however long ago the allowance was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.decision.bookkeeping import DISCOUNT as EARLY
from dunning_engine.decision.bookkeeping import SOURCE
from dunning_engine.decision.sums import part
from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.balances import open_on, openings
from dunning_engine.domain.case import evolve
from dunning_engine.domain.events import Recorded
from dunning_engine.domain.ledger_events import ChargeRestored, ChargeReversed, DiscountGranted, DiscountWithdrawn
from dunning_engine.domain.offers import OfferKind
from dunning_engine.domain.receivables import EntryKind
from dunning_engine.kernel.calendar import local_day
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import add
from dunning_engine.policy.phrases_money import DISCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.charges import ChargeAccount
    from dunning_engine.domain.offers import OfferAccount
    from dunning_engine.domain.receivables import Entry, Receivable
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.policy.model import Policy

Allowance: TypeAlias = DiscountGranted | ChargeReversed
"""What is not asked any more."""
Withdrawal: TypeAlias = DiscountWithdrawn | ChargeRestored
"""What is asked again."""

WENT_BACK: Final = "the payment that earned it went back"


def allowances(
    case: Case, policy: Policy, standing: Standing, now: Instant
) -> tuple[Case, tuple[Allowance | Withdrawal, ...]]:
    """The case after all that was earned, or lost again, by paying in time, and the events that say so."""
    events: list[Allowance | Withdrawal] = []
    for found in _FOLLOWING:
        for event in found(case, policy, standing):
            case = evolve(case.id, case, Recorded(case.seq + 1, now, now, event))
            events.append(event)
    return case, tuple(events)


# One allowance may be made, withdrawn and made again --------------------------------------------------------------------


def _grants(case: Case, base: str) -> list[Entry]:
    """The allowances of one ground so far, the first one first."""
    key = f"{SOURCE}:{base}"
    return [e for e in case.entries if e.kind is EntryKind.DISCOUNT and (e.key == key or e.key.startswith(f"{key} #"))]


def _event_id(entry: Entry) -> str:
    return entry.key.removeprefix(f"{SOURCE}:")


def _granted(case: Case, base: str) -> Entry | None:
    """The allowance of a ground that stands."""
    latest = next(reversed(_grants(case, base)), None)
    return None if latest is None or case.seen_entry(SOURCE, f"{_event_id(latest)} withdrawn") else latest


def _grant(case: Case, base: str, receivable: Receivable, why: str) -> DiscountGranted:
    number = len(_grants(case, base)) + 1
    amount = Money.of_minor(receivable.open, case.currency)
    return DiscountGranted(amount, receivable.number, why, SOURCE, base if number == 1 else f"{base} #{number}")


def _withdrawn(case: Case, entry: Entry) -> DiscountWithdrawn:
    name = _event_id(entry)
    amount = Money.of_minor(entry.amount, case.currency)
    return DiscountWithdrawn(amount, entry.invoice, name, WENT_BACK, SOURCE, f"{name} withdrawn")


# Discounts --------------------------------------------------------------------------------------------------------------


def _discounts(case: Case, policy: Policy, standing: Standing) -> Iterator[DiscountGranted]:
    """Discounts of invoices of which all but the discount was paid in time."""
    for receivable in case.receivables:
        base = f"{EARLY} {receivable.number}"
        for rule, room, until in _terms(case, policy, receivable) if receivable.open > 0 else ():
            if receivable.open > room or _granted(case, base) is not None:
                continue
            opened = openings(case, policy.zone, besides=_ours)[receivable.number]
            if _paid_in_time(opened, room, min(until, standing.today)):
                yield _grant(case, base, receivable, rule)
                break


def _lost(case: Case, policy: Policy, standing: Standing) -> Iterator[DiscountWithdrawn]:
    """Discounts whose payment did not stay, under any of their terms."""
    for receivable in case.receivables:
        entry = _granted(case, f"{EARLY} {receivable.number}")
        terms = list(_terms(case, policy, receivable)) if entry is not None else []
        if entry is None or not terms:
            continue
        opened = openings(case, policy.zone, besides=_ours)[receivable.number]
        if not any(
            entry.amount <= room and _paid_in_time(opened, room, min(until, standing.today))
            for _rule, room, until in terms
        ):
            yield _withdrawn(case, entry)


def _paid_in_time(opened: list[tuple[Day, int]], room: int, day: Day) -> bool:
    """Whether no more than `room` was open at the end of a day, and at no time since."""
    return open_on(opened, day) <= room and all(minor <= room for since, minor in opened if since > day)


def _ours(entry: Entry) -> bool:
    """Whether an entry is an allowance of the policy, or takes one back."""
    kinds = (EntryKind.DISCOUNT, EntryKind.DISCOUNT_WITHDRAWN)
    return entry.kind in kinds and entry.key.startswith(f"{SOURCE}:")


def _terms(case: Case, policy: Policy, receivable: Receivable) -> Iterator[tuple[str, int, Day]]:
    """For an invoice the discounts that it may earn: the rule, what may be left open, and on which day."""
    for terms in policy.discounts:
        room = part(receivable.amount, terms.percent)
        yield DISCOUNT.show(terms), room, add(receivable.issued, terms.within, policy.calendar)
    for account in case.offers:
        offer = account.offer
        if offer.kind is OfferKind.DISCOUNT and receivable.number in offer.invoices and _stands(case, account):
            yield offer.rule, receivable.amount - offer.amount, offer.until


def _stands(case: Case, account: OfferAccount) -> bool:
    """Whether the message that makes an offer has gone out."""
    carrier = case.deliveries.get(account.offer.action)
    return carrier is not None and carrier.armed_at is not None


# Settlements ------------------------------------------------------------------------------------------------------------


def _forgiven(case: Case, policy: Policy, standing: Standing) -> Iterator[ChargeReversed]:
    """The charges that an accepted settlement lets go: what was paid on them counts for the debt itself."""
    for account in _settlements(case):
        if _accepted(case, policy, standing, account):
            yield from (
                ChargeReversed(charged.charge.id, SOURCE, account.offer.rule)
                for charged in _charges_of(case, account)
                if charged.open > 0
            )


def _rests(case: Case, policy: Policy, standing: Standing) -> Iterator[DiscountGranted]:
    """What is left of debts of which the offered share was paid in time."""
    for account in _settlements(case):
        if _accepted(case, policy, standing, account):
            for receivable in case.receivables:
                base = f"{account.offer.id} {receivable.number}"
                mine = receivable.open > 0 and receivable.number in account.offer.invoices
                if mine and _granted(case, base) is None:
                    yield _grant(case, base, receivable, account.offer.rule)


def _broken(case: Case, policy: Policy, standing: Standing) -> Iterator[Withdrawal]:
    """What settlements had let go whose share did not stay paid."""
    for account in _settlements(case):
        if not _accepted(case, policy, standing, account):
            for number in account.offer.invoices:
                entry = _granted(case, f"{account.offer.id} {number}")
                if entry is not None:
                    yield _withdrawn(case, entry)
            for charged in _charges_of(case, account):
                if case.charge_reversals.get(charged.charge.id) == account.offer.rule:
                    yield ChargeRestored(charged.charge.id, SOURCE, WENT_BACK)


def _settlements(case: Case) -> list[OfferAccount]:
    return [account for account in case.offers if account.offer.kind is OfferKind.SETTLEMENT]


def _charges_of(case: Case, account: OfferAccount) -> Iterator[ChargeAccount]:
    """The charges that stood in the message that made an offer."""
    numbers = (None, *account.offer.invoices)
    return (a for a in case.charges if a.charge.invoice in numbers and a.at <= account.at)


def _accepted(case: Case, policy: Policy, standing: Standing, account: OfferAccount) -> bool:
    """Whether the share was paid within the days, at a moment without a dispute, and has not gone back since."""
    if not _stands(case, account):
        return False
    share, until = account.offer.amount, account.offer.until
    came = list(_towards(case, account))
    disputes = [hold for hold in case.holds if hold.reason is HoldReason.DISPUTE]
    ends = [hold.end for hold in disputes if hold.end is not None]
    return any(
        at <= standing.now
        and local_day(at, policy.zone) <= until
        and not any(hold.start <= at and (hold.end is None or at < hold.end) for hold in disputes)
        and all(_sum(came, then) >= share for then in (at, *(e.at for e in came if e.at > at)))
        for at in (*(entry.at for entry in came), *ends)
    )


def _sum(entries: list[Entry], until: Instant) -> int:
    return sum(entry.amount for entry in entries if entry.at <= until)


def _towards(case: Case, account: OfferAccount) -> Iterator[Entry]:
    """The money since an offer was made; of what went back only what names no older payment."""
    known = set()
    for entry in case.entries:
        if entry.at >= account.at:
            if (entry.kind is EntryKind.PAYMENT and not entry.held) or entry.kind is EntryKind.APPLIED:
                known.add(entry.key.partition(":")[2])
                yield entry
            elif entry.kind in (EntryKind.REVERSAL, EntryKind.REFUND) and entry.about in ("", *known):
                yield entry


_FOLLOWING: Final[tuple[Callable[[Case, Policy, Standing], Iterator[Allowance | Withdrawal]], ...]] = (
    _lost,
    _discounts,
    _broken,
    _forgiven,
    _rests,
)
"""Each is asked of the case as those before it left it."""
