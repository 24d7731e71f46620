from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from unsealing import unsealed

from dunning_engine.audit_log_verify import main as verify
from dunning_engine.domain.events import HostFact
from dunning_engine.ports.store import StoredPolicy
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.store_samples import POLICY, opened, save, stepped


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dunning.db"


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, file: Path) -> Iterator[SqlStore]:
    url = f"sqlite:///{file}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with closing(SqlStore(url)) as store:
        with store.transaction() as tx:
            tx.register(StoredPolicy(POLICY, ""))
            tx.save([opened(), opened("bob/USD", "bob")])
            unsealed(tx)
        yield store


def test_what_was_there_before_reads_as_ever_and_is_told(store: SqlStore) -> None:
    """Events without hashes are events; they only prove nothing."""
    with store.transaction() as tx:
        assert tx.history("ann/USD") == opened().events
        assert [(link.hash, link.opening) for link in tx.links("ann/USD")] == [(None, None)] * 2
        assert [head.hash for head in tx.heads()] == [None, None]
        assert tx.unanchored(9) == []
        assert tx.unsealed(9) == ["ann/USD", "bob/USD"]
        assert tx.unsealed(1) == ["ann/USD"]


def test_sealing_gives_hashes_and_takes_out_who_somebody_is(store: SqlStore) -> None:
    """Once: what is sealed cannot be sealed anew, nor changed."""
    with store.transaction() as tx:
        tx.seal(["ann/USD"])
    with store.transaction() as tx:
        assert tx.unsealed(9) == ["bob/USD"]
        assert "Özil" not in tx.links("ann/USD")[0].event.body
        assert tx.history("ann/USD") == opened().events
        assert [head.case_id for head in tx.unanchored(9)] == ["ann/USD"]


def test_a_case_is_sealed_with_its_next_event(store: SqlStore) -> None:
    """Whoever writes need not care which version wrote before; the others wait for `dunning audit-log seal`."""
    case = save(store, stepped(opened().case, HostFact("vip", "true")))

    with store.transaction() as tx:
        assert tx.unsealed(9) == ["bob/USD"]
        assert all(link.hash for link in tx.links("ann/USD"))
        assert tx.history("ann/USD")[-1].event == HostFact("vip", "true")
    save(store, stepped(case, HostFact("vip", "false")))


def test_events_are_as_fixed_after_sealing_as_before(file: Path) -> None:
    """The triggers are back in their place."""
    with closing(SqlStore(f"sqlite:///{file}")) as store, store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
        tx.save([opened()])
        unsealed(tx)
        tx.seal(["ann/USD"])
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute("UPDATE dunning_events SET at = 0")


def test_the_verifier_names_what_was_never_sealed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said to be intact of which nobody can know."""
    with closing(SqlStore(f"sqlite:///{file}")) as store:
        with store.transaction() as tx:
            tx.register(StoredPolicy(POLICY, ""))
            tx.save([opened()])
            unsealed(tx)
        assert verify([str(file)]) == 1
        assert "case default/ann/USD, event 1: was never sealed" in capsys.readouterr().out
        with store.transaction() as tx:
            tx.seal(["ann/USD"])
        assert verify([str(file)]) == 0
