"""What becomes of events when they are written: what identifies a person is taken out, the rest gets its hash."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version as metadata_version
from typing import TYPE_CHECKING, Any, NamedTuple

from dunning_engine.domain.events import ActionCleared, Recorded
from dunning_engine.kernel.calendar import tzdata_version
from dunning_engine.ports.audit_log import Link
from dunning_engine.ports.chain import Kept, chained
from dunning_engine.ports.codec import cleared_action
from dunning_engine.ports.personal import Opening, opened, sealed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.domain.actions import ProposedAction


class Linked(NamedTuple):
    """Rows of new events and of what stands apart of them, and the head that the case has with them.

    `cleared` are the actions that they tell of, by identity, with their text: the outbox keeps the same.
    """

    events: list[tuple[Any, ...]]
    personal: list[tuple[Any, ...]]
    head: str
    cleared: dict[str, tuple[ProposedAction, str]]


def linked(tenant: str, case_id: str, head: str, recorded: Iterable[Recorded]) -> Linked:
    """The links that some events add behind a head."""
    events: list[tuple[Any, ...]] = []
    personal: list[tuple[Any, ...]] = []
    cleared: dict[str, tuple[ProposedAction, str]] = {}
    by = writer()
    for seq, at, recorded_at, event in map(_envelope, recorded):
        (kind, version, body), opening = sealed(event)
        kept = Kept(seq, kind, version, at, recorded_at, by, body)
        head = chained(tenant, case_id, head, kept)
        events.append((case_id, *kept, head))
        if opening is not None:
            personal.append((case_id, seq, *opening))
        if type(event) is ActionCleared:
            cleared[event.action.id] = event.action, cleared_action(body)
    return Linked(events, personal, head, cleared)


def _envelope(recorded: Recorded) -> tuple[int, int, int, Any]:
    return recorded.seq, recorded.at, recorded.recorded_at, recorded.event


@lru_cache(maxsize=1)
def writer() -> str:
    """Which code and which zone rules wrote an event: what it planned can be worked out again with the same."""
    return f"dunning-engine {metadata_version('dunning-engine')}, tzdata {tzdata_version()}"


def link_of(row: Iterable[Any]) -> Link:
    """A link as stored: the event's columns, its hash, salt and value of what stands apart."""
    *kept, stored, salt, value = row
    return Link(Kept(*kept), stored, None if value is None else Opening(salt, value))


def recorded_of(link: Link) -> Recorded:
    """What a link says."""
    seq, kind, version, at, recorded_at, _by, body = link.event
    return Recorded(seq, at, recorded_at, opened(kind, version, body, link.opening))
