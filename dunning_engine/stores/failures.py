"""What a database says when something goes wrong, as what the host can do about it; never with what was to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.errors import Conflict, DunningError, ForeignError, OnlyReadable

if TYPE_CHECKING:
    from sqlalchemy import URL
    from sqlalchemy.exc import DBAPIError

TWICE: Final = frozenset({"23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"})
"""The natural key of what was to be written is taken: somebody else was first."""

IN_EACH_OTHERS_WAY: Final = frozenset({"40001", "40P01"})
"""PostgreSQL took back one of two transactions, which may be tried again: serialization failure, deadlock."""


MAY_NOT_WRITE: Final = frozenset({"42501", "25006"})
"""The role lacks the privilege, or PostgreSQL is a standby; SQLite's codes all begin with `SQLITE_READONLY`."""


def told(error: DBAPIError) -> DunningError:
    """The exception for a statement that failed."""
    code = _code(error)
    if code in TWICE:
        return Conflict("somebody else has written the same meanwhile: load it again and decide again")
    if code in IN_EACH_OTHERS_WAY:
        return Conflict("two transactions were in each other's way, and this one was taken back: begin it again")
    if code in MAY_NOT_WRITE or code.startswith("SQLITE_READONLY"):
        return OnlyReadable(f"the database refused: {words(error)}")
    if error.connection_invalidated:
        return ForeignError(f"the connection to the database is lost: {words(error)}")
    return ForeignError(f"the database refused: {words(error)}")


def told_of_commit(error: DBAPIError) -> DunningError:
    """The exception for a commit that failed, which does not mean that nothing was kept."""
    if error.connection_invalidated:
        return ForeignError(
            "the connection to the database was lost while it kept this, so it may be kept or not: "
            f"the same call once more is harmless ({words(error)})"
        )
    return told(error)


def words(error: DBAPIError) -> str:
    """The database's own words, without details that may be about people."""
    diagnosis = getattr(error.orig, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    return str(primary) if primary else str(error.orig).strip().partition("\n")[0]


def shown(url: URL) -> str:
    """Where a database is, without its password."""
    return url.set(password=None, query={}).render_as_string()


def _code(error: DBAPIError) -> str:
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    return str(code)
