"""What a step adds to its message: charges that are owed once it goes out, and offers that it makes.

The lines stand on the proposed message, so that the amount, the text and what a person approves show them; they are
booked in the decision in which the first message of the step is cleared, and never before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dunning_engine.decision.charging import REPLACED, Charging, was_made
from dunning_engine.decision.offering import offered
from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.charges import Charge, ChargeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.decision.schedule import Due
    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.offers import Offer
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.policy.model import Policy


@dataclass(slots=True)
class Parcel:
    """What one phrase of `charge:` comes to: an action for the books, and which of its charges are new."""

    action: ProposedAction
    new: tuple[Charge, ...] = ()
    stale: tuple[str, ...] = ()
    """Charges of the same message before it was taken back."""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Cargo:
    """What goes with the messages of one step; `offers` stand on every message."""

    parcels: tuple[Parcel, ...] = ()
    offers: tuple[Offer, ...] = ()
    notes: list[str] = field(default_factory=list)
    loaded: bool = False

    @property
    def lines(self) -> tuple[Charge, ...]:
        """Every charge that the messages show."""
        return tuple(charge for parcel in self.parcels for charge in parcel.action.charges)

    @property
    def new(self) -> int:
        """What they add to the debt, in minor units."""
        return sum(charge.amount for parcel in self.parcels for charge in parcel.new)


NO_CARGO = Cargo()


def cargo_of(case: Case, policy: Policy, standing: Standing, due: Due, claimed: Sequence[Receivable]) -> Cargo:
    """What the messages of a step that is due carry."""
    charging = Charging(case, policy, standing)
    parcels = tuple(parcel(charging, case, standing, spec, due, claimed) for spec in due.step.charges)
    cargo = Cargo(parcels, notes=[note for one in parcels for note in one.notes])
    if due.step.offers:
        total = sum(r.open for r in claimed) + standing.charged.on(claimed) + cargo.new
        cargo.offers, why = offered(case, policy, standing, due, claimed, total)
        cargo.notes += why
    return cargo


def parcel(
    charging: Charging, case: Case, standing: Standing, spec: ActionSpec, due: Due, claimed: Sequence[Receivable]
) -> Parcel:
    """One phrase as an action for the books: charges that were made before for it, and new ones."""
    key = ActionKey(standing.cycle, due.step.name, due.occurrence, spec.slot, case.tenant)
    action_id = key.action_id(case.id)
    bill = charging.bill(spec.name, due.step.name, action_id, claimed)
    made = {a.charge.id.rpartition("-")[0]: a for a in case.charges if was_made(case, a)}
    new = tuple(charge for charge in bill.charges if charge.id.rpartition("-")[0] not in made)
    stems = {charge.id.rpartition("-")[0] for charge in bill.charges}
    live = tuple(account.charge for stem, account in made.items() if stem in stems and not account.void)
    charges = (*live, *new)
    gone = (a for a in case.charges if not was_made(case, a) and a.void != REPLACED)
    stale = tuple(a.charge.id for a in gone if a.charge.id.rpartition("-")[0] in stems)
    action = ProposedAction(
        id=action_id,
        key=key,
        case_id=case.id,
        debtor_id=case.debtor.id,
        spec=spec,
        planned_at=due.planned_at,
        invoices=tuple(dict.fromkeys(charge.invoice for charge in charges if charge.invoice is not None)),
        amount=sum(charge.amount for charge in charges),
        currency=case.currency,
        charges=charges,
    )
    return Parcel(action, new, stale, tuple(bill.notes))


def carried(parcel: Parcel, carrier: str) -> Parcel:
    """The same with the message that carries the new charges named on them."""
    new = {charge.id: replace(charge, action=carrier) for charge in parcel.new}
    charges = tuple(new.get(charge.id, charge) for charge in parcel.action.charges)
    return replace(parcel, action=replace(parcel.action, charges=charges), new=tuple(new.values()))


def approved_amount(action: ProposedAction) -> int:
    """What a person agrees to: interest to date grows while they think, so its sum is no part of it."""
    return action.amount - sum(charge.amount for charge in action.charges if charge.kind is ChargeKind.INTEREST)


def is_charge(action: ProposedAction) -> bool:
    return action.spec.do is Do.CHARGE


def withdrawn(case: Case, action: ProposedAction) -> str:
    """Why a charge no longer belongs into the books; empty where it does."""
    accounts = {account.charge.id: account for account in case.charges}
    known = [accounts[charge.id] for charge in action.charges if charge.id in accounts]
    if not any(not account.void for account in known):
        return next((account.void for account in known), "") or "it was never charged"
    carrier = next((case.deliveries.get(account.charge.action) for account in known if account.charge.action), None)
    return "" if carrier is None or carrier.armed_at is not None else "its message has not gone out"
