"""What goes to PostgreSQL together, and what is promised of it all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from dunning_engine.domain.events import HostFact
from dunning_engine.kernel.errors import Conflict
from dunning_engine.ports.store import OutboxState, StoredPolicy
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.store_samples import NOON, POLICY, opened, row, save, stepped


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    store = SqlStore(postgres_url)
    with store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
    yield store
    store.close()


@contextmanager
def trips(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """How each time something went to the database and was waited for."""
    told: list[str] = []

    def noting(kind: Any, name: str) -> None:
        act = getattr(kind, name)

        def noted(self: Any, *values: Any, **options: Any) -> Any:
            if name != "execute" or self.connection._pipeline is None:
                told.append(name)
            return act(self, *values, **options)

        patch.setattr(kind, name, noted)

    with monkeypatch.context() as patch:
        noting(psycopg.Connection, "pipeline")
        noting(psycopg.Connection, "commit")
        noting(psycopg.Cursor, "execute")
        yield told


def test_an_action_is_armed_in_few_round_trips(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """To begin, to claim with what is asked of the store, to read what is asked of the case, to write, and to commit."""
    case = save(store, opened())
    with store.transaction() as tx:
        tx.put([row("reminder")])

    with trips(monkeypatch) as told, store.transaction() as tx:
        claimed = tx.claim(NOON, NOON)
        assert claimed == row("reminder")
        tx.guard()
        tx.left(claimed.id)
        held = tx.case(case.id)
        assert held is not None
        assert (held.case, tx.contacts([case.debtor.id]), tx.orders()) == (case, {}, [])
        tx.save([stepped(held.case, HostFact("vip", "true"))])
        tx.arm(replace(claimed, state=OutboxState.ARMED, next_at=NOON + 120, fence=1), fence=0)

    assert told == ["pipeline"] * 4 + ["commit"]


def test_what_is_written_late_is_found_by_the_next_question(store: SqlStore) -> None:
    """Nothing is asked of a database that does not know yet what was written before."""
    case = save(store, opened())
    with store.transaction() as tx:
        tx.put([row("reminder")])
        tx.move(replace(row("reminder"), next_at=NOON + 60), fence=0)
        assert tx.claim(NOON, NOON) is None
        tx.save([stepped(case, HostFact("vip", "true"))])
        held = tx.case(case.id)
        assert held is not None
        assert held.case.seq == case.seq + 1


def test_what_was_foreseen_is_asked_anew_after_a_write(store: SqlStore) -> None:
    """An answer that came along with a claim is of the time before it."""
    case = save(store, opened())
    with store.transaction() as tx:
        tx.put([row("reminder")])
    with store.transaction() as tx:
        claimed = tx.claim(NOON, NOON)
        assert claimed is not None
        tx.left(claimed.id)
        tx.save([stepped(case, HostFact("vip", "true"))])
        held = tx.case(case.id)
        assert held is not None
        assert held.case.seq == case.seq + 1


@pytest.mark.parametrize("asks", [True, False])
def test_a_row_that_is_not_found_lets_nothing_be_kept(store: SqlStore, asks: bool) -> None:
    """A change that is too late is a conflict at the next question, or else at the end; what it came with is not kept."""
    case = save(store, opened())
    save(store, stepped(case, HostFact("vip", "true")))
    with store.transaction() as tx:
        tx.put([row("reminder")])

    reached = []

    def too_late() -> None:
        with store.transaction() as tx:
            tx.settle(row("reminder").id, OutboxState.SENT, "", NOON)
            tx.move(row("reminder"), fence=7)
            if asks:
                tx.orders()
            reached.append(True)

    with pytest.raises(Conflict, match="load it again"):
        too_late()
    assert reached == [True] * (not asks)
    with store.transaction() as tx:
        kept = tx.row(row("reminder").id)
        assert kept is not None
        assert kept.state is OutboxState.PENDING


def test_the_second_of_two_events_of_the_same_number_is_a_conflict(store: SqlStore) -> None:
    """Also where the statement that fails is one of several that went together."""
    case = save(store, opened())
    late = stepped(case, HostFact("vip", "false"))
    save(store, stepped(case, HostFact("vip", "true")))

    def too_late() -> None:
        with store.transaction() as tx:
            tx.put([row("reminder")])
            tx.save([late])

    with pytest.raises(Conflict):
        too_late()
    with store.transaction() as tx:
        assert tx.outbox() == []


def test_a_claim_reads_in_the_order_of_an_index(store: SqlStore) -> None:
    """Not all that is due, to sort it for the first: a morning's actions would be read again for each of them."""
    save(store, opened())
    with store.transaction() as tx:
        tx.put([row(f"a{number}") for number in range(300)])
        prepared = store._writing.claim
        values = prepared.arranged((NOON, NOON, NOON, 1))
        plan = tx.connection.exec_driver_sql(f"EXPLAIN {prepared.text}", values).scalars().all()

    assert [line for line in plan if "Sort" in line or "Bitmap" in line] == []
    assert [line for line in plan if "dunning_outbox_due" in line] != []


def test_a_host_that_listens_hears_every_statement(store: SqlStore) -> None:
    """Then nothing goes together, and nothing waits."""
    heard: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *told: heard.append(told[2]))
    case = save(store, opened())
    with store.transaction() as tx:
        heard.clear()
        tx.save([stepped(case, HostFact("vip", "true"))])
        assert [text.split()[0] for text in heard] == ["SELECT", "UPDATE", "INSERT", "INSERT"]
