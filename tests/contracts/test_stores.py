"""Every store of ours keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.store_samples import contents, occupied
from dunning_engine.testing.stores import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSqliteFile(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqlStore]:
        store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
        yield store
        store.close()


class TestSqliteInMemory(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[SqlStore]:
        store = SqlStore("sqlite://")
        yield store
        store.close()


class TestPostgres(StoreContract):
    @pytest.fixture
    def store(self, shared_url: str) -> Iterator[SqlStore]:
        store = SqlStore(shared_url)
        yield store
        store.close()


class TestSecondTenant(StoreContract):
    """Beside another tenant with the same debtors, cases, actions and outside events nothing is different."""

    @pytest.fixture(params=["sqlite", "postgres"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
        sqlite = f"sqlite:///{tmp_path / 'dunning.db'}"
        first = SqlStore(sqlite if request.param == "sqlite" else request.getfixturevalue("shared_url"))
        occupied(first)
        before = contents(first)
        yield first.of("acme")
        assert contents(first) == before
        first.close()


class TestSecuredPostgres(StoreContract):
    """With row-level security, as a role that owns nothing."""

    @pytest.fixture
    def store(self, secured_url: str) -> Iterator[SqlStore]:
        store = SqlStore(secured_url)
        occupied(store.of("acme"))
        yield store
        store.close()
