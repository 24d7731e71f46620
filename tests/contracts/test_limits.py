"""Contact limits hold under concurrent workers on every store of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.limits import LimitContract


class TestMemoryStoreLimits(LimitContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSqliteFileLimits(LimitContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqlStore]:
        store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
        yield store
        store.close()


class TestSqliteInMemoryLimits(LimitContract):
    @pytest.fixture
    def store(self) -> Iterator[SqlStore]:
        store = SqlStore("sqlite://")
        yield store
        store.close()
