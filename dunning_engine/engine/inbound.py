"""Facts that other systems report by signed messages: a payment provider's, a bank's, an agency's.

A body is `{"case": "cust-17/USD", "fact": "payment of 40.00 for INV-1", "at": "2026-03-08"}`, in the words of
`docs/reference/facts.md`. Whose message is signed is believed once, whatever comes twice. A sender without a secret can
only make the engine wait: what somebody merely claims may hold a case and never settles one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.events import Fact, HoldPlaced, OptedOut
from dunning_engine.domain.facts import StepNews, in_currency, parse_fact
from dunning_engine.engine.clocks import instant
from dunning_engine.kernel.errors import ForeignError
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.money import MoneyError
from dunning_engine.ports.signatures import Forged, Secret, verified

if TYPE_CHECKING:
    from dunning_engine.engine.engine import DunningEngine

BODY_MOST: Final = 65_536
"""Bytes of a body."""

AHEAD_SECONDS: Final = 86_400
"""How far in the future a fact may be said to have happened: where its sender is, tomorrow has begun already.

A host may record what it likes in code. What comes from outside and is dated later than that is a mistake or a trick:
taken for now, as everything from the future is, it would settle a debt that nobody has paid yet.
"""

KEYS: Final = frozenset({"case", "fact", "at"})


class Unreadable(ForeignError):
    """A message of a known sender that says nothing which can be recorded."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A system that reports facts under a name; without secrets nobody can tell who it is."""

    name: str
    secrets: Sequence[Secret] = ()


def take_in(engine: DunningEngine, sender: Sender, headers: Mapping[str, str], body: bytes) -> bool:
    """Record what a message reports; `False` where it was reported before.

    Raises:
        Forged: it is not signed by a secret of its sender, or not within five minutes of now.
        Unreadable: it cannot be read, tells what has not happened yet, or a sender without a secret wants more than a wait.
        UsageError: the case refuses the fact, or the same identity came before with other content.
        NotFound: there is no such case.
    """
    if len(body) > BODY_MOST:
        raise Unreadable(f"a message has at most {BODY_MOST:,} bytes, this one {len(body):,}")
    event_id = _identity(sender, headers, body, engine.clock.now())
    told = read(body)
    case = engine.case(told["case"])
    fact = _fact(told["fact"], case.currency, sender, event_id)
    if not sender.secrets and not isinstance(fact, HoldPlaced | OptedOut):
        raise Unreadable(
            f"{sender.name} signs nothing: what it reports may hold a case or stop a channel, not settle it"
        )
    at = told.get("at")
    if at is not None and instant(at, engine.policy_of(case.id).zone) > engine.clock.now() + AHEAD_SECONDS:
        raise Unreadable(f"at is {at[:40]!r}, more than a day from now: report what has happened when it has")
    return engine.record(case.id, fact, at, source=sender.name, event_id=event_id)


def _identity(sender: Sender, headers: Mapping[str, str], body: bytes, now: int) -> str:
    if sender.secrets:
        return verified(headers, body, sender.secrets, now)
    found = {name.lower(): value for name, value in headers.items()}.get("webhook-id", "")
    if not found:
        raise Forged("a message has an identity, in its header webhook-id")
    return found


def read(body: bytes) -> dict[str, str]:
    """The texts of a body by their keys; each key once, and none that is not known."""
    try:
        told = json.loads(body.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no JSON of a fact: {error}") from None
    if not isinstance(told, dict) or not {"case", "fact"} <= told.keys() <= KEYS:
        raise Unreadable('a message is an object with "case" and "fact", and "at" where it happened earlier')
    if not all(isinstance(value, str) for value in told.values()):
        raise Unreadable("case, fact and at are texts")
    return told


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a key is there twice")
    return told


def _fact(text: str, currency: str, sender: Sender, event_id: str) -> Fact:
    phrase = parse_fact(text)
    if isinstance(phrase, Misfit):
        raise Unreadable(f"{text[:80]!r} tells no fact: {phrase.message}")
    try:
        fact = in_currency(phrase, currency, source=sender.name, event_id=event_id)
    except MoneyError as error:
        raise Unreadable(f"{text[:80]!r}: {error}") from None
    if isinstance(fact, StepNews):
        raise Unreadable(f"{text[:80]!r} is news of a step: report it as a receipt of its action")
    return fact
