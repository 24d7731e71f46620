"""The part of the contract suite of stores that is about the chain of events and about what identifies a person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.case import fold
from dunning_engine.domain.events import HoldPlaced, HostFact
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.kernel.errors import Conflict
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.audit_log import Head
from dunning_engine.ports.chain import START, chained
from dunning_engine.testing.store_samples import NOON, opened, row, save, stepped

if TYPE_CHECKING:
    from dunning_engine.ports.store import Store, Transaction


class AuditLogContract:
    """What a store owes whoever checks it later, and whoever wants to be forgotten; `StoreContract` holds it."""

    def test_every_event_stands_behind_the_hash_of_the_one_before(self, store: Store) -> None:
        """From the first one on, over several transactions, whether or not the case was loaded before."""
        case = save(store, opened())
        case = save(store, stepped(case, HostFact("vip", "true"), HostFact("vip", "false")))
        with store.transaction() as tx:
            held = tx.case("ann/USD")
            assert held is not None
            tx.save([stepped(held.case, HostFact("vip", "true"))])
            tx.save([stepped(stepped(held.case, HostFact("vip", "true")).case, HostFact("vip", "false"))])

        with store.transaction() as tx:
            assert [link.event.seq for link in tx.links("ann/USD")] == [1, 2, 3, 4, 5, 6]
            assert list(tx.heads()) == [Head(tx.tenant, "ann/USD", 6, _followed(tx, "ann/USD"))]
            assert tx.links("nobody") == ()

    def test_a_refused_change_leaves_no_link(self, store: Store) -> None:
        """What was too late is not in the chain, and the next event follows the one that was in time."""
        case = save(store, opened())
        save(store, stepped(case, HostFact("vip", "true")))
        with pytest.raises(Conflict):
            save(store, stepped(case, HostFact("vip", "false")))
        with store.transaction() as tx:
            held = tx.case("ann/USD")
            assert held is not None
        save(store, stepped(held.case, HostFact("vip", "false")))

        with store.transaction() as tx:
            assert len(tx.links("ann/USD")) == 4
            assert _followed(tx, "ann/USD")

    def test_heads_wait_for_an_anchor_until_one_holds_them(self, store: Store) -> None:
        """A case that moves on waits again; so does one that moved while the anchor was written."""
        ann, bob = save(store, opened()), save(store, opened("bob/USD", "bob"))
        with store.transaction() as tx:
            first, second = tx.unanchored(10)
            assert (first.case_id, first.seq, second.case_id) == ("ann/USD", 2, "bob/USD")
            assert tx.unanchored(1) == [first]
        save(store, stepped(bob, HostFact("vip", "true")))
        with store.transaction() as tx:
            tx.anchored([first, second])
            assert [(head.case_id, head.seq) for head in tx.unanchored(10)] == [("bob/USD", 3)]
        save(store, stepped(ann, HostFact("vip", "true")))
        with store.transaction() as tx:
            assert [head.case_id for head in tx.unanchored(10)] == ["ann/USD", "bob/USD"]
            assert ("ann/USD", 2) in list(tx.counted_on())

    def test_nothing_new_waits_to_be_sealed(self, store: Store) -> None:
        """Events get their hashes as they are written."""
        save(store, opened())
        with store.transaction() as tx:
            assert tx.unsealed(10) == []

    def test_who_somebody_is_stands_beside_the_chain(self, store: Store) -> None:
        """Bodies hold a commitment; reading puts the event together again."""
        change = opened()
        save(store, change)
        with store.transaction() as tx:
            first, second = tx.links("ann/USD")
            assert "Ann Özil" not in first.event.body
            assert first.opening is not None
            assert "Ann Özil" in first.opening.value
            assert first.opening.commitment in first.event.body
            assert second.opening is None
            assert tx.history("ann/USD") == change.events

    def test_what_was_forgotten_is_gone_and_the_chain_stands(self, store: Store) -> None:
        """Of one debtor: particulars, free words, messages, words of orders; the hashes stay as they were."""
        ann, bob = save(store, opened()), save(store, opened("bob/USD", "bob"))
        save(store, stepped(ann, HoldPlaced(HoldReason.MANUAL, by="Ann", note="is in hospital")))
        message = Message(
            action_id="a", action=row("a").action, debtor=ann.debtor, sender=None, at=NOON, text="Dear Ann"
        )
        with store.transaction() as tx:
            tx.put([replace(row("reminder"), message=message, note="no mailbox of Ann")])
            tx.order(StandingOrder(Scope.DEBTOR, "ann", "eve", "is in hospital", NOON))
            tx.order(StandingOrder(Scope.POLICY, "ann", "eve", "strike", NOON))
            before = _followed(tx, "ann/USD")
        with store.transaction() as tx:
            tx.forget("ann")
        with store.transaction() as tx:
            left = fold("ann/USD", tx.history("ann/USD"))
            assert (left.debtor.id, left.debtor.name, left.debtor.email) == ("ann", None, None)
            assert (left.holds[0].reason, left.holds[0].by, left.holds[0].note) == (HoldReason.MANUAL, "", "")
            assert _followed(tx, "ann/USD") == before
            assert fold("bob/USD", tx.history("bob/USD")) == bob
            assert [(r.message, r.note) for r in tx.outbox()] == [(None, "")]
            assert [order.reason for order in tx.orders()] == ["", "strike"]
        store.compact()
        with store.transaction() as tx:
            assert len(tx.cases()) == 2


def _followed(tx: Transaction, case_id: str) -> str:
    """The head of a case, by computing every hash anew."""
    head = START
    for link in tx.links(case_id):
        head = chained(tx.tenant, case_id, head, link.event)
        assert link.hash == head
    return head
