"""Events and actions of PostgreSQL belong to cases that are there, whoever writes them and however many at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.store import StoredPolicy
from dunning_engine.stores import schema
from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.staged import FEW
from dunning_engine.testing.store_samples import POLICY, opened, row

EVENT = (
    "INSERT INTO dunning_events (tenant, case_id, seq, type, type_version, at, recorded_at, body, written_by, hash) "
    "SELECT '{tenant}', '{case}', 90 + n, 'HostFact', 1, 0, 0, '{{}}', 'by hand', '' FROM generate_series(1, {many}) n"
)
ACTION = (
    "INSERT INTO dunning_outbox (tenant, action_id, case_id, debtor_id, state, changed_at, fence, attempts, action, note) "
    "VALUES ('default', 'x', '{case}', '{debtor}', 'pending', 0, 0, 0, '{{}}', '')"
)


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    store = SqlStore(postgres_url)
    with store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
        tx.save([opened(), opened("bob/USD", "bob")])
        tx.put([row("reminder")])
    yield store
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        EVENT.format(tenant="default", case="eve/USD", many=1),
        EVENT.format(tenant="acme", case="ann/USD", many=1),
        EVENT.format(tenant="default", case="eve/USD", many=FEW + 1),
        EVENT.format(tenant="default", case="ann/USD", many=2) + " UNION ALL "
        "SELECT 'default', 'eve/USD', 1, 'HostFact', 1, 0, 0, '{}', 'by hand', ''",
        ACTION.format(case="eve/USD", debtor="ann"),
        ACTION.format(case="ann/USD", debtor="eve"),
    ],
)
def test_what_belongs_to_no_case_is_refused(store: SqlStore, statement: str) -> None:
    """By hand, in statements of one row or of many, also where only one of them has no case."""
    with pytest.raises(IntegrityError, match="not there"), store.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [EVENT.format(tenant="default", case="ann/USD", many=2), ACTION.format(case="ann/USD", debtor="bob")],
)
def test_what_belongs_to_a_case_is_taken(store: SqlStore, statement: str) -> None:
    """It need not be the transaction that opened it."""
    with store.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM dunning_cases WHERE id = 'ann/USD'",
        "UPDATE dunning_cases SET id = 'eve/USD' WHERE id = 'bob/USD'",
        "TRUNCATE dunning_cases",
        "UPDATE dunning_outbox SET case_id = 'bob/USD'",
        "SET LOCAL dunning.forgetting = 'on'; UPDATE dunning_events SET case_id = 'eve/USD' WHERE case_id = 'bob/USD' AND seq = 2",
    ],
)
def test_a_case_keeps_what_belongs_to_it(store: SqlStore, statement: str) -> None:
    """It does not go, and is not named otherwise, while there are events or actions of it."""
    with pytest.raises(IntegrityError, match="stay with the case"), store.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_debtor_keeps_actions(store: SqlStore) -> None:
    """Where a hand has put an action of another case into a debtor's name."""
    with store.engine.begin() as connection:
        connection.execute(text("INSERT INTO dunning_debtors VALUES ('default', 'cem')"))
        connection.execute(text(ACTION.format(case="ann/USD", debtor="cem")))
    with pytest.raises(IntegrityError, match="stay with the case"), store.engine.begin() as connection:
        connection.execute(text("DELETE FROM dunning_debtors WHERE id = 'cem'"))


def test_nothing_is_kept_by_what_is_gone(store: SqlStore) -> None:
    """A case without events and actions can be deleted, and its debtor after it."""
    with store.engine.begin() as connection:
        for statement in (
            "SET LOCAL dunning.forgetting = 'on'",
            "DELETE FROM dunning_personal WHERE case_id = 'bob/USD'",
            "DELETE FROM dunning_events WHERE case_id = 'bob/USD'",
            "DELETE FROM dunning_cases WHERE id = 'bob/USD'",
            "DELETE FROM dunning_debtors WHERE id = 'bob'",
        ):
            connection.execute(text(statement))


def test_a_batch_is_believed_only_about_cases_that_it_wrote(store: SqlStore) -> None:
    """Actions of cases that this transaction has not saved are looked at, however many there are."""
    actions = [row(f"step-{number}", "eve/USD") for number in range(FEW + 1)]

    def write(case_id: str, debtor_id: str) -> str:
        with store.transaction() as tx:
            tx.save([opened(case_id, debtor_id)])
            tx.put(actions)
            return str(tx.connection.execute(text("SELECT current_setting('dunning.bound')")).scalar())

    with pytest.raises(ForeignError, match="not there"):
        write("cem/USD", "cem")
    assert write("eve/USD", "ann") == ""


def test_a_case_that_is_being_written_to_does_not_go(store: SqlStore) -> None:
    """Whoever deletes it waits for the other transaction, and is refused then."""
    with store.engine.connect() as writer, store.engine.connect() as other:
        writer.execute(text(ACTION.format(case="ann/USD", debtor="ann")))
        other.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            other.execute(text("DELETE FROM dunning_cases WHERE id = 'ann/USD'"))


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (EVENT.format(tenant="default", case="eve/USD", many=1), r"dunning_events.*seq 91 is of the case 'eve/USD'"),
        (ACTION.format(case="ann/USD", debtor="eve"), r"dunning_outbox.*action_id 'x' is of the debtor 'eve'"),
    ],
)
def test_older_tables_take_no_row_that_belongs_to_nothing(store: SqlStore, statement: str, why: str) -> None:
    """Somebody wrote it past the triggers, and is told which one it is."""
    with store.engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.execute(text(statement))
    with pytest.raises(UsageError, match=why), store.transaction() as tx:
        schema.downgrade(tx.connection, "0008")
