"""One deed under the magnifying glass: what came before it, what was known, and what every clock showed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from dunning_engine.domain.contacts import CONSUMER
from dunning_engine.kernel.calendar import zone as rules_of_zone

if TYPE_CHECKING:
    from dunning_engine.compliance.audit.history import Deed, History
    from dunning_engine.domain.contacts import Contact
    from dunning_engine.domain.docket import Fact
    from dunning_engine.kernel.calendar import Instant

Json: TypeAlias = Mapping[str, Any]
IsHoliday: TypeAlias = Callable[[str, date], bool]
"""Whether a day is a public holiday of a calendar (`CA-ON`)."""


class Facts(Enum):
    """What to make of facts that nobody recorded."""

    ASSUMED = "assumed"
    """They are taken to be as the law needs them: only what is known is judged."""
    REQUIRED = "required"
    """What the law needs and nobody recorded is a breach: nobody can show that it was so."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is wrong with a deed: in words, with further facts that show it, and the places of other deeds that do.

    `code` is the word for the breach where it is not the rule's own.
    """

    words: str
    evidence: tuple[str, ...] = ()
    others: tuple[int, ...] = ()
    code: str = ""


@lru_cache(maxsize=65_536)
def wall(at: Instant, zone: str) -> datetime:
    """What calendar and clock on a wall show."""
    return datetime.fromtimestamp(at, rules_of_zone(zone))


def shown(at: Instant, zone: str) -> str:
    """An instant for people."""
    return f"{wall(at, zone):%Y-%m-%d %H:%M:%S %Z}"


@dataclass(frozen=True, slots=True)
class Scene:
    """One deed, with `known` as the docket of its instant."""

    history: History
    index: int
    deed: Deed
    known: Mapping[str, Fact]
    facts: Facts
    is_holiday: IsHoliday

    @property
    def at(self) -> Instant:
        return self.deed.at

    @property
    def zones(self) -> tuple[str, ...]:
        return self.history.zones

    @property
    def channel(self) -> str:
        """The channel by its word; none for an act that reaches no debtor."""
        return "" if self.deed.contact is None else self.deed.contact.channel.value

    @property
    def at_once(self) -> bool:
        """Whether the debtor notices when it arrives: a letter is opened when it suits."""
        return self.channel not in ("", "letter")

    @property
    def here(self) -> str:
        """A zone to tell times in."""
        return self.zones[0] if self.zones else self.history.zone

    @property
    def today(self) -> date:
        """The collector's own day."""
        return wall(self.at, self.history.zone).date()

    @property
    def addressee(self) -> str:
        """Who was meant; the spouse who survives stands in the debtor's place."""
        return person(str(self.known.get("addressee", CONSUMER)))

    def before(self) -> Iterator[tuple[int, Contact]]:
        """Every contact that came before, with its place in the history."""
        for number, deed in enumerate(self.history.deeds[: self.index]):
            if deed.contact is not None:
                yield number, deed.contact

    def debts(self, per: str) -> tuple[tuple[str, ...], ...]:
        """The debts whose contacts are counted together, once for each way to read them.

        A deed about nobody knows which debt may be about any.
        """
        if per == "debtor" or self.deed.debts:
            return (() if per == "debtor" else self.deed.debts,)
        named = sorted({debt for _, contact in self.before() for debt in (*contact.debts, *contact.discussed)})
        return tuple((debt,) for debt in named) or ((),)


def person(addressee: str) -> str:
    return CONSUMER if addressee == "surviving_spouse" else addressee


def meant(channel: str, named: list[str]) -> bool:
    """Whether a law that names some channels means this one: what an app pushes is a private message like any other."""
    return channel in named or (channel == "push" and "social" in named)


def concerns(mentioned: tuple[str, ...], debts: tuple[str, ...]) -> bool:
    """Whether a contact that mentions some debts counts for any of others; naming none it counts for each."""
    return not mentioned or not debts or bool(set(mentioned) & set(debts))
