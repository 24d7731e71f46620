"""Places as options: what says nothing about where somebody is was misspelt, and is told instead of being passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dunning_engine.kernel.countries import COUNTRIES, MEANT
from dunning_engine.kernel.errors import UsageError
from dunning_engine.whereabouts.zones import MISSING


def check_place(given: Mapping[str, str | None]) -> None:
    """Raise `UsageError` for a country, state, ZIP code or number that does not exist.

    So is what a library reads that is not installed, unless the zone is given: a map of no zone would show nothing.
    """
    country = (given.get("country") or "US").upper()
    if country not in COUNTRIES:
        meant = f"did you mean {MEANT[country]}?" if country in MEANT else "use a code of ISO 3166-1, such as US or DE"
        raise UsageError(f"--country: there is no country {country}; {meant}")
    for check in (_zip, _state, _phone):
        try:
            check(country, given)
        except ModuleNotFoundError:
            if given.get("zone") is None:
                raise UsageError(f"--zip, --phone and --state: {MISSING} to read them, or give --zone") from None


def _zip(country: str, given: Mapping[str, str | None]) -> None:
    from dunning_engine.whereabouts.zones import zip_rows

    code = given.get("postal_code")
    if code is not None and country == "US" and not zip_rows(code):
        raise UsageError(
            f"--zip: there is no ZIP code {code} in the United States; name another --country, or leave it out"
        )


def _state(country: str, given: Mapping[str, str | None]) -> None:
    from dunning_engine.whereabouts.places import REGIONS_KNOWN, region_places

    region = given.get("region")
    if region is not None and country in REGIONS_KNOWN and region_places(country, region.upper()) is None:
        raise UsageError(
            f"--state: there is no state or province {region.upper()} in {country}; write MA, not Massachusetts"
        )


def _phone(_country: str, given: Mapping[str, str | None]) -> None:
    number = given.get("phone")
    if number is None:
        return
    import phonenumbers

    try:
        valid = phonenumbers.is_valid_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        valid = False
    if not valid:
        like = "" if re.match(r"\s*\+", number) else ", with + and the country's code in front"
        raise UsageError(f"--phone: there is no number {number}: write it internationally{like}, as in +12125550123")
