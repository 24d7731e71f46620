"""What a database remembers of itself: the row of a tenant's guard, and the actions that left without its knowledge."""

from __future__ import annotations

from dataclasses import astuple, fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from dunning_engine.ports.guards import Guard, Left
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.failures import told
from dunning_engine.stores.prepared import TENANT, Compiled, Line, Prepared
from dunning_engine.stores.statements import insert_of
from dunning_engine.stores.tables import cases, guards, laws, left, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, CursorResult, Dialect

    from dunning_engine.kernel.calendar import Instant

_GUARD: Final = tuple(field.name for field in fields(Guard))
_LEFT: Final = tuple(field.name for field in fields(Left))

_MINE: Final = guards.c.tenant == TENANT
_ROW: Final = select(*(guards.c[name] for name in _GUARD)).where(_MINE)
_LEFT_ROWS: Final = select(*(left.c[name] for name in _LEFT)).where(left.c.tenant == TENANT)
_PINNED: Final = select(laws.c.rules).where(laws.c.tenant == TENANT, laws.c.policy_hash == bindparam("the_policy"))
_THIS: Final = left.c.action_id == bindparam("the_action")


class _Asked(NamedTuple):
    """What is asked at each arming."""

    guard: Prepared
    left: Prepared


@cache
def _asked(dialect: Dialect, tenant: str) -> _Asked:
    return _Asked(
        Compiled(_ROW, (), dialect).of(tenant), Compiled(_LEFT_ROWS.where(_THIS), ("the_action",), dialect).of(tenant)
    )


class SqlGuards:
    """The part of a transaction that is about the store itself."""

    __slots__ = ("_tenant",)

    _line: Line
    _tenant: str

    if TYPE_CHECKING:

        @property
        def _connection(self) -> Connection: ...

    @property
    def _asked(self) -> _Asked:
        return _asked(self._line.connection.dialect, self._tenant)

    def _foresee_guard(self) -> None:
        self._asked.guard.foresee(self._line)

    def _told(self, statement: Any, **values: Any) -> CursorResult[Any]:
        try:
            return self._connection.execute(statement, {**values, "the_tenant": self._tenant})
        except DBAPIError as error:
            raise told(error) from error

    def guard(self, *, lock: bool = False) -> Guard:
        """Only a row that is there can be locked, so the first one is put for that."""
        if lock:
            rows: Sequence[Any] = self._told(_ROW.with_for_update()).fetchall()
            if not rows:
                self._told(_first_guard(self._connection.dialect))
                rows = self._told(_ROW.with_for_update()).fetchall()
        else:
            rows = self._asked.guard.rows(self._line)
        return _guard(tuple(rows[0])) if rows else Guard()

    def keep_guard(self, guard: Guard) -> None:
        values = dict(zip(_GUARD, astuple(guard), strict=True))
        if not self._told(update(guards).where(_MINE).values(values)).rowcount:
            self._told(insert(guards).values(tenant=TENANT, **values))

    def note_last(self, at: Instant) -> None:
        noted = update(guards).where(_MINE & (guards.c.last.is_(None) | (guards.c.last < at))).values(last=at)
        if not self._told(noted).rowcount and self.guard(lock=True).last is None:
            self._told(noted)

    def pin(self, policy_hash: str, rules: str) -> str:
        known: str | None = self._told(_PINNED, the_policy=policy_hash).scalar_one_or_none()
        if known is not None:  # also in a transaction that only reads
            return known
        values = {"policy_hash": policy_hash, "rules": rules}
        self._told(insert_of(self._connection.dialect, laws).values(tenant=TENANT, **values).on_conflict_do_nothing())
        kept: str = self._told(_PINNED, the_policy=policy_hash).scalar_one()
        return kept

    def left(self, action_id: str) -> Left | None:
        return next(map(_left, self._asked.left.rows(self._line, action_id)), None)

    def all_left(self) -> list[Left]:
        return [_left(row) for row in self._told(_LEFT_ROWS.order_by(left.c.at, left.c.action_id))]

    def note_left(self, actions: Sequence[Left]) -> None:
        for one in actions:
            self.drop_left(one.action_id)
            self._told(insert(left).values(tenant=TENANT, **dict(zip(_LEFT, astuple(one), strict=True))))

    def drop_left(self, action_id: str) -> None:
        self._told(delete(left).where((left.c.tenant == TENANT) & _THIS), the_action=action_id)

    def wake(self, now: Instant) -> None:
        waiting = (cases.c.tenant == TENANT) & (cases.c.next_look > now)
        self._told(update(cases).where(waiting).values(next_look=now))
        deferred = (
            (outbox.c.tenant == TENANT) & (outbox.c.state == OutboxState.PENDING.value) & (outbox.c.next_at > now)
        )
        self._told(update(outbox).where(deferred).values(next_at=now))


@lru_cache(maxsize=64)
def _guard(row: tuple[Any, ...]) -> Guard:
    """A guard as stored: the same object for the same row, for it is asked at each arming and changes seldom."""
    return Guard(**dict(zip(_GUARD, row, strict=True)))


def _first_guard(dialect: Dialect) -> Any:
    """The row of a tenant that has none; of two who open at once the second finds that of the first."""
    values = dict(zip(_GUARD, astuple(Guard()), strict=True))
    return insert_of(dialect, guards).values(tenant=TENANT, **values).on_conflict_do_nothing()


def _left(row: Any) -> Left:
    return Left(**dict(zip(_LEFT, row, strict=True)))
