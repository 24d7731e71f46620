"""Frozen dataclasses made and changed in bulk, without the price of their constructors.

A frozen dataclass sets each field through `object.__setattr__`, and `dataclasses.replace` does it by name: for a case of
fifty fields that is more than deciding about it. A twin without the freeze takes its values at the speed of plain
attributes and is then told which class it is. Nothing is validated: whoever calls has values that were valid before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, make_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")


class Token(Enum):
    """An enum whose members are found in sets and mappings, and tell their values, without a call of Python's own."""

    __hash__ = object.__hash__
    if not TYPE_CHECKING:  # pragma: no branch  # checkers know the type that each member's value has
        value = property(attrgetter("_value_"))


@cache
def maker(cls: Any) -> Callable[[Iterable[Any]], Any]:
    """What makes an instance of a slotted dataclass of its own from the values of all its fields, in their order."""
    twin: Any = make_dataclass(f"_{cls.__name__}", names_of(cls), slots=True, eq=False, repr=False)

    def make(values: Iterable[Any]) -> Any:
        made = twin(*values)
        made.__class__ = cls
        return made

    return make


@cache
def names_of(cls: Any) -> tuple[str, ...]:
    """The fields of a dataclass, in their order."""
    return tuple(field.name for field in fields(cls))


def changed(value: T, change: Mapping[str, Any]) -> T:
    """The same value with other fields, as `dataclasses.replace` makes it of what is valid already."""
    cls: Any = type(value)
    take, places, make = _mould(cls)
    values = list(take(value))
    for name, other in change.items():
        values[places[name]] = other
    made: T = make(values)
    return made


@cache
def _mould(cls: Any) -> tuple[Callable[[Any], tuple[Any, ...]], Mapping[str, int], Callable[[Iterable[Any]], Any]]:
    names = names_of(cls)
    return attrgetter(*names), {name: place for place, name in enumerate(names)}, maker(cls)
