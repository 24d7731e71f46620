"""Whose law may bind: places in which a debtor may be, and places within places."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dunning_engine.domain.case import fold
from dunning_engine.domain.events import CaseOpened, DebtorUpdated, PolicyRef, Recorded
from dunning_engine.domain.parties import Party, PlaceHint, may_be_in, united_places

BOSTON, ONTARIO, UNREAD = PlaceHint("phone", ("US-MA",)), PlaceHint("region", ("CA-ON",)), PlaceHint("postal code", ())


def test_hints_of_places_are_united():
    """Every place of every hint counts."""
    assert united_places((BOSTON, ONTARIO)) == {"US-MA", "CA-ON"}


def test_nothing_known_and_a_hint_that_cannot_be_read_are_both_anywhere():
    """The debtor may be somewhere that nobody can name, and then what other hints say is not all."""
    assert united_places(()) is None
    assert united_places((BOSTON, UNREAD)) is None


@pytest.mark.parametrize(
    ("places", "law_place", "binds"),
    [
        (None, "US-NY-NYC", True),
        (frozenset(), "GB", True),
        ({"US-MA"}, "US-MA", True),
        ({"US-MA"}, "US", True),
        ({"US-MA"}, "US-NY", False),
        ({"US-MA", "GB"}, "GB", True),
        ({"US"}, "US-NY-NYC", True),
        ({"US"}, "USA", False),
        ({"US-NY"}, "US-NY-NYC", True),
        ({"US-NY-NYC"}, "US-NY", True),
        ({"US-NY-NYC"}, "US", True),
        ({"US-NY-REST"}, "US-NY", True),
        ({"US-NY-REST"}, "US-NY-NYC", False),
        ({"CA"}, "US-CA", False),
        ({"GB"}, "G", False),
    ],
)
def test_the_law_of_a_place_may_bind_whoever_may_be_there(places, law_place, binds):
    """Within it, around it, or nobody knows where; beside it not."""
    assert may_be_in(frozenset(places) if places is not None else None, law_place) is binds


def test_a_case_keeps_where_its_debtor_may_be():
    """From its opening; the newest particulars count, whatever the order in which they became known."""
    ann, policy = Party.consumer("ann"), PolicyRef("p", 1, "h")
    opened = CaseOpened(ann, policy, place_hints=(BOSTON,))
    moved = DebtorUpdated(replace(ann, country="CA"), place_hints=(ONTARIO,))
    older = DebtorUpdated(replace(ann, country="MX"))

    assert fold("c", [Recorded(1, 0, 0, opened)]).places == {"US-MA"}
    case = fold("c", [Recorded(1, 0, 0, opened), Recorded(2, 9, 9, moved), Recorded(3, 5, 10, older)])
    assert (case.places, case.place_hints) == ({"CA-ON"}, (ONTARIO,))
    assert fold("c", [Recorded(1, 0, 0, opened), Recorded(2, 5, 9, older)]).places is None
