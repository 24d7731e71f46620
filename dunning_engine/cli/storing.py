"""What `dunning store` does."""

from __future__ import annotations

import os
import sys

from dunning_engine.engine.config_values import SECRET
from dunning_engine.kernel.errors import UsageError


def secure(database: str, role: str | None) -> None:
    """Switch on row-level security, and say what it does not help against."""
    from dunning_engine.stores.sql import SqlStore

    store = SqlStore(_url(database))
    try:
        tables = store.secure(role)
        print(f"{len(tables)} tables show each tenant its own rows only: {', '.join(tables)}")
        if role is not None:
            print(f"{role} may use them: give its URL to the engine")
        if store.sees_all():
            told = (
                "you are connected as a superuser: this role is shown all rows all the same; let the engine use another"
            )
            print(f"dunning: {told}", file=sys.stderr)
    finally:
        store.close()


def _url(database: str) -> str:
    if not database.startswith(SECRET):
        return database
    url = os.environ.get(database.removeprefix(SECRET))
    if not url:
        raise UsageError(f"the environment has no variable {database.removeprefix(SECRET)}")
    return url
