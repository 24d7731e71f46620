"""Ports for time and place: clocks, business calendars, and where a debtor may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party, PlaceHint, ZoneHint
    from dunning_engine.kernel.calendar import BusinessCalendar, Instant


class Clock(Protocol):
    """What time it is."""

    def now(self) -> Instant:
        """This instant."""


class CalendarSource(Protocol):
    """Business calendars by name: `US`, `US-CA`, `DE-BY`, `ECB`, `none`."""

    def calendar(self, name: str) -> BusinessCalendar | None:
        """The calendar, or `None` where the name means nothing."""

    def names(self) -> tuple[str, ...]:
        """Every name it knows, for "did you mean"."""


class ZoneSource(Protocol):
    """Where a debtor may be, from everything that is known about them: what their clock may show."""

    def hints(self, party: Party) -> tuple[ZoneHint, ...]:
        """One hint per origin; none where nothing tells."""


class PlaceSource(Protocol):
    """Where a debtor may be, from everything that is known about them: whose law may protect them."""

    def places(self, party: Party) -> tuple[PlaceHint, ...]:
        """One hint per origin; none where nothing tells."""
