"""What a database remembers of itself: the row of a tenant's guard, and the actions that left without its knowledge."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from dunning_engine.ports.guards import Guard, Left
from dunning_engine.ports.store import OutboxState
from dunning_engine.stores.statements import Prepared
from dunning_engine.stores.tables import cases, guards, left, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Dialect

    from dunning_engine.kernel.calendar import Instant

_GUARD: Final = tuple(field.name for field in fields(Guard))
_LEFT: Final = tuple(field.name for field in fields(Left))


@dataclass(frozen=True, slots=True)
class _Statements:
    """What is asked at each arming."""

    guard: Prepared
    left: Prepared


@cache
def _statements(dialect: Dialect) -> _Statements:
    row = select(*(guards.c[name] for name in _GUARD)).where(guards.c.tenant == bindparam("whose"))
    mine = (left.c.tenant == bindparam("whose")) & (left.c.action_id == bindparam("the_action"))
    one = select(*(left.c[name] for name in _LEFT)).where(mine)
    return _Statements(Prepared(row, ("whose",), dialect), Prepared(one, ("whose", "the_action"), dialect))


def guard_of(connection: Connection, tenant: str, *, lock: bool) -> Guard:
    """The guard of a tenant. Where it is to be locked it is put first: only a row that is there can be."""
    if lock:
        found = connection.execute(_locked(tenant)).one_or_none()
        if found is None:
            connection.execute(insert(guards).values(tenant=tenant, **_values(Guard())))
        return Guard() if found is None else Guard(**found._mapping)
    for row in _statements(connection.dialect).guard.rows(connection, tenant):
        return Guard(**dict(zip(_GUARD, row, strict=True)))
    return Guard()


def _locked(tenant: str) -> Any:
    return select(*(guards.c[name] for name in _GUARD)).where(guards.c.tenant == tenant).with_for_update()


def keep_guard(connection: Connection, tenant: str, guard: Guard) -> None:
    kept = update(guards).where(guards.c.tenant == tenant).values(_values(guard))
    if not connection.execute(kept).rowcount:
        connection.execute(insert(guards).values(tenant=tenant, **_values(guard)))


def _values(guard: Guard) -> dict[str, Any]:
    return {name: getattr(guard, name) for name in _GUARD}


def note_last(connection: Connection, tenant: str, at: Instant) -> None:
    older = guards.c.last.is_(None) | (guards.c.last < at)
    noted = update(guards).where((guards.c.tenant == tenant) & older).values(last=at)
    if not connection.execute(noted).rowcount and guard_of(connection, tenant, lock=True).last is None:
        connection.execute(noted)


def left_of(connection: Connection, tenant: str, action_id: str) -> Left | None:
    for row in _statements(connection.dialect).left.rows(connection, tenant, action_id):
        return Left(**dict(zip(_LEFT, row, strict=True)))
    return None


def all_left(connection: Connection, tenant: str) -> list[Left]:
    rows = select(*(left.c[name] for name in _LEFT)).where(left.c.tenant == tenant)
    return [Left(**row._mapping) for row in connection.execute(rows.order_by(left.c.at, left.c.action_id))]


def note_left(connection: Connection, tenant: str, actions: Sequence[Left]) -> None:
    for one in actions:
        drop_left(connection, tenant, one.action_id)
        connection.execute(insert(left).values(tenant=tenant, **{name: getattr(one, name) for name in _LEFT}))


def drop_left(connection: Connection, tenant: str, action_id: str) -> None:
    connection.execute(delete(left).where((left.c.tenant == tenant) & (left.c.action_id == action_id)))


def wake(connection: Connection, tenant: str, now: Instant) -> None:
    waiting = cases.c.next_look > now
    connection.execute(update(cases).where(waiting).values(next_look=now))
    deferred = (outbox.c.state == OutboxState.PENDING.value) & (outbox.c.next_at > now)
    connection.execute(update(outbox).where(deferred).values(next_at=now))
