from __future__ import annotations

import sqlite3
import threading
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.store import StoredPolicy
from dunning_engine.stores import sqlite
from dunning_engine.stores.kept import forgetting
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.store_samples import POLICY, opened


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
    with store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
    return store


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 53, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_that_survive_many_writers(version: sqlite.Version, safe: bool) -> None:
    """The WAL-reset bug was fixed in 3.51.3 and carried back to two older lines; 3.52.0 was withdrawn."""
    assert sqlite.survives_many_writers(version) is safe


def test_an_old_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without STRICT tables nothing keeps text out of a column of instants."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))

    with pytest.raises(UsageError, match=r"older than 3\.37"):
        SqlStore("sqlite://")


def test_connections_are_durable_and_strict(store: SqlStore) -> None:
    """Every promise that SQLite makes only when asked has been asked for."""
    with store.transaction() as tx:
        asked = {
            name: tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (
                *("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "busy_timeout"),
                *("cache_size", "wal_autocheckpoint"),
            )
        }

    full = 2
    assert asked == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "busy_timeout": 30_000,
        "cache_size": -65_536,
        "wal_autocheckpoint": 10_000,
    }


def test_every_table_is_strict(store: SqlStore) -> None:
    """A column takes only what it was made for."""
    with store.transaction() as tx:
        tables = tx.connection.exec_driver_sql("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").all()

    loose = {name for name, strict in tables if not strict}
    assert loose == {"dunning_alembic_version", "sqlite_schema"}


@pytest.mark.parametrize("statement", ["UPDATE dunning_events SET body = '{}'", "DELETE FROM dunning_events"])
def test_events_are_never_changed(store: SqlStore, statement: str) -> None:
    """The database itself refuses to change or forget what happened."""
    with store.transaction() as tx:
        tx.save([opened()])

    with pytest.raises(IntegrityError, match="events are never changed"), store.transaction() as tx:
        tx.connection.execute(text(statement))


def test_a_snapshot_of_another_version_is_folded_anew(store: SqlStore) -> None:
    """Snapshots are a cache: without a readable one the case comes from its events."""
    change = opened()
    with store.transaction() as tx:
        tx.save([change])
        tx.connection.execute(text("UPDATE dunning_cases SET snapshot = '[\"older\",[]]'"))

    with store.transaction() as tx:
        held = tx.case("ann/USD")
    assert held is not None
    assert held.case == change.case


def test_a_hosts_own_transaction_carries_our_events(store: SqlStore, tmp_path: Path) -> None:
    """The host's row and our events commit together, on the host's own engine."""
    host = _host(tmp_path)
    with host.begin() as connection:
        connection.execute(text("INSERT INTO ledger VALUES ('tx-9')"))
        with store.transaction(connection) as tx:
            tx.save([opened()])

    assert _both(host) == (1, 1)


def test_a_host_that_rolls_back_takes_our_events_with_it(store: SqlStore, tmp_path: Path) -> None:
    """Also where our part came first and the driver had not begun a transaction of its own yet."""
    host = _host(tmp_path)

    def fail() -> None:
        with host.begin() as connection:
            with store.transaction(connection) as tx:
                tx.save([opened()])
            connection.execute(text("INSERT INTO ledger VALUES ('tx-9')"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _both(host) == (0, 0)


def test_our_own_connection_serves_the_host(store: SqlStore, tmp_path: Path) -> None:
    """A host may write its rows through our transaction: one connection per process is enough."""
    host = _host(tmp_path)
    with store.transaction() as tx:
        tx.connection.execute(text("INSERT INTO ledger VALUES ('tx-9')"))
        tx.save([opened()])

    assert _both(host) == (1, 1)


def test_a_thread_that_waits_too_long_is_told_so(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that another thread keeps is an error of the surroundings: trying later may help."""
    monkeypatch.setattr(store.engine.pool, "_timeout", 0.05)
    failures: list[Exception] = []

    def other() -> None:
        try:
            with store.transaction():
                pass
        except ForeignError as error:
            failures.append(error)

    with store.transaction():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "another thread holds it" in str(failures[0])


def test_a_file_that_is_no_database_is_told_in_words(tmp_path: Path) -> None:
    """The driver's error comes with the address of the store."""
    file = tmp_path / "notes.db"
    file.write_text("this is no database, but it is long enough to look like a file of one" * 20)

    with pytest.raises(ForeignError, match=r"notes\.db.*not a database"):
        SqlStore(f"sqlite:///{file}")


@pytest.mark.parametrize(
    "url",
    [
        *("", "dunning.db", "sqlite:dunning.db", "mysql://localhost/dunning", "sqlite+nope:///x"),
        *("sqlite://me:secret@host/x", "sqlite://:secret@/x", "postgresql://me:secret@host:port/x"),
        "postgresql+nope://host/x?password=secret",
    ],
)
def test_what_is_no_store_says_what_is_accepted(url: str) -> None:
    """A malformed address and one of another database are the caller's mistake; what was written is not repeated."""
    with pytest.raises(UsageError, match="use sqlite:///") as refused:
        SqlStore(url)

    assert "secret" not in str(refused.value)


def test_a_store_shows_where_it_is(tmp_path: Path) -> None:
    """Its repr names the file."""
    assert "dunning.db" in repr(SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}"))


def test_a_missing_policy_is_no_conflict(tmp_path: Path) -> None:
    """A case of a policy that nobody registered is an error of its own, not a reason to decide again."""
    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")

    with pytest.raises(ForeignError, match="FOREIGN KEY"), store.transaction() as tx:
        tx.save([opened()])


def _host(tmp_path: Path):
    """An application with a table of its own in the same file, and its own way of connecting."""
    engine = create_engine(f"sqlite:///{tmp_path / 'dunning.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ledger (id TEXT)"))
    return engine


def _both(host) -> tuple[int, int]:
    with host.connect() as connection:
        counts = [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("ledger", "dunning_cases")
        ]
    return counts[0], counts[1]


def test_an_event_says_by_which_code_and_zone_rules_it_was_written(store: SqlStore, tmp_path: Path) -> None:
    """What was planned by them can be worked out again."""
    with store.transaction() as tx:
        tx.save([opened()])

    written = (
        sqlite3.connect(tmp_path / "dunning.db").execute("SELECT DISTINCT written_by FROM dunning_events").fetchall()
    )

    assert written == [(f"dunning-engine {version('dunning-engine')}, tzdata {version('tzdata')}",)]


def test_a_tenant_has_a_name(store: SqlStore) -> None:
    """What is no name is refused before anything is written under it."""
    for name in ("", "  ", "a\nb", "x" * 201, None):
        with pytest.raises(UsageError, match="a tenant is named by"):
            store.of(name)  # type: ignore[arg-type]


def test_a_connection_of_something_else_is_refused(store: SqlStore, postgres_url: str) -> None:
    """`connection=` takes a SQLAlchemy connection to the same kind of database."""
    with (
        pytest.raises(UsageError, match="takes a connection of SQLAlchemy, this is a Connection"),
        store.transaction(sqlite3.connect(":memory:")),
    ):
        pass
    other = create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with (
        other.connect() as connection,
        pytest.raises(UsageError, match="leads to postgresql"),
        store.transaction(connection),
    ):
        pass
    other.dispose()


def test_a_part_of_a_host_that_cannot_begin_is_told(
    store: SqlStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that another connection is writing to is busy."""
    host = create_engine(f"sqlite:///{tmp_path / 'dunning.db'}", connect_args={"timeout": 0})
    with (
        store.transaction(),
        host.connect() as connection,
        pytest.raises(ForeignError, match="the database refused: database is locked"),
        store.transaction(connection),
    ):
        pass
    host.dispose()


def test_what_the_law_wants_forgotten_may_go(store: SqlStore) -> None:
    """Inside the switch events can be deleted, after it they are kept as before."""
    with store.transaction() as tx:
        tx.save([opened()])
        tx.forget("ann")
        with forgetting(tx.connection):
            tx.connection.execute(text("DELETE FROM dunning_events"))
    with store.transaction() as tx:
        assert tx.history("ann/USD") == ()
        tx.save([opened("bob/USD", "bob")])

    with pytest.raises(IntegrityError, match="events are never changed"), store.transaction() as tx:
        tx.connection.execute(text("DELETE FROM dunning_events"))
