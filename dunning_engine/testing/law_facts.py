"""The facts of a computation case, by their type; they are taken as text, as case files are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.money.start import Reading
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.calendar import Day, day_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

if TYPE_CHECKING:
    from dunning_engine.compliance.money.pack import Pack

Answer = dict[str, object]
"""Fields of `expected` with their values."""

NOTHING: Final = frozenset({"", "null", "~", "none"})
"""Texts that stand for no value where a file is read as text."""


@dataclass(frozen=True, slots=True)
class Date:
    """A day that is shown as a date and not as a number."""

    day: Day


@dataclass(frozen=True, slots=True)
class Given:
    """The facts of a case, by their type."""

    facts: Mapping[str, object]

    def text(self, name: str) -> str | None:
        """A fact as text; `None` where it is absent or said to be nothing."""
        value = self.facts.get(name)
        return None if value is None or str(value).lower() in NOTHING else str(value)

    def day(self, name: str) -> Day | None:
        text = self.text(name)
        return None if text is None else day_of(text)

    def needed_day(self, name: str) -> Day:
        found = self.day(name)
        if found is None:
            raise UsageError(f"this computation needs {name}")
        return found

    def number(self, name: str) -> Decimal | None:
        text = self.text(name)
        try:
            return None if text is None else Decimal(text)
        except InvalidOperation:
            raise UsageError(f"{name} is a number, not {text!r}") from None

    def count(self, name: str) -> int | None:
        found = self.number(name)
        if found is not None and found != found.to_integral_value():
            raise UsageError(f"{name} is a whole number, not {found}")
        return None if found is None else int(found)

    def flag(self, name: str) -> bool:
        return (self.text(name) or "").lower() == "true"

    def money(self, name: str, currency: str) -> Money | None:
        text = self.text(name)
        return None if text is None else Money(text, currency)

    def principal(self, pack: Pack) -> Money:
        for currency in ("GBP", "EUR"):
            found = self.money(f"principal_{currency.lower()}", currency)
            if found is not None:
                return found
        raise UsageError(f"this computation needs principal_{pack.currency.lower()}")

    def latest(self, *names: str) -> Day | None:
        """The latest of some days, of those known."""
        return max((day for day in map(self.day, names) if day is not None), default=None)

    @property
    def debtor(self) -> PartyKind:
        consumer = self.flag("consumer") or self.flag("debtor_consumer")
        return PartyKind.CONSUMER if consumer else PartyKind.BUSINESS

    @property
    def reading(self) -> Reading:
        return Reading(self.text("reading") or Reading.SAFE.value)
