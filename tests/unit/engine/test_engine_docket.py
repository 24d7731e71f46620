"""Facts that law asks for, recorded by hosts: kept, spread where they are about the person, and told by tables."""

from __future__ import annotations

from datetime import date

import pytest
from engine_house import House, ann, invoice

from dunning_engine.domain.docket import Challenge
from dunning_engine.domain.events import FactRecorded
from dunning_engine.domain.facts import OnDay
from dunning_engine.engine.bringing_in import bring_in, itinerary
from dunning_engine.engine.casework import concerns_person
from dunning_engine.engine.clocks import instant
from dunning_engine.intake.model import DatedFact, IncomingInvoice, Intake
from dunning_engine.kernel.errors import UsageError


def test_a_fact_is_recorded_once_under_its_identity(house: House) -> None:
    """Told again under the same identity it changes nothing; the store gives back what was told."""
    case_id = house.opens()
    fact = FactRecorded("email_basis", "direct_consent", by="Ida", source="crm", event_id="7")
    assert house.engine.record(case_id, fact) is True
    assert house.engine.record(case_id, fact) is False
    assert house.engine.history(case_id)[-1].event == fact
    assert house.reopen().case(case_id).docket == {"email_basis": "direct_consent"}


def test_what_is_about_the_person_goes_to_every_case(house: House) -> None:
    """And into cases that are opened later; what is about one debt stays there."""
    first = house.opens()
    second = house.opens(invoice("INV-2"), case_id="second")
    house.engine.record(first, FactRecorded("inconvenient_places", {"work"}), at="2026-02-20")
    house.engine.record(first, FactRecorded("challenges", Challenge("2026-02-20T10:00:00Z")))
    assert house.engine.case(second).docket == {"inconvenient_places": {"work"}}
    third = house.opens(invoice("INV-3"), case_id="third")
    assert house.engine.case(third).docket == {"inconvenient_places": {"work"}}
    assert house.engine.case(first).docket.keys() == {"inconvenient_places", "challenges"}


def test_later_news_reaches_a_case_that_was_opened_in_between(house: House) -> None:
    """What was told before an older word became known stands in every case alike."""
    first = house.opens()
    house.engine.record(first, FactRecorded("employer_prohibits", value=True), at="2026-02-20")
    second = house.opens(invoice("INV-2"), case_id="second")
    house.engine.record(first, FactRecorded("employer_prohibits", value=False), at="2026-02-25")
    house.engine.record(second, FactRecorded("employer_prohibits", value=None), at="2026-02-22")
    assert [house.engine.case(name).docket for name in (first, second)] == [{"employer_prohibits": False}] * 2


def test_whom_a_fact_concerns() -> None:
    """The person or one debt."""
    assert concerns_person(FactRecorded("oral_stop", 7))
    assert not concerns_person(FactRecorded("validation_provided", 7))


def test_what_is_no_fact_is_refused_before_anything_is_stored(house: House) -> None:
    """The constructor teaches."""
    case_id = house.opens()
    with pytest.raises(UsageError, match="not recorded beforehand"):
        house.engine.record(case_id, FactRecorded("purpose", "collect"))
    assert house.engine.case(case_id).docket == {}


def test_tables_of_events_tell_facts_of_a_day(house: House) -> None:
    """The day begins in the zone of the policy, as the days of other facts do."""
    told = (
        DatedFact(
            date=date(2026, 2, 20),
            fact=OnDay("validation_provided", date(2026, 2, 18)),
            event_id="e1",
            case="ann/EUR",
            file="f",
            line=1,
        ),
        DatedFact(
            date=date(2026, 2, 20),
            fact=FactRecorded("email_domain", "public"),
            event_id="e2",
            case="ann/EUR",
            file="f",
            line=2,
        ),
    )
    incoming = IncomingInvoice(debtor="ann", invoice=invoice(), policy="shop", file="f", line=1)
    intake = Intake((incoming,), {"ann": ann()}, told, ())
    items, findings = itinerary(intake, house.policies)
    assert (findings, bring_in(house.engine, items).facts) == ((), 2)
    assert bring_in(house.engine, items).facts == 0
    assert house.engine.case("ann/EUR").docket == {
        "validation_provided": instant("2026-02-18T00:00:00+01:00"),
        "email_domain": "public",
    }
