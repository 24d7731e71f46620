"""Tenants that share names, and a provider account: what they hand over has keys that never meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_house import House

from dunning_engine.stores.sql import SqlStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
    yield store
    store.close()


def _key(house: House) -> str:
    """The key of the first reminder of the same case."""
    house.opens(case_id="ann/EUR")
    house.moves("2026-03-06T12:00:00+01:00")
    (message,) = house.sink.got
    return message.action_id


def test_equal_cases_of_two_tenants_have_keys_of_their_own(store: SqlStore) -> None:
    """One provider account for all: the second tenant's reminder is none that the provider knows already."""
    keys = [_key(House(store.of(tenant))) for tenant in ("acme", "bolt")]

    assert len({*keys, _key(House(store))}) == 3


def test_where_nobody_speaks_of_tenants_keys_are_what_they_were(store: SqlStore) -> None:
    """The only tenant's identities are those of before tenants had a part in them."""
    assert _key(House(store)) == "ee7339f4bd635c0e295d96d2b9eaddad"
