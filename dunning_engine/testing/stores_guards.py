"""The part of the contract of stores that is about what they remember of themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dunning_engine.ports.guards import Guard, Left
from dunning_engine.ports.store import OutboxState
from dunning_engine.testing.store_samples import NOON, opened, row, save

if TYPE_CHECKING:
    from dunning_engine.ports.store import Store

_LEFT = Left(action_id="a1", case_id="ann/USD", fence=2, way="email", at=NOON, outcome="sent")


class GuardsContract:
    """What the watch over a store rests on."""

    def test_a_guard_is_kept_as_it_was(self, store: Store) -> None:
        """A new store remembers nothing; what is kept replaces what was kept before."""
        with store.transaction() as tx:
            assert tx.guard() == tx.guard(lock=True) == Guard()
        for guard in (Guard(last=NOON, journal="ab"), Guard(epoch=2, restored_at=NOON, why="Ö", checked=9, zones="z")):
            with store.transaction() as tx:
                tx.keep_guard(guard)
            with store.transaction(write=False) as tx:
                assert tx.guard() == guard

    def test_the_last_instant_never_goes_back(self, store: Store) -> None:
        """Several processes say how late it is; the latest stands, and nothing else is changed by that."""
        with store.transaction() as tx:
            for at in (NOON, NOON - 5, NOON + 5):
                tx.note_last(at)
            tx.keep_guard(Guard(last=NOON + 5, why="kept"))
            tx.note_last(NOON + 7)
            assert tx.guard() == Guard(last=NOON + 7, why="kept")

    def test_the_law_of_a_policy_is_pinned_once(self, store: Store) -> None:
        """The first one that is kept stands, for each policy."""
        with store.transaction() as tx:
            assert (tx.pin("ab", "strict"), tx.pin("cd", "other")) == ("strict", "other")
        with store.transaction() as tx:
            assert (tx.pin("ab", "loose"), tx.pin("cd", "loose")) == ("strict", "other")

    def test_what_left_is_kept_until_it_is_dropped(self, store: Store) -> None:
        """Known by its action, replaced by news of it, in the order in which it left."""
        other = Left(action_id="a0", case_id="bob/USD", fence=1, way="sms", at=NOON + 1, outcome="begun")
        newer = Left(action_id="a1", case_id="ann/USD", fence=3, way="email", at=NOON, outcome="delivered")
        with store.transaction() as tx:
            tx.note_left([other, _LEFT])
            tx.note_left([newer])
            assert (tx.left("a1"), tx.left("a9")) == (newer, None)
            assert tx.all_left() == [newer, other]
            tx.drop_left("a1")
            assert (tx.left("a1"), tx.all_left()) == (None, [other])

    def test_everything_that_waits_for_the_time_is_woken(self, store: Store) -> None:
        """Cases and deferred actions are looked at now; what waits for something else goes on waiting for it."""
        save(store, opened(next_look=NOON + 500), opened("bob/USD", "bob", next_look=None))
        save(store, opened("cat/USD", "cat", next_look=NOON - 500))
        with store.transaction() as tx:
            tx.put([row("deferred", next_at=NOON + 500), row("due", next_at=NOON - 500)])
            retried = row("retried", next_at=NOON + 500)
            tx.put([retried])
            tx.move(replace(retried, state=OutboxState.RETRY), fence=0)
            tx.wake(NOON)
            looks = {held.case.id: held.next_look for held in tx.cases()}
            rows = {one.action.step: one.next_at for one in tx.outbox()}

        assert looks == {"ann/USD": NOON, "bob/USD": None, "cat/USD": NOON - 500}
        assert rows == {"deferred": NOON, "due": NOON - 500, "retried": NOON + 500}
