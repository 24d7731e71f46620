"""What an engine works with unless its host brings its own: stores by URL, where debtors may be, texts beside policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.engine.loading import FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.engine.dispatcher import Renders
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.sources import PlaceSource, ZoneSource
    from dunning_engine.ports.store import Store


def store_of(url: str) -> Store:
    if url == "memory:":
        from dunning_engine.stores.memory import MemoryStore

        return MemoryStore()
    from dunning_engine.stores.sql import SqlStore

    return SqlStore(url)


def zone_source() -> ZoneSource:
    from dunning_engine.whereabouts.zones import Whereabouts

    return Whereabouts()


def place_source() -> PlaceSource:
    from dunning_engine.whereabouts.places import Places

    return Places()


def renderer_for(policies: Sequence[Policy]) -> Renders:
    from dunning_engine.engine.rendering import Renderer

    folders = {
        policy.name: Path(str(policy.memo[FOLDER])) / "templates" for policy in policies if FOLDER in policy.memo
    }
    return Renderer({name: folder for name, folder in folders.items() if folder.is_dir()})
