"""A statement of SQLAlchemy Core, compiled once and run on the driver's own connection with tuples.

Core's handling of parameters costs 84 to 194 µs a row, and 15 µs where it only passes a text on; the driver takes one
to ten. What a statement says is still portable: the dialect decides on its text and on the order of its parameters. Who
listens to SQLAlchemy's cursor events still hears every statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Insert, bindparam
from sqlalchemy.exc import DBAPIError

from dunning_engine.stores.failures import told

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.sql import ClauseElement

TENANT: Final[Any] = bindparam("the_tenant")
"""Whose rows a statement is about."""


class Line:
    """A connection as prepared statements use it, for the length of one transaction.

    They go to the driver past SQLAlchemy, unless somebody listens to its cursors, to trace or to count what they do:
    then `driver` is `None`.
    """

    __slots__ = ("connection", "driver")

    def __init__(self, connection: Connection) -> None:
        heard: Any = connection.dispatch
        told_of = heard.before_cursor_execute or heard.after_cursor_execute
        self.connection = connection
        self.driver: Any = None if told_of else connection.connection.driver_connection

    def fetched(self, text: str, values: tuple[Any, ...] = ()) -> Sequence[Any]:
        """Every row that a statement finds; the driver's errors are raised as those of SQLAlchemy."""
        if self.driver is None:
            return self.connection.exec_driver_sql(text, values).fetchall()
        try:
            found: Sequence[Any] = self.driver.execute(text, values).fetchall()
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise self.noted(error) from error
        return found

    def executed(self, text: str, values: tuple[Any, ...] | list[tuple[Any, ...]]) -> int:
        """Run a statement once, or once per tuple of a list; how many rows were written."""
        if self.driver is None:
            return self.connection.exec_driver_sql(text, values).rowcount
        cursor: Any = self.driver.cursor()
        try:
            (cursor.executemany if isinstance(values, list) else cursor.execute)(text, values)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise self.noted(error) from error
        written: int = cursor.rowcount
        cursor.close()
        return written

    def noted(self, error: Any) -> DBAPIError:
        """What SQLAlchemy makes of a driver's error: a connection that is lost goes out of use."""
        lost = self.connection.dialect.is_disconnect(error, self.driver, None)
        if lost:
            self.connection.invalidate(error)
        return DBAPIError(None, None, error, hide_parameters=True, connection_invalidated=lost)


class Prepared:
    """One statement of one tenant, ready to run with tuples whose values stand in the order of its names."""

    __slots__ = ("arranged", "text")

    def __init__(self, text: str, arranged: Any) -> None:
        self.text = text
        self.arranged = arranged

    def rows(self, line: Line, *values: Any) -> Sequence[Any]:
        """Every row of a query."""
        try:
            return line.fetched(self.text, self.arranged(values))
        except DBAPIError as error:
            raise told(error) from error

    def run(self, line: Line, rows: Sequence[tuple[Any, ...]], *, bound: bool = False) -> int:  # noqa: ARG002 - of `Bulk`
        """Run once per tuple; how many rows of the table were written.

        `bound` says that this transaction has just written the cases that they belong to: nobody has to look for them.
        """
        if not rows:
            return 0
        try:
            if len(rows) > 1:
                return line.executed(self.text, [self.arranged(row) for row in rows])
            return line.executed(self.text, self.arranged(rows[0]))
        except DBAPIError as error:
            raise told(error) from error


class Compiled:
    """A statement before it is known whose: the tenant is one of its constants."""

    __slots__ = ("_constants", "_order", "_text", "_width")

    def __init__(self, statement: ClauseElement, names: Sequence[str], dialect: Dialect) -> None:
        columns = ["tenant", *names] if names and isinstance(statement, Insert) else None
        compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
        self._text = str(compiled)
        self._width = len(names)
        spare = iter(range(len(names), len(names) + len(compiled.positiontup)))
        self._order = [names.index(name) if name in names else next(spare) for name in compiled.positiontup]
        self._constants = [
            (name in ("tenant", "the_tenant"), compiled.params[name])
            for name in compiled.positiontup
            if name not in names
        ]

    def of(self, tenant: str) -> Prepared:
        """The statement for a tenant's rows."""
        constants = tuple(tenant if its else value for its, value in self._constants)
        return Prepared(self._text, _arrange(self._order, constants, self._width))


def _arrange(places: list[int], constants: tuple[Any, ...], width: int) -> Any:
    if places == list(range(width)):
        return tuple
    pick = itemgetter(*places)
    if len(places) == 1:
        return lambda values: (pick((*values, *constants)),)
    return lambda values: pick((*values, *constants))
