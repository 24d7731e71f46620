"""A statement of SQLAlchemy Core, compiled once and run on the driver's own connection with tuples.

Core's handling of parameters costs 84 to 194 µs a row, and 15 µs where it only passes a text on; the driver takes one
to ten. What a statement says is still portable: the dialect decides on its text and on the order of its parameters. Who
listens to SQLAlchemy's cursor events still hears every statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import Insert, bindparam
from sqlalchemy.exc import DBAPIError

from dunning_engine.kernel.errors import Conflict
from dunning_engine.stores.failures import told

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.sql import ClauseElement

TENANT: Final[Any] = bindparam("the_tenant")
"""Whose rows a statement is about."""

CURSORS: Final = "dunning_cursors"
"""Under which name a connection keeps its cursors by their text."""

_Asked: TypeAlias = "tuple[str, tuple[Any, ...]]"
"""A question: text and values."""

_Write: TypeAlias = "tuple[str, tuple[Any, ...], str]"
"""What waits to be written: text, values, and the words of the conflict where no row is found."""


class Line:
    """A connection as prepared statements use it, for the length of one transaction.

    They go to the driver past SQLAlchemy, unless somebody listens to its cursors, to trace or to count what they do:
    then `driver` is `None`. Where the database is `far`, so that each statement is a round trip, what is only written
    waits for the next question and goes along with it, as does what is sure to be asked next.
    """

    __slots__ = ("_answers", "_asked_next", "_waiting", "connection", "driver", "far")

    def __init__(self, connection: Connection, *, far: bool = False) -> None:
        heard: Any = connection.dispatch
        told_of = heard.before_cursor_execute or heard.after_cursor_execute
        self.connection = connection
        self.driver: Any = None if told_of else connection.connection.driver_connection
        self.far = far and self.driver is not None
        self._waiting: list[_Write] = []
        self._asked_next: list[_Asked] = []
        self._answers: dict[_Asked, Sequence[Any]] = {}

    def fetched(self, text: str, values: tuple[Any, ...] = ()) -> Sequence[Any]:
        """Every row that a statement finds; the driver's errors are raised as those of SQLAlchemy."""
        if self.driver is None:
            return self.connection.exec_driver_sql(text, values).fetchall()
        if self._answers and (known := self._answers.pop((text, values), None)) is not None:
            return known
        if self._waiting or self._asked_next:
            return self._sent((text, values))
        found: Sequence[Any] = self._run(text, values).fetchall()
        return found

    def _run(self, text: str, values: tuple[Any, ...]) -> Any:
        """The driver's cursor of a statement that goes alone."""
        try:
            return self.driver.execute(text, values)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise self.noted(error) from error

    def first(self, text: str, values: tuple[Any, ...]) -> Sequence[Any]:
        """What the first question of a transaction finds, in one round trip with its `BEGIN`."""
        return self.fetched(text, values) if self.driver is None else self._sent((text, values))

    def foresee(self, text: str, values: tuple[Any, ...] = ()) -> None:
        """Let a question go along with the next one, where it is `far`; its answer stands until something is written."""
        self._asked_next.append((text, values))

    def executed(self, text: str, values: tuple[Any, ...] | list[tuple[Any, ...]]) -> int:
        """Run a statement once, or once per tuple of a list; how many rows were written."""
        if self.driver is None:
            return self.connection.exec_driver_sql(text, values).rowcount
        if self.far:
            self.flush()
        cursor: Any = self.driver.cursor()
        try:
            (cursor.executemany if isinstance(values, list) else cursor.execute)(text, values)
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise self.noted(error) from error
        written: int = cursor.rowcount
        cursor.close()
        return written

    def later(self, text: str, values: tuple[Any, ...], otherwise: str) -> None:
        """Write a row before the next question is answered; raises `Conflict` then, in these words, if there is none."""
        if self.far:
            self._forget()
            self._waiting.append((text, values, otherwise))
            return
        _kept(self.executed(text, values) if self.driver is None else self._run(text, values).rowcount, otherwise)

    def flush(self) -> None:
        """Write what waits, and see that all of it found its row; nothing that was foreseen counts any more."""
        self._forget()
        if self._waiting:
            self._sent(None)

    def _forget(self) -> None:
        self._asked_next.clear()
        self._answers.clear()

    def _sent(self, asked: _Asked | None) -> Sequence[Any]:
        """What waits to be written, a question, and those that come next, in one round trip; the question's answer."""
        waiting, questions = self._waiting, [asked, *self._asked_next] if asked else []
        self._waiting, self._asked_next = [], []
        cursors = self._cursors()
        try:
            with self.driver.pipeline():
                writes = [cursors(text).execute(text, values) for text, values, _otherwise in waiting]
                answers = [cursors(text).execute(text, values) for text, values in questions]
        except self.connection.dialect.loaded_dbapi.Error as error:
            raise self.noted(error) from error
        for cursor, (_text, _values, otherwise) in zip(writes, waiting, strict=True):
            _kept(cursor.rowcount, otherwise)
        self._answers |= {question: cursor.fetchall() for question, cursor in zip(questions, answers, strict=True)}
        return self._answers.pop(asked) if asked else ()

    def _cursors(self) -> Callable[[str], Any]:
        """The cursors of one round trip: one that has run a text before knows how, which is a third of its work."""
        known, busy, fresh = self.connection.info.setdefault(CURSORS, {}), set[str](), self.driver.cursor

        def cursor(text: str) -> Any:
            if text in busy:
                return fresh()
            busy.add(text)
            return known.get(text) or known.setdefault(text, fresh())

        return cursor

    def noted(self, error: Any) -> DBAPIError:
        """What SQLAlchemy makes of a driver's error: a connection that is lost goes out of use."""
        lost = self.connection.dialect.is_disconnect(error, self.driver, None)
        if lost:
            self.connection.invalidate(error)
        return DBAPIError(None, None, error, hide_parameters=True, connection_invalidated=lost)


def _kept(written: int, otherwise: str) -> None:
    if otherwise and written != 1:
        raise Conflict(otherwise)


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

    def foresee(self, line: Line, *values: Any) -> None:
        """Say that this is asked next."""
        line.foresee(self.text, self.arranged(values))

    def write(self, line: Line, rows: Sequence[tuple[Any, ...]], otherwise: str = "", *, bound: bool = False) -> None:
        """Run once per tuple. With `otherwise` each has to find its row: else `Conflict`, when the next question is asked."""
        if not rows:
            return
        if len(rows) > 1:
            if self.run(line, rows, bound=bound) != len(rows) and otherwise:
                raise Conflict(otherwise)
            return
        try:
            line.later(self.text, self.arranged(rows[0]), otherwise)
        except DBAPIError as error:
            raise told(error) from error

    def run(self, line: Line, rows: Sequence[tuple[Any, ...]], *, bound: bool = False) -> int:  # noqa: ARG002 - of `Bulk`
        """Run once per tuple, now; how many rows of the table were written.

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
