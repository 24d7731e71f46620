from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports.store import StoredPolicy
from dunning_engine.stores import sqlite
from dunning_engine.stores.sql import SqlStore
from dunning_engine.stores.sqlite_files import FileTurns, NoTurns, network_filesystem
from dunning_engine.testing.store_samples import POLICY, opened

AFFECTED, FIXED = (3, 40, 1), (3, 51, 3)


@pytest.fixture
def affected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLite with the WAL-reset bug, whichever runs here."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", AFFECTED)


WRITES = """
import sys
from dunning_engine.stores.sql import SqlStore
from dunning_engine.testing.store_samples import opened
store = SqlStore(sys.argv[1])
for number in range(int(sys.argv[3])):
    with store.transaction() as tx:
        tx.save([opened(f"{sys.argv[2]}-{number}", sys.argv[2])])
store.close()
"""


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_several_processes_write_to_one_file(tmp_path: Path, mode: str) -> None:
    """They take turns, or do without the log: nothing is lost and the file stays whole."""
    url = f"sqlite:///{tmp_path / 'dunning.db'}?journal_mode={mode}"
    with closing(SqlStore(url)) as store, store.transaction() as tx:
        tx.register(StoredPolicy(POLICY, ""))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITES, url, name, "15"], env=environment) for name in ("ann", "bob")
    ]
    assert [process.wait(60) for process in processes] == [0, 0]

    with closing(SqlStore(url)) as store, store.transaction() as tx:
        assert len(tx.cases()) == 30
        assert tx.connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert tx.connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == mode


def test_a_writer_waits_for_its_turn(affected: None, tmp_path: Path) -> None:
    """Another process, or another store of this one, writes when the first has committed."""
    url = f"sqlite:///{tmp_path / 'dunning.db'}"
    with closing(SqlStore(url)) as store, closing(SqlStore(url)) as other:
        order: list[str] = []

        def write() -> None:
            with other.transaction() as tx:
                tx.register(StoredPolicy(POLICY, ""))
                order.append("other")

        with store.transaction():
            thread = threading.Thread(target=write)
            thread.start()
            thread.join(0.05)
            order.append("first")
        thread.join(20)
        assert order == ["first", "other"]


def test_a_reader_needs_no_turn(affected: None, tmp_path: Path) -> None:
    """Looking goes on while somebody writes."""
    url = f"sqlite:///{tmp_path / 'dunning.db'}"
    with closing(SqlStore(url)) as store, closing(SqlStore(url)) as other:
        with store.transaction(write=False), other.transaction() as tx:
            tx.register(StoredPolicy(POLICY, ""))
        with store.transaction() as tx, other.transaction(write=False) as reader:
            tx.save([opened()])
            assert reader.cases() == []


def test_a_turn_that_does_not_come_is_told(tmp_path: Path) -> None:
    """Trying later may help."""
    file = tmp_path / "dunning.db"
    holder, waiting = FileTurns(file), FileTurns(file)
    holder.take(1)
    with pytest.raises(ForeignError, match="was busy for 0 seconds: another process writes to it"):
        waiting.take(0)
    holder.give_back()
    waiting.take(0)
    waiting.give_back()


def test_a_folder_that_is_not_there_is_told(affected: None, tmp_path: Path) -> None:
    """The lock lies beside the file."""
    with pytest.raises(ForeignError, match=r"nowhere/dunning\.db-turn cannot be opened: No such file"):
        SqlStore(f"sqlite:///{tmp_path / 'nowhere' / 'dunning.db'}")


@pytest.mark.parametrize(
    ("url", "version", "turns"),
    [
        ("sqlite:///dunning.db", AFFECTED, FileTurns),
        ("sqlite:///dunning.db", FIXED, NoTurns),
        ("sqlite:///dunning.db?journal_mode=delete", AFFECTED, NoTurns),
        ("sqlite://", AFFECTED, NoTurns),
        ("sqlite:///:memory:", AFFECTED, NoTurns),
        ("sqlite:///file:x?mode=memory", AFFECTED, NoTurns),
    ],
)
def test_turns_are_taken_where_the_bug_is(url: str, version: sqlite.Version, turns: type) -> None:
    """Only a file with a log, written by a SQLite that may damage it, needs them."""
    address = make_url(url)
    mode = str(address.query.get("journal_mode", "wal"))

    assert isinstance(sqlite._turns(address, mode, version), turns)


def test_where_no_turns_can_be_taken_it_is_refused(affected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what helps."""
    monkeypatch.setattr(sqlite, "CAN_TAKE_TURNS", False)

    with pytest.raises(
        UsageError, match=r"SQLite 3\.40\.1 may damage a file .* update SQLite to 3\.51\.3, or write .*=delete"
    ):
        SqlStore("sqlite:///dunning.db")


def test_other_journal_modes_are_refused(tmp_path: Path) -> None:
    """Memory and off are not durable."""
    with pytest.raises(UsageError, match="journal_mode is wal or delete, not off"):
        SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}?journal_mode=off")


MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/home /mnt/our\\040home nfs4 rw 0 0
tmpfs /mnt/our\\040home/fast tmpfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/srv/dunning.db", ""),
        ("/mnt/our home/dunning.db", "nfs4"),
        ("/mnt/our home/deep/dunning.db", "nfs4"),
        ("/mnt/our home/fast/dunning.db", ""),
        ("/mnt/our homestead/dunning.db", ""),
    ],
)
def test_a_network_filesystem_is_known_by_its_mount(tmp_path: Path, file: str, kind: str) -> None:
    """The innermost mount counts."""
    (tmp_path / "mounts").write_text(MOUNTS)

    assert network_filesystem(Path(file), tmp_path / "mounts") == kind


def test_where_nobody_can_tell_it_is_no_network(tmp_path: Path) -> None:
    """Not every system lists its mounts."""
    assert network_filesystem(tmp_path / "dunning.db", tmp_path / "nothing") == ""


def test_a_file_on_a_network_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite would lose what it was given."""
    monkeypatch.setattr(sqlite, "network_filesystem", lambda file: "nfs4")

    with pytest.raises(UsageError, match=r"lies on a network filesystem \(nfs4\)"):
        SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}")
