"""Where a debtor may be: the hints of every fact, and none where nothing tells."""

from __future__ import annotations

import sys
from importlib import resources

import phonenumbers
import pytest
import us
import zipcodes
from hypothesis import given
from hypothesis import strategies as st

from dunning_engine.domain.parties import Party, ZoneHint
from dunning_engine.kernel.calendar import CalendarError, zone
from dunning_engine.whereabouts.regions import ZONES_OF_REGION
from dunning_engine.whereabouts.zones import Whereabouts, zones_of_country


def hints(**facts):
    """Zones by origin."""
    found = Whereabouts().hints(Party.consumer("ann", **facts))
    assert len({hint.origin for hint in found}) == len(found)
    return {hint.origin: hint.zones for hint in found}


NEW_YORK, CHICAGO, DENVER = ("America/New_York",), ("America/Chicago",), ("America/Denver",)
ALL_US = zones_of_country("US")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, {}),
        ({"zone": "America/Denver"}, {"zone": DENVER}),
        ({"phone": "+12125550123"}, {"phone": NEW_YORK}),
        ({"country": "US", "postal_code": "42101"}, {"postal code": CHICAGO}),
        ({"country": "US", "postal_code": "02139-1234"}, {"postal code": NEW_YORK}),
        ({"country": "US", "region": "CO"}, {"region": DENVER}),
        ({"country": "US", "region": "DC"}, {"region": NEW_YORK}),
        ({"country": "US", "region": "AZ"}, {"region": ("America/Denver", "America/Phoenix")}),
        ({"country": "US"}, {"country": ALL_US}),
        ({"country": "PT", "region": "20"}, {"region": ("Atlantic/Azores",)}),
        ({"country": "PT", "region": "11"}, {"region": ("Europe/Lisbon",)}),
        ({"country": "PT"}, {"country": ("Atlantic/Azores", "Atlantic/Madeira", "Europe/Lisbon")}),
        ({"country": "ES", "region": "GC"}, {"region": ("Atlantic/Canary",)}),
        ({"country": "ES", "region": "M"}, {"region": ("Europe/Madrid",)}),
        ({"country": "CA", "region": "AB"}, {"region": ("America/Edmonton",)}),
        ({"country": "AU", "region": "ACT"}, {"region": ("Australia/Sydney",)}),
        ({"country": "BR", "region": "SP"}, {"region": ("America/Sao_Paulo",)}),
        ({"country": "MX", "region": "SON"}, {"region": ("America/Hermosillo",)}),
        ({"country": "XX"}, {}),
        ({"region": "CO", "postal_code": "80202"}, {}),
    ],
)
def test_each_fact_gives_its_zones(facts, expected):
    """One hint per origin; what means nothing gives none."""
    assert hints(**facts) == expected


def test_hints_of_different_origin_stand_side_by_side():
    """Somebody with a number of New York who lives in San Francisco may be in either."""
    assert hints(phone="+12125550123", country="US", postal_code="94105", zone="America/Denver") == {
        "zone": DENVER,
        "phone": NEW_YORK,
        "postal code": ("America/Los_Angeles",),
    }


def test_the_postal_code_is_finer_than_the_region():
    """One address gives one hint; a code that means nothing leaves it to the region."""
    assert hints(country="US", region="KY", postal_code="42101") == {"postal code": CHICAGO}
    assert len(hints(country="US", region="KY")["region"]) == 4
    assert hints(country="US", region="CO", postal_code="99999") == {"region": DENVER}
    assert hints(country="US", region="CO", postal_code="8020") == {"region": DENVER}


def test_a_bare_country_counts_only_where_nothing_finer_is_known():
    """Of any origin."""
    assert hints(country="US", zone="America/Denver") == {"zone": DENVER}
    assert hints(country="US", phone="+12125550123") == {"phone": NEW_YORK}
    assert hints(country="US", region="XX") == {"country": ALL_US}


def test_a_whole_address_in_a_country_of_one_time_is_as_fine_as_it_gets():
    """A postal code of Berlin says Berlin, although no library reads it; one of Moscow does not say Moscow."""
    berlin = ("Europe/Berlin", "Europe/Busingen")
    assert hints(country="DE", postal_code="10115", phone="+12125550123") == {"phone": NEW_YORK, "postal code": berlin}
    assert hints(country="DE", region="BE") == {"region": berlin}
    assert hints(country="DE") == {"country": berlin}
    assert hints(country="RU", region="MOW", phone="+12125550123") == {"phone": NEW_YORK}


@pytest.mark.parametrize(
    "number",
    ["+18005550199", "+19005550199", "+881612345678", "+1212555", "2125550123", "nonsense", "+999123456789"],
)
def test_a_number_that_belongs_to_no_place_gives_no_hint(number):
    """Toll-free, premium, satellite, too short, national, unknown."""
    assert hints(phone=number) == {}
    assert hints(phone=number, country="US") == {"country": ALL_US}


def test_a_number_of_a_whole_country_is_as_coarse_as_the_country():
    """An Australian mobile may be anywhere in Australia: the state is finer."""
    assert "Australia/Perth" in hints(phone="+61412345678")["phone"]
    assert hints(phone="+61412345678", country="AU", region="VIC") == {"region": ("Australia/Melbourne",)}
    assert hints(phone="+33612345678", zone="Europe/Berlin") == {"zone": ("Europe/Berlin",), "phone": ("Europe/Paris",)}


def test_military_mail_may_be_anywhere_on_earth():
    """A hint without zones stands for "unknown where", and the country does not count beside it."""
    assert hints(country="US", postal_code="09012") == {"postal code": ()}
    assert hints(country="US", region="AE") == {"region": ()}


def test_a_given_zone_has_to_exist():
    """A typing error is the host's to mend, not ours to guess."""
    with pytest.raises(CalendarError, match="'America/Danver' is not an IANA time zone"):
        hints(zone="America/Danver")


@pytest.mark.parametrize(
    ("module", "facts", "origin"),
    [
        ("phonenumbers", {"phone": "+12125550123"}, "phone"),
        ("zipcodes", {"country": "US", "postal_code": "80202"}, "postal code"),
        ("us", {"country": "US", "region": "CO"}, "region"),
    ],
)
def test_a_missing_library_is_named_and_nothing_is_guessed(monkeypatch, module, facts, origin):
    """The hint has no zones, so that nobody takes silence for permission; without the fact nothing is missing."""
    monkeypatch.setitem(sys.modules, module, None)
    assert hints(**facts) == {f"{origin} (install dunning-engine[us])": ()}
    assert hints(zone="America/Denver") == {"zone": DENVER}
    assert hints(country="PT", region="20") == {"region": ("Atlantic/Azores",)}


def test_the_table_of_regions_agrees_with_the_zone_database():
    """Every zone of a listed country is a zone of some region of it, but for an island without people."""
    for country in ("AU", "BR", "CA", "ES", "MX", "PT"):
        listed = {z for code, zones in ZONES_OF_REGION.items() if code.startswith(country) for z in zones}
        assert set(zones_of_country(country)) - listed <= {"Antarctica/Macquarie"}
        assert listed <= set(zones_of_country(country))


def test_the_table_of_regions_agrees_with_the_comments_of_the_zone_database():
    """Abbreviations that the comments name are in the table."""
    rows = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines()
    comments = {row.split("\t")[2]: row.split("\t")[3] for row in rows if row.count("\t") == 3}
    for zone_name, region in {
        "America/Fortaleza": "BR-PB",
        "America/Sao_Paulo": "BR-RS",
        "America/Edmonton": "CA-SK",
    }.items():
        assert region.partition("-")[2] in comments[zone_name]
        assert zone_name in ZONES_OF_REGION[region]
    assert "except Navajo" in comments["America/Phoenix"]


def test_every_state_has_zones_that_exist():
    """All states, the District and the territories."""
    for state in (*us.states.STATES_AND_TERRITORIES, us.states.DC):
        (zones,) = hints(country="US", region=state.abbr).values()
        assert zones
        assert all(zone(name) for name in zones)


def test_every_zip_code_gives_zones_that_exist_or_none():
    """An error in the library's data never becomes a zone."""
    wrong = [row["zip_code"] for row in zipcodes.list_all() if row["timezone"] and "/" not in row["timezone"]]
    for code in [*wrong, "96799", "96910", "00901", "86515"]:
        for zones in hints(country="US", postal_code=code).values():
            assert all(zone(name) for name in zones)


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_every_regions_example_number_gives_zones_that_exist(region):
    """Wherever a number is from, its zones have rules."""
    number = phonenumbers.example_number(region)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    for zones in hints(phone=written).values():
        assert zones
        assert all(zone(name) for name in zones)


@given(
    st.builds(
        Party.consumer,
        st.just("x"),
        phone=st.none() | st.text(max_size=20),
        postal_code=st.none() | st.text(max_size=10),
        region=st.none() | st.text(max_size=4),
        country=st.none() | st.sampled_from(["US", "DE", "CA", "", "??"]),
    )
)
def test_whatever_is_known_gives_hints(party):
    """No text makes it fail."""
    assert all(isinstance(hint, ZoneHint) for hint in Whereabouts().hints(party))
