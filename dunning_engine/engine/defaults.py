"""What an engine works with unless its host brings its own: stores by URL, where debtors may be, texts beside policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dunning_engine.engine.loading import FOLDER
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.audit_log import DEFAULT_TENANT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.engine.dispatcher import Renders
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.journal import SendJournal
    from dunning_engine.ports.sources import PlaceSource, ZoneSource
    from dunning_engine.ports.store import Store


def store_of(url: str, *, tenant: str | None = None, password: str | None = None, write: bool = True) -> Store:
    """The store at a URL; the password may come apart from it. Without `write` it is opened for reading alone."""
    whose = DEFAULT_TENANT if tenant is None else tenant
    if url == "memory:":
        from dunning_engine.stores.memory import MemoryStore

        return MemoryStore(tenant=whose)
    from dunning_engine.stores.sql import SqlStore

    return SqlStore(url, tenant=whose, password=password, write=write)


def journal_of(told: str | Path | SendJournal | bool | None, store: str | Store) -> SendJournal | None:
    """The journal that a host means: a file, one of its own, none (`False`), or the one beside the file of its store."""
    from dunning_engine.stores.send_journal import FileJournal

    match told:
        case False:
            return None
        case True | None:
            file = file_of(store) if isinstance(store, str) else None
            if file is None and told:
                raise UsageError("there is no file beside which a send journal could lie: pass journal=FILE")
            return None if file is None else FileJournal(file.with_name(f"{file.name}.sends"))
        case str() | Path():
            return FileJournal(told)
        case _:
            return told


def file_of(url: str) -> Path | None:
    """The file of a SQLite store."""
    head, _, path = url.partition(":///")
    if not head.startswith("sqlite") or path in ("", ":memory:") or path.startswith("file:"):
        return None
    return Path(path.partition("?")[0])


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
