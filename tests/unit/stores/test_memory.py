from __future__ import annotations

import pytest

from dunning_engine.kernel.errors import UsageError
from dunning_engine.stores.memory import MemoryStore
from dunning_engine.testing.store_samples import opened


def test_a_foreign_connection_is_refused() -> None:
    """There is no database that a host could share; the message says what works."""
    with pytest.raises(UsageError, match="use the one of its own transaction"), MemoryStore().transaction(object()):
        pass


def test_it_shows_how_much_it_holds() -> None:
    """Its repr counts cases."""
    store = MemoryStore()
    with store.transaction() as tx:
        tx.save([opened()])

    assert repr(store) == "<MemoryStore cases=1>"
