from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from unsealing import unsealed

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.store import StoredPolicy
from dunning_engine.stores import schema
from dunning_engine.stores.security import lifted
from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.tables import metadata
from dunning_engine.testing.postgres import PostgresServer
from dunning_engine.testing.store_samples import POLICY, contents, occupied, opened, save

WITH_TENANT = sorted(table.name for table in metadata.sorted_tables if "tenant" in table.c)


@pytest.fixture
def store(secured_url: str) -> Iterator[SqlStore]:
    store = SqlStore(secured_url)
    yield store
    store.close()


def test_every_table_of_ours_has_a_tenant() -> None:
    """There is no row that is nobody's."""
    assert sorted(table.name for table in metadata.sorted_tables) == WITH_TENANT
    assert all(not table.c.tenant.nullable for table in metadata.sorted_tables)


def test_every_table_with_a_tenant_shows_each_its_own(store: SqlStore) -> None:
    """Row-level security is on, binds the owner too, and has a policy, in each of them."""
    with store.transaction(write=False) as tx:
        on = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY relname"
        policies = "SELECT tablename FROM pg_policies WHERE policyname = 'dunning_own_tenant' ORDER BY tablename"
        assert tx.connection.execute(text(on)).scalars().all() == WITH_TENANT
        assert tx.connection.execute(text(policies)).scalars().all() == WITH_TENANT


@pytest.mark.parametrize("table", WITH_TENANT)
def test_a_query_that_forgets_the_tenant_sees_its_own_rows(store: SqlStore, secured_url: str, table: str) -> None:
    """A tenant's transaction sees its own, one without a tenant nothing."""
    occupied(store)
    occupied(store.of("acme"))
    whose = text(f"SELECT DISTINCT tenant FROM {table}")

    with store.of("acme").transaction() as tx:
        assert {*tx.connection.execute(whose).scalars()} <= {"acme"}
    with store.of("nobody").transaction() as tx:
        assert tx.connection.execute(whose).scalars().all() == []
    with store.engine.connect() as pooled:
        assert pooled.execute(whose).scalars().all() == []
    host = create_engine(secured_url.replace("postgresql:", "postgresql+psycopg:"))
    with host.connect() as fresh:
        assert fresh.execute(whose).scalars().all() == []
    host.dispose()


def test_a_row_of_another_tenant_cannot_be_written(store: SqlStore) -> None:
    """Neither put in nor taken over."""
    with pytest.raises(ProgrammingError, match="row-level security policy"), store.transaction() as tx:
        tx.connection.execute(text("INSERT INTO dunning_debtors VALUES ('acme', 'ann')"))
    occupied(store)
    with store.of("acme").transaction() as tx:
        assert tx.connection.execute(text("UPDATE dunning_cases SET status = 'closed'")).rowcount == 0


def test_a_host_without_a_tenant_joins_as_one(store: SqlStore, secured_url: str) -> None:
    """Our part of a host's transaction says whose it is."""
    occupied(store)
    host = create_engine(secured_url.replace("postgresql:", "postgresql+psycopg:"))
    with host.begin() as connection, store.transaction(connection) as tx:
        assert [held.case.id for held in tx.cases()] == ["ann/USD", "ann/EUR", "bob/USD"]
    host.dispose()


def test_the_role_changes_no_events(store: SqlStore) -> None:
    """What the trigger refuses is not even allowed."""
    with pytest.raises(ProgrammingError, match="permission denied for table dunning_events"), store.transaction() as tx:
        tx.connection.execute(text("DELETE FROM dunning_events"))


def test_securing_twice_is_harmless(postgres_url: str) -> None:
    """For whoever is not sure; the role is a superuser's, and that is said."""
    with closing(SqlStore(postgres_url)) as owner:
        assert list(owner.secure("app")) == list(owner.secure()) == WITH_TENANT
        assert owner.sees_all()


def test_a_role_that_helps_nothing_is_refused(postgres_url: str) -> None:
    """Superusers see everything, and who is not there sees nothing."""
    with closing(SqlStore(postgres_url)) as owner:
        with pytest.raises(UsageError, match="there is no role nobody"):
            owner.secure("nobody")
        with pytest.raises(UsageError, match="superuser, or has BYPASSRLS"):
            owner.secure("postgres")


def test_only_the_owner_secures(store: SqlStore) -> None:
    """The role of the engine cannot, and so cannot undo it."""
    assert not store.sees_all()
    with pytest.raises(ForeignError, match="must be owner of table"):
        store.secure()


def test_sqlite_has_no_roles() -> None:
    """A file is read by whoever may read it."""
    with closing(SqlStore("sqlite://")) as store, pytest.raises(UsageError, match="is PostgreSQL's"):
        store.secure()


def test_a_change_of_the_tables_is_about_every_tenant(postgres_server: PostgresServer) -> None:
    """Whoever changes them is shown all rows meanwhile, also where the owner is bound; then they are secure again."""
    with postgres_server.database() as name:
        postgres_server.run("GRANT ALL ON SCHEMA public TO owner", database=name)
        url = postgres_server.url(name, user="owner")
        with closing(SqlStore(url)) as store:
            save_under(store)
            with store.transaction() as tx:
                unsealed(tx)
            before = contents(store)
            store.secure()
            with store.of("acme").transaction() as tx:
                schema.downgrade(tx.connection, "0003")
        with closing(SqlStore(url, tenant="acme")) as store:
            assert contents(store.of("default")) == before
            store.secure()
            with store.transaction() as tx:
                with lifted(tx.connection):
                    assert tx.connection.execute(text("SELECT id FROM dunning_cases")).scalars().all() == ["ann/USD"]
                assert tx.connection.execute(text("SELECT id FROM dunning_cases")).scalars().all() == []


def save_under(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
    save(store, opened())
