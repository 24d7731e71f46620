"""The table of countries."""

from __future__ import annotations

from importlib import resources

from dunning_engine.kernel.countries import COUNTRIES, ISO_3166, MEANT


def test_the_table_is_that_of_tzdata():
    """Nothing is missing and nothing is made up."""
    lines = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8").splitlines()
    assert {line.split("\t")[0] for line in lines if not line.startswith("#")} == ISO_3166


def test_what_is_meant_exists():
    """A code that is corrected is no country, and its correction is one."""
    assert not COUNTRIES & set(MEANT)
    assert set(MEANT.values()) <= COUNTRIES
