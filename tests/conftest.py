"""What tests of every folder share: one PostgreSQL per test session, and fresh databases in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import settings

from dunning_engine.kernel.errors import UsageError
from dunning_engine.stores.kept import FORGETTING
from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.tables import metadata
from dunning_engine.testing.postgres import PostgresServer, postgres

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")  # a busy machine takes longer over an example, and that proves nothing


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that runs until the session ends, where one can run."""
    running = postgres()
    try:
        server = running.__enter__()
    except UsageError as error:
        pytest.skip(str(error))
    try:
        server.run("CREATE ROLE app LOGIN", "CREATE ROLE owner LOGIN", "CREATE DATABASE migrated")
        SqlStore(server.url("migrated")).close()
        server.run("CREATE DATABASE shared TEMPLATE migrated", "CREATE DATABASE secured TEMPLATE migrated")
        with closing(SqlStore(server.url("secured"))) as owner:
            owner.secure("app")
        yield server
    finally:
        running.__exit__(None, None, None)


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a fresh database with our tables in it."""
    with postgres_server.database("migrated") as name:
        yield name


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, postgres_database: str) -> str:
    """Its URL."""
    return postgres_server.url(postgres_database)


@pytest.fixture
def shared_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a database that tests share: what they put into its tables is deleted, what else they do is not."""
    yield postgres_server.url("shared")
    _emptied(postgres_server, "shared")


@pytest.fixture
def secured_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Another, secured by row, as a role that owns nothing."""
    yield postgres_server.url("secured", user="app")
    _emptied(postgres_server, "secured")


def _emptied(server: PostgresServer, database: str) -> None:
    deletions = (f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))
    server.run(f"SELECT set_config('{FORGETTING}', 'on', false)", *deletions, database=database)
