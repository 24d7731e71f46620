"""What a rule looked at when it refused or deferred, in words: so that a reader can check the answer without the code."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance import frequency, retries
from dunning_engine.domain.docket import TERMS, Sort
from dunning_engine.domain.limits import (
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Hours,
    InconvenientTimes,
    Limit,
    OpenChallenge,
    Prerequisites,
    RefusedAddress,
    RestAfterPromise,
    Retries,
    Spacing,
    Together,
)
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant, local, local_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dunning_engine.compliance.situation import Situation
    from dunning_engine.domain.contacts import Contact
    from dunning_engine.domain.docket import Fact

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHOWN = 10
"""Contacts that an answer lists; of more it says how many there are."""


def evidence(limit: Limit, situation: Situation, now: Instant) -> tuple[str, ...]:
    """The facts behind an answer, oldest first."""
    match limit:
        case Hours() | ClosedDays() | InconvenientTimes():
            zone = limit.zone if isinstance(limit, Hours) else ""
            return tuple(_clocks(situation, zone, now))
        case ContactLimit():
            return _contacts(frequency.counted(limit, situation, now), situation)
        case Together(parts):
            contacts = {c: None for part in parts for c in frequency.counted(part, situation, now)}
            return _contacts(sorted(contacts, key=lambda c: c.at), situation)
        case CoolingOff() | Spacing():
            return _contacts(_recent(limit, situation, now), situation)
        case RestAfterPromise():
            last = frequency.last_promise(situation, now)
            return () if last is None else (f"promise on {_moment(last, situation.zone)}",)
        case BlockedPerson(reasons):
            return tuple(sorted(f"in force: {reason.value}" for reason in reasons & situation.holds))
        case BlockedChannel():
            return tuple(sorted(f"opted out of {channel.value}" for channel in situation.opted_out))
        case RefusedAddress():
            return tuple(_facts(("address",), situation))
        case OpenChallenge():
            return tuple(_facts(("challenges", "duplicate_notice"), situation))
        case BureauNotice():
            return tuple(_facts(("notices", "monitored"), situation))
        case Retries():
            return _tries(retries.counted(limit, situation, now), situation)
        case Prerequisites():
            return tuple(_facts(dict.fromkeys(name for q in limit.questions for name in (q.fact, q.other)), situation))
        case _:
            return ()


def _clocks(situation: Situation, zone: str, now: Instant) -> Iterator[str]:
    """What clocks show where the debtor may be, and what says that they may be there."""
    for name in (*situation.zones, zone) if zone else situation.zones:
        origins = [hint.origin for hint in situation.hints if name in hint.zones]
        because = f" (by {' and '.join(origins)})" if origins else ""
        yield f"{_moment(now, name)} in {name}{because}"


def _moment(instant: Instant, name: str) -> str:
    day, minute = local(instant, name)
    return f"{_WEEKDAYS[(day - 1) % 7]} {date.fromordinal(day)} {minute // 60:02}:{minute % 60:02}"


def _contacts(contacts: Iterable[Contact], situation: Situation) -> tuple[str, ...]:
    told = [_contact(contact, situation) for contact in contacts]
    more = (f"{len(told) - SHOWN} more before",) if len(told) > SHOWN else ()
    return (*more, *told[-SHOWN:])


def _tries(made: Sequence[Instant], situation: Situation) -> tuple[str, ...]:
    more = (f"{len(made) - SHOWN} more before",) if len(made) > SHOWN else ()
    return (*more, *(f"tried again on {_moment(at, situation.zone)}" for at in made[-SHOWN:]))


def _contact(contact: Contact, situation: Situation) -> str:
    zone = situation.zones[0] if situation.zones else situation.zone
    return f"{contact.channel.value} on {_moment(contact.at, zone)}: {contact.outcome.value}"


def _recent(limit: CoolingOff | Spacing, situation: Situation, now: Instant) -> list[Contact]:
    """The contact from which a rest counts."""
    if isinstance(limit, Spacing):
        last = frequency.last_contact(limit, situation, now)
    else:
        last = frequency.last_conversation(limit, situation, now - (limit.days + 3) * DAY_SECONDS)
    return [] if last is None else [last]


def _facts(names: Iterable[str], situation: Situation) -> Iterator[str]:
    for name in names:
        value = situation.docket.get(name)
        if value is not None:
            yield f"{name} is {_value(name, value, situation)}"


def _value(name: str, value: Fact, situation: Situation) -> str:
    plain: Any = value
    match TERMS[name].sort:
        case Sort.FLAG:
            return "yes" if plain else "no"
        case Sort.HAPPENED:
            return date.fromordinal(local_day(plain, situation.zone)).isoformat()
        case Sort.DAY:
            return date.fromordinal(plain).isoformat()
        case Sort.WORDS:
            return " and ".join(sorted(plain)) or "nothing"
        case Sort.RECORDS:
            return "; ".join(_record(record, situation) for record in plain)
        case _:
            return str(plain)


def _record(record: Any, situation: Situation) -> str:
    """A record with its instants as days."""
    known = ((name, value) for name, value in record._asdict().items() if value is not None and value is not False)
    return ", ".join(f"{name} {_field(name, value, situation)}" for name, value in known)


def _field(name: str, value: Any, situation: Situation) -> Any:
    if name in ("at", "received", "answered", "given", "revoked", "withdrawn"):
        return date.fromordinal(local_day(value, situation.zone)).isoformat()
    return date.fromordinal(value).isoformat() if name in ("until", "through") else value
