"""The people of a case and how they may be reached."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, assert_never

from dunning_engine.domain.given import given_choice, given_date, given_several
from dunning_engine.kernel.calendar import LocalDate
from dunning_engine.kernel.values import Token


class PartyKind(Token):
    """Whether the law protects somebody as a private person."""

    CONSUMER = "consumer"
    BUSINESS = "business"


class Channel(Token):
    """A way to reach a debtor."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"
    LETTER = "letter"
    SOCIAL = "social"
    """A private message on a social network."""
    PORTAL = "portal"
    """What the creditor's own site or app shows to a debtor who uses it."""
    VISIT = "visit"
    """A meeting in person; people tell of it, no step asks for one."""
    PUSH = "push"
    """What the creditor's app shows on the screen of a device whose owner lets it; law binds it like `SOCIAL`."""

    @property
    def reaches_at_once(self) -> bool:
        """Whether the debtor notices when it arrives, so that clock rules bind it; a letter is opened when it suits."""
        return self is not Channel.LETTER


OFFERED: Final = (Channel.EMAIL, Channel.SMS, Channel.PUSH, Channel.CALL, Channel.LETTER, Channel.PORTAL)
"""The channels that the steps of a policy can use; the others are known to the law and to hosts."""


def with_push(channels: frozenset[Channel]) -> frozenset[Channel]:
    """The channels that a law means: where it names private messages on networks, it means those of an app as well."""
    return channels | {Channel.PUSH} if Channel.SOCIAL in channels else channels


class Collector(Token):
    """In whose name the debt is collected."""

    FIRST_PARTY = "first_party"
    """The creditor itself, in its own name; read as `first_party_in_default` from the first contact after the due date."""
    FIRST_PARTY_IN_DEFAULT = "first_party_in_default"
    """The creditor itself, once it has begun to collect a debt that is overdue."""
    THIRD_PARTY = "third_party"
    """Somebody who collects for others: Regulation F and its kind bind."""


class Risk(Enum):
    """How likely a debtor is not to pay, in the word of whoever screens them: a bureau, an insurer, the host itself."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


_DAYS: Final = 'pass ["2026-03-01"], one entry a day'


def _lines(address: object, whose: str) -> tuple[str, ...]:
    instead = 'pass ["1 Main Street", "Springfield"], one entry a line'
    return given_several(address, str, f"the address {whose} is a list of lines", instead) if address else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPerson:
    """Somebody who may be written to instead of the debtor: for billing, the manager, the owner, a guarantor.

    `role` is the word that steps use. `zone` is where they are, needed of guarantors and representatives. `private`
    says that the law protects them as a private person, which counts for guarantors.
    """

    role: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: tuple[str, ...] = ()
    language: str | None = None
    zone: str | None = None
    private: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", _lines(self.address, f"of {self.role}"))


_PEOPLE: Final = 'pass [ContactPerson(role="billing", …)], one entry a person'
_LISTS: Final[dict[str, tuple[type[object], str, str]]] = {
    "contacts": (ContactPerson, "people", _PEOPLE),
    "guarantors": (ContactPerson, "people", _PEOPLE),
    "accounts": (str, "texts", 'pass ["customer-17"], one entry an account'),
    "payment_methods": (str, "texts", 'pass ["Card: https://pay.example.com/{invoice}"], one entry a way to pay'),
}
"""Fields of a party that are lists: of what, and what to pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A debtor or creditor: who they are, where they may be, and the addresses at which they may be reached.

    Missing values are missing facts; the gate refuses what would need them. `country` is ISO 3166-1 alpha-2,
    `region` the ISO 3166-2 suffix (`CO` of US-CO), `zone` an IANA name, `phone` E.164, `language` BCP 47.

    What screens a debtor comes from the host: `risk`, `customer_since`, the days on which the host's ledger saw
    something of theirs `paid_late`, the customer `group` that they belong to, and a `policy` agreed with them alone.
    """

    id: str
    kind: PartyKind
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    social: str | None = None
    address: tuple[str, ...] = ()
    postal_code: str | None = None
    region: str | None = None
    country: str | None = None
    zone: str | None = None
    language: str | None = None
    risk: Risk | None = None
    customer_since: LocalDate | None = None
    paid_late: tuple[LocalDate, ...] = ()
    group: str | None = None
    policy: str | None = None

    def __post_init__(self) -> None:
        what = f"of debtor {self.id}"
        if self.risk is not None:
            object.__setattr__(self, "risk", given_choice(Risk, self.risk, f"the risk {what}"))
        if self.customer_since is not None:
            since = given_date(self.customer_since, f"customer_since {what}")
            object.__setattr__(self, "customer_since", since)
        if self.paid_late:
            late = given_several(self.paid_late, object, f"paid_late {what} is a list of days", _DAYS)
            object.__setattr__(self, "paid_late", tuple(given_date(day, f"a day of paid_late {what}") for day in late))
        object.__setattr__(self, "address", _lines(self.address, what))
        for name, (kind, each, instead) in _LISTS.items():
            if getattr(self, name) != ():
                found = given_several(getattr(self, name), kind, f"{name} {what} is a list of {each}", instead)
                object.__setattr__(self, name, found)

    contacts: tuple[ContactPerson, ...] = ()
    """People of a business by their role, in order of preference."""
    guarantors: tuple[ContactPerson, ...] = ()
    representative: ContactPerson | None = None
    """Who speaks for the debtor: an attorney, a guardian."""
    accounts: tuple[str, ...] = ()
    """Accounts of others for which this debtor pays: what is restricted or reported concerns them too."""
    payer: str = ""
    """Who pays for this account: what it owes is asked of them."""
    push: str | None = None
    """The token of the device on which the debtor lets the creditor's app show messages."""
    payment_methods: tuple[str, ...] = ()
    """How a creditor can be paid, a line each, as in `Card: https://pay.example.com/{invoice}`; texts offer them."""

    @classmethod
    def consumer(cls, id: str, **facts: object) -> Party:  # noqa: A002 - the word that hosts read in their own tables
        """A private person."""
        return _party(PartyKind.CONSUMER, id, facts)

    @classmethod
    def business(cls, id: str, **facts: object) -> Party:  # noqa: A002 - the word that hosts read in their own tables
        """A firm, public body or trader."""
        return _party(PartyKind.BUSINESS, id, facts)

    def reachable(self, channel: Channel) -> bool:
        """Whether an address for the channel is known."""
        match channel:
            case Channel.EMAIL:
                return self.email is not None
            case Channel.SMS | Channel.CALL:
                return self.phone is not None
            case Channel.LETTER | Channel.VISIT:
                return bool(self.address)
            case Channel.SOCIAL:
                return self.social is not None
            case Channel.PUSH:
                return self.push is not None
            case Channel.PORTAL:
                return True
            case _:
                assert_never(channel)


def _party(kind: PartyKind, identity: str, facts: dict[str, object]) -> Party:
    return Party(id=identity, kind=kind, **facts)  # type: ignore[arg-type]  # a wrong field is Python's own TypeError


@dataclass(frozen=True, slots=True)
class ZoneHint:
    """One indication of where a debtor may be: its origin (`zone`, `phone`, `postal code`, …) and the zones it allows.

    No zones mean that the indication is there and cannot be read: a field post number, a library that is missing.
    """

    origin: str
    zones: tuple[str, ...]


def united(hints: tuple[ZoneHint, ...]) -> tuple[str, ...]:
    """Every zone in which the debtor may be, sorted: what is lawful must be lawful in all of them.

    A hint without zones says that the debtor may be somewhere that nobody can name; then no zone is known at all.
    """
    if any(not hint.zones for hint in hints):
        return ()
    return tuple(sorted({zone for hint in hints for zone in hint.zones}))


@dataclass(frozen=True, slots=True)
class PlaceHint:
    """One indication of whose law protects a debtor: its origin and the places in which they may be.

    A place is a country (`GB`), a state or province by ISO 3166-2 (`US-MA`), or a part of one that has law of its own
    (`US-NY-NYC`; `US-NY-REST` is the state outside of that city). Its name begins with that of the place around it.
    No places mean, as with zones, that the indication is there and cannot be read.
    """

    origin: str
    places: tuple[str, ...]


def united_places(hints: tuple[PlaceHint, ...]) -> frozenset[str] | None:
    """Every place in which the debtor may be; `None` where nothing tells, or where a hint cannot be read."""
    if not all(hint.places for hint in hints):
        return None
    return frozenset(place for hint in hints for place in hint.places) or None


def may_be_in(places: frozenset[str] | None, law_place: str) -> bool:
    """Whether the law of a place may bind: the debtor is there, or nothing says that they are elsewhere.

    Somebody in `US-NY-NYC` is in `US-NY` and in `US`; somebody of whom only `US` is known may be in any of them.
    """
    return not places or any(_around(law_place, place) or _around(place, law_place) for place in places)


def _around(outer: str, inner: str) -> bool:
    return f"{inner}-".startswith(f"{outer}-")
