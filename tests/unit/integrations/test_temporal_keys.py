"""Keys of debtors and what they lock: each opens its own history, and thrown away it opens nothing any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext

from dunning_engine.integrations.temporal.keys import SqlKeys
from dunning_engine.integrations.temporal.secrecy import ENCODING, Locked, locked
from dunning_engine.kernel.errors import ForeignError, UsageError

MASTER = "5f" * 32
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"email":"ann@example.com"}' * 20)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLEET_MASTER", MASTER)
    return tmp_path / "keys.db"


@pytest.fixture
def keys(file: Path) -> Iterator[SqlKeys]:
    kept = SqlKeys(f"sqlite:///{file}", master="env:FLEET_MASTER")
    yield kept
    kept.close()


def _codec(keys: SqlKeys, name: str = "debtor/ann") -> Locked:
    return Locked(keys).with_context(WorkflowSerializationContext("default", name))


def _encoded(codec: Locked, *payloads: Payload) -> list[Payload]:
    return asyncio.run(codec.encode(payloads))


def _decoded(codec: Locked, *payloads: Payload) -> list[Payload]:
    return asyncio.run(codec.decode(payloads))


# Keys -----------------------------------------------------------------------------------------------------------------


def test_a_debtor_has_one_key_whoever_asks(keys: SqlKeys, file: Path) -> None:
    assert keys.get("debtor/ann") is None
    made = keys.make("debtor/ann")
    other = SqlKeys(f"sqlite:///{file}", master="env:FLEET_MASTER")
    assert other.make("debtor/ann") == other.get("debtor/ann") == made
    assert other.make("debtor/bob") != made
    other.close()
    assert repr(keys) == f"<SqlKeys sqlite:///{file}>"


def test_a_key_that_was_thrown_away_does_not_come_back(keys: SqlKeys, file: Path) -> None:
    made = keys.make("debtor/ann")
    before = file.read_bytes() + Path(f"{file}-wal").read_bytes()
    assert [keys.forget("debtor/ann"), keys.forget("debtor/ann")] == [True, False]
    keys.compact()

    assert keys.get("debtor/ann") is None
    assert keys.make("debtor/ann") != made
    assert made.secret not in before, "the key stood in the file as it is"


def test_two_that_make_the_same_key_get_the_same(keys: SqlKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    made = keys.make("debtor/ann")
    asked = []

    def late(connection: object, name: str) -> object:
        asked.append(name)
        return None if len(asked) == 1 else made

    monkeypatch.setattr(keys, "_found", late)
    assert keys.make("debtor/ann") == made


def test_another_master_key_opens_nothing(keys: SqlKeys, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.make("debtor/ann")
    monkeypatch.setenv("OTHER_MASTER", "00" * 32)
    other = SqlKeys(f"sqlite:///{file}", master="env:OTHER_MASTER")
    with pytest.raises(ForeignError, match="locked with another master key"):
        other.get("debtor/ann")
    other.close()


@pytest.mark.parametrize(
    ("master", "words"),
    [
        ("secret", 'pass master="env:NAME"'),
        ("env:", 'pass master="env:NAME"'),
        ("env:NOBODY", "NOBODY is not set; it takes 32 characters"),
        ("env:SHORT", "SHORT is shorter than 32 characters"),
    ],
)
def test_a_master_key_stands_in_the_environment_and_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, master: str, words: str
) -> None:
    monkeypatch.setenv("SHORT", "1234")
    with pytest.raises(UsageError, match=words):
        SqlKeys(f"sqlite:///{tmp_path / 'keys.db'}", master=master)


def test_a_database_that_cannot_be_opened_is_said(file: Path) -> None:
    with pytest.raises(ForeignError, match="cannot be opened"):
        SqlKeys(f"sqlite:///{file.parent}/nowhere/keys.db", master="env:FLEET_MASTER")


# What they lock -------------------------------------------------------------------------------------------------------


def test_what_was_locked_opens_for_its_own_workflow_alone(keys: SqlKeys) -> None:
    (sealed,) = _encoded(_codec(keys), PLAIN)

    assert sealed.metadata["encoding"] == ENCODING
    assert b"example.com" not in sealed.SerializeToString()
    assert len(sealed.data) < len(PLAIN.data) / 2
    assert _decoded(_codec(keys), sealed) == [PLAIN]
    activity = ActivitySerializationContext("default", "1", "look", "dunning", "debtor/ann", "Debtor", is_local=True)
    assert _decoded(Locked(keys).with_context(activity), sealed) == [PLAIN]
    with pytest.raises(ForeignError, match="its key is thrown away"):
        _decoded(_codec(keys, "debtor/bob"), sealed)


def test_the_same_words_never_look_the_same(keys: SqlKeys) -> None:
    first, second = _encoded(_codec(keys), PLAIN, PLAIN)
    assert first.data != second.data


def test_a_payload_that_was_changed_is_refused(keys: SqlKeys) -> None:
    (sealed,) = _encoded(_codec(keys), PLAIN)
    changed = Payload(metadata=dict(sealed.metadata), data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    with pytest.raises(ForeignError, match="is not what was written"):
        _decoded(_codec(keys), changed)


def test_without_its_key_nothing_opens_a_minute_later(keys: SqlKeys) -> None:
    codec = _codec(keys)
    (sealed,) = _encoded(codec, PLAIN)
    keys.forget("debtor/ann")
    assert _decoded(codec, sealed) == [PLAIN], "remembered for a moment"

    codec._remembered.clock = lambda: float("inf")
    with pytest.raises(ForeignError, match="was erased: its key is thrown away"):
        _decoded(codec, sealed)
    keys.make("debtor/ann")
    with pytest.raises(ForeignError, match="was erased"):
        _decoded(codec, sealed)


def test_what_was_written_before_there_were_keys_is_still_read(keys: SqlKeys) -> None:
    assert _decoded(_codec(keys), PLAIN) == [PLAIN]


def test_a_payload_of_no_workflow_is_refused(keys: SqlKeys) -> None:
    assert _encoded(Locked(keys)) == []
    with pytest.raises(UsageError, match="belongs to no workflow"):
        _encoded(Locked(keys), PLAIN)


def test_a_process_remembers_a_limited_number_of_keys(keys: SqlKeys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dunning_engine.integrations.temporal.secrecy.REMEMBERED", 2)
    codec = Locked(keys)
    for name in ("a", "b", "c"):
        _encoded(codec.with_context(WorkflowSerializationContext("default", name)), PLAIN)
    assert list(codec._remembered.known) == ["b", "c"]


def test_a_converter_locks_the_words_of_errors_too(keys: SqlKeys) -> None:
    converter = locked(keys)
    assert isinstance(converter.payload_codec, Locked)
    assert replace(converter).failure_converter_class.__name__ == "DefaultFailureConverterWithEncodedAttributes"
