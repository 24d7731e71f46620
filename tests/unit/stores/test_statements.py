from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.contacts import Contact
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.parties import Channel
from dunning_engine.ports.guards import Guard, Left
from dunning_engine.ports.store import OutboxState, StoredPolicy
from dunning_engine.stores.sql import SqlStore, SqlTransaction
from dunning_engine.stores.tables import metadata
from dunning_engine.testing.store_samples import NOON, POLICY, opened, row, stepped


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    sqlite = f"sqlite:///{tmp_path / 'dunning.db'}"
    store = SqlStore(sqlite if request.param == "sqlite" else request.getfixturevalue("shared_url"), tenant="acme")
    yield store
    store.close()


@contextmanager
def logged(store: SqlStore) -> Iterator[list[tuple[str, object]]]:
    """Every statement that goes to the database, with its values."""
    log: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, values, _context, _many) -> None:
        log.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    yield log
    event.remove(store.engine, "before_cursor_execute", note)


def _everything(tx: SqlTransaction) -> None:
    """Each thing that a transaction can do, once."""
    tx.register(StoredPolicy(POLICY, ""))
    tx.register(StoredPolicy(POLICY, "policy: us-consumer"))
    tx.policy(POLICY.hash)
    tx.version(POLICY.name, POLICY.version)
    contact = Contact(NOON, Channel.EMAIL, ("ann/USD",), action_id="a1")
    change = replace(opened(), contacts=(("a1", contact),))
    tx.save([change, opened("bob/USD", "bob")])
    tx.save([stepped(change.case, next_look=NOON)])
    tx.case("ann/USD")
    tx.case("ann/USD", change.case)
    tx.cases()
    tx.cases(debtor_id="ann")
    tx.cases(debtor_id="ann", status=CaseStatus.CLOSED)
    tx.due(NOON, 5)
    tx.history("ann/USD")
    tx.latest()
    tx.next_look()
    tx.contacts(["ann"])
    tx.contacts(["ann", "bob"])
    tx.put([row("reminder")])
    tx.claim(NOON, NOON)
    tx.row(row("reminder").id)
    tx.move(row("reminder"), fence=0)
    tx.arm(row("reminder"), fence=0)
    tx.withdraw(row("reminder").id, "paid", NOON)
    tx.settle(row("reminder").id, OutboxState.SENT, "ref", NOON)
    tx.outbox()
    tx.outbox(state=OutboxState.SENT, case_id="ann/USD")
    tx.orders()
    tx.order(StandingOrder(Scope.EVERYTHING, "", "eve", "strike", NOON))
    for scope in Scope:
        tx.order(StandingOrder(scope, "x", "eve", "strike", NOON))
        tx.end_order(scope, "x", NOON, "eve", "over")
    tx.receive("bank", "tx-1", "digest")
    tx.guard()
    tx.guard(lock=True)
    tx.keep_guard(Guard(last=NOON))
    tx.note_last(NOON + 1)
    tx.note_left([Left(action_id="a1", case_id="ann/USD", fence=1, way="email", at=NOON, outcome="begun")])
    tx.left("a1")
    tx.all_left()
    tx.drop_left("a1")
    tx.wake(NOON)
    tx.time()
    tx.flush()
    tx.pin(POLICY.hash, "rules")
    tx.postpone("ann/USD", NOON)
    assert tx.tenant == "acme"
    tx.links("ann/USD")
    heads = list(tx.heads())
    tx.anchored(heads)
    list(tx.counted_on())
    tx.unanchored(5)
    tx.unsealed(5)
    tx.seal(["bob/USD"])
    tx.forget("ann")


def test_no_statement_is_without_its_tenant(store: SqlStore) -> None:
    """Whatever a transaction does names whose rows it means, in every table of the statement, and means its own."""
    tables = "|".join(table.name for table in metadata.sorted_tables)
    with logged(store) as log, store.transaction() as tx:
        _everything(tx)

    asked = [
        (statement, values) for statement, values in log if "dunning_" in statement and " TRIGGER " not in statement
    ]
    assert len(asked) > 45
    for statement, values in asked:
        named = re.findall(rf"\b(?:FROM|JOIN|INTO|UPDATE)\s+({tables})\b", statement)
        assert named or "_lock" in statement or "set_config" in statement, statement
        assert len(re.findall(r"\btenant\b", statement)) >= len(named), statement
        assert "acme" in str(values), statement


def test_the_log_covers_all_that_a_transaction_can_do(store: SqlStore) -> None:
    """A new way to read or write has to be in the test above."""
    source = Path(__file__).read_text(encoding="utf-8")
    public = {name for name in dir(SqlTransaction) if not name.startswith("_")} - {"connection", "lent", "tenant"}

    assert {name for name in public if f"tx.{name}(" not in source} == set()


def test_a_reader_takes_no_locks(shared_url: str) -> None:
    """What only looks does not wait for those who write, nor they for it."""
    store = SqlStore(shared_url)
    with logged(store) as log, store.transaction(write=False) as tx:
        tx.case("ann/USD")
        tx.cases(debtor_id="ann")
        tx.row("nothing")
    store.close()

    assert not [statement for statement, _ in log if "FOR UPDATE" in statement or "advisory" in statement]


def test_states_are_compared_as_words(store: SqlStore) -> None:
    """Not as bound values, with which SQLite plans a statement anew each time: a claim took ten times as long."""
    statements = store._writing
    for prepared in (statements.claim, statements.withdraw, statements.put_row):
        assert not re.search(r"\bstate (=|!=) (\?|%s)", prepared.text.partition("WHERE")[2])
        assert re.search(r"\bstate (=|!=) '", prepared.text)
