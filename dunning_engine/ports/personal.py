"""What identifies a person stands outside the chain: events hold a salted commitment to it, a table of its own the rest.

So it can be erased without breaking a hash, and until then anybody who is given value and salt can see that it is what
was recorded. Stores take an event apart when they write it (`sealed`) and put it together when they read it (`opened`);
nothing above them sees the difference. What was erased reads as if it had never been told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from secrets import token_hex
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.ports.codec import (
    VERSIONS,
    Body,
    UnreadableEvent,
    Written,
    decode_event,
    encode_event,
    event_body,
    event_text,
)

if TYPE_CHECKING:
    from dunning_engine.domain.events import Event

MARK: Final = "personal"
"""The key under which the body of an event holds the commitment."""

SALT_BYTES: Final = 16

OF_PARTIES: Final = (
    "name", "email", "phone", "social", "address", "postal_code", "push",
    "contacts", "guarantors", "representative", "payment_methods",
)  # fmt: skip
"""Fields of a party that say who somebody is or how to reach them; country, zone, language and risk are of many people."""

_PARTY: Final = ("debtor", OF_PARTIES)
_NOTE: Final = ("", ("note",))
_TOLD: Final = ("", ("by", "note"))
_REASON: Final = ("", ("reason",))
_WHY: Final = ("", ("why",))

PERSONAL: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "CaseOpened": _PARTY,
    "DebtorUpdated": _PARTY,
    "HoldPlaced": _TOLD,
    "HoldLifted": _TOLD,
    "DisputeAnswered": _TOLD,
    "PlanOffered": _TOLD,
    "PlanAgreed": _NOTE,
    "ApprovalRefused": _NOTE,
    "ReceiptRecorded": _NOTE,
    "AgencyReturned": _NOTE,
    "InvoiceCorrected": _NOTE,
    "InvoiceCancelled": _NOTE,
    "WrittenOff": _NOTE,
    "OverrideGranted": _REASON,
    "StepForced": _REASON,
    "LadderRewound": _REASON,
    "NoticeCancelled": _REASON,
    "DeliveryCrossed": _WHY,
    "DeliveryGivenUp": _NOTE,
    "DeliveryRequeued": _NOTE,
    "NotLeft": _NOTE,
    "ActionCancelled": _WHY,
    "StatusChanged": _WHY,
    "StepSkipped": _WHY,
    "ChargeReversed": _WHY,
    "ChargeRestored": _WHY,
    "DiscountGranted": _WHY,
    "DiscountWithdrawn": _WHY,
    "HostFact": ("", ("value",)),
    "FactRecorded": ("", ("value", "by")),
}
"""By type of event: where in its body and under which names personal data may stand; free words are among them.

A `why` may hold the reason that somebody gave for a pause or for setting a ladder back.
"""

TERMS_OF_ADDRESSES: Final = frozenset(
    name for name, term in TERMS.items() if term.sort is Sort.TEXT or (term.sort is Sort.WORDS and not term.words)
)
"""Facts that law asks for and that are told in free words: names and addresses. All others are closed words and days."""


WITHDRAWN: Final = ("FactRecorded", "value")
"""What reads as no longer known where it is not there; of every other text nothing is left but no text."""


class Opening(NamedTuple):
    """What a commitment was made of: the salt, and the value as canonical JSON."""

    salt: str
    value: str

    @property
    def commitment(self) -> str:
        return sha256(f"{self.salt}{self.value}".encode()).hexdigest()


def new_salt() -> str:
    """As many random bits as nobody can try out, in hex."""
    return token_hex(SALT_BYTES)


def sealed(event: Event, salt: Callable[[], str] = new_salt) -> tuple[Written, Opening | None]:
    """The event as it is stored, and what of it stands apart; most events hold nothing personal."""
    kind = type(event).__name__
    if kind not in PERSONAL:
        return encode_event(event), None
    body, opening = taken_apart(kind, event_body(event), salt)
    return Written(kind, VERSIONS.get(kind, 1), body), opening


def taken_apart(kind: str, body: Body, salt: Callable[[], str] = new_salt) -> tuple[str, Opening | None]:
    """`sealed` of what is JSON already, as text; `body` is used up."""
    told = _taken(kind, body)
    if not told:
        return event_text(body), None
    opening = Opening(salt(), event_text(told))
    body[MARK] = opening.commitment
    return event_text(body), opening


def _taken(kind: str, body: Body) -> Body:
    holder, names = PERSONAL.get(kind, ("", ()))
    if holder:
        party = body[holder]
        told = {name: party.pop(name) for name in names if party.get(name)}
        return {holder: told} if told else {}
    if kind == "FactRecorded" and body["name"] not in TERMS_OF_ADDRESSES:
        names = ("by",)
    if kind == "StatusChanged" and body["status"] == CaseStatus.CLOSED.value:
        names = ()  # as what a case was closed is what it is folded by
    told = {name: body[name] for name in names if body.get(name)}
    body |= {name: None if (kind, name) == WITHDRAWN else "" for name in told}
    return told


def opened(kind: str, version: int, body: str, opening: Opening | None) -> Event:
    """The event that was stored, put together again. Raises `UnreadableEvent` where the opening does not fit."""
    if opening is None:
        return decode_event(kind, version, body)
    data = put_together(body, opening.value)
    if data.pop(MARK, None) != opening.commitment:
        raise UnreadableEvent(f"the personal data of a stored event {kind} is not what was recorded")
    return decode_event(kind, version, json.dumps(data))


def put_together(body: str, value: str) -> Body:
    """The body that was taken apart, with its commitment still in it."""
    data: Body = json.loads(body)
    for name, told in json.loads(value).items():
        data[name] = {**data[name], **told} if isinstance(told, dict) and isinstance(data.get(name), dict) else told
    return data
