"""The same tests on each store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_house import House

from dunning_engine.ports.store import Store
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.stores.sql import SqlStore


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store: Store
    match request.param:
        case "memory":
            store = MemoryStore()
        case "sqlite":
            store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
        case _:
            store = SqlStore(request.getfixturevalue("shared_url"))
    yield store
    store.close()


@pytest.fixture
def house(store: Store) -> House:
    return House(store)
