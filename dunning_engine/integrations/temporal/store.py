"""From an image to a store that the engine can work on, and back to what has changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dunning_engine.domain.case import Case, fold
from dunning_engine.domain.contacts import Contact
from dunning_engine.domain.events import Recorded
from dunning_engine.domain.orders import StandingOrder
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.codec import decode_case, decode_event, encode_case, encode_event, from_json, to_json
from dunning_engine.ports.store import HeldCase, OutboxRow
from dunning_engine.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.integrations.temporal.image import Image


class Carrier:
    """A memory store filled from an image."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self.store = MemoryStore()
        tables = self.store.tables
        for case_id, rows in image["events"].items():
            events = tuple(_recorded(seq, row) for seq, row in enumerate(rows, 1))
            tables["events"][case_id] = events
            tables["cases"][case_id] = HeldCase(
                _case(case_id, events, image["kept"].get(case_id)), image["looks"][case_id]
            )
        for debtor, contacts in image["contacts"].items():
            tables["contacts"][debtor] = {key: from_json(Contact, row) for key, row in contacts.items()}
        for key, row in image["outbox"].items():
            tables["outbox"][key] = from_json(OutboxRow, {**row, "message": image["messages"].get(key)})
        tables["inbox"].update((tuple(json.loads(key)), digest) for key, digest in image["inbox"].items())
        tables["orders"].update((int(number), from_json(StandingOrder, row)) for number, row in image["orders"].items())
        self._before = {name: dict(rows) for name, rows in tables.items()}

    def changes(self) -> Image:
        """What has become different since it was filled."""
        tables = self.store.tables
        events = {
            case_id: [_written(recorded) for recorded in all_[len(self._image["events"].get(case_id, ())) :]]
            for case_id, all_ in self._changed("events")
        }
        rows: list[OutboxRow] = [row for _key, row in self._changed("outbox")]
        looks = {case_id: held.next_look for case_id, held in tables["cases"].items()}
        found = {
            "events": events,
            "looks": {name: look for name, look in looks.items() if self._image["looks"].get(name, -1) != look},
            "contacts": {
                debtor: {key: to_json(Contact, contact) for key, contact in log.items()}
                for debtor, log in self._changed("contacts")
            },
            "outbox": {row.id: _without_message(row) for row in rows},
            "messages": {row.id: to_json(Message, row.message) for row in rows if self._has_news(row)},
            "inbox": {json.dumps(key): digest for key, digest in self._changed("inbox")},
            "orders": {str(number): to_json(StandingOrder, order) for number, order in self._changed("orders")},
        }
        return {part: rows for part, rows in found.items() if rows}

    def message(self, key: str) -> Message:
        """The message that was armed under the identity of an action."""
        message: Message = self.store.tables["outbox"][key].message
        return message

    def _has_news(self, row: OutboxRow) -> bool:
        before = self._before.get("outbox", {}).get(row.id)
        return row.message is not None and (before is None or before.message is not row.message)

    def _changed(self, table: str) -> Iterable[tuple[Any, Any]]:
        before = self._before.get(table, {})
        return [(key, row) for key, row in self.store.tables[table].items() if before.get(key) is not row]

    def kept(self) -> dict[str, list[Any]]:
        """A snapshot of every case, with the number of its newest event."""
        held = self.store.tables["cases"].values()
        return {one.case.id: [one.case.seq, encode_case(one.case)] for one in held}


def _case(case_id: str, events: tuple[Recorded, ...], kept: list[Any] | None) -> Case:
    """The case from its snapshot and what came after it; from all events where another version wrote the snapshot."""
    case = None if kept is None else decode_case(kept[1])
    return fold(case_id, events if case is None else events[case.seq :], case)


def _without_message(row: OutboxRow) -> dict[str, Any]:
    return to_json(OutboxRow, replace(row, message=None))


def _written(recorded: Recorded) -> list[Any]:
    """`[at, recorded at, type, version, body]`."""
    written = encode_event(recorded.event)
    return [recorded.at, recorded.recorded_at, written.type, written.version, json.loads(written.body)]


def _recorded(seq: int, row: list[Any]) -> Recorded:
    at, recorded_at, kind, version, body = row
    return Recorded(seq, at, recorded_at, decode_event(kind, version, json.dumps(body)))
