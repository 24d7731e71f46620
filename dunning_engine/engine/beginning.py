"""The first transaction of an engine: the store learns the policies, and is compared with its send journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.engine.watch import Watch
    from dunning_engine.ports.store import Store


def begun(store: Store, shelf: Shelf, watch: Watch, *, ours: bool, without: bool) -> None:
    """Register what is known; of a store that is only read nothing changes. One that is `ours` is closed where this fails.

    `without` says that the host wants no journal from here on.
    """
    only_read = bool(getattr(store, "only_read", False))
    try:
        with store.transaction(write=not only_read) as tx:
            if only_read:
                shelf.recall(tx)
            else:
                shelf.register(tx)
                watch.look(tx, without=without)
    except BaseException:
        if ours:
            store.close()
        raise
