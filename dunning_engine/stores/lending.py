"""A part of a transaction in which somebody else writes through its connection."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from dunning_engine.ports.store import TransactionEnded
from dunning_engine.stores.failures import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, NestedTransaction

ENDED = (
    "the transaction was ended by whom its connection was lent to, and nothing of it is kept: "
    "whoever writes into it must not commit, roll back or close it (`connection.begin_nested()` takes back a part)"
)


@contextmanager
def lent(connection: Connection) -> Iterator[Connection]:
    """Lend a connection for a part of its transaction; what is raised inside takes back this part alone.

    Raises:
        TransactionEnded: the whole transaction was ended inside, or was to be.
    """
    try:
        part = connection.begin_nested()
    except DBAPIError as error:
        raise told(error) from error
    event.listen(connection, "commit", _refused)
    event.listen(connection, "rollback", _refused)
    try:
        yield connection
        part.commit()
    except BaseException as error:
        if not _taken_back(connection, part):
            if not connection.closed:
                connection.invalidate()  # with it goes whatever is still open on it
            raise TransactionEnded(ENDED) from error
        raise
    finally:
        event.remove(connection, "commit", _refused)
        event.remove(connection, "rollback", _refused)


def _refused(_connection: Connection) -> NoReturn:
    raise TransactionEnded(ENDED)


def _taken_back(connection: Connection, part: NestedTransaction) -> bool:
    """Whether nothing is left of a part, and all that was before it still stands."""
    if not (part.is_active and connection.in_transaction()):
        return False
    try:
        part.rollback()
    except (DBAPIError, InvalidRequestError):
        return False
    return True
