from __future__ import annotations

import json
from dataclasses import fields
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from dunning_engine.domain.events import Event
from dunning_engine.kernel.ids import canonical_json
from dunning_engine.ports.chain import START, Kept, chained
from dunning_engine.ports.codec import EVENTS, encode_event
from dunning_engine.testing import strategies

ARMED = Kept(7, "DeliveryArmed", 1, 1_700_000_000, 1_700_000_005, "dunning-engine 1", '{"action_id":"a1","attempt":1}')

SAFE = 2**53
"""Integers beyond it have no RFC 8785 form, because JavaScript has none; ours stay exact."""


def test_a_hash_is_that_of_lengths_and_words() -> None:
    """The bytes are written out here once, so that nobody changes them without changing this."""
    words = (
        "\0" + "4:acme" + "7:ann/USD" + "7:" + "ff:" + "13:DeliveryArmed" + "1:1700000000:1700000005:"
        "16:dunning-engine 1" + '{"action_id":"a1","attempt":1}'
    )

    assert chained("acme", "ann/USD", "ff", ARMED) == sha256(words.encode()).hexdigest()


@pytest.mark.parametrize("field", Kept._fields)
def test_every_column_counts(field: str) -> None:
    """Another value in any column is another hash."""
    value = getattr(ARMED, field)
    other = ARMED._replace(**{field: value + 1 if isinstance(value, int) else f"{value} "})

    assert chained("", "ann/USD", START, other) != chained("", "ann/USD", START, ARMED)


@given(st.tuples(st.text(max_size=4), st.text(max_size=4)), st.tuples(st.text(max_size=4), st.text(max_size=4)))
def test_no_word_passes_for_the_next_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Tenant and case are told apart wherever the border between them runs; so are the other words."""
    same = chained(*one, START, ARMED) == chained(*other, START, ARMED)
    assert same == (one == other)

    by, body = (ARMED._replace(written_by=pair[0], body=pair[1]) for pair in (one, other))
    assert (chained("", "c", START, by) == chained("", "c", START, body)) == (one == other)


def _safe(value: object) -> bool:
    match value:
        case int():
            return -SAFE < value < SAFE
        case list():
            return all(map(_safe, value))
        case dict():
            return all(map(_safe, value.values()))
        case _:
            return True


@given(strategies.events())
@settings(max_examples=300, deadline=None)
def test_stored_bodies_are_canonical_by_the_standard(event: Event) -> None:
    """What we write is what RFC 8785 asks for: the same bytes as those of a library that knows nothing of us."""
    body = encode_event(event).body
    value = json.loads(body)

    assert canonical_json(value) == body
    if _safe(value):
        assert rfc8785.dumps(value).decode() == body


def test_keys_are_plain_words() -> None:
    """RFC 8785 sorts keys by UTF-16 units, we by code points: the same as long as the names of fields are ASCII."""
    assert all(field.name.isascii() for kind in EVENTS.values() for field in fields(kind))
