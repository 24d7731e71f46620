"""What a host passes as `connection=`: it takes part in a transaction that can be kept, or is told what to pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.store import StoredPolicy
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.store_samples import POLICY, opened


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'dunning.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = SqlStore(url)
    with store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
    yield store
    store.close()


@pytest.fixture
def by_itself(url: str, store: SqlStore) -> Iterator[Engine]:
    host = create_engine(_driven(url), isolation_level="AUTOCOMMIT")
    yield host
    host.dispose()


def _driven(url: str) -> str:
    return url.replace("postgresql:", "postgresql+psycopg:")


def _known(store: SqlStore) -> list[str]:
    with store.transaction() as tx:
        return [held.case.id for held in tx.cases()]


def test_a_connection_that_commits_each_statement_by_itself_is_refused(store: SqlStore, by_itself: Engine) -> None:
    """What was written could be lost, or kept by halves."""
    refused = pytest.raises(UsageError, match=r"AUTOCOMMIT.*begin a transaction")
    with by_itself.connect() as connection:
        with refused, store.transaction(connection) as tx:
            tx.save([opened()])
        connection.begin()  # it is as it was before
        with refused, store.transaction(connection) as tx:
            tx.save([opened()])

    assert _known(store) == []


def test_the_same_connection_can_begin_a_transaction(store: SqlStore, by_itself: Engine) -> None:
    """The words of the refusal work."""
    with by_itself.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        with store.transaction(connection) as tx:
            tx.save([opened()])
        connection.exec_driver_sql("COMMIT")

    assert _known(store) == ["ann/USD"]


def test_a_connection_that_is_closed_is_refused(store: SqlStore, url: str) -> None:
    """Whoever passes it on too late is told so."""
    host = create_engine(_driven(url))
    connection = host.connect()
    connection.close()

    with pytest.raises(UsageError, match="connection= is closed"), store.transaction(connection):
        pass
    host.dispose()


def test_a_connection_that_lost_its_database_is_refused(store: SqlStore, url: str) -> None:
    """SQLAlchemy wants the host to roll back first."""
    host = create_engine(_driven(url))
    with host.connect() as connection:
        connection.begin()
        connection.invalidate()
        with (
            pytest.raises(UsageError, match=r"connection= can take part in nothing now: .*roll"),
            store.transaction(connection),
        ):
            pass
    host.dispose()


def test_a_host_may_begin_its_transactions_itself(tmp_path: Path) -> None:
    """SQLAlchemy's own advice for SQLite: the driver begins nothing, an event does."""
    file = f"sqlite:///{tmp_path / 'dunning.db'}"
    store, host = SqlStore(file), create_engine(file)

    @event.listens_for(host, "connect")
    def _connected(driver: object, _record: object) -> None:
        driver.isolation_level = None  # type: ignore[attr-defined]

    @event.listens_for(host, "begin")
    def _begun(connection: object) -> None:
        connection.exec_driver_sql("BEGIN")  # type: ignore[attr-defined]

    with host.connect() as connection:
        with store.transaction(connection) as tx:
            tx.save([opened()])
        connection.rollback()
    assert _known(store) == []
    with host.begin() as connection, store.transaction(connection) as tx:
        tx.save([opened()])

    assert _known(store) == ["ann/USD"]
    host.dispose()
    store.close()


def test_a_connection_that_was_opened_to_read_takes_no_writing(store: SqlStore, url: str) -> None:
    """Neither ours nor, where the database can tell, the host's own."""
    refused = pytest.raises(UsageError, match="for reading alone")
    with store.transaction(write=False) as reading:
        with refused, store.transaction(reading.connection):
            pass
        with store.transaction(reading.connection, write=False) as part:
            assert part.cases() == []
    if url.startswith("postgresql"):
        host = create_engine(_driven(url), execution_options={"postgresql_readonly": True})
        with host.connect() as connection, refused, store.transaction(connection):
            pass
        host.dispose()


def test_what_a_failed_statement_took_back_is_told(store: SqlStore, url: str) -> None:
    """PostgreSQL keeps nothing of a transaction in which a statement failed, and its COMMIT says no word about it."""
    sqlite = url.startswith("sqlite")
    refused = pytest.raises(ForeignError, match=r"keeps nothing of the transaction.*begin_nested")
    with nullcontext() if sqlite else refused, store.transaction() as tx:
        tx.save([opened()])
        with pytest.raises(DBAPIError):
            tx.connection.exec_driver_sql("SELECT nothing FROM nowhere")

    assert _known(store) == (["ann/USD"] if sqlite else [])


def test_what_may_fail_in_a_savepoint_takes_nothing_back(store: SqlStore) -> None:
    """The words of the refusal work."""
    with store.transaction() as tx:
        tx.save([opened()])
        with pytest.raises(DBAPIError), tx.connection.begin_nested():
            tx.connection.exec_driver_sql("SELECT nothing FROM nowhere")

    assert _known(store) == ["ann/USD"]


def test_a_transaction_that_sqlite_ended_is_told(tmp_path: Path) -> None:
    """As it does when the disk is full."""
    with closing(SqlStore(f"sqlite:///{tmp_path / 'ended.db'}")) as store:
        refused = pytest.raises(ForeignError, match="keeps nothing of the transaction")
        with refused, store.transaction() as tx:
            tx.register(StoredPolicy(POLICY, ""))
            tx.connection.connection.driver_connection.execute("ROLLBACK")


def test_a_host_may_keep_what_it_has_before_the_end(store: SqlStore) -> None:
    """Nothing is lost of what it commits itself."""
    with store.transaction() as tx:
        tx.save([opened()])
        tx.connection.commit()

    assert _known(store) == ["ann/USD"]
