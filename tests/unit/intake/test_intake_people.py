"""People in one cell of a table."""

from __future__ import annotations

import pytest

from dunning_engine.domain.parties import ContactPerson
from dunning_engine.intake.people import accounts_of, people_of, person_of


def test_people_have_a_role_a_name_and_ways_to_reach_them():
    assert people_of("manager: Eva Sand <eva@example.com> +49 30 123456; owner: <o@example.com>;") == (
        ContactPerson(role="manager", name="Eva Sand", email="eva@example.com", phone="+4930123456"),
        ContactPerson(role="owner", email="o@example.com"),
    )
    assert people_of("guarantor: Gus +12125550100 in America/New_York") == (
        ContactPerson(role="guarantor", name="Gus", phone="+12125550100", zone="America/New_York"),
    )


@pytest.mark.parametrize("text", ["Eva", "manager:", "Manager: Eva"])
def test_what_is_no_person_is_said(text):
    with pytest.raises(ValueError, match="is no person such as manager: Eva Sand"):
        people_of(text)


def test_a_representative_is_one():
    assert person_of("attorney: Lea").role == "attorney"
    with pytest.raises(ValueError, match="is not one person"):
        person_of("attorney: Lea; guardian: Kim")


def test_accounts_are_names():
    assert accounts_of("north; south ;") == ("north", "south")
