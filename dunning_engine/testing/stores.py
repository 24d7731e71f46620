"""The contract suite of stores: subclass `StoreContract` and give it a fixture `store`.

Whatever keeps this contract can stand under `DunningEngine`; what it does besides is its own affair.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.events import (
    HostFact,
    PaymentReceived,
    Recorded,
    StatusChanged,
)
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.errors import Conflict, UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.ports.store import HeldCase, OutboxState, StoredPolicy
from dunning_engine.testing.store_samples import CONTACT_DETAILS, NOON, POLICY, opened, row, save, stepped
from dunning_engine.testing.stores_audit_log import AuditLogContract
from dunning_engine.testing.stores_guards import GuardsContract
from dunning_engine.testing.stores_outbox import OutboxContract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.store import Store, Transaction


class _TakenBackError(Exception):
    """What the suite raises inside a transaction that is to leave nothing behind."""


class StoreContract(OutboxContract, AuditLogContract, GuardsContract):
    """Everything that the engine rests on."""

    @pytest.fixture
    def store(self) -> Store:
        """The store under test, empty."""
        raise UsageError("your suite needs a fixture `store` that gives an empty store")

    @pytest.fixture(autouse=True)
    def _policy(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.register(StoredPolicy(POLICY, "policy: us-consumer"))

    # Cases

    def test_a_case_is_kept_with_its_events(self, store: Store) -> None:
        """What was saved comes back: the case, its next look, and every event in order."""
        change = opened()
        save(store, change)

        with store.transaction() as tx:
            assert tx.case("ann/USD") == HeldCase(change.case, NOON)
            assert tx.history("ann/USD") == change.events
            assert tx.case("nobody") is None
            assert tx.history("nobody") == ()

    def test_the_newest_event_says_how_late_it_is(self, store: Store) -> None:
        """The instant counts at which it was recorded, of whatever case; an empty store has none."""
        with store.transaction() as tx:
            assert tx.latest() is None
        case = save(store, opened())
        newest = max(recorded.recorded_at for recorded in _history(store, case.id))

        with store.transaction(write=False) as tx:
            assert tx.latest() == newest

    def test_the_next_look_is_the_earliest_of_cases_and_actions(self, store: Store) -> None:
        """Whatever comes first of the looks at cases and the actions under way; none where nothing waits for the time."""
        with store.transaction() as tx:
            assert tx.next_look() is None
        save(store, opened())
        with store.transaction() as tx:
            assert tx.next_look() == NOON
            tx.put([row("a1", next_at=NOON - 60)])
            assert tx.next_look() == NOON - 60

    def test_a_case_opens_once(self, store: Store) -> None:
        """Opening a case that exists is a conflict, and adds nothing."""
        save(store, opened())

        with pytest.raises(Conflict, match="ann/USD"):
            save(store, opened())
        assert len(_history(store)) == 2

    def test_a_stale_change_is_a_conflict(self, store: Store) -> None:
        """Who decided on an older state of the case has to load it again."""
        case = save(store, opened())
        save(store, stepped(case, HostFact("vip", "true")))

        with pytest.raises(Conflict, match="load it again"):
            save(store, stepped(case, HostFact("vip", "false")))
        with pytest.raises(Conflict, match="load it again"):
            save(store, stepped(case, next_look=5))
        assert len(_history(store)) == 3

    def test_one_conflict_keeps_the_whole_batch_out(self, store: Store) -> None:
        """Changes of several cases are written together or not at all."""
        ann, bob = save(store, opened()), save(store, opened("bob/USD", "bob"))
        save(store, stepped(bob, HostFact("vip", "true")))

        with pytest.raises(Conflict):
            save(store, stepped(ann, HostFact("vip", "true")), stepped(bob, HostFact("vip", "false")))
        assert len(_history(store, "ann/USD")) == 2

    def test_of_two_threads_one_has_to_decide_again(self, store: Store) -> None:
        """Two threads that add to the same state of a case: one is written, the other gets a conflict."""
        case = save(store, opened())
        together = threading.Barrier(2)
        outcomes: list[str] = []

        def add(value: str) -> None:
            change = stepped(case, HostFact("vip", value))
            together.wait()
            try:
                save(store, change)
                outcomes.append("written")
            except Conflict:
                outcomes.append("conflict")

        threads = [threading.Thread(target=add, args=(value,)) for value in ("true", "false")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["conflict", "written"]
        assert len(_history(store)) == 3

    def test_due_cases_come_in_the_order_of_their_wait(self, store: Store) -> None:
        """Cases are due at their next look: the longest wait first, then the order of opening, up to a limit."""
        looks = {"late": NOON + 1, "second": NOON, "first": NOON - 5, "third": NOON, "never": None}
        save(store, *(opened(name, name, next_look=look) for name, look in looks.items()))

        with store.transaction() as tx:
            assert [held.case.id for held in tx.due(NOON, 10)] == ["first", "second", "third"]
            assert [held.case.id for held in tx.due(NOON, 2)] == ["first", "second"]
            assert tx.due(NOON - 6, 10) == []

    def test_a_look_without_news_only_moves_the_next_look(self, store: Store) -> None:
        """A change without events writes no event."""
        case = save(store, opened())
        save(store, stepped(case, next_look=NOON + 60))

        with store.transaction() as tx:
            assert tx.case("ann/USD") == HeldCase(case, NOON + 60)
            assert tx.due(NOON, 10) == []

    def test_cases_are_listed_by_status_and_debtor(self, store: Store) -> None:
        """Lists come in the order of opening."""
        save(store, opened("ann/USD"), opened("ann/EUR"), opened("bob/USD", "bob"))
        with store.transaction() as tx:
            held = tx.case("ann/EUR")
            assert held is not None
            tx.save([stepped(held.case, StatusChanged("settle", "closed", "paid"))])

        with store.transaction() as tx:
            assert [h.case.id for h in tx.cases()] == ["ann/USD", "ann/EUR", "bob/USD"]
            assert [h.case.id for h in tx.cases(debtor_id="ann")] == ["ann/USD", "ann/EUR"]
            assert [h.case.id for h in tx.cases(status=CaseStatus.CLOSED)] == ["ann/EUR"]
            assert tx.cases(status=CaseStatus.CLOSED, debtor_id="bob") == []

    # Transactions

    def test_an_error_takes_everything_back(self, store: Store) -> None:
        """Events, contacts, outbox and inbox of one transaction are kept together or not at all."""

        def fail() -> None:
            with store.transaction() as tx:
                _everything(tx)
                raise _TakenBackError

        with pytest.raises(_TakenBackError):
            fail()
        with store.transaction() as tx:
            assert tx.case("ann/USD") is None
            assert tx.outbox() == []
            assert tx.contacts(["ann"]) == {}
            _everything(tx)

    def test_a_joined_transaction_shares_the_fate_of_its_host(self, store: Store) -> None:
        """With `connection`, writes become visible inside at once, and go when the host's transaction goes."""

        def fail() -> None:
            with store.transaction() as host:
                with store.transaction(host.connection) as tx:
                    _everything(tx)
                assert host.case("ann/USD") is not None
                raise _TakenBackError

        with pytest.raises(_TakenBackError):
            fail()
        with store.transaction() as tx:
            assert tx.case("ann/USD") is None

    def test_an_error_in_a_joined_part_leaves_the_rest_of_the_host(self, store: Store) -> None:
        """A host that catches our error keeps what it wrote itself, and nothing of ours."""

        def fail(connection: Any) -> None:
            with store.transaction(connection) as tx:
                _everything(tx)
                raise _TakenBackError

        with store.transaction() as host:
            host.save([opened("bob/USD", "bob")])
            with pytest.raises(_TakenBackError):
                fail(host.connection)
        with store.transaction() as tx:
            assert [held.case.id for held in tx.cases()] == ["bob/USD"]
            assert tx.outbox() == []

    def test_transactions_of_a_thread_do_not_nest(self, store: Store) -> None:
        """Beginning a second one inside is told what to do instead, and does not wait for itself."""
        with store.transaction(), pytest.raises(UsageError, match="connection="), store.transaction():
            pass

    def test_who_only_reads_cannot_write(self, store: Store) -> None:
        """A part of a transaction that was begun for reading alone reads too, or is told what to begin instead."""
        with store.transaction(write=False) as reading:
            with pytest.raises(UsageError, match="for reading alone"), store.transaction(reading.connection) as tx:
                _everything(tx)
            with store.transaction(reading.connection, write=False) as tx:
                assert tx.cases() == []

    # Contacts

    def test_contacts_are_the_debtors_across_cases(self, store: Store) -> None:
        """One log per debtor holds the contacts of all their cases."""
        usd, eur = _contact("ann/USD", "a1"), _contact("ann/EUR", "a2", at=NOON + 5)
        change = opened()
        save(store, replace(change, contacts=(("a1", usd),)), replace(opened("ann/EUR"), contacts=(("a2", eur),)))
        save(store, opened("bob/USD", "bob"))

        with store.transaction() as tx:
            assert tx.contacts(["ann", "bob"]) == {"ann": ContactLog([usd, eur])}

    def test_news_of_a_contact_does_not_count_it_twice(self, store: Store) -> None:
        """The same key again replaces what was known."""
        case = save(store, replace(opened(), contacts=(("a1", _contact("ann/USD", "a1")),)))
        resolved = replace(_contact("ann/USD", "a1"), outcome=Outcome.CONVERSATION)
        save(store, stepped(case, HostFact("a", "b"), contacts=(("a1", resolved),)))

        with store.transaction() as tx:
            assert tx.contacts(["ann"])["ann"] == ContactLog([resolved])

    @pytest.mark.parametrize("details", CONTACT_DETAILS)
    def test_whatever_is_known_of_a_contact_is_kept(self, store: Store, details: Mapping[str, Any]) -> None:
        """Also what is told of few."""
        contact = replace(_contact("ann/USD", "a1"), **details)
        save(store, replace(opened(), contacts=(("a1", contact), ("a2", _contact("ann/USD", "a2")))))

        with store.transaction() as tx:
            assert tx.contacts(["ann"])["ann"] == ContactLog([contact, _contact("ann/USD", "a2")])

    def test_news_may_add_to_what_is_known_of_a_contact(self, store: Store) -> None:
        """That it was answered, for example."""
        contact = _contact("ann/USD", "a1")
        case = save(store, replace(opened(), contacts=(("a1", contact),)))
        answered = replace(contact, answered=True, discussed=("ann/EUR",))
        save(store, stepped(case, HostFact("a", "b"), contacts=(("a1", answered),)))

        with store.transaction() as tx:
            assert tx.contacts(["ann"])["ann"] == ContactLog([answered])

    # Inbox and policies

    def test_an_outside_event_comes_in_once(self, store: Store) -> None:
        """The same event again is known; other sources have identities of their own."""
        with store.transaction() as tx:
            assert tx.receive("bank", "tx-9", "digest")
            assert tx.receive("ledger", "tx-9", "other digest")
        with store.transaction() as tx:
            assert not tx.receive("bank", "tx-9", "digest")

    def test_an_outside_identity_keeps_its_content(self, store: Store) -> None:
        """The same identity with other content is refused in words that help."""
        with store.transaction() as tx:
            tx.receive("bank", "tx-9", "digest")
            with pytest.raises(UsageError, match="'tx-9' of 'bank' was recorded before with other content"):
                tx.receive("bank", "tx-9", "another")

    def test_a_policy_version_keeps_its_content(self, store: Store) -> None:
        """Registering the same again is fine; other content under the same number is refused."""
        with store.transaction() as tx:
            tx.register(StoredPolicy(POLICY, ""))
            tx.register(StoredPolicy(replace(POLICY, version=4, hash="cd" * 32), "other"))
            assert tx.policy(POLICY.hash) == StoredPolicy(POLICY, "policy: us-consumer")
            assert tx.policy("unknown") is None
            assert tx.version("us-consumer", 3) == StoredPolicy(POLICY, "policy: us-consumer")
            assert tx.version("us-consumer", 5) is None
            with pytest.raises(
                UsageError, match="us-consumer version 3 is already registered with other content: raise it"
            ):
                tx.register(StoredPolicy(replace(POLICY, hash="ef" * 32), "changed"))

    def test_a_policy_built_in_code_gets_its_text_later(self, store: Store) -> None:
        """A version that came without its text takes it when a file brings it."""
        coded = replace(POLICY, version=9, hash="99" * 32)
        with store.transaction() as tx:
            tx.register(StoredPolicy(coded, ""))
            tx.register(StoredPolicy(coded, "policy: us-consumer"))

            assert tx.policy(coded.hash) == StoredPolicy(coded, "policy: us-consumer")

    # Standing orders

    def test_standing_orders_are_kept_with_their_end(self, store: Store) -> None:
        """What is over stays on record; ending what is not in force says so."""
        order = StandingOrder(Scope.DEBTOR, "ann", "eve", "strike", NOON)
        with store.transaction() as tx:
            tx.order(order)
            tx.order(replace(order, scope=Scope.EVERYTHING, name=""))
            assert not tx.end_order(Scope.POLICY, "ann", NOON + 60, "max", "over")
            assert tx.end_order(Scope.DEBTOR, "ann", NOON + 60, "max", "over")
            assert not tx.end_order(Scope.DEBTOR, "ann", NOON + 90, "max", "over")
        with store.transaction(write=False) as tx:
            ended = replace(order, until=NOON + 60, ended_by="max", ended_why="over")
            assert tx.orders() == [ended, replace(order, scope=Scope.EVERYTHING, name="")]

    @pytest.mark.parametrize(
        ("scope", "name"), [(Scope.DEBTOR, "ann"), (Scope.POLICY, POLICY.name), (Scope.EVERYTHING, "")]
    )
    def test_the_end_of_an_order_wakes_what_it_let_wait(self, store: Store, scope: Scope, name: str) -> None:
        """Paused cases under it are to be looked at now, others are not."""
        case = save(store, opened())
        paused = stepped(case, StatusChanged("pause", "paused", "on hold"), next_look=None)
        save(store, paused)
        with store.transaction() as tx:
            tx.order(StandingOrder(scope, name, "eve", "strike", NOON))
            tx.order(StandingOrder(Scope.DEBTOR, "bob", "eve", "strike", NOON))
            tx.end_order(Scope.DEBTOR, "bob", NOON + 30, "max", "over")
            assert tx.due(NOON + 60, 5) == []
            tx.end_order(scope, name, NOON + 60, "max", "over")
            assert [held.case.id for held in tx.due(NOON + 60, 5)] == [case.id]


def _history(store: Store, case_id: str = "ann/USD") -> tuple[Recorded, ...]:
    with store.transaction(write=False) as tx:
        return tx.history(case_id)


def _contact(case_id: str, action_id: str, at: Instant = NOON) -> Contact:
    return Contact(at, Channel.EMAIL, (case_id,), action_id=action_id)


def _everything(tx: Transaction) -> None:
    """One write of each kind, each of which works only once."""
    tx.save([replace(opened(), contacts=(("a1", _contact("ann/USD", "a1")),))])
    tx.put([replace(row("reminder"), state=OutboxState.SENT)])
    assert tx.receive("bank", "tx-1", "digest")
    case = opened().case
    payment = PaymentReceived(Money("240.00", "USD"), source="bank", event_id="tx-1")
    tx.save([stepped(case, payment, next_look=NOON)])
