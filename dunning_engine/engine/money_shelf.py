"""The packs of statutory money and the reference rates that ship with the package."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dunning_engine.compliance.money.pack import Pack, pack_of
from dunning_engine.compliance.money.rates import RateTable, table_of
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
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


def _names(folder: Traversable) -> Iterator[str]:
    return (entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))


def _json(file: Traversable) -> Any:
    return json.loads(file.read_text("utf-8"))


def _shelf(folder: str) -> Traversable:
    return resources.files("dunning_engine.compliance").joinpath("money", folder)
