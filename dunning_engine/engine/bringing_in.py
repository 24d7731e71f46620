"""From what came in to the store: invoices on the day of their issue, facts on theirs, each once however often told.

What is dated later than now is not told yet: it waits in its file for the run of its day. What the line of an invoice
says of payments and disputes is compared with what such lines said before (`ledgers`).
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import Event, Fact, PaymentReceived, ReceiptKind, ReceiptRecorded
from dunning_engine.domain.facts import BY_HAND, News, StepNews, show_fact
from dunning_engine.engine.casework import CasePlan, casework, concerns_person
from dunning_engine.engine.ledgers import (
    Total,
    nothing_paid,
    rest_of,
    silent,
    told_before,
    total_of,
    turned,
    was_disputed,
)
from dunning_engine.intake.model import SOURCE, Finding, IncomingInvoice
from dunning_engine.kernel.calendar import Instant, day_start
from dunning_engine.kernel.errors import Conflict, UsageError
from dunning_engine.kernel.ids import short_hash
from dunning_engine.policy.model import Unit
from dunning_engine.ports.codec import encode_event, normal

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.engine.opening import Opening
    from dunning_engine.intake.model import Intake
    from dunning_engine.policy.model import Policy
    from dunning_engine.policy.routing import Routing

_RECEIPTS: Mapping[News, ReceiptKind] = {
    News.DELIVERED: ReceiptKind.DELIVERED,
    News.BOUNCED: ReceiptKind.BOUNCED,
    News.OPENED: ReceiptKind.OPENED,
    News.ANSWERED: ReceiptKind.ANSWERED,
    News.ACCEPTED: ReceiptKind.ACCEPTED,
    News.DECLINED: ReceiptKind.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """An invoice that goes into a case at an instant."""

    at: Instant
    plan: CasePlan
    incoming: IncomingInvoice


@dataclass(frozen=True, slots=True)
class Told:
    """A fact about a case (or, with `person`, about the debtor) at an instant, under an identity made of its content."""

    at: Instant
    plan: CasePlan
    event: Event | StepNews
    event_id: str
    person: bool = False


Item: TypeAlias = Arrival | Told

WAITS_SECONDS: Final = (0.05, 0.2, 0.8, 2.0)
"""How long is waited before what others changed meanwhile is taken in once more."""


@dataclass(slots=True)
class BroughtIn:
    """What a run changed: new invoices and facts, and what could not be taken in."""

    invoices: int = 0
    facts: int = 0
    refused: tuple[str, ...] = ()


def itinerary(
    intake: Intake, policies: Iterable[Policy], routing: Routing | None = None
) -> tuple[list[Item], tuple[Finding, ...]]:
    """Everything that came in, in the order in which it happened, and what could not be made a case.

    Where there is only one policy, invoices need not name it.
    """
    by_name = {policy.name: policy for policy in policies}
    work = casework(intake, by_name, default=next(iter(by_name)) if len(by_name) == 1 else None, routing=routing)
    items = [item for plan in work.plans for item in _items(plan)]
    told: set[tuple[str, str]] = set()
    distinct = [item for item in items if not (isinstance(item, Told) and item.person) or _first(item, told)]
    return sorted(distinct, key=lambda item: (item.at, isinstance(item, Told))), work.findings


def bring_in(engine: DunningEngine, items: Sequence[Item]) -> BroughtIn:
    """Open cases and record facts, in one transaction; what is known already changes nothing.

    Raises: `Conflict` where others who take in the same were first again and again.
    """
    for seconds in WAITS_SECONDS:
        try:
            return _brought_in(engine, items)
        except Conflict:
            time.sleep(seconds * (1 + os.getpid() % 8 / 8))  # so that those who met do not meet again
    return _brought_in(engine, items)


def _brought_in(engine: DunningEngine, items: Sequence[Item]) -> BroughtIn:
    result = BroughtIn()
    refused: list[str] = []
    with engine.transaction() as connection:
        for item in items:
            try:
                match item:
                    case Arrival():
                        opening = _arrive(engine, item, connection)
                        result.invoices += len(opening.added)
                        if not opening.added:
                            result.facts += _compare(engine, item.incoming, opening.cases[0], connection)
                            refused += filter(None, [silent(item.incoming, opening.cases[0])])
                    case Told():
                        result.facts += _tell(engine, item, connection)
            except UsageError as error:
                refused.append(str(error))
    result.refused = tuple(refused)
    return result


def _first(item: Told, told: set[tuple[str, str]]) -> bool:
    key = (item.plan.debtor.id, item.event_id)
    new = key not in told
    told.add(key)
    return new


def _items(plan: CasePlan) -> Iterator[Item]:
    zone = plan.policy.zone
    arrivals = [Arrival(day_start(_issued(incoming), zone), plan, incoming) for incoming in plan.invoices]
    yield from arrivals
    opening = min(arrival.at for arrival in arrivals)
    by_invoice = {arrival.incoming.invoice.number: arrival.at for arrival in arrivals}
    same: Counter[str] = Counter()
    for day, event in plan.facts:
        known = by_invoice.get(getattr(event, "invoice", ""), opening)  # what is said of an invoice, not before it
        at = known if day is None else max(known, day_start(day.toordinal(), zone))
        person = concerns_person(event)
        identity = _identity(plan.debtor.id if person else plan.case_id, str(day), event)
        same[identity] += 1
        yield Told(at, plan, event, f"{identity}-{same[identity]}", person)


def _issued(incoming: IncomingInvoice) -> int:
    return (incoming.invoice.issued or incoming.invoice.due).toordinal()


def _identity(whose: str, day: str, event: Event | StepNews) -> str:
    """A name for a fact that follows from its content, so that the same file tells the same facts in every run."""
    if isinstance(event, StepNews):
        return short_hash("intake", whose, day, event.step, event.news.value)
    written = encode_event(normal(event))
    return short_hash("intake", whose, day, written.type, repr(written.body))


def _arrive(engine: DunningEngine, item: Arrival, connection: Any) -> Opening:
    plan, invoice = item.plan, item.incoming.invoice
    if plan.routed is None:
        opening = engine.open_cases(plan.debtor, [invoice], plan.policy, at=item.at, connection=connection)
    else:
        opening = engine.open_cases(plan.debtor, [invoice], facts=plan.known, at=item.at, connection=connection)
    if opening.refused:
        refused = opening.refused[0]
        raise UsageError(
            f"{item.incoming.file}:{item.incoming.line}: invoice {refused.invoice.number} is not opened: {refused.why}"
        )
    if plan.routed is not None and plan.policy.unit is Unit.DEBTOR:  # the store may know more than the files did
        plan.case_id, plan.policy = opening.cases[0].id, engine.policy_of(opening.cases[0].id, connection=connection)
    return opening


def _compare(engine: DunningEngine, incoming: IncomingInvoice, case: Case, connection: Any) -> int:
    """What the line of a known invoice takes back: payments, where nothing is paid any more, and its word on a dispute."""
    told = 0
    if total := nothing_paid(incoming):
        told += _tell_total(engine, case.id, total, 0, connection)
    if was_disputed(incoming, case):
        fact = turned(incoming, case, engine.history(case.id, connection=connection))
        told += fact is not None and engine.record(case.id, fact, connection=connection)
    return told


def _tell_total(engine: DunningEngine, case_id: str, total: Total, at: Instant, connection: Any) -> bool:
    """Record what a line's total adds, on the day of the last payment; what it takes back, today."""
    before = told_before(engine.case(case_id, connection=connection), total.invoice)
    rest = rest_of(total, before)
    if rest is None:
        return False
    when = max([at, *(entry.at for entry in before)]) if isinstance(rest, PaymentReceived) else None
    event_id = short_hash(SOURCE, case_id, rest.event_id)
    return engine.record(case_id, rest, when, event_id=event_id, connection=connection)


def _tell(engine: DunningEngine, item: Told, connection: Any) -> bool:
    event = item.event
    if total := total_of(event):
        return _tell_total(engine, item.plan.case_id, total, item.at, connection)
    if isinstance(event, StepNews):
        if event.news in BY_HAND:
            raise UsageError(
                f"case {item.plan.case_id}: “{show_fact(event)}” is not taken from a file, which may be read again: "
                f"call skip(), rewind(), force() or cancel_notice(), or say it with `dunning case`"
            )
        if event.news in (News.APPROVED, News.REFUSED):
            return _answer(engine, item.plan, event, connection)
        action = _latest(engine.case(item.plan.case_id, connection=connection), event.step)
        event = ReceiptRecorded(action.id, _RECEIPTS[event.news])
    case_id, fact = item.plan.case_id, cast("Fact", event)
    return engine.record(case_id, fact, item.at, source=SOURCE, event_id=item.event_id, connection=connection)


def _answer(engine: DunningEngine, plan: CasePlan, news: StepNews, connection: Any) -> bool:
    """A person's word on the action of a step that waits for it; told again it finds nothing waiting."""
    action = _latest(engine.case(plan.case_id, connection=connection), news.step)
    step = plan.policy.steps[plan.policy.index[news.step]]
    if action.state is not DeliveryState.AWAITING or step.approval is None:
        return False
    if news.news is News.REFUSED:
        engine.refuse(plan.case_id, action.id, by=SOURCE, role=step.approval.role, connection=connection)
        return True
    for role in action.awaits:
        by = f"{SOURCE} as {role}" if step.approval.other else SOURCE
        engine.approve(plan.case_id, action.id, by=by, role=role, connection=connection)
    return True


def _latest(case: Case, step: str) -> Delivery:
    found = [delivery for delivery in case.deliveries.values() if delivery.key.step == step]
    if not found:
        raise UsageError(f"case {case.id}: step {step} has no action yet that this could be news of")
    return max(found, key=lambda delivery: (delivery.changed_at, delivery.key.occurrence, delivery.armed_at or 0))
