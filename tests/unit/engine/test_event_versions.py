"""Events of other versions: older ones are brought up to date as they are read, newer ones stop their case and no other."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from engine_house import House, ann, invoice

from dunning_engine.domain.events import HostFact
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.ports import codec
from dunning_engine.ports.codec import UnreadableEvent
from dunning_engine.stores.sql import SqlStore


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(SqlStore(f"sqlite:///{tmp_path / 'dunning.db'}"))


def _by_another_version(house: House, case_id: str, statement: str) -> None:
    """What another version of the library would have written."""
    store = house.store
    assert isinstance(store, SqlStore)
    with store.transaction() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE dunning_cases SET snapshot = '[\"another\", []]' WHERE id = ?", (case_id,)
        )
        tx.connection.exec_driver_sql(statement, (case_id,))


NEWER = """INSERT INTO dunning_events (tenant, case_id, seq, type, type_version, at, recorded_at, body, written_by)
    SELECT tenant, case_id, max(seq) + 1, 'HostFact', 2, at, recorded_at, '{"fact": 1}', 'dunning-engine 9.0'
    FROM dunning_events WHERE case_id = ?"""
UNKNOWN = NEWER.replace("HostFact", "DroneDispatched")
DAMAGED = NEWER.replace("'HostFact', 2", "'HostFact', 1")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (NEWER, "an event HostFact of version 2 was stored by a newer version"),
        (UNKNOWN, "an event DroneDispatched of version 2 was stored by a newer version"),
        (DAMAGED, "a stored event HostFact of version 1 is damaged"),
    ],
    ids=["newer", "unknown", "damaged"],
)
def test_what_cannot_be_read_stops_its_case_only(house: House, statement: str, words: str) -> None:
    """The others are decided about and sent; this one is told with words, and looked at again in an hour."""
    broken = house.opens()
    house.opens(invoice("INV-2"), debtor=ann("bob"))
    _by_another_version(house, broken, statement)

    assert house.moves("2026-03-05T10:00:00+01:00") == ["email reminder: sent"]
    (trouble,) = house.engine.troubles
    assert (trouble.case_id, f"case {broken} cannot be read: {words}" in str(trouble.error)) == (broken, True)
    house.engine.advance()
    assert house.engine.troubles == ()
    house.moves("2026-03-05T11:00:00+01:00")
    assert [trouble.case_id for trouble in house.engine.troubles] == [broken]
    with pytest.raises(ForeignError, match=f"case {broken} cannot be read"):
        house.engine.case(broken)


def test_an_action_of_a_case_that_cannot_be_read_holds_up_no_other(house: House) -> None:
    """Both were cleared; the one of the case that cannot be read is tried again later, the other goes."""
    broken = house.opens()
    house.opens(invoice("INV-2"), debtor=ann("bob"))
    house.clock.move_to("2026-03-05T10:00:00+01:00")
    house.engine.advance()
    _by_another_version(house, broken, NEWER)

    fates = {handover.action.case_id: handover.fate.value for handover in house.engine.dispatch()}
    assert (fates[broken], fates["bob/EUR"]) == ("retry", "sent")
    assert house.sink.words == ["email reminder"]


def test_older_events_are_brought_up_to_date_as_they_are_read(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two versions on, one function from each to the next; what is stored stays byte for byte."""
    case_id = house.opens()
    house.engine.record(case_id, HostFact("vip", "true"))
    _by_another_version(house, case_id, "UPDATE dunning_cases SET seq = seq WHERE id = ?")
    before = _bodies(tmp_path)

    def second(body: dict[str, Any]) -> dict[str, Any]:
        return {"name": body["name"], "value": body["value"], "since": "2"}

    def third(body: dict[str, Any]) -> dict[str, Any]:
        return {"name": f"{body['name']}-{body['since']}", "value": body["value"]}

    monkeypatch.setitem(codec.VERSIONS, "HostFact", 3)
    for older, upcaster in ((1, second), (2, third)):
        monkeypatch.setitem(codec.UPCASTERS, ("HostFact", older), upcaster)

    assert house.engine.case(case_id).facts["vip-2"] == "true"
    house.engine.record(case_id, HostFact("late", "true"))
    assert [recorded.event for recorded in house.engine.history(case_id)][-2:] == [
        HostFact("vip-2", "true"),
        HostFact("late", "true"),
    ]
    assert _bodies(tmp_path)[: len(before)] == before
    assert _bodies(tmp_path)[-1][:2] == ("HostFact", 3)


def test_a_gap_between_versions_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version without the function to the next one is a mistake of ours, and no guess is made."""
    monkeypatch.setitem(codec.VERSIONS, "HostFact", 2)
    with pytest.raises(UnreadableEvent, match="damaged"):
        codec.decode_event("HostFact", 1, json.dumps({"name": "vip", "value": "true"}))


def test_every_version_has_its_way_up() -> None:
    """Each type has a function from every version to the next, and none that leads nowhere."""
    needed = {(name, older) for name, version in codec.VERSIONS.items() for older in range(1, version)}

    assert set(codec.UPCASTERS) == needed
    assert set(codec.VERSIONS) <= set(codec.EVENTS)


def _bodies(folder: Path) -> list[tuple[str, int, str]]:
    connection = sqlite3.connect(folder / "dunning.db")
    try:
        return connection.execute(
            "SELECT type, type_version, body FROM dunning_events ORDER BY case_id, seq"
        ).fetchall()
    finally:
        connection.close()
