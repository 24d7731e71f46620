"""Where a debtor may be: hints from everything that is known about them.

Phone numbers, ZIP codes and US states are read by the libraries of the extra `us`, imported when first needed. Where
one is missing and the fact that needs it is there, nothing is guessed: the hint says what to install and has no zones.
A hint without zones means "somewhere, unknown where"; whoever asks whether a contact is lawful has to refuse it, even
where other hints have zones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.parties import ZoneHint
from dunning_engine.kernel.calendar import CalendarError, zone
from dunning_engine.whereabouts.regions import ZONES_OF_REGION

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

    from dunning_engine.domain.parties import Party

MISSING: Final = "install dunning-engine[us]"
_ZIP: Final = re.compile(r"[0-9]{5}(-[0-9]{4})?")
_MILITARY: Final = "MILITARY"
MILITARY_REGIONS: Final = frozenset({"AA", "AE", "AP"})


class Whereabouts:
    """A `ZoneSource`: given zone, phone, address (postal code, else region), and country where nothing else tells."""

    def hints(self, party: Party) -> tuple[ZoneHint, ...]:
        """One hint per origin. Raises `CalendarError` for a given zone that does not exist."""
        fine = [_given(party), _readable("phone", lambda: _phone(party.phone, coarse=False)), _address(party)]
        found = tuple(hint for hint in fine if hint is not None)
        if found:
            return found
        coarse = [_readable("phone", lambda: _phone(party.phone, coarse=True)), _country(party)]
        return tuple(hint for hint in coarse if hint is not None)


def _given(party: Party) -> ZoneHint | None:
    if party.zone is None:
        return None
    zone(party.zone)
    return ZoneHint("zone", (party.zone,))


def _readable(origin: str, zones_of: Callable[[], Iterable[str] | None]) -> ZoneHint | None:
    """The hint of one fact: none where the fact tells nothing, one without zones where nobody can read it."""
    try:
        zones = zones_of()
    except ModuleNotFoundError:
        return ZoneHint(f"{origin} ({MISSING})", ())
    return None if zones is None else ZoneHint(origin, tuple(sorted(set(zones))))


def _phone(number: str | None, *, coarse: bool) -> Iterable[str] | None:
    """Zones of a valid number that belongs to a place.

    A number that may be anywhere in a country of several zones is as coarse as the bare country.
    """
    parsed = None if number is None else number_of_place(number)
    if parsed is None:
        return None
    import phonenumbers
    from phonenumbers import timezone

    zones = _existing(timezone.time_zones_for_number(parsed))
    country = phonenumbers.PhoneNumber(country_code=parsed.country_code, national_number=0)
    anywhere = len(zones) > 1 and zones == _existing(timezone.time_zones_for_geographical_number(country))
    return zones if zones and anywhere is coarse else None


def number_of_place(number: str) -> PhoneNumber | None:
    """A valid number that belongs to a place: of a fixed line or a mobile, not toll-free and not of a satellite."""
    import phonenumbers
    from phonenumbers import PhoneNumberType

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    places = (PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.MOBILE)
    return parsed if phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) in places else None


def _address(party: Party) -> ZoneHint | None:
    """The finest hint of the address: postal code, else region; either is enough where a country has one time."""
    country, region, code = party.country, party.region, party.postal_code
    if country is None:
        return None
    finest = None
    if country == "US" and code is not None:
        finest = _readable("postal code", lambda: _zip(code))
    if finest is None and region is not None:
        finest = _readable("region", lambda: _region(country, region))
    return finest or _whole(party, zones_of_country(country))


def _whole(party: Party, zones: tuple[str, ...]) -> ZoneHint | None:
    """The hint of an address that nobody can read in a country of one time."""
    origin = "postal code" if party.postal_code else "region" if party.region else None
    return ZoneHint(origin, zones) if origin and zones and _one_time(zones) else None


def _zip(code: str) -> Iterable[str] | None:
    """Zones of a ZIP code; none at all for a military one, whose people may be anywhere on earth."""
    rows = zip_rows(code)
    if any(is_military(row) for row in rows):
        return ()
    return _existing(row["timezone"] for row in rows) or None


def zip_rows(code: str) -> list[dict[str, Any]]:
    """What the library knows of a ZIP code; nothing for a text that is none."""
    if not _ZIP.fullmatch(code):  # the library panics at some texts
        return []
    import zipcodes

    return zipcodes.matching(code)  # type: ignore[no-any-return, no-untyped-call]  # it has no annotations


def is_military(row: dict[str, Any]) -> bool:
    """Whether a ZIP code is one of the armed forces or of an embassy."""
    return bool(row["zip_code_type"] == _MILITARY)


def _region(country: str, region: str) -> Iterable[str] | None:
    known = ZONES_OF_REGION.get(f"{country}-{region}", ())
    if country == "US":
        if region in MILITARY_REGIONS:
            return ()
        import us

        state = us.states.lookup(region, field="abbr")
        known = (*known, *state.time_zones) if state is not None else ()
    return _existing(known) or None


def _country(party: Party) -> ZoneHint | None:
    zones = zones_of_country(party.country) if party.country else ()
    return ZoneHint("country", zones) if zones else None


@lru_cache(maxsize=512)
def zones_of_country(country: str) -> tuple[str, ...]:
    """Every zone of a country by `zone.tab` of the IANA database; none for an unknown code."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple(sorted(row[2] for row in rows if row[0] == country))


@lru_cache(maxsize=512)
def _one_time(zones: tuple[str, ...]) -> bool:
    """Whether clocks agree in all of these zones, every day of a year."""
    first = datetime(2030, 1, 1, 12, tzinfo=UTC)
    days = [first + timedelta(days=day) for day in range(365)]
    return len({tuple(day.astimezone(zone(name)).utcoffset() for day in days) for name in zones}) == 1


def _existing(zones: Iterable[str]) -> tuple[str, ...]:
    """Only zones that have rules: the libraries have `Etc/Unknown`, empty names and an error or two."""
    return tuple(sorted({name for name in zones if _exists(name)}))


@lru_cache(maxsize=1024)
def _exists(name: str) -> bool:
    try:
        zone(name)
    except CalendarError:
        return False
    return name != "Etc/Unknown"
