"""Every contact with a debtor, and every action, by time: the record that a court or a supervisor asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.deeming import NOT_DEEMED
from dunning_engine.decision.deeming import deemed as deemed_of
from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.deliveries import DeliveryState

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that was said, sent, or held back; `what` in the policy's words, `result` what became of it."""

    at: Instant
    case: str
    debtor: str
    what: str
    result: str
    step: str = ""
    invoices: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    action: str = ""
    """Its identity, which the provider's own records quote."""


DEEMED: Final = ", deemed delivered"

_NEVER_LEFT = (
    DeliveryState.CLEARED,
    DeliveryState.APPROVED,
    DeliveryState.AWAITING,
    DeliveryState.DEFERRED,
    DeliveryState.OMITTED,
)


def contact_log(
    cases: Iterable[Case], *, withheld: bool = True, deemed: Mapping[str, Instant] = NOT_DEEMED
) -> list[Entry]:
    """Contacts and actions of some cases, oldest first; `withheld` tells also what the law or a person refused.

    `deemed` names letters that count as delivered without a proof (`deemed_by`), so that the log says so.
    """
    entries = [entry for case in cases for entry in (*_actions(case, deemed, withheld=withheld), *_contacts(case))]
    return sorted(entries, key=lambda entry: (entry.at, entry.case, entry.action))


def deemed_by(pairs: Iterable[tuple[Case, Policy]], now: Instant) -> dict[str, Instant]:
    """The letters of some cases that count as delivered at `now` because their policies say so, and since when."""
    return {
        delivery.id: at
        for case, policy in pairs
        if policy.deems
        for delivery, at in deemed_of(case, policy)
        if at <= now
    }


def _actions(case: Case, deemed: Mapping[str, Instant], *, withheld: bool) -> Iterator[Entry]:
    for delivery in case.deliveries.values():
        left = delivery.armed_at is not None
        if left or (withheld and delivery.state not in _NEVER_LEFT):
            yield Entry(
                at=delivery.armed_at if delivery.armed_at is not None else delivery.changed_at,
                case=case.id,
                debtor=case.debtor.id,
                what=delivery.words,
                result=_result(delivery, case.contacts) + (DEEMED if delivery.id in deemed else ""),
                step=delivery.key.step,
                invoices=delivery.invoices,
                rules=() if left else delivery.rules,
                action=delivery.id,
            )


def _result(delivery: Delivery, contacts: Iterable[Contact]) -> str:
    """How far it came; for a call, what was said of it afterwards."""
    outcome = next((c.outcome for c in contacts if c.action_id == delivery.id), Outcome.ATTEMPTED)
    return delivery.state.value if outcome is Outcome.ATTEMPTED else f"{delivery.state.value}, {outcome.value}"


def _contacts(case: Case) -> Iterator[Entry]:
    """Contacts that were no action of ours: the debtor called, an agent spoke with them."""
    for contact in case.contacts:
        if contact.action_id:
            continue
        way = f"{contact.channel.value} {'from' if contact.inbound else 'to'} the debtor"
        yield Entry(
            at=contact.at,
            case=case.id,
            debtor=case.debtor.id,
            what=way,
            result=contact.outcome.value,
        )
