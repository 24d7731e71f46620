"""When two debtors of a simulation are alike: nothing that a decision looks at tells them apart before a fact does.

Names and identities are left out, addresses count as known or unknown, and debts count as far as their policies tell
amounts apart. Numbers of invoices and cases count by their order, by which ties are broken. A debtor of whom something
is told that is not understood here is like nobody else.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from dunning_engine.domain.events import (
    DisputeAnswered,
    Event,
    HoldLifted,
    HoldPlaced,
    HostFact,
    OptedIn,
    OptedOut,
    PaymentFailed,
    PaymentReceived,
)
from dunning_engine.domain.parties import Party
from dunning_engine.policy.amounts import classes
from dunning_engine.simulation.run import told, with_address

if TYPE_CHECKING:
    from dunning_engine.domain.facts import StepNews
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.engine.casework import CasePlan
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.simulation.run import Simulation
    from dunning_engine.simulation.world import ActionTrace, Thread, World

_ADDRESSES: Final = ("email", "phone", "social", "push", "address")
_PARTICULARS: Final = attrgetter(*(f.name for f in fields(Party) if f.name not in ("id", "name", *_ADDRESSES)))
_REACHED: Final = attrgetter(*_ADDRESSES)

_OF_NO_INVOICE: Final = (OptedOut, OptedIn, HostFact, PaymentFailed)
_OF_AN_INVOICE: Final = (HoldPlaced, HoldLifted, DisputeAnswered)

PAID: Final = "paid"
"""A payment of exactly what an invoice is over."""


class Happening(NamedTuple):
    """A fact without names: when, of which of the debtor's cases, of which invoice in order of numbers (-1: of none)."""

    at: Instant
    case: int
    invoice: int
    what: Event | str


class Walker(NamedTuple):
    """A debtor on a way that others may share, and what parts them from these."""

    plans: Sequence[CasePlan]
    happenings: tuple[Happening, ...]


Key: TypeAlias = Hashable
"""What is the same of debtors who are alike."""


def walker(simulation: Simulation, plans: Sequence[CasePlan]) -> Walker | None:
    """A debtor with all that happens to them before the end; `None` where some of it can be shared with nobody."""
    end = simulation.end(plans)
    numbers = _numbers(plans)
    found: list[Happening] = []
    for position, plan in enumerate(plans):
        for at, event in told(plan):
            if at < end:
                happening = _happening(at, position, event, numbers, plan)
                if happening is None:
                    return None
                found.append(happening)
    paid = [(happening.case, happening.invoice) for happening in found if happening.what is PAID]
    if len(paid) > 1 and (len(paid) != len(set(paid)) or _one_transfer(plans)):
        return None
    return Walker(plans, tuple(sorted(found, key=lambda happening: happening.at)))


def _happening(
    at: Instant, position: int, event: Event | StepNews, numbers: Sequence[str], plan: CasePlan
) -> Happening | None:
    if isinstance(event, PaymentReceived):
        invoice = _paid_in_full(event, plan)
        if invoice is None or event.unapplied:
            return None
        return Happening(at, position, -1 if event.invoice is None else numbers.index(invoice.number), PAID)
    if isinstance(event, _OF_NO_INVOICE):
        return Happening(at, position, -1, event)
    if isinstance(event, _OF_AN_INVOICE):
        if event.invoice is None:
            return Happening(at, position, -1, event)
        if event.invoice in numbers and not (isinstance(event, HoldPlaced) and event.amount is not None):
            return Happening(at, position, numbers.index(event.invoice), replace(event, invoice=None))
    return None


def _paid_in_full(event: PaymentReceived, plan: CasePlan) -> Invoice | None:
    """The invoice that a payment settles to the last cent: the one that it names, or the only one of its case."""
    if event.invoice is None and len(plan.invoices) > 1:
        return None
    for incoming in plan.invoices:
        invoice = incoming.invoice
        if event.invoice in (None, invoice.number):
            return invoice if event.amount == invoice.amount else None
    return None


def _one_transfer(plans: Sequence[CasePlan]) -> bool:
    """Whether two payments may be one: the second one with the same identity counts for nothing."""
    payments = [event for plan in plans for _day, event in plan.facts if isinstance(event, PaymentReceived)]
    named = [(event.source, event.event_id) for event in payments if event.event_id]
    return len(named) != len(set(named))


def _numbers(plans: Sequence[CasePlan]) -> Sequence[str]:
    """The numbers of a debtor's invoices, in order."""
    return sorted(incoming.invoice.number for plan in plans for incoming in plan.invoices)


def happened(happening: Happening, plans: Sequence[CasePlan]) -> Event:
    """The fact as it is told of another debtor who is alike."""
    event, number = happening.what, None
    if happening.invoice >= 0:
        number = _numbers(plans)[happening.invoice]
    if not isinstance(event, str):
        return replace(event, invoice=number) if isinstance(event, _OF_AN_INVOICE) else event
    invoices = (incoming.invoice for incoming in plans[happening.case].invoices)
    amount = next(invoice.amount for invoice in invoices if number in (None, invoice.number))
    return PaymentReceived(amount, number)


# What is the same of those who are alike -------------------------------------------------------------------------------


def likeness(simulation: Simulation, plans: Sequence[CasePlan], *, exact: bool) -> Key:
    """What a debtor has in common with those who are alike; with `exact` debts count to the last cent."""
    numbers = _numbers(plans) if len(plans) > 1 or len(plans[0].invoices) > 1 else ()
    cases = sorted(plan.case_id for plan in plans) if len(plans) > 1 else ()
    return tuple(
        (
            plan.policy.hash,
            plan.currency,
            None if plan.routed is None else (plan.routed.variant, plan.routed.route),
            cases.index(plan.case_id) if cases else 0,
            _person(simulation, plan.debtor),
            tuple(_debts(plan, numbers, exact=exact)),
        )
        for plan in plans
    )


def _person(simulation: Simulation, debtor: Party) -> Key:
    """What is known of a debtor, and where they may be."""
    known = with_address(debtor)
    reached = tuple(None if address is None else bool(address) for address in _REACHED(known))
    return _PARTICULARS(known), reached, simulation.zones.hints(known), simulation.places.places(known)


def _debts(plan: CasePlan, numbers: Sequence[str], *, exact: bool) -> Iterator[Key]:
    invoices = [incoming.invoice for incoming in plan.invoices]
    amounts = [invoice.amount.minor for invoice in invoices]
    alike = tuple(amounts) if exact else classes(plan.policy, plan.currency, amounts)
    for invoice, amount in zip(invoices, alike, strict=True):
        order = numbers.index(invoice.number) if numbers else 0
        yield order, amount, invoice.due, invoice.issued, invoice.creditor, invoice.ready


def debts(plans: Sequence[CasePlan]) -> tuple[int, ...]:
    """What a debtor owes, invoice by invoice, in minor units."""
    return tuple(incoming.invoice.amount.minor for plan in plans for incoming in plan.invoices)


# Whether two go one way ------------------------------------------------------------------------------------------------


def same_way(less: World, more: World) -> bool:
    """Whether to two debtors who owe other sums the same has happened, and their policies tell what they owe not apart."""
    if less.next_instant() != more.next_instant() or len(less.traces) != len(more.traces):
        return False
    threads = zip(less.threads.values(), more.threads.values(), strict=True)
    return all(_stands(one) == _stands(other) for one, other in threads) and all(
        _outcome(one) == _outcome(other) for one, other in zip(less.traces.values(), more.traces.values(), strict=True)
    )


def _stands(thread: Thread) -> Key:
    """How a case stands, debts as far as its policy tells them apart; that something is open always counts."""
    case = thread.case
    if case is None:
        return None
    open_ = [receivable.open for receivable in case.receivables]
    charged = [account.open for account in case.charges]
    sums = (*open_, sum(open_) + sum(charged))
    told_apart = tuple(classes(thread.policy, case.currency, (amount,)) for amount in sums)
    beside = (tuple(map(bool, charged)), bool(case.credit), bool(case.unapplied))
    return case.seq, case.status, thread.wake, len(thread.wanted), told_apart, beside


def _outcome(trace: ActionTrace) -> Key:
    action = trace.action
    return trace.at, trace.verdict, trace.deferred_from, trace.reasons, action.step, action.spec.words
