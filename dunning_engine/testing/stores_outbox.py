"""The part of the contract suite of stores that is about the outbox: rows, claims, fences and leases."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dunning_engine.domain.parties import Party
from dunning_engine.kernel.errors import Conflict
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.documents import Document
from dunning_engine.ports.store import OutboxState
from dunning_engine.testing.store_samples import NOON, opened, row, save

if TYPE_CHECKING:
    from dunning_engine.ports.store import OutboxRow, Store


class OutboxContract:
    """What a store owes whoever hands actions over; `StoreContract` holds it."""

    def test_an_action_is_in_the_outbox_once(self, store: Store) -> None:
        """Putting a pending action again renews it; there is never a second row."""
        save(store, opened())
        with store.transaction() as tx:
            tx.put([row("reminder"), row("nudge")])
            tx.put([replace(row("reminder"), next_at=NOON + 9)])

            assert [(r.action.key.step, r.next_at) for r in tx.outbox()] == [("reminder", NOON + 9), ("nudge", NOON)]

    def test_a_cancelled_action_comes_back_to_life(self, store: Store) -> None:
        """An action that was taken back and is wanted again goes out under the same identity, with its old fence."""
        save(store, opened())
        with store.transaction() as tx:
            tx.put([row("reminder")])
            tx.move(replace(row("reminder"), state=OutboxState.CANCELLED, next_at=None, fence=3), fence=0)
            tx.put([row("reminder")])

            assert tx.claim(NOON, NOON) == replace(row("reminder"), fence=3)

    @pytest.mark.parametrize(
        "state", [state for state in OutboxState if state not in (OutboxState.PENDING, OutboxState.CANCELLED)]
    )
    def test_what_has_gone_out_cannot_go_out_again(self, store: Store, state: OutboxState) -> None:
        """The identity of an action is unique for ever."""
        save(store, opened())
        gone = replace(row("reminder"), state=state, next_at=None)
        with store.transaction() as tx:
            tx.put([gone])

        with pytest.raises(Conflict, match=gone.id), store.transaction() as tx:
            tx.put([row("nudge"), row("reminder")])
        with store.transaction() as tx:
            assert tx.outbox() == [gone]

    def test_claims_come_in_the_order_of_their_wait(self, store: Store) -> None:
        """The row that may be armed longest comes first; rows without a time never come."""
        save(store, opened(), opened("bob/USD", "bob"))
        with store.transaction() as tx:
            tx.put(
                [row("b"), row("a", "bob/USD", next_at=NOON - 1), row("c", next_at=NOON + 1), row("d", next_at=None)]
            )
            claimed = []
            while (found := tx.claim(NOON, NOON)) is not None:
                claimed.append(found.action.key.step)
                tx.move(replace(found, state=OutboxState.SENT, next_at=None, fence=1), fence=0)

            assert claimed == ["a", "b"]

    def test_a_claim_is_exclusive(self, store: Store) -> None:
        """Several threads that claim and arm take every row exactly once; who finds nothing while others work asks again."""
        save(store, opened())
        with store.transaction() as tx:
            tx.put([row(f"step-{number}") for number in range(20)])
        taken: list[str] = []

        def work() -> None:
            while True:
                with store.transaction() as tx:
                    found = tx.claim(NOON, NOON)
                    if found is None:
                        if tx.outbox(state=OutboxState.PENDING):
                            continue
                        return
                    tx.move(replace(found, state=OutboxState.SENT, next_at=None, fence=1), fence=found.fence)
                taken.append(found.id)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == len(set(taken)) == 20

    def test_who_comes_back_with_an_old_fence_is_too_late(self, store: Store) -> None:
        """A row that was armed again since is not overwritten."""
        save(store, opened())
        with store.transaction() as tx:
            tx.put([row("reminder")])
            tx.move(replace(row("reminder"), fence=1), fence=0)

        with pytest.raises(Conflict), store.transaction() as tx:
            tx.move(replace(row("reminder"), state=OutboxState.SENT), fence=0)

    def test_an_armed_row_comes_back_when_its_lease_is_over(self, store: Store) -> None:
        """Nobody has to look for what was lost: it is claimed like everything else, and says that it was armed."""
        save(store, opened())
        armed = replace(row("reminder"), state=OutboxState.ARMED, next_at=NOON + 120, attempts=1)
        with store.transaction() as tx:
            tx.put([armed])

            assert tx.claim(NOON + 119, NOON + 119) is None
            assert tx.claim(NOON + 120, NOON + 120) == armed

    def test_a_case_has_one_action_armed_at_a_time(self, store: Store) -> None:
        """What comes after waits for the receipt, other cases do not; arming it all the same is a conflict."""
        save(store, opened(), opened("bob/USD", "bob"))
        first, second = row("reminder", next_at=NOON - 9), row("nudge")
        with store.transaction() as tx:
            tx.put([first, second, row("reminder", "bob/USD", next_at=NOON + 5)])
            tx.arm(replace(first, state=OutboxState.ARMED, next_at=NOON + 120, fence=1), fence=0)

            assert tx.claim(NOON, NOON) is None
            other = tx.claim(NOON + 5, NOON + 5)
            assert other is not None
            assert other.action.case_id == "bob/USD"
        with pytest.raises(Conflict), store.transaction() as tx:
            tx.arm(replace(second, state=OutboxState.ARMED, next_at=NOON + 120, fence=1), fence=0)
        with store.transaction() as tx:
            tx.settle(first.id, OutboxState.UNCERTAIN, "nobody knows", NOON + 1)

            assert tx.claim(NOON, NOON) == second

    @pytest.mark.parametrize(("first", "next_at"), [(OutboxState.RETRY, NOON + 60), (OutboxState.UNCERTAIN, NOON + 60)])
    def test_a_case_hands_over_in_its_order(self, store: Store, first: OutboxState, next_at: int) -> None:
        """Nothing of a case goes while an earlier action of it is on its way; other cases go on."""
        save(store, opened(), opened("bob/USD", "bob"))
        begun = replace(row("reminder"), state=first, next_at=next_at)
        with store.transaction() as tx:
            tx.put([begun, row("nudge"), row("reminder", "bob/USD", next_at=NOON + 1)])

            assert tx.claim(NOON, NOON) is None
            found = tx.claim(NOON + 1, NOON)
            assert found is not None
            assert found.action.case_id == "bob/USD"

    @pytest.mark.parametrize(
        "first",
        [
            replace(row("reminder"), next_at=NOON + 60),
            replace(row("reminder"), state=OutboxState.UNCERTAIN, next_at=None),
            replace(row("reminder"), state=OutboxState.DEAD, next_at=None),
        ],
        ids=["put off", "uncertain", "dead"],
    )
    def test_what_waits_for_its_time_or_a_person_holds_up_nothing(self, store: Store, first: OutboxRow) -> None:
        """A call that has to wait for Monday does not keep back the e-mail of the same step."""
        save(store, opened())
        with store.transaction() as tx:
            tx.put([first, row("nudge")])

            assert tx.claim(NOON, NOON) == row("nudge")

    def test_leases_end_by_a_clock_of_their_own(self, store: Store) -> None:
        """What is armed waits for the end of its lease, everything else for its time."""
        save(store, opened(), opened("bob/USD", "bob"))
        armed = replace(row("reminder"), state=OutboxState.ARMED, next_at=NOON + 120, attempts=1)
        with store.transaction() as tx:
            tx.put([armed, row("reminder", "bob/USD", next_at=NOON + 500)])

            assert tx.claim(NOON + 400, NOON + 119) is None
            assert tx.claim(NOON, NOON + 120) == armed

    def test_an_armed_row_says_whose_it_is(self, store: Store) -> None:
        """The worker that armed it stands in the row until another does."""
        save(store, opened())
        with store.transaction() as tx:
            tx.put([row("reminder")])
            armed = replace(row("reminder"), state=OutboxState.ARMED, next_at=NOON + 120, fence=1, owner="host-1 77")
            tx.arm(armed, fence=0)

            assert tx.row(armed.id) == armed

    def test_a_message_is_kept_with_the_arming(self, store: Store) -> None:
        """What was rendered stays with its row until the next arming; the action stays as it was put."""
        save(store, opened())
        action = row("reminder").action
        debtor = Party.consumer("ann", email="ann@example.com")
        message = Message(
            action_id=action.id,
            action=action,
            debtor=debtor,
            sender=None,
            at=NOON,
            text="Please pay.",
            attachments=(Document("INV-1.pdf", "application/pdf", bytes(range(256))),),
        )
        armed = replace(row("reminder"), state=OutboxState.ARMED, next_at=NOON + 120, fence=1, message=message)
        with store.transaction() as tx:
            tx.put([row("reminder")])
            tx.arm(armed, fence=0)
            tx.move(replace(armed, state=OutboxState.RETRY, message=None), fence=1)

            assert tx.row(action.id) == replace(armed, state=OutboxState.RETRY)
        with pytest.raises(Conflict), store.transaction() as tx:
            tx.arm(armed, fence=0)

    def test_only_what_has_not_left_is_withdrawn(self, store: Store) -> None:
        """Pending rows and those that are to be tried again are taken back; armed and settled ones are not."""
        save(store, opened())
        rows = {state: replace(row(state.value), state=state) for state in OutboxState}
        with store.transaction() as tx:
            tx.put(list(rows.values()))
            for one in rows.values():
                tx.withdraw(one.id, "paid", NOON + 1)
            tx.withdraw("unknown", "paid", NOON + 1)

            taken_back = {r.action.key.step for r in tx.outbox() if r.note == "paid"}
            assert taken_back == {"pending", "retry"}
            found = tx.row(rows[OutboxState.RETRY].id)
            assert found is not None
            assert (found.state, found.next_at, found.changed_at) == (OutboxState.CANCELLED, None, NOON + 1)

    def test_a_receipt_settles_its_row_whatever_the_fence(self, store: Store) -> None:
        """Evidence of what happened is never dropped for coming late."""
        save(store, opened())
        with store.transaction() as tx:
            tx.put([replace(row("reminder"), state=OutboxState.ARMED, next_at=NOON + 120, fence=7)])
            tx.settle(row("reminder").id, OutboxState.SENT, "ref", NOON + 1)
            tx.settle("unknown", OutboxState.SENT, "ref", NOON + 1)

            (found,) = tx.outbox()
            assert (found.state, found.next_at, found.note, found.fence) == (OutboxState.SENT, None, "ref", 7)

    def test_rows_are_found_by_action_state_and_case(self, store: Store) -> None:
        """Lists come in the order in which the rows did."""
        save(store, opened(), opened("bob/USD", "bob"))
        with store.transaction() as tx:
            tx.put([row("a"), row("b", "bob/USD"), replace(row("c"), state=OutboxState.SENT, next_at=None)])

            assert tx.row(row("a").id) == row("a")
            assert tx.row("nothing") is None
            assert [r.action.key.step for r in tx.outbox(state=OutboxState.PENDING)] == ["a", "b"]
            assert [r.action.key.step for r in tx.outbox(case_id="ann/USD")] == ["a", "c"]
            bobs = row("b", "bob/USD")
            assert tx.outbox(begins=bobs.id[:9]) == tx.outbox(begins=bobs.id) == [bobs]
            assert (len(tx.outbox(begins="")), tx.outbox(begins=f"{bobs.id}0")) == (3, [])
            assert [tx.outbox(begins=what) for what in ("\0", "\ud800", f"{bobs.id[:9]}\0", "é")] == [[], [], [], []]
