"""Whose law may protect a debtor: the places of every fact, and none where nothing tells."""

from __future__ import annotations

import sys
from collections import defaultdict

import phonenumbers
import pytest
import us
import zipcodes
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import geocoder

from dunning_engine.domain.parties import Party, PlaceHint, may_be_in, united_places
from dunning_engine.whereabouts.area_codes import NEW_YORK_CITY, PLACES_OF_AREA_CODE
from dunning_engine.whereabouts.places import Places
from dunning_engine.whereabouts.regions import ZONES_OF_REGION


def hints(**facts):
    """Places by origin."""
    found = Places().places(Party.consumer("ann", **facts))
    assert len({hint.origin for hint in found}) == len(found)
    return {hint.origin: hint.places for hint in found}


def binds(law_place, **facts):
    """Whether the law of a place may bind towards a debtor of whom these facts are known."""
    return may_be_in(united_places(Places().places(Party.consumer("ann", **facts))), law_place)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {}),
        ({"zone": "America/Denver"}, {}),
        ({"region": "CO", "postal_code": "80202"}, {}),
        ({"country": "XX"}, {}),
        ({"country": "US"}, {"country": ("US",)}),
        ({"country": "GB"}, {"country": ("GB",)}),
        ({"country": "US", "region": "CO"}, {"region": ("US-CO",)}),
        ({"country": "US", "region": "DC"}, {"region": ("US-DC",)}),
        ({"country": "US", "region": "NY"}, {"region": ("US-NY",)}),
        ({"country": "US", "postal_code": "02139-1234"}, {"postal code": ("US-MA",)}),
        ({"country": "CA", "region": "ON"}, {"region": ("CA-ON",)}),
        ({"country": "BR", "region": "SP"}, {"region": ("BR-SP",)}),
        ({"country": "AU", "region": "NSW"}, {"region": ("AU-NSW",)}),
        ({"country": "IN", "region": "MH", "postal_code": "400001"}, {"country": ("IN",)}),
        ({"phone": "+12125550123"}, {"phone": ("US-NY", "US-NY-NYC")}),
        ({"phone": "+17165550123"}, {"phone": ("US-NY-REST",)}),
        ({"phone": "+19145550123"}, {"phone": ("US-NY",)}),
        ({"phone": "+16175550123"}, {"phone": ("US-MA",)}),
        ({"phone": "+14165550123"}, {"phone": ("CA-ON",)}),
        ({"phone": "+19025550123"}, {"phone": ("CA-NS", "CA-PE")}),
        ({"phone": "+18672345678"}, {"phone": ("CA-NT", "CA-NU", "CA-YT")}),
        ({"phone": "+442083661177"}, {"phone": ("GB",)}),
    ],
)
def test_each_fact_gives_its_places(facts, expected):
    """One hint per origin; what means nothing gives none, and a time zone is no place that makes law."""
    assert hints(**facts) == expected


def test_hints_of_different_origin_stand_side_by_side():
    """Somebody with a number of Boston who lives in San Francisco may be in either."""
    assert hints(phone="+16175550123", country="US", postal_code="94105") == {
        "phone": ("US-MA",),
        "postal code": ("US-CA",),
    }


def test_the_postal_code_is_finer_than_the_region():
    """One address gives one hint; a code that means nothing leaves it to the region, and that to the country."""
    assert hints(country="US", region="NJ", postal_code="02139") == {"postal code": ("US-MA",)}
    for unread in ("99999", "8020", "nonsense"):
        assert hints(country="US", region="CO", postal_code=unread) == {"region": ("US-CO",)}
    assert hints(country="US", region="XX", postal_code="99999") == {"country": ("US",)}


def test_a_country_counts_only_where_nothing_says_where_in_it():
    """A number of Boston tells where in the United States; it does not take somebody out of Germany."""
    assert hints(country="US", phone="+16175550123") == {"phone": ("US-MA",)}
    assert hints(country="AU", region="VIC", phone="+61412345678") == {"region": ("AU-VIC",)}
    assert hints(country="DE", phone="+16175550123") == {"phone": ("US-MA",), "country": ("DE",)}
    assert hints(country="US", phone="+14165550123") == {"phone": ("CA-ON",), "country": ("US",)}


def test_a_state_counts_beside_a_part_of_it():
    """Whoever is known to live in New York and has a number of Buffalo may live in New York City all the same."""
    facts = {"country": "US", "region": "NY", "phone": "+17165550123"}
    assert hints(**facts) == {"region": ("US-NY",), "phone": ("US-NY-REST",)}
    assert binds("US-NY-NYC", **facts)


def test_a_region_whose_code_is_wrong_leaves_the_country():
    """Nobody may lose the law of Ontario because it was written ONT; the law of every province may bind then."""
    assert hints(country="CA", region="ONT") == {"country": ("CA",)}
    assert binds("CA-ON", country="CA", region="ONT")


@pytest.mark.parametrize(
    "number",
    ["+18005550199", "+19005550199", "+881612345678", "+1212555", "2125550123", "nonsense", "+999123456789"],
)
def test_a_number_that_belongs_to_no_place_gives_no_hint(number):
    """Toll-free, premium, satellite, too short, national, unknown."""
    assert hints(phone=number) == {}
    assert hints(phone=number, country="US") == {"country": ("US",)}


def test_a_new_area_code_may_be_anywhere_in_its_country(monkeypatch):
    """Numbers of a code that came after the table bind to the law of every state."""
    monkeypatch.setattr("dunning_engine.whereabouts.places.PLACES_OF_AREA_CODE", {})
    assert hints(phone="+16175550123") == {"phone": ("US",)}
    assert hints(phone="+14165550123") == {"phone": ("CA",)}


def test_territories_are_parts_of_the_united_states():
    """The standard lists them twice; the law of the country reaches there whichever code is used."""
    here = ("US-PR",)
    assert hints(country="PR") == {"country": here}
    assert hints(country="PR", region="x", postal_code="00901") == {"postal code": here}
    assert hints(country="US", region="PR", phone="+17872345678") == {"region": here, "phone": here}
    assert binds("US", country="PR")
    assert not binds("US-NY", country="PR")


def test_military_mail_may_be_anywhere_on_earth():
    """A hint without places stands for "somewhere that nobody can name"."""
    assert hints(country="US", postal_code="09012") == {"postal code": ()}
    assert hints(country="US", region="AE") == {"region": ()}
    assert binds("GB", country="US", postal_code="09012", phone="+16175550123")


@pytest.mark.parametrize(
    ("module", "facts", "origin"),
    [
        ("phonenumbers", {"phone": "+12125550123"}, "phone"),
        ("zipcodes", {"country": "US", "postal_code": "80202"}, "postal code"),
        ("us", {"country": "US", "region": "CO"}, "region"),
    ],
)
def test_a_missing_library_is_named_and_nothing_is_guessed(monkeypatch, module, facts, origin):
    """The hint has no places, so that the law of every place may bind; without the fact nothing is missing."""
    monkeypatch.setitem(sys.modules, module, None)
    assert hints(**facts) == {f"{origin} (install dunning-engine[us])": ()}
    assert binds("US-NY-NYC", **facts)
    assert hints(country="CA", region="QC") == {"region": ("CA-QC",)}


# New York -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["10001", "10301", "10451", "11201", "11354", "11004"])
def test_zip_codes_of_the_five_boroughs_are_in_the_city(code):
    """Manhattan, Staten Island, the Bronx, Brooklyn, Queens, and its part with a code like Nassau's."""
    assert hints(country="US", postal_code=code) == {"postal code": ("US-NY", "US-NY-NYC")}


@pytest.mark.parametrize("code", ["14201", "12207", "11746", "13417", "06390"])
def test_zip_codes_outside_of_the_city_are_the_rest_of_the_state(code):
    """Buffalo, Albany, Huntington, New York Mills, Fishers Island: law of the state, not of the city."""
    assert hints(country="US", postal_code=code) == {"postal code": ("US-NY-REST",)}
    assert not binds("US-NY-NYC", country="US", region="NY", postal_code=code)
    assert binds("US-NY", country="US", postal_code=code)


@pytest.mark.parametrize("code", ["11001", "10704", "11437"])
def test_zip_codes_at_the_city_line_do_not_tell(code):
    """Floral Park and Yonkers reach over it, and the county of one in Jamaica is not known."""
    assert hints(country="US", postal_code=code) == {"postal code": ("US-NY",)}
    assert binds("US-NY-NYC", country="US", postal_code=code)


def test_every_zip_code_is_in_its_state():
    """And in New York in the city, in the rest, or in either."""
    some = {row["zip_code"]: row["state"] for row in zipcodes.list_all()[::97]}
    military = {"AA", "AE", "AP"}
    for code, state in some.items():
        (places,) = hints(country="US", postal_code=code).values()
        assert bool(places) is (state not in military)
        assert all(place == f"US-{state}" or state == "NY" for place in places)


# Tables ---------------------------------------------------------------------------------------------------------------

PROVINCES = {
    "Alberta": "AB",
    "British Columbia": "BC",
    "British Colombia": "BC",
    "Manitoba": "MB",
    "New Brunswick": "NB",
    "Newfoundland and Labrador": "NL",
    "Northwest Territories": "NT",
    "Nova Scotia": "NS",
    "Nunavut": "NU",
    "Ontario": "ON",
    "Prince Edward Island": "PE",
    "Quebec": "QC",
    "Saskatchewan": "SK",
    "Yukon": "YT",
}
ELSEWHERE = {"Washington State": "US-WA", "Washington D.C.": "US-DC", "Montreal, QC": "CA-QC"}


def described(number):
    """The states and provinces that the library's description of a number names: "Boston, MA", "Nova Scotia/…"."""
    words = geocoder.description_for_number(number, "en")
    if words in ELSEWHERE:
        return {ELSEWHERE[words]}
    last = words.rpartition(", ")[2]
    if last in PROVINCES.values():
        return {f"CA-{last}"}
    state = us.states.lookup(last, field="abbr" if len(last) == 2 else "name")
    return {f"US-{state.abbr}"} if state else {f"CA-{PROVINCES[name]}" for name in last.split("/")}


def test_the_table_of_area_codes_agrees_with_the_descriptions_of_the_library():
    """Each code that has numbers is where the library says that they are."""
    seen = defaultdict(set)
    for code in PLACES_OF_AREA_CODE:
        for rest in ("2345678", "3456789", "7654321"):
            number = phonenumbers.parse(f"+1{code}{rest}")
            if phonenumbers.is_valid_number(number):
                seen[code] |= described(number)
    assert len(seen) > 380
    for code, places in seen.items():
        assert places <= {place[:5] for place in PLACES_OF_AREA_CODE[code]}, code


def test_the_table_of_area_codes_has_every_state_and_province():
    """Each state of the library, each province that has zones, and the District."""
    listed = {place for places in PLACES_OF_AREA_CODE.values() for place in places}
    states = {f"US-{state.abbr}" for state in (*us.STATES, us.states.DC)}
    provinces = {place for place in ZONES_OF_REGION if place.startswith("CA-")}
    assert listed == states | provinces | {"US-NY-NYC", "US-NY-REST"}


def test_no_area_code_that_reaches_into_the_city_is_of_the_rest_of_the_state():
    """The library of ZIP codes knows area codes too: those of Brooklyn are the city's, those of a neighbour tell nothing."""
    boroughs = ("Bronx", "Kings", "New York", "Queens", "Richmond")
    rows = {name: zipcodes.filter_by(state="NY", county=f"{name} County") for name in boroughs}
    used = {name: {code for row in found for code in row["area_codes"]} for name, found in rows.items()}
    assert used["Kings"] <= NEW_YORK_CITY <= set().union(*used.values())
    for code in set().union(*used.values()):
        assert "US-NY-REST" not in PLACES_OF_AREA_CODE[code]


@given(
    st.builds(
        Party.consumer,
        st.just("x"),
        phone=st.none() | st.text(max_size=20),
        postal_code=st.none() | st.text(max_size=10),
        region=st.none() | st.text(max_size=5),
        country=st.none() | st.sampled_from(["US", "PR", "DE", "CA", "", "??"]),
    )
)
def test_whatever_is_known_gives_hints(party):
    """No text makes it fail."""
    assert all(isinstance(hint, PlaceHint) for hint in Places().places(party))


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_every_regions_example_number_is_in_its_country(region):
    """Wherever a number is from, its law may bind."""
    number = phonenumbers.example_number(region)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    found = phonenumbers.region_code_for_number(number)
    territory = region in {"AS", "GU", "MP", "PR", "VI"}
    assert binds("US" if territory else found, phone=written)
    assert not binds("AQ", phone=written) or not hints(phone=written)
