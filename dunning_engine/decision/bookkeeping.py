"""What the books of the house are told after a charge: that it is owed no more, or again, and what was let go.

Each message says what has changed since the one before it, so that whoever adds them up has the case's own sums. None is
written into the ladder: they follow from how the ledger stands, come once, and come too where the case is closed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.progress import UNDER_WAY
from dunning_engine.domain.actions import ActionKey, ActionSpec
from dunning_engine.domain.following import Follow
from dunning_engine.domain.receivables import EntryKind
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.ids import short_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.domain.case import Case
    from dunning_engine.domain.charges import ChargeAccount
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.domain.receivables import Entry
    from dunning_engine.policy.model import Policy

SOURCE: Final = "policy"
"""The source of allowances that follow from a policy."""
DISCOUNT: Final = "discount"
"""How the outside identity of an early payer's discount begins."""
ALLOWANCES: Final = (DISCOUNT, "settlement")
"""What allowances are called before the books."""

_ALLOWED: Final = {
    EntryKind.DISCOUNT: (Do.ALLOW, "was let go for paying in time"),
    EntryKind.DISCOUNT_WITHDRAWN: (Do.WITHDRAW, "the payment that earned it went back"),
}


def untold(case: Case, policy: Policy, besides: str = "") -> Iterator[Follow]:
    """What the books do not know yet; what is under way for it counts as told, but for the action `besides`."""
    if case.charges:
        booked = {d.id: d for d in case.deliveries.values() if d.do is Do.CHARGE and d.armed_at is not None}
        told = _told(case, besides)
        for account in case.charges:
            booking = next((d for d in booked.values() if _books(d, account)), None)
            if booking is not None:
                yield from _since(account, booking, *told.get(account.charge.id, (0, 0)))
    for entry in case.entries:
        if entry.kind in _ALLOWED and entry.key.startswith(f"{SOURCE}:"):
            yield from _let_go(case, policy, entry, besides)


def stem_of(action_id: str, rule: str, invoice: str | None) -> str:
    """What the ids of a charge begin with: which action booked it, by which rule, on which invoice."""
    return short_hash(action_id, rule, invoice or "")


def _books(booking: Delivery, account: ChargeAccount) -> bool:
    charge = account.charge
    return charge.id.rpartition("-")[0] == stem_of(booking.id, charge.rule, charge.invoice)


def _told(case: Case, besides: str) -> dict[str, tuple[int, int]]:
    """By charge, how many messages there were after the first one, and how much is let go by the latest."""
    told: dict[str, tuple[int, int]] = {}
    for delivery in case.deliveries.values():
        if delivery.do in (Do.REVERSE, Do.REINSTATE) and delivery.id != besides and delivery.state in UNDER_WAY:
            _word, charge, number, gone = delivery.key.slot.split(" ")
            told[charge] = max(told.get(charge, (0, 0)), (int(number), int(gone)))
    return told


def _since(account: ChargeAccount, booking: Delivery, number: int, known: int) -> Iterator[Follow]:
    """What has become of a charge since the books were last told of it."""
    charge = account.charge
    gone = account.lapsed or (charge.amount if account.void else 0)
    if gone == known:
        return
    do = Do.REVERSE if gone > known else Do.REINSTATE
    key = replace(booking.key, slot=f"booked {charge.id} {number + 1} {gone}")
    yield Follow(
        ActionSpec(do, charge.rule, slot=key.slot),
        key,
        account.void or "the debt is open again",
        invoices=(charge.invoice,) if charge.invoice is not None else (),
        amount=abs(gone - known),
        charges=(charge,),
    )


def _let_go(case: Case, policy: Policy, entry: Entry, besides: str) -> Iterator[Follow]:
    do, why = _ALLOWED[entry.kind]
    key = ActionKey(entry.invoice or "", policy.steps[0].name, 1, f"{do.value} {entry.key}", case.tenant)
    known = case.deliveries.get(key.action_id(case.id))
    if known is None or known.id == besides or known.state not in UNDER_WAY:
        what = DISCOUNT if entry.key.startswith(f"{SOURCE}:{DISCOUNT} ") else ALLOWANCES[1]
        invoices = (entry.invoice,) if entry.invoice is not None else ()
        yield Follow(ActionSpec(do, what, slot=key.slot), key, why, invoices=invoices, amount=abs(entry.amount))
