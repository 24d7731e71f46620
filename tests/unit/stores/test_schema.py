from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from dunning_engine.kernel.errors import ForeignError
from dunning_engine.stores import schema
from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.statements import Statements
from dunning_engine.stores.tables import HEAD, VERSION_TABLE, metadata


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
    """The first step can be taken back on an empty database."""
    from alembic import command

    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
    with store.transaction() as tx:
        command.downgrade(schema.config(tx.connection), "base")

    with store.transaction() as tx:
        assert _objects(tx.connection) == {}


def test_tables_and_statements_also_read_in_postgresql() -> None:
    """What is written for SQLite today compiles for PostgreSQL: locks, upserts and partial indexes included."""
    dialect = postgresql.dialect(paramstyle="format")

    statements = Statements.of(dialect)

    assert "FOR UPDATE SKIP LOCKED" in statements.claim.text
    assert "ON CONFLICT (action_id) DO UPDATE" in statements.put_row.text
    assert all("STRICT" not in str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables)
