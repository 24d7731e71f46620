from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, select, text
from unsealing import unsealed

from dunning_engine.domain.contacts import Contact, ContactLog
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.domain.parties import Channel
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.store import OutboxState, StoredPolicy
from dunning_engine.stores import schema
from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.tables import HEAD, VERSION_TABLE, metadata
from dunning_engine.testing.postgres import PostgresServer
from dunning_engine.testing.store_samples import NOON, POLICY, opened, row


def _objects(connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if name != VERSION_TABLE}


def test_the_migrated_tables_are_those_of_the_metadata(tmp_path: Path) -> None:
    """Tables, indexes and triggers are the same whether they came in steps or at once."""
    store = SqlStore(f"sqlite:///{tmp_path / 'migrated.db'}")
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    metadata.create_all(fresh)

    with store.transaction() as tx, fresh.connect() as connection:
        assert _objects(tx.connection) == _objects(connection)
        ours = MigrationContext.configure(tx.connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(ours, metadata) == []


def test_a_host_keeps_tables_of_the_same_words(tmp_path: Path) -> None:
    """In a database that a host shares, no name of ours is one that it would take, its Alembic's table included."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    with create_engine(url).begin() as connection:
        connection.execute(text("CREATE TABLE events (id TEXT)"))
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('the-hosts-own')"))

    with SqlStore(url).transaction() as tx:
        ours = _objects(tx.connection).keys() - {"events", "alembic_version"}
        assert all(name.startswith("dunning_") for name in ours)
        assert tx.connection.execute(text("SELECT * FROM alembic_version")).scalar() == "the-hosts-own"


def test_the_last_step_is_the_one_that_the_tables_name(tmp_path: Path) -> None:
    """`HEAD` spares opening the folder of steps at every start; it must not fall behind."""
    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")

    with store.transaction() as tx:
        assert ScriptDirectory.from_config(schema.config(tx.connection)).get_current_head() == HEAD


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    """A database at the present version is left alone."""
    url = f"sqlite:///{tmp_path / 'dunning.db'}"
    with SqlStore(url).transaction() as tx:
        before = _objects(tx.connection)

    with SqlStore(url).transaction() as tx:
        assert _objects(tx.connection) == before


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """Tables that a later version made are not touched."""
    url = f"sqlite:///{tmp_path / 'dunning.db'}"
    with SqlStore(url).transaction() as tx:
        tx.connection.execute(text("UPDATE dunning_alembic_version SET version_num = '9999'"))

    with pytest.raises(ForeignError, match="at version 9999 of the tables"):
        SqlStore(url)


def test_the_way_down_leaves_nothing(tmp_path: Path) -> None:
    """Every step can be taken back on an empty database."""
    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
    with store.transaction() as tx:
        schema.downgrade(tx.connection, "base")

    with store.transaction() as tx:
        assert _objects(tx.connection) == {}


OLDER = Path(__file__).parent / "older"
"""What earlier versions left behind: two cases, and two actions that were armed when the process died."""


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_an_older_database_comes_along_without_loss(tmp_path: Path, version: str) -> None:
    """Cases, events, contacts, actions and orders of a file that an earlier version wrote are the default tenant's."""
    file = _restored(tmp_path, version)
    contact = Contact(NOON, Channel.EMAIL, ("ann/USD",), action_id="a1")
    armed = replace(row("reminder"), state=OutboxState.ARMED, next_at=NOON + 120, fence=1, attempts=1)

    with closing_store(f"sqlite:///{file}") as store, store.transaction() as tx:
        held = tx.case("ann/USD")
        assert held is not None
        assert held.case == replace(opened().case, contacts=held.case.contacts)
        assert [h.case.id for h in tx.cases()] == ["ann/USD", "bob/USD"]
        assert tx.history("bob/USD") == opened("bob/USD", "bob").events
        assert tx.contacts(["ann"]) == {
            "ann": ContactLog([contact if version == "0001" else replace(contact, line="work")])
        }
        assert [r.state.value for r in tx.outbox()] == ["armed", "armed", "sent"]
        assert tx.claim(NOON + 120, NOON + 120) == armed
        assert not tx.receive("bank", "tx-9", "digest")
        assert tx.policy(POLICY.hash) == StoredPolicy(POLICY, "policy: us-consumer")
        ordered = [StandingOrder(Scope.DEBTOR, "ann", "eve", "strike", NOON)] if version == "0003" else []
        assert tx.orders() == ordered


def test_the_way_down_and_up_again_loses_nothing(tmp_path: Path) -> None:
    """What fits into the older tables goes there, and comes back the same."""
    file = _restored(tmp_path, "0003")
    with closing_store(f"sqlite:///{file}") as store, store.transaction() as tx:
        before = _contents(tx.connection)
        schema.downgrade(tx.connection, "0003")
    with closing_store(f"sqlite:///{file}") as store, store.transaction() as tx:
        assert _contents(tx.connection) == before


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("INSERT INTO dunning_inbox VALUES ('acme', 'bank', 'tx-1', 'digest')", "rows of others than 'default'"),
        ("UPDATE dunning_cases SET head = 'ab' WHERE id = 'ann/USD'", "no place for the hashes of events"),
        (
            "INSERT INTO dunning_guards VALUES ('acme', NULL, 2, '', 0, NULL, '', 0, '')",
            "know nothing of restored stores",
        ),
        (
            "INSERT INTO dunning_left VALUES ('acme', 'a', 'c', 1, 'email', 5, 'sent')",
            "know nothing of restored stores",
        ),
    ],
)
def test_the_way_down_is_refused_where_it_would_lose(tmp_path: Path, statement: str, why: str) -> None:
    """Other tenants and the hashes of the chain have no place in older tables."""
    with closing_store(f"sqlite:///{_restored(tmp_path, '0003')}") as store:
        with store.transaction() as tx:
            tx.connection.execute(text(statement))
        with pytest.raises(UsageError, match=why), store.transaction() as tx:
            schema.downgrade(tx.connection, "0003")


def test_the_way_down_leads_to_a_version() -> None:
    """What never was is not gone back to."""
    with (
        closing_store("sqlite://") as store,
        pytest.raises(UsageError, match="no older version 0000"),
        store.transaction() as tx,
    ):
        schema.downgrade(tx.connection, "0000")


def test_postgresql_gets_the_same_tables_in_steps_and_at_once(
    postgres_server: PostgresServer, postgres_database: str
) -> None:
    """Columns, keys, checks, indexes and triggers, by the words of the catalogue."""
    with postgres_server.database() as name:
        fresh = create_engine(postgres_server.url(name).replace("postgresql:", "postgresql+psycopg:"))
        metadata.create_all(fresh)
        with fresh.connect() as connection:
            at_once = _postgres_objects(connection)
        fresh.dispose()

    with closing_store(postgres_server.url(postgres_database)) as store, store.transaction() as tx:
        assert _postgres_objects(tx.connection) == at_once
        ours = MigrationContext.configure(tx.connection, opts={"version_table": VERSION_TABLE})
        keys = {change[1].name for change in compare_metadata(ours, metadata) if change[0] == "add_fk"}
        assert keys == {"dunning_events_of_case", "dunning_outbox_of_case", "dunning_outbox_of_debtor"}
        assert len(compare_metadata(ours, metadata)) == len(keys)  # which are triggers there


def test_postgresql_goes_down_and_up_again(postgres_url: str) -> None:
    """With everything that was kept, and numbers that go on where they were."""
    with closing_store(postgres_url) as store:
        with store.transaction() as tx:
            tx.register(StoredPolicy(POLICY, ""))
            tx.save([opened(), opened("bob/USD", "bob")])
            tx.put([row("reminder")])
            unsealed(tx)
            before = _contents(tx.connection)
            schema.downgrade(tx.connection, "0003")
        with closing_store(postgres_url) as again, again.transaction() as tx:
            assert _contents(tx.connection) == before
            tx.save([opened("cem/USD", "cem")])
            assert [held.case.id for held in tx.cases()] == ["ann/USD", "bob/USD", "cem/USD"]


def test_many_processes_may_open_a_fresh_database(postgres_server: PostgresServer) -> None:
    """One of them makes the tables, the others wait for it."""
    with postgres_server.database() as name:
        url, together, opened_by = postgres_server.url(name), threading.Barrier(4), []

        def work() -> None:
            together.wait()
            with DunningEngine.open(url, policies=[]) as engine:
                opened_by.append(list(engine.cases()))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert opened_by == [[], [], [], []]


def closing_store(url: str) -> closing[SqlStore]:
    return closing(SqlStore(url))


def _restored(tmp_path: Path, version: str) -> Path:
    file = tmp_path / "older.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((OLDER / f"{version}.sql").read_text(encoding="utf-8"))
    return file


def _contents(connection) -> dict[str, list[tuple]]:
    """Every row but for who armed it, which is of the moment."""
    tables = {table: [column for column in table.c if column.name != "owner"] for table in metadata.sorted_tables}
    return {
        table.name: [tuple(row) for row in connection.execute(select(*columns).order_by(*table.primary_key)).all()]
        for table, columns in tables.items()
    }


def _postgres_objects(connection) -> list[tuple]:
    own = "LIKE 'dunning_%' AND {0} <> 'dunning_alembic_version'".format
    table, relation = "table_name", "conrelid::regclass::text"
    columns = "table_name, column_name, data_type, is_nullable, is_identity"
    asked = (
        f"SELECT {columns} FROM information_schema.columns WHERE {table} {own(table)}",
        f"SELECT {relation}, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE {relation} {own(relation)}",
        f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename {own('tablename')}",
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'dunning_%'",
    )
    return sorted(str(tuple(row)) for query in asked for row in connection.execute(text(query)).all())
