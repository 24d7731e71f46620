"""Frozen dataclasses made and changed in bulk."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from dunning_engine.kernel.values import Token, changed, maker, names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    town: str
    street: str = "Hafenstr."
    number: int = 1


HOME = Place(town="Kiel")


def test_a_made_value_is_what_its_constructor_makes():
    made = maker(Place)(["Kiel", "Hafenstr.", 1])
    assert made == HOME
    assert hash(made) == hash(HOME)
    assert type(made) is Place


def test_it_is_as_frozen_as_any():
    with pytest.raises(FrozenInstanceError):
        maker(Place)(["Kiel", "Hafenstr.", 1]).number = 2


def test_a_change_leaves_the_value_as_it_was():
    moved = changed(HOME, {"number": 7, "town": "Bonn"})
    assert moved == replace(HOME, number=7, town="Bonn")
    assert HOME.town == "Kiel"


def test_fields_stand_in_their_order_and_others_are_refused():
    assert names_of(Place) == ("town", "street", "number")
    with pytest.raises(KeyError):
        changed(HOME, {"country": "DE"})
    with pytest.raises(TypeError):
        maker(Place)(["Kiel"])


def test_tokens_are_found_by_who_they_are():
    class Colour(Token):
        RED = "red"
        BLUE = "blue"

    assert {Colour.RED: 1, Colour.BLUE: 2}[Colour("blue")] == 2
    assert hash(Colour.RED) == object.__hash__(Colour.RED)
