"""Charges and offers of a step, through the gate and into the books, in the decision that clears their message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dunning_engine.compliance.verdict import Cleared
from dunning_engine.decision.cargo import NO_CARGO, Cargo, Parcel, cargo_of, carried, parcel
from dunning_engine.decision.charging import REPLACED, Charging, said
from dunning_engine.decision.decision import Note
from dunning_engine.decision.progress import UNDER_WAY
from dunning_engine.domain.case import evolve
from dunning_engine.domain.events import ActionCleared, Recorded
from dunning_engine.domain.ledger_events import ChargeAssessed, ChargeOmitted, ChargeReversed
from dunning_engine.domain.offers import OfferMade

if TYPE_CHECKING:
    from dunning_engine.decision.desk import Desk
    from dunning_engine.decision.schedule import Due
    from dunning_engine.domain.actions import ActionSpec, ProposedAction
    from dunning_engine.domain.deliveries import Delivery


def loading(desk: Desk, due: Due) -> Cargo:
    """What the messages of a step carry; what the gate refuses of it is left at home."""
    step = due.step
    if not step.is_contact or not (step.charges or step.offers):
        return NO_CARGO
    spec = next(spec for choice in step.actions for spec in choice if spec.reaches_debtor)
    cargo = cargo_of(desk.case, desk.policy, desk.standing, due, desk.asked(step, spec))
    allowed = []
    for one in cargo.parcels:
        verdict = desk.gate(one.action)
        if isinstance(verdict, Cleared):
            allowed.append(one)
        else:
            cargo.notes += [f"{one.action.spec.words}: {reason}" for reason in verdict.reasons]
    cargo.parcels = tuple(allowed)
    desk.why += [Note(f"step {step.name}", f"not charged: {note}") for note in cargo.notes]
    return cargo


def load(desk: Desk, cargo: Cargo, carrier: ProposedAction) -> None:
    """Book what the first message of a step carries."""
    if cargo.loaded or not (cargo.parcels or cargo.offers):
        return
    cargo.loaded = True
    for one in cargo.parcels:
        if one.action.charges:
            _book(desk, carried(one, carrier.id))
    known = {account.offer.id for account in desk.case.offers}
    desk.events += [OfferMade(replace(offer, action=carrier.id)) for offer in cargo.offers if offer.id not in known]


def _book(desk: Desk, one: Parcel) -> None:
    """The charges are owed, and the books of the host are told."""
    desk.events += [ChargeReversed(charge_id, why=REPLACED) for charge_id in one.stale]
    desk.events += [ChargeAssessed(charge) for charge in one.new]
    desk.why += [Note("charge", said(charge)) for charge in one.new]
    known = desk.case.deliveries.get(one.action.id)
    verdict = desk.gate(one.action)
    if isinstance(verdict, Cleared) and (known is None or known.state not in UNDER_WAY):
        desk.cleared.append(verdict)
        desk.events.append(ActionCleared(one.action))


def charge_alone(desk: Desk, spec: ActionSpec, due: Due) -> Delivery | None:
    """A charge that no message carries: it is decided like any other action; the answer is one that charges nothing."""
    charging = Charging(desk.case, desk.policy, desk.standing)
    one = parcel(charging, desk.case, desk.standing, spec, due, desk.asked(due.step, spec))
    desk.why += [Note(f"step {due.step.name}", f"not charged: {note}") for note in one.notes]
    known = desk.case.deliveries.get(one.action.id)
    taken = known is not None and known.state in UNDER_WAY
    if taken or not one.action.charges:
        return None if taken else _omit(desk, one)
    before = len(desk.cleared)
    approval = due.step.approval.words if due.step.approval is not None else None
    desk.judge(replace(one.action, approval=approval), known, due.step)
    if len(desk.cleared) > before:
        desk.events += [ChargeAssessed(charge) for charge in one.new]
        desk.why += [Note("charge", said(charge)) for charge in one.new]
    return None


def _omit(desk: Desk, one: Parcel) -> Delivery:
    """Where there is nothing to charge, the occurrence counts as taken, so that the next one has something to count from."""
    event = ChargeOmitted(one.action, "; ".join(one.notes) or "it comes to nothing")
    desk.case = evolve(desk.case.id, desk.case, Recorded(desk.case.seq + 1, desk.now, desk.now, event))
    desk.events.append(event)
    return desk.case.deliveries[one.action.id]
