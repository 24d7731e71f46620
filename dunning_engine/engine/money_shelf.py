"""The packs of statutory money and the reference rates that ship with the package."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance.money.courses import PackStatute, PointsAbove
from dunning_engine.compliance.money.pack import Pack, pack_of
from dunning_engine.compliance.money.rates import RateTable, table_of
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal
    from importlib.resources.abc import Traversable


def pack_names() -> tuple[str, ...]:
    """The packs that ship: `uk/late-payment` and so on."""
    return tuple(sorted(f"{country.name}/{name}" for country in _shelf("packs").iterdir() for name in _names(country)))


@lru_cache(maxsize=64)
def load_pack(name: str) -> Pack:
    """A pack that ships, by its name."""
    if name not in pack_names():
        raise UsageError(f"no pack of statutory money is called {name}; there are {', '.join(pack_names())}")
    return pack_of(_json(_shelf("packs").joinpath(f"{name}.json")))


@lru_cache(maxsize=1)
def load_tables() -> Mapping[str, RateTable]:
    """The reference rates that ship, by name. A host puts newer ones beside or over them: `{**load_tables(), …}`."""
    folder = _shelf("tables")
    return MappingProxyType({name: table_of(_json(folder.joinpath(f"{name}.json"))) for name in _names(folder)})


class ShippedStatutes:
    """The packs and reference rates that ship, as `compile_policy` asks for them."""

    def statute(self, name: str) -> PackStatute | None:
        return PackStatute(load_pack(name), load_tables()) if name in pack_names() else None

    def names(self) -> tuple[str, ...]:
        return pack_names()

    def above(self, table: str, points: Decimal) -> PointsAbove | None:
        found = load_tables().get(table)
        return PointsAbove(points, found) if found is not None else None

    def tables(self) -> tuple[str, ...]:
        return tuple(sorted(load_tables()))


def _names(folder: Traversable) -> Iterator[str]:
    return (entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))


def _json(file: Traversable) -> Any:
    return json.loads(file.read_text("utf-8"))


def _shelf(folder: str) -> Traversable:
    return resources.files("dunning_engine.compliance").joinpath("money", folder)
