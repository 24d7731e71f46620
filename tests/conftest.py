"""What tests of every folder share: one PostgreSQL per test session, and fresh databases in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dunning_engine.kernel.errors import UsageError
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.postgres import PostgresServer, postgres


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
def secured_url(postgres_server: PostgresServer, postgres_url: str) -> str:
    """The same database, secured by row, as a role that owns nothing."""
    owner = SqlStore(postgres_url)
    owner.secure("app")
    owner.close()
    return postgres_url.replace("postgres:@", "app:@")
