"""Business calendars of countries and markets, with the public holidays of the `holidays` package.

The package takes a third of a second to import. Names, weekends and years with data stand in a small table beside it,
so that it comes in only when the working days of a year are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.calendar import EVERY_DAY, BusinessCalendar, CalendarError
from dunning_engine.whereabouts.calendars import CALENDARS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    import holidays as library


OPTIONAL: Final = "+optional"
"""What a name ends with where the optional holidays of a country count as well: `CA-QC+optional`."""


class Holidays:
    """A `CalendarSource`: `US`, `US-CA`, `DE-BY`, `ECB`, `NYSE`, and `none`, in which every day is a working day.

    A calendar begins with the first year that has data under the weekend of today.
    """

    def __init__(self) -> None:
        self._calendars: dict[str, BusinessCalendar] = {EVERY_DAY.name: EVERY_DAY}

    def calendar(self, name: str) -> BusinessCalendar | None:
        """The calendar of this name, always the same one; None where the name means nothing."""
        found = self._calendars.get(name)
        if found is None:
            place = name.removesuffix(OPTIONAL)
            code, _, subdivision = place.partition("-")
            first, last, weekend, subdivisions = CALENDARS.get(code, (0, 0, "", ""))
            if not first or (place != code and subdivision not in subdivisions.split()):
                return None
            found = self._calendars[name] = BusinessCalendar(
                name,
                holidays_of=_holidays_of(name, code, subdivision or None, optional=place != name),
                weekend=(int(day) for day in weekend),
                first=first,
                last=last,
            )
        return found

    def names(self) -> tuple[str, ...]:
        """Every name, countries before their subdivisions."""
        return tuple(
            name
            for code, (_, _, _, subdivisions) in {EVERY_DAY.name: (0, 0, "", ""), **CALENDARS}.items()
            for name in (code, *(f"{code}-{subdivision}" for subdivision in subdivisions.split()))
        )


def _holidays_of(name: str, code: str, subdivision: str | None, *, optional: bool) -> Callable[[int], Iterable[date]]:
    def holidays_of(year: int) -> Iterable[date]:
        known = _library(name, code, subdivision, year, optional=optional)
        if not known.start_year <= year <= known.end_year:
            raise CalendarError(f"the installed package of holidays has no data for {name} in {year}: update it")
        return [day for day in known if day.year == year]

    return holidays_of


def _library(name: str, code: str, subdivision: str | None, year: int, *, optional: bool) -> library.HolidayBase:
    """What the package knows of one year. An older package may lack a name that the table has."""
    import holidays

    try:
        if code not in holidays.list_supported_countries():
            return holidays.financial_holidays(code, years=year)
        public = holidays.country_holidays(code, subdiv=subdivision, years=year)
        if not optional:
            return public
        if holidays.OPTIONAL not in public.supported_categories:
            raise CalendarError(f"the installed package of holidays knows no optional ones of {code}")
        both = (holidays.PUBLIC, holidays.OPTIONAL)
        return holidays.country_holidays(code, subdiv=subdivision, years=year, categories=both)
    except NotImplementedError:
        raise CalendarError(f"the installed package of holidays does not know {name}: update it") from None
