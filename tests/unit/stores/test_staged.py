"""Many rows at once on PostgreSQL: the same as one by one, and where it cannot be done, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from dunning_engine.domain.case import Case
from dunning_engine.domain.events import ActionCleared, HostFact
from dunning_engine.kernel.errors import Conflict
from dunning_engine.ports.codec import cleared_action, encode_action, encode_event
from dunning_engine.ports.store import OutboxRow, OutboxState, StoredPolicy
from dunning_engine.stores.sql import SqlStore, SqlTransaction
from dunning_engine.stores.staged import FEW
from dunning_engine.testing.postgres import PostgresServer
from dunning_engine.testing.store_samples import NOON, POLICY, opened, row, stepped

MANY = FEW + 10

STAGES = "SELECT relname FROM pg_class WHERE relpersistence = 't' AND relname LIKE 'dunning_stage%' AND relkind = 'r' ORDER BY 1"


def _many(tx: SqlTransaction) -> list[Case]:
    tx.register(StoredPolicy(POLICY, ""))
    changes = [opened(f"cust-{number:03}/USD", f"cust-{number:03}") for number in range(MANY)]
    tx.save(changes)
    return [change.case for change in changes]


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    store = SqlStore(postgres_url)
    yield store
    store.close()


def _action(case: Case, name: str = "first") -> OutboxRow:
    one = row(name, case.id)
    return replace(one, action=replace(one.action, debtor_id=case.debtor.id))


def _stages(store: SqlStore) -> list[str]:
    """The tables of their sessions that there are in the database."""
    with store.transaction(write=False) as tx:
        return list(tx.connection.execute(text(STAGES)).scalars())


def _noted(case: Case, note: str) -> tuple[Case, int | None]:
    after = stepped(case, HostFact("note", note), next_look=NOON + 60)
    return after.case, after.next_look


@pytest.mark.parametrize("note", ["plain", "tab\tand\nlines", "\\N", "back\\slash", "Größe 🎈", "{}'\""])
def test_what_is_written_at_once_reads_as_what_is_written_one_by_one(store: SqlStore, note: str) -> None:
    """Events, snapshots, looks and actions, whatever is in their texts."""
    with store.transaction() as tx:
        cases = _many(tx)
    rows = [_action(case) for case in cases]

    with store.transaction() as tx:
        tx.save([stepped(case, HostFact("note", note), next_look=NOON + 60) for case in cases])
        tx.put(rows)

    assert _stages(store) == [f"dunning_stage_{name}" for name in ("change_case", "put_row")]
    with store.transaction() as tx:
        assert [(held.case, held.next_look) for held in tx.cases()] == [_noted(case, note) for case in cases]
        assert tx.outbox() == rows
        assert [len(tx.history(case.id)) for case in cases] == [3] * MANY


def test_several_batches_in_one_transaction_do_not_meet(store: SqlStore) -> None:
    """What the first left in the table of the session is gone before the second."""
    with store.transaction() as tx:
        cases = _many(tx)

        tx.put([_action(case) for case in cases])
        tx.put([_action(case, "second") for case in cases])
        tx.put([_action(case) for case in cases])  # pending ones are put anew

        assert len(tx.outbox()) == 2 * MANY


def test_one_that_somebody_else_changed_is_a_conflict(store: SqlStore) -> None:
    """None of the batch is written then."""
    with store.transaction() as tx:
        cases = _many(tx)
        tx.save([stepped(cases[7], HostFact("vip", "true"), next_look=NOON)])

    with pytest.raises(Conflict, match="cust-007/USD was changed"), store.transaction() as tx:
        tx.save([stepped(case, HostFact("note", "late"), next_look=None) for case in cases])

    with store.transaction() as tx:
        assert [held.next_look for held in tx.cases()] == [NOON] * MANY


def test_an_action_that_has_gone_out_is_a_conflict(store: SqlStore) -> None:
    """As one by one."""
    with store.transaction() as tx:
        rows = [_action(case) for case in _many(tx)]
        tx.put(rows)
        tx.settle(rows[3].id, OutboxState.SENT, "", NOON)

    with pytest.raises(Conflict, match="cannot a second time"), store.transaction() as tx:
        tx.put(rows)


def test_looks_alone_are_moved_at_once(store: SqlStore) -> None:
    """Cases about which there is nothing to say."""
    with store.transaction() as tx:
        cases = _many(tx)
        tx.save([stepped(case, next_look=NOON + 5) for case in cases])
        assert [held.next_look for held in tx.cases()] == [NOON + 5] * MANY

    assert "dunning_stage_reschedule" in _stages(store)


def test_a_hosts_session_gets_no_tables(store: SqlStore) -> None:
    """In a transaction of the host's the same is written one by one."""
    with store.engine.begin() as connection:
        with store.transaction(connection) as tx:
            tx.put([_action(case) for case in _many(tx)])
        assert connection.execute(text("SELECT count(*) FROM dunning_outbox")).scalar_one() == MANY

    assert _stages(store) == []


def test_a_role_that_may_make_no_tables_goes_the_usual_way(postgres_server: PostgresServer, store: SqlStore) -> None:
    """It is asked before: a refusal would end the transaction."""
    name = store.engine.url.database
    postgres_server.run(
        "CREATE ROLE plain LOGIN",
        f"REVOKE TEMP ON DATABASE {name} FROM PUBLIC",
    )
    store.secure("plain")
    plain = SqlStore(postgres_server.url(name, user="plain"))
    try:
        with plain.transaction() as tx:
            tx.put([_action(case) for case in _many(tx)])
        with plain.transaction() as tx:
            assert len(tx.outbox()) == MANY
        assert _stages(store) == []
    finally:
        plain.close()
        postgres_server.run("DROP OWNED BY plain", "DROP ROLE plain", database=name)


def test_an_owner_under_row_level_security_writes_at_once(postgres_server: PostgresServer, store: SqlStore) -> None:
    """Its own tenant's rows, and in one statement: PostgreSQL takes no COPY into tables that show each tenant its own."""
    store.secure()
    other = store.of("other")
    for one in (store, other):
        with one.transaction() as tx:
            tx.put([_action(case) for case in _many(tx)])
    with other.transaction() as tx:
        assert len(tx.outbox()) == len(tx.cases()) == MANY


def test_a_role_under_row_level_security_writes_at_once(postgres_server: PostgresServer, store: SqlStore) -> None:
    """Events by way of a table of the session too, for PostgreSQL takes no COPY into tables that show each its own."""
    postgres_server.run("CREATE ROLE shown LOGIN")
    name = store.engine.url.database
    store.secure("shown")
    shown = SqlStore(postgres_server.url(name, user="shown"))
    try:
        with shown.transaction() as tx:
            cases = _many(tx)
            tx.put([_action(case) for case in cases])
        with shown.transaction() as tx:
            assert [len(tx.history(case.id)) for case in cases] == [2] * MANY
            assert len(tx.outbox()) == MANY
        assert _stages(store) == ["dunning_stage_add_event", "dunning_stage_put_row"]
    finally:
        shown.close()
        postgres_server.run("DROP OWNED BY shown", "DROP ROLE shown", database=name)


def test_the_event_of_an_action_holds_its_text() -> None:
    """What the outbox keeps is cut out of it."""
    action = replace(row("first").action, invoices=("Größe", 'a"b'))

    assert cleared_action(encode_event(ActionCleared(action)).body) == encode_action(action)


def test_what_is_written_is_found_by_keys(store: SqlStore) -> None:
    """A planner that joins whole tables would read every debtor to lock a thousand; who only reads may have it do so."""
    for write, joins in ((True, "off"), (False, "on")):
        with store.transaction(write=write) as tx:
            assert [tx.connection.execute(text(f"SHOW enable_{way}join")).scalar() for way in ("hash", "merge")] == [
                joins
            ] * 2
