from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

import pytest

from dunning_engine.ports.shapes import coder, fingerprint


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Leaf:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    planted: date
    leaf: Leaf | None = None
    colours: frozenset[Colour] = frozenset()
    pair: tuple[str, int] = ("a", 1)
    felled: tuple[str, date] = ("never", date(9999, 12, 31))
    leaves: Mapping[str, Leaf] = field(default_factory=dict)
    marks: tuple[date, ...] = ()


TREE = Tree(
    planted=date(2026, 3, 6),
    leaf=Leaf("oak"),
    colours=frozenset(Colour),
    pair=("b", 2),
    leaves={"x": Leaf("elm")},
    marks=(date(2026, 1, 1),),
)


@pytest.mark.parametrize("keyed", [True, False])
def test_shapes_go_there_and_back(keyed: bool) -> None:
    """Scalars, enums, dates, optionals, containers and nested dataclasses."""
    encode, decode = coder(Tree, keyed=keyed)

    for tree in (TREE, Tree(planted=date(2026, 3, 6))):
        assert decode(encode(tree)) == tree


def test_the_two_forms() -> None:
    """Keyed is an object with the names of fields, rows are arrays in their order; sets are sorted in both."""
    keyed, rows = coder(Tree, keyed=True).encode, coder(Tree, keyed=False).encode

    assert keyed(TREE) == {
        "planted": "2026-03-06",
        "leaf": {"name": "oak"},
        "colours": ["blue", "red"],
        "pair": ["b", 2],
        "felled": ["never", "9999-12-31"],
        "leaves": {"x": {"name": "elm"}},
        "marks": ["2026-01-01"],
    }
    assert rows(TREE) == [
        "2026-03-06",
        ["oak"],
        ["blue", "red"],
        ["b", 2],
        ["never", "9999-12-31"],
        {"x": ["elm"]},
        ["2026-01-01"],
    ]


def test_absent_keys_take_their_defaults() -> None:
    """A field without a default is missed, the others are what they are for new instances."""
    decode = coder(Tree, keyed=True).decode

    assert decode({"planted": "2026-03-06"}) == Tree(planted=date(2026, 3, 6))
    with pytest.raises(KeyError, match="planted"):
        decode({})


@pytest.mark.parametrize("hint", [float, int | str, list[str], complex, object])
def test_types_without_a_form_are_refused(hint: object) -> None:
    """Floats above all: money and time are integers here."""
    with pytest.raises(TypeError, match="no JSON form"):
        coder(hint, keyed=True)


def test_the_fingerprint_names_everything_inside() -> None:
    """It changes with any field or member of any class that is reached."""
    names = [name for name, _shape in fingerprint(Tree)]

    assert names == ["Colour", "Leaf", "Tree"]
