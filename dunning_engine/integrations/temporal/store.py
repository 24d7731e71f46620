"""From an image to a store that the engine can work on, and back to what has changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dunning_engine.domain.case import Case, fold
from dunning_engine.domain.contacts import Contact
from dunning_engine.domain.events import Recorded
from dunning_engine.domain.orders import StandingOrder
from dunning_engine.integrations.temporal.image import BARE, GROWING, REWRITTEN
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.audit_log import DEFAULT_TENANT, Link
from dunning_engine.ports.chain import Kept
from dunning_engine.ports.codec import decode_case, decode_event, encode_case, from_json, to_json
from dunning_engine.ports.personal import Opening
from dunning_engine.ports.store import HeldCase, OutboxRow
from dunning_engine.stores.linking import recorded_of
from dunning_engine.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.integrations.temporal.image import Image


class Carrier:
    """A memory store filled from an image."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self.store = MemoryStore(tenant=image["tenant"] or DEFAULT_TENANT)
        tables = self.store.tables
        for case_id, rows in image["events"].items():
            if len(rows[-1]) > BARE:
                tables["links"][case_id] = tuple(_link(seq, row) for seq, row in enumerate(rows, 1))
                events = tuple(map(recorded_of, tables["links"][case_id]))
            else:
                events = tuple(_bare(seq, row) for seq, row in enumerate(rows, 1))
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

    @property
    def cases(self) -> dict[str, Case]:
        """Every case, by its identity."""
        return {case_id: held.case for case_id, held in self.store.tables["cases"].items()}

    def changes(self) -> Image:
        """What has become different since it was filled."""
        tables = self.store.tables
        rows: list[OutboxRow] = [row for _key, row in self._changed("outbox")]
        looks = {case_id: held.next_look for case_id, held in tables["cases"].items()}
        found = {
            **self._events(),
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

    def happened(self) -> dict[str, list[str]]:
        """The types of new events, by case."""
        known = self._image["events"]
        return {
            case_id: [type(recorded.event).__name__ for recorded in events[len(known.get(case_id, ())) :]]
            for case_id, events in self._changed("events")
        }

    def message(self, key: str) -> Message:
        """The message that was armed under the identity of an action."""
        message: Message = self.store.tables["outbox"][key].message
        return message

    def _events(self) -> Image:
        """New events behind the chains of their cases; the whole chain where what was there is not the same any more."""
        grown, rewritten = {}, {}
        with self.store.transaction() as tx:
            for case_id, _events in self._changed("events"):
                links, before = tx.links(case_id), self._before.get("links", {}).get(case_id, ())
                known = len(self._image["events"].get(case_id, ()))
                if len(before) == known and links[:known] == before:
                    grown[case_id] = [_row(link) for link in links[known:]]
                else:
                    rewritten[case_id] = [_row(link) for link in links]
        return {GROWING: grown, REWRITTEN: rewritten}

    def _has_news(self, row: OutboxRow) -> bool:
        before = self._before.get("outbox", {}).get(row.id)
        return row.message is not None and (before is None or before.message is not row.message)

    def _changed(self, table: str) -> Iterable[tuple[Any, Any]]:
        before = self._before.get(table, {})
        return [(key, row) for key, row in self.store.tables[table].items() if before.get(key) is not row]

    def bare(self) -> Image:
        """What else holds words about a debtor, without them."""
        image = self._image
        return {
            "messages": dict.fromkeys(image["messages"]),
            "words": dict.fromkeys(image["words"], ""),
            "kept": self.kept(),
        }

    def kept(self) -> dict[str, list[Any]]:
        """A snapshot of every case, with the number of its newest event."""
        return {case.id: [case.seq, encode_case(case)] for case in self.cases.values()}


def _case(case_id: str, events: tuple[Recorded, ...], kept: list[Any] | None) -> Case:
    """The case from its snapshot and what came after it; from all events where another version wrote the snapshot."""
    case = None if kept is None else decode_case(kept[1])
    return fold(case_id, events if case is None else events[case.seq :], case)


def _without_message(row: OutboxRow) -> dict[str, Any]:
    return to_json(OutboxRow, replace(row, message=None))


def _row(link: Link) -> list[Any]:
    _seq, kind, version, at, recorded_at, by, body = link.event
    return [at, recorded_at, kind, version, body, by, link.hash, *(link.opening or (None, None))]


def _link(seq: int, row: list[Any]) -> Link:
    at, recorded_at, kind, version, body, by, stored, salt, value = row
    return Link(
        Kept(seq, kind, version, at, recorded_at, by, body), stored, None if value is None else Opening(salt, value)
    )


def _bare(seq: int, row: list[Any]) -> Recorded:
    at, recorded_at, kind, version, body = row
    return Recorded(seq, at, recorded_at, decode_event(kind, version, json.dumps(body)))
