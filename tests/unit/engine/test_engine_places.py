"""Whose law may protect a debtor comes into the case with the debtor, and anew with new particulars."""

from __future__ import annotations

from engine_house import House, ann

from dunning_engine.domain.case import fold
from dunning_engine.domain.events import DebtorUpdated
from dunning_engine.domain.parties import Party, PlaceHint, ZoneHint
from dunning_engine.engine.engine import DunningEngine


class Brazil:
    """A host that knows where its debtors are."""

    def places(self, party: Party) -> tuple[PlaceHint, ...]:
        assert party.id == "ann"
        return (PlaceHint("branch", ("BR-SP",)),)


def test_a_case_is_opened_with_the_places_of_its_debtor(house: House) -> None:
    """Her number and her address are in Germany; what is stored folds to the same."""
    case_id = house.opens()

    case = house.engine.case(case_id)
    assert case.places == {"DE"}
    assert case.place_hints == (PlaceHint("phone", ("DE",)), PlaceHint("country", ("DE",)))
    assert case == fold(case_id, house.engine.history(case_id))


def test_a_debtor_who_moved_is_placed_anew(house: House) -> None:
    """What the host says stands, and what it leaves out is looked up."""
    case_id = house.opens()

    moved = Party.consumer("ann", country="US", postal_code="10001")
    house.engine.record(case_id, DebtorUpdated(moved, (ZoneHint("visit", ("Asia/Kolkata",)),)))
    case = house.engine.case(case_id)
    assert (case.zones, case.places) == (("Asia/Kolkata",), {"US-NY", "US-NY-NYC"})

    house.engine.record(case_id, DebtorUpdated(ann(), place_hints=(PlaceHint("visit", ("IN",)),)))
    case = house.engine.case(case_id)
    assert (case.zones, case.places) == (("Europe/Berlin",), {"IN"})


def test_a_host_may_bring_its_own_places(house: House) -> None:
    """As with zones and calendars."""
    assert isinstance(house.reopen(places=Brazil()), DunningEngine)

    assert house.engine.case(house.opens()).places == {"BR-SP"}
