"""A tale in the making: a debtor who can be reached, one invoice, nothing else; chance and conditions add to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.events import HoldLifted, HoldPlaced, PaymentFailed
from dunning_engine.domain.parties import Party, PartyKind
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.money import currency_digits
from dunning_engine.testing.happenings import Happening, Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.domain.facts import StepNews
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.testing.happenings import Deed

WHEREABOUTS: Final = {
    "US": (
        ("America/Denver", "US-CO"),
        ("America/New_York", "US-NY-REST"),
        ("Pacific/Honolulu", "US-HI"),
        ("America/Phoenix", "US-AZ"),
        ("America/New_York", "US-MA"),
    ),
    "DE": (("Europe/Berlin", "DE"),),
    "PT": (("Europe/Lisbon", "PT"), ("Atlantic/Azores", "PT")),
    "AU": (("Australia/Sydney", "AU-NSW"), ("Australia/Lord_Howe", "AU-NSW")),
}
"""Zones and places in which a debtor of a country may be."""

_DAYS: Final = (-9, -3, -1, 0, 1, 2, 4, 6, 9, 13, 18, 25, 33, 45, 60, 90)
_HOURS: Final = (0, 7, 10, 10, 15, 22)


@dataclass(slots=True)
class Draft:
    """`deeds` are counted from the first due date: day, hour, and what happens, made once the setting is known.

    `homes` is how many places the debtor may be in, `start` which of their country's comes first.
    """

    chance: Random
    policy: Policy
    kind: PartyKind = PartyKind.CONSUMER
    country: str = "US"
    language: str | None = "en"
    currency: str = ""
    homes: int = 1
    start: int = 0
    lacks: str = ""
    amounts: list[int] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    term: int = 14
    taken_in: int = 0
    approval_days: int | None = 0
    news: list[StepNews] = field(default_factory=list)
    deeds: list[tuple[int, int, Callable[[Setting], Deed]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        policy = self.policy
        self.kind = self.chance.choice(list(PartyKind))
        self.country = self.chance.choice(tuple(WHEREABOUTS))
        self.start, self.homes = self.chance.randrange(5), self.chance.choice((1, 1, 1, 2))
        self.currency = next(iter(policy.tolerance), "USD")
        self.gaps = [0, *(self.chance.choice((0, 3, 10, 30)) for _ in range(4))]
        self.term = self.chance.choice((14, 30, 10))
        self.amounts = [self.minor(self.chance.choice((40, 120, 900, 25_000)))]

    def minor(self, major: int) -> int:
        """An amount of the case's currency in minor units."""
        return int(major * 10 ** currency_digits(self.currency))

    # What conditions ask for ---------------------------------------------------------------------------------------------

    def at_least(self, minor: int) -> None:
        """The first invoice is over an amount or more."""
        self.amounts[0] = max(self.amounts[0], minor + self.chance.choice((0, minor, 10 * minor)))

    def below(self, minor: int) -> None:
        """The first invoice is over less than an amount."""
        self.amounts = [max(1, min(self.amounts[0], minor - 1))]

    def count(self, number: int) -> None:
        """There are as many invoices, due together."""
        while len(self.amounts) < number:
            self.amounts.append(self.amounts[0])
        self.gaps = [0] * len(self.amounts)

    def resume(self) -> None:
        """A hold, and its end."""
        day = self.day()
        self.tell(HoldPlaced(HoldReason.MANUAL), day)
        self.tell(HoldLifted(HoldReason.MANUAL), day + self.chance.choice((1, 3)))

    def declined(self, number: int) -> None:
        """So many payments that failed."""
        for _ in range(number):
            self.tell(PaymentFailed())

    # What happens --------------------------------------------------------------------------------------------------------

    def day(self) -> int:
        """Some day near the due date, or after it."""
        return self.chance.choice(_DAYS)

    def tell(self, deed: Deed | Callable[[Setting], Deed], day: int | None = None) -> None:
        """Add a deed, or what makes one of the setting."""
        make = deed if callable(deed) else lambda _setting: deed
        self.deeds.append((self.day() if day is None else day, self.chance.choice(_HOURS), make))

    def happenings(self, due: Instant, setting: Setting) -> tuple[Happening, ...]:
        """The deeds in order of time, none before the case is known."""
        told = [(due + day * DAY_SECONDS + hour * 3600, make(setting)) for day, hour, make in self.deeds]
        sorted_by_time = sorted(told, key=lambda one: one[0])
        return tuple(Happening(max(at, setting.opened_at + 60), deed) for at, deed in sorted_by_time)

    # Who it is -----------------------------------------------------------------------------------------------------------

    def debtor(self) -> Party:
        """Somebody who can be reached by every channel but the one that is lacking."""
        full = Party(
            id="ann",
            kind=self.kind,
            name="Ann",
            email="ann@example.com",
            phone="+12025550123",
            address=("1 Mill Road",),
            country=self.country,
            language=self.language,
        )
        return replace(full, **{self.lacks: () if self.lacks == "address" else None}) if self.lacks else full  # type: ignore[arg-type]

    def whereabouts(self) -> tuple[tuple[str, str], ...]:
        """One or two places where they may be, each with its zone: of their country, else where the creditor is."""
        known = WHEREABOUTS.get(self.country, ((self.policy.zone, self.country),))
        first = self.start % len(known)
        return (known[first:] + known[:first])[: self.homes]
