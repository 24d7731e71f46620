"""Small cases and outbox rows, to put a store through its paces with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.actions import ActionKey, ActionSpec, Do, ProposedAction
from dunning_engine.domain.case import Case, evolve
from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.events import CaseOpened, Event, PolicyRef, ReceivableAdded, Recorded
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.parties import Channel, Party, PlaceHint, ZoneHint
from dunning_engine.domain.receivables import Invoice
from dunning_engine.kernel.money import Money
from dunning_engine.ports.guards import Guard, Left
from dunning_engine.ports.store import CaseChange, OutboxRow, OutboxState, StoredPolicy

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.guards import Guard, Left
from dunning_engine.ports.store import Store

POLICY = PolicyRef("us-consumer", 3, "ab" * 32)
NOON = 1_772_000_000

CONTACT_DETAILS: Final[tuple[Mapping[str, Any], ...]] = (
    {},
    {"discussed": ("ann/EUR", "Größe")},
    {"line": "work"},
    {"addressee": "employer"},
    {"reply": True},
    {"answered": True},
    {"channel": Channel.SOCIAL, "outcome": Outcome.CONVERSATION, "inbound": True, "debts": (), "answered": True},
    {"discussed": ("x",), "line": "mobile", "addressee": "surviving_spouse", "reply": True, "answered": True},
)
"""What may be known of a contact besides the usual."""


def opened(case_id: str = "ann/USD", debtor_id: str = "ann", *, next_look: Instant | None = NOON) -> CaseChange:
    """A new case with one invoice."""
    debtor = Party.consumer(debtor_id, name="Ann Özil", email="ann@example.com", country="US", zone="America/Denver")
    hints = (ZoneHint("zone", ("America/Denver",)),)
    place_hints = (PlaceHint("region", ("US-CO",)),)
    invoice = Invoice(f"{case_id}-1", Money("240.00", "USD"), due="2026-03-01", issued="2026-02-01")
    opening = CaseOpened(debtor, POLICY, hints, place_hints)
    return stepped(None, opening, ReceivableAdded(invoice), case_id=case_id, next_look=next_look)


def stepped(
    case: Case | None,
    *events: Event,
    case_id: str = "",
    next_look: Instant | None = None,
    contacts: tuple[tuple[str, Contact], ...] = (),
) -> CaseChange:
    """What some events make of a case."""
    expected = seq = 0 if case is None else case.seq
    name = case_id if case is None else case.id
    recorded = tuple(Recorded(seq + number, NOON, NOON + 1, event) for number, event in enumerate(events, 1))
    for one in recorded:
        case = evolve(name, case, one)
    assert case is not None
    return CaseChange(case=case, expected=expected, next_look=next_look, events=recorded, contacts=contacts)


def row(name: str, case_id: str = "ann/USD", *, next_at: Instant | None = NOON) -> OutboxRow:
    """An outbox row for an action of its own."""
    key = ActionKey("INV-1", name, 1, "email")
    action = ProposedAction(
        id=key.action_id(case_id),
        key=key,
        case_id=case_id,
        debtor_id="ann",
        spec=ActionSpec(Do.SEND, name, Channel.EMAIL),
        planned_at=NOON,
        invoices=("INV-1",),
        amount=24000,
        currency="USD",
    )
    return OutboxRow(action=action, next_at=next_at, changed_at=NOON)


def save(store: Store, *changes: CaseChange) -> Case:
    """Save changes in a transaction of their own; the answer is the last case."""
    with store.transaction() as tx:
        tx.save(changes)
    return changes[-1].case


def occupied(store: Store) -> None:
    """Fill a store with every identity that the contract suite uses."""
    contact = Contact(NOON, Channel.EMAIL, ("ann/USD",), action_id="a1")
    with store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, "policy: us-consumer"))
        ann = replace(opened(), contacts=(("a1", contact), ("a2", contact)))
        tx.save([ann, opened("ann/EUR"), opened("bob/USD", "bob")])
        tx.put([row(name) for name in ("reminder", "nudge", "a", "b", "step-1")])
        tx.arm(replace(row("reminder"), state=OutboxState.ARMED, next_at=NOON + 1, fence=1, owner="other"), fence=0)
        tx.receive("bank", "tx-9", "of another tenant")
        tx.order(StandingOrder(Scope.EVERYTHING, "", "eve", "strike", NOON))
        tx.keep_guard(Guard(last=NOON, journal="ab"))
        tx.note_left([Left(action_id="a1", case_id="ann/USD", fence=1, way="email", at=NOON, outcome="begun")])


def contents(store: Store) -> tuple[Any, ...]:
    """Everything that a store holds."""
    with store.transaction(write=False) as tx:
        cases = tx.cases()
        histories = [tx.history(held.case.id) for held in cases]
        kept = (tx.outbox(), tx.orders(), tx.policy(POLICY.hash), tx.guard(), tx.all_left())
        return cases, histories, tx.contacts(["ann", "bob"]), *kept
