"""The values of rows: what the SQL store makes of cases, contacts and actions, and back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.ports import codec
from dunning_engine.ports.store import OutboxRow, OutboxState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant

DETAILS: Final = ("discussed", "line", "addressee", "reply", "answered")
"""What is told of few contacts, and stands in one column of its own."""


def contact_row(key: str, debtor_id: str, contact: Contact) -> tuple[Any, ...]:
    """The row of a contact in its debtor's log."""
    what = (contact.channel.value, _debts_text(contact.debts), contact.outcome.value, int(contact.inbound))
    return debtor_id, key, contact.at, *what, contact.action_id, _details_text(contact)


def contact_of(
    at: Instant, channel: str, debts: str, outcome: str, inbound: int, action_id: str, details: str | None
) -> Contact:
    """A contact as stored."""
    usual = Contact(at, Channel(channel), _debts(debts), Outcome(outcome), bool(inbound), action_id)
    return usual if details is None else replace(usual, **_details(details))


_USUAL: Final[Mapping[str, Any]] = {field.name: field.default for field in fields(Contact) if field.name in DETAILS}


def _details_text(contact: Contact) -> str | None:
    """What is unusual about a contact, as canonical JSON; mostly nothing."""
    told = {name: getattr(contact, name) for name in DETAILS}
    if told == _USUAL:
        return None
    unusual = {name: value for name, value in told.items() if value != _USUAL[name]}
    return canonical_json({name: list(value) if name == "discussed" else value for name, value in unusual.items()})


def _details(text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(text)
    return told | {"discussed": tuple(told["discussed"])} if "discussed" in told else told


@lru_cache(maxsize=4096)
def _debts_text(debts: tuple[str, ...]) -> str:
    return canonical_json(list(debts))


@lru_cache(maxsize=4096)
def _debts(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def case_row(case: Case, next_look: Instant | None, head: str, room: int) -> tuple[Any, ...]:
    """What a case begins with; behind its snapshot is `room` to grow, as white space that JSON does not count."""
    return (
        case.id,
        case.debtor.id,
        case.policy.hash,
        case.status.value,
        next_look,
        case.seq,
        case.opened_at,
        f"{codec.encode_case(case)}{'':{room}}" if room else codec.encode_case(case),
        head,
    )


def outbox_values(row: OutboxRow, action: str) -> tuple[Any, ...]:
    """What stands in an outbox row, with its action as text."""
    return row.id, row.action.case_id, row.action.debtor_id, *standing(row), action, message_text(row)


def standing(row: OutboxRow) -> tuple[Any, ...]:
    """What changes about an outbox row while it is on its way."""
    return row.state.value, row.next_at, row.changed_at, row.fence, row.attempts, row.note, row.owner


def message_text(row: OutboxRow) -> str | None:
    """What was rendered."""
    return None if row.message is None else codec.encode_message(row.message)


def outbox_row(row: Any) -> OutboxRow:
    """An outbox row as stored."""
    state, next_at, changed_at, fence, attempts, note, owner, action, message = row
    return OutboxRow(
        action=codec.decode_action(action),
        state=OutboxState(state),
        next_at=next_at,
        changed_at=changed_at,
        fence=fence,
        attempts=attempts,
        message=None if message is None else codec.decode_message(message),
        note=note,
        owner=owner or "",
    )
