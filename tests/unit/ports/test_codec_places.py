"""Where a debtor may be is kept with the events that tell it, and events of before are read as they were."""

from __future__ import annotations

from dunning_engine.domain.case import fold
from dunning_engine.domain.events import CaseOpened, DebtorUpdated, PolicyRef, Recorded
from dunning_engine.domain.parties import Party, PlaceHint, may_be_in
from dunning_engine.ports import codec

ANN = Party.consumer("ann")


def test_places_stand_in_the_event_by_their_names() -> None:
    """What is kept for ever can be read by people."""
    written = codec.encode_event(DebtorUpdated(ANN, place_hints=(PlaceHint("region", ("US-MA",)),)))

    assert written.version == 1
    assert '"place_hints":[{"origin":"region","places":["US-MA"]}]' in written.body


def test_an_opening_of_before_places_were_asked_for_leaves_them_unknown() -> None:
    """The debtor may be anywhere, so that the law of every place may bind."""
    body = '{"debtor":{"id":"d","kind":"consumer"},"hints":[],"policy":{"hash":"h","name":"p","version":1}}'
    opened = codec.decode_event("CaseOpened", 1, body)

    case = fold("c", [Recorded(1, 0, 0, opened)])
    assert (case.place_hints, case.places) == ((), None)
    assert may_be_in(case.places, "US-MA")
    assert codec.decode_event("DebtorUpdated", 1, '{"debtor":{"id":"ann","kind":"consumer"}}') == DebtorUpdated(
        Party.consumer("ann")
    )


def test_known_and_unknown_places_come_back_from_a_snapshot() -> None:
    """Sorted, so that the same case is always the same text; nothing known is not the same as no place."""
    hints = (PlaceHint("phone", ("US-NY-NYC", "US-NY")), PlaceHint("region", ("CA-ON",)))
    for place_hints, places in ((hints, {"CA-ON", "US-NY", "US-NY-NYC"}), ((), None)):
        opened = CaseOpened(ANN, PolicyRef("p", 1, "h"), place_hints=place_hints)
        case = fold("c", [Recorded(1, 0, 0, opened)])
        again = codec.decode_case(codec.encode_case(case))
        assert again == case
        assert again.places == places
