"""Whose law may protect a debtor: the countries, states and cities that their address and number point to.

As with zones nothing is guessed: a fact that only a missing library can read, and military mail, give a hint without
places, which stands for "somewhere that nobody can name". States are told apart only in countries whose states make
such law and whose codes are known here; elsewhere the country is as fine as it gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.parties import PlaceHint
from dunning_engine.kernel.countries import COUNTRIES
from dunning_engine.whereabouts.area_codes import NEW_YORK_CITY, PLACES_OF_AREA_CODE
from dunning_engine.whereabouts.regions import ZONES_OF_REGION
from dunning_engine.whereabouts.zones import MILITARY_REGIONS, MISSING, is_military, number_of_place, zip_rows

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Party

_FEDERATIONS: Final = frozenset({"AU", "BR", "CA", "MX"})
"""Countries whose states the table of regions has, every one of them; those of the US come from a library."""

REGIONS_KNOWN: Final = _FEDERATIONS | {"US"}
"""Countries whose states are told apart: here a code that is not known does not exist."""

_TERRITORIES: Final = frozenset({"AS", "GU", "MP", "PR", "UM", "VI"})
"""ISO 3166 lists them as countries and as parts of the United States, whose law reaches there."""

_WORLD: Final = "001"
"""The country of a number that has none: a satellite phone."""

_BOROUGHS: Final = frozenset({"Bronx County", "Kings County", "New York County", "Queens County", "Richmond County"})


class Places:
    """A `PlaceSource`: phone, and address by its postal code, else its region, else its country."""

    def places(self, party: Party) -> tuple[PlaceHint, ...]:
        """One hint per origin; a country alone counts only where no other hint says where in that country."""
        hints = [_readable("phone", lambda: _phone(party.phone)), _address(party)]
        found = tuple(hint for hint in hints if hint is not None)
        return tuple(hint for hint in found if not _refined(hint, found))


def _refined(hint: PlaceHint, hints: Iterable[PlaceHint]) -> bool:
    """Whether all that a hint says is a country, and another one says where in it."""
    if len(hint.places) != 1 or "-" in hint.places[0]:
        return False
    return any(place.startswith(f"{hint.places[0]}-") for other in hints for place in other.places)


def _readable(origin: str, places_of: Callable[[], Iterable[str] | None]) -> PlaceHint | None:
    """The hint of one fact: none where the fact tells nothing, one without places where nobody can read it."""
    try:
        places = places_of()
    except ModuleNotFoundError:
        return PlaceHint(f"{origin} ({MISSING})", ())
    return None if places is None else PlaceHint(origin, tuple(sorted(set(places))))


def _phone(number: str | None) -> Iterable[str] | None:
    """Where a number belongs: in North America to what its area code serves, elsewhere to a country."""
    parsed = None if number is None else number_of_place(number)
    if parsed is None:
        return None
    import phonenumbers

    country = phonenumbers.region_code_for_number(parsed)
    if country is None or country == _WORLD:
        return None
    if country in {"US", "CA"}:
        return PLACES_OF_AREA_CODE.get(str(parsed.national_number)[:3], (country,))
    return (_own(country),)


def _own(country: str) -> str:
    return f"US-{country}" if country in _TERRITORIES else country


def _address(party: Party) -> PlaceHint | None:
    """The finest hint of the address."""
    country, region, code = party.country, party.region, party.postal_code
    if country is None or country not in COUNTRIES:  # an unknown one would be a place without law
        return None
    place = _own(country)
    finest = None
    if (country == "US" or place != country) and code is not None:
        finest = _readable("postal code", lambda: _zip(code))
    if finest is None and region is not None and place == country:
        finest = _readable("region", lambda: region_places(country, region))
    return finest or PlaceHint("country", (place,))


def _zip(code: str) -> Iterable[str] | None:
    rows = zip_rows(code)
    if any(is_military(row) for row in rows):
        return ()
    return [place for row in rows for place in _of_row(row)] or None


def _of_row(row: dict[str, Any]) -> tuple[str, ...]:
    """The state of a ZIP code, and for New York whether it is in the city.

    The library knows one county of a code. A code beside the city that shares its area codes may reach over the city
    line, and one without a county may be anywhere in the state: neither tells.
    """
    if row["state"] != "NY":
        return (f"US-{row['state']}",)
    if row["county"] in _BOROUGHS:
        return ("US-NY", "US-NY-NYC")
    if not row["county"] or NEW_YORK_CITY & set(row["area_codes"]):
        return ("US-NY",)
    return ("US-NY-REST",)


def region_places(country: str, region: str) -> Iterable[str] | None:
    """A region with a known code; a misspelt one must not hide the law of the one that was meant."""
    if country in _FEDERATIONS:
        code = f"{country}-{region}"
        return (code,) if code in ZONES_OF_REGION else None
    if country != "US":
        return None
    if region in MILITARY_REGIONS:
        return ()
    import us

    state = us.states.lookup(region, field="abbr")
    return None if state is None else (f"US-{state.abbr}",)
