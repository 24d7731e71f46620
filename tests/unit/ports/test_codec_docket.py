"""Facts that law asks for, as stores keep them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from dunning_engine.domain.approval_events import OverrideGranted
from dunning_engine.domain.case import Case, fold
from dunning_engine.domain.docket import Challenge, Docket, InconvenientTime
from dunning_engine.domain.events import CaseOpened, FactRecorded, PolicyRef, Recorded
from dunning_engine.domain.parties import Party
from dunning_engine.ports.codec import decode_case, decode_event, encode_case, encode_event
from dunning_engine.ports.shapes import coder, fingerprint
from dunning_engine.testing.strategies_docket import recorded_facts


@given(recorded_facts())
def test_every_fact_comes_back(event: FactRecorded) -> None:
    """Of every sort, in version 1."""
    written = encode_event(event)
    assert (written.version, decode_event(*written)) == (1, event)
    case = fold(
        "c", [Recorded(1, 0, 0, CaseOpened(Party.consumer("a"), PolicyRef("p", 1, "h"))), Recorded(2, 1, 1, event)]
    )
    assert decode_case(encode_case(case)) == case


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("monitored", True, True),
        ("validation_end", 739_677, 739_677),
        ("email_basis", None, None),
        ("inconvenient_places", {"work", "home"}, {"words": ["home", "work"]}),
        ("challenges", (), {"records": []}),
        (
            "challenges",
            Challenge(7),
            {"record": {"is": "Challenge", "received": 7, "answered": None, "repeats": False}},
        ),
        (
            "inconvenient_times",
            [InconvenientTime({2, 1}, 480, 600)],
            {
                "records": [
                    {
                        "is": "InconvenientTime",
                        "weekdays": [1, 2],
                        "first": 480,
                        "last": 600,
                        "through": None,
                        "withdrawn": None,
                    }
                ]
            },
        ),
    ],
)
def test_the_stored_form(name, value, kept):
    """JSON that people can read: plain where it can be, otherwise it says what it is."""
    assert json.loads(encode_event(FactRecorded(name, value)).body)["value"] == kept


def test_a_field_that_came_later_takes_its_default():
    """Records are kept by the names of their fields."""
    body = {"name": "challenges", "value": {"record": {"is": "Challenge", "received": 7}}}
    assert decode_event("FactRecorded", 1, json.dumps(body)) == FactRecorded("challenges", Challenge(7))


def test_an_override_comes_back():
    """With the person and the reason."""
    event = decode_event("OverrideGranted", 1, '{"action_id":"a","rules":["r"],"by":"Ida","reason":"why"}')
    assert event == OverrideGranted("a", ("r",), "Ida", "why")


def test_snapshots_follow_the_shape_of_records():
    """A record that gains a field makes snapshots of before be folded anew."""
    shapes = dict(fingerprint(Case))
    assert [name for name, _ in shapes["Challenge"]] == ["received", "answered", "repeats"]
    assert coder(Docket, keyed=False).encode is not None
