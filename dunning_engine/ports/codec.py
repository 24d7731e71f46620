"""Events, cases and messages as text for stores: canonical JSON of strings and integers, with versions.

What an event says is kept for ever under `(type, type_version)` and is never rewritten: when its shape changes, its
version is raised and an *upcaster* turns the older JSON into the newer one at each reading. A case is kept as a
snapshot, which is a cache: one that another version of this library wrote is not understood but folded anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar, cast, get_args

from dunning_engine.domain.actions import ProposedAction
from dunning_engine.domain.case import Case
from dunning_engine.domain.events import Event
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.kernel.ids import canonical_json, content_hash
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.json_text import as_sorted_text, as_text
from dunning_engine.ports.shapes import Coder, coder, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable

Body: TypeAlias = dict[str, Any]
T = TypeVar("T")

VERSIONS: Final[Mapping[str, int]] = {}
"""Versions of event types other than 1."""

UPCASTERS: Final[Mapping[tuple[str, int], Callable[[Body], Body]]] = {}
"""From the JSON of a type's version to that of the next one."""

FOLD: Final = 5
"""Raised whenever `evolve` folds the same events to another case, so that snapshots of before are folded anew."""


class UnreadableEvent(ForeignError):
    """A stored event that this version does not understand: a newer one wrote it, or it was damaged."""


class Written(NamedTuple):
    """An event as it is stored."""

    type: str
    version: int
    body: str


def _text(body: Body) -> str:
    """`canonical_json` of what a table made, which holds nothing that would have to be refused: only text may need care."""
    text = as_sorted_text(body)
    return text if text.isascii() else canonical_json(body)


def _members(union: Any) -> Iterable[type]:
    for member in get_args(union):
        yield from _members(member) if get_args(member) else (member,)


EVENTS: Final[Mapping[str, type]] = {kind.__name__: kind for kind in _members(Event)}
"""Every event type by the name under which it is stored."""


# Events ---------------------------------------------------------------------------------------------------------------


def encode_event(event: Event) -> Written:
    """The event as canonical JSON under its type's name and present version."""
    kind: Any = type(event)
    return Written(kind.__name__, VERSIONS.get(kind.__name__, 1), _text(_encoder(kind)(event)))


def event_body(event: Event) -> Body:
    """What of an event is stored, as JSON values that nobody else holds."""
    kind: Any = type(event)
    return _encoder(kind)(event)


def event_text(body: Body) -> str:
    """JSON values of an event as the canonical text that is stored."""
    return _text(body)


def decode_event(name: str, version: int, body: str) -> Event:
    """The event that was stored, brought up to the present version of its type."""
    kind = EVENTS.get(name)
    if kind is None or version > VERSIONS.get(name, 1):
        raise UnreadableEvent(
            f"an event {name} of version {version} was stored by a newer version of dunning_engine: update it"
        )
    try:
        data = json.loads(body)
        for older in range(version, VERSIONS.get(name, 1)):
            data = UPCASTERS[name, older](data)
        return cast("Event", _decoder(kind)(data))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UnreadableEvent(f"a stored event {name} of version {version} is damaged: {error!r}") from error


def normal(event: Event) -> Event:
    """The event as it will be read back: with text in Unicode's composed form. Refuses text that is no text."""
    written = encode_event(event)
    if written.body.isascii():
        return event
    try:
        written.body.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{written.type} holds half a character ({error}): decode its text properly") from error
    return decode_event(*written)


# Snapshots ------------------------------------------------------------------------------------------------------------


@cache
def snapshot_schema() -> str:
    """The number under which this version keeps snapshots: it follows from the shape of `Case` and from `FOLD`."""
    return content_hash([FOLD, fingerprint(Case)])[:12]


def encode_case(case: Case) -> str:
    """The case as a snapshot."""
    return as_text([snapshot_schema(), _rows(Case).encode(case)])  # type: ignore[misc]  # dataclasses have both directions


def decode_case(text: str) -> Case | None:
    """The case of a snapshot; `None` where it was kept under another schema and has to be folded again."""
    schema, row = json.loads(text)
    if schema != snapshot_schema():
        return None
    return cast("Case", _rows(Case).decode(row))  # type: ignore[misc]  # dataclasses have both directions


# Outbox ---------------------------------------------------------------------------------------------------------------


def encode_action(action: ProposedAction) -> str:
    return _text(_encoder(ProposedAction)(action))


def cleared_action(body: str) -> str:
    """`encode_action` of the action of which an `ActionCleared` with this body tells: there is nothing else in it."""
    return body[len('{"action":') : -1]


def decode_action(text: str) -> ProposedAction:
    return cast("ProposedAction", _decoder(ProposedAction)(json.loads(text)))


def encode_message(message: Message) -> str:
    """The message as JSON in the order of its fields: nobody hashes it, and sorting costs as much as writing."""
    body = _encoder(Message)(message)
    text = as_text(body)
    return text if text.isascii() else canonical_json(body)


def decode_message(text: str) -> Message:
    return cast("Message", _decoder(Message)(json.loads(text)))


# Other dataclasses ----------------------------------------------------------------------------------------------------


def to_json(kind: type, value: Any) -> Body:
    """Any dataclass that stores keep, as plain JSON with the names of its fields."""
    return _encoder(kind)(value)


def from_json(kind: type[T], body: Body) -> T:
    """What `to_json` made JSON of; the body is not changed."""
    read: Any = _decoder(cast("Any", kind))
    return cast("T", read(body))


@cache
def _rows(kind: type) -> Coder:
    return coder(kind, keyed=False)


@cache
def _encoder(kind: type) -> Callable[[Any], Body]:
    return coder(kind, keyed=True).encode  # type: ignore[return-value]  # dataclasses have both directions


@cache
def _decoder(kind: type) -> Callable[[Body], Any]:
    return coder(kind, keyed=True).decode  # type: ignore[return-value]  # dataclasses have both directions
