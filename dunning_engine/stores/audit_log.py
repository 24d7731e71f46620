"""The audit log in the SQL store: links, heads and anchors; sealing what was there before; forgetting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from dunning_engine.domain.orders import Scope
from dunning_engine.ports.audit_log import Head, Link
from dunning_engine.ports.chain import START, chained
from dunning_engine.ports.personal import taken_apart
from dunning_engine.stores.kept import forgetting
from dunning_engine.stores.linking import link_of
from dunning_engine.stores.prepared import TENANT
from dunning_engine.stores.tables import cases, events, orders, outbox, personal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, CursorResult

    from dunning_engine.stores.prepared import Line
    from dunning_engine.stores.statements import Statements

_HEADS: Final = (
    select(cases.c.tenant, cases.c.id, cases.c.seq, cases.c.head)
    .where(cases.c.tenant == TENANT)
    .order_by(cases.c.number)
)
_UNANCHORED: Final = _HEADS.where(cases.c.anchored < cases.c.seq, cases.c.head.is_not(None)).limit(bindparam("at_most"))
_ANCHORED: Final = (
    update(cases)
    .where(cases.c.tenant == TENANT, cases.c.id == bindparam("the_case"), cases.c.seq == bindparam("the_seq"))
    .values(anchored=bindparam("the_seq"))
)
_COUNTED_ON: Final = select(cases.c.id, cases.c.anchored).where(cases.c.tenant == TENANT, cases.c.anchored > 0)
_UNSEALED: Final = (
    select(cases.c.id)
    .where(cases.c.tenant == TENANT, cases.c.head.is_(None))
    .order_by(cases.c.number)
    .limit(bindparam("at_most"))
)
_SEAL_EVENT: Final = (
    update(events)
    .where(events.c.tenant == TENANT, events.c.case_id == bindparam("the_case"), events.c.seq == bindparam("the_seq"))
    .values(body=bindparam("new_body"), hash=bindparam("new_hash"))
)
_SET_APART: Final = insert(personal).values(
    tenant=TENANT,
    case_id=bindparam("the_case"),
    seq=bindparam("the_seq"),
    salt=bindparam("new_salt"),
    value=bindparam("new_value"),
)
_SEAL_CASE: Final = (
    update(cases)
    .where(cases.c.tenant == TENANT, cases.c.id == bindparam("the_case"), cases.c.head.is_(None))
    .values(head=bindparam("new_hash"))
)
_OF_DEBTOR: Final = select(cases.c.id).where(cases.c.tenant == TENANT, cases.c.debtor_id == bindparam("debtor"))
_FORGET: Final = (
    delete(personal).where(personal.c.tenant == TENANT, personal.c.case_id.in_(_OF_DEBTOR)),
    update(outbox)
    .where(outbox.c.tenant == TENANT, outbox.c.debtor_id == bindparam("debtor"))
    .values(message=None, note=""),
    update(orders)
    .where(orders.c.tenant == TENANT, orders.c.scope == Scope.DEBTOR.value, orders.c.name == bindparam("debtor"))
    .values(reason="", ended_why=""),
)


class SqlAuditLog:
    """The part of a SQL transaction that is about the chain of events."""

    __slots__ = ()

    _line: Line
    _statements: Statements
    _tenant: str
    _heads: dict[str, tuple[int, str | None]]

    if TYPE_CHECKING:

        @property
        def _connection(self) -> Connection: ...

        def _run(self, statement: Any, values: Any = ()) -> CursorResult[Any]: ...

    @property
    def tenant(self) -> str:
        return self._tenant

    def links(self, case_id: str) -> tuple[Link, ...]:
        rows: Sequence[Any] = self._statements.history.rows(self._line, case_id)
        return tuple(map(link_of, rows))

    def heads(self) -> Iterator[Head]:
        return map(Head._make, self._run(_HEADS))

    def unanchored(self, limit: int) -> list[Head]:
        return [Head._make(row) for row in self._run(_UNANCHORED, {"at_most": limit})]

    def anchored(self, heads: Iterable[Head]) -> None:
        for head in heads:
            self._run(_ANCHORED, {"the_case": head.case_id, "the_seq": head.seq})

    def counted_on(self) -> Iterator[tuple[str, int]]:
        rows: Iterable[Any] = self._run(_COUNTED_ON)
        return ((case_id, seq) for case_id, seq in rows)

    def unsealed(self, limit: int) -> list[str]:
        return list(self._run(_UNSEALED, {"at_most": limit}).scalars())

    def seal(self, case_ids: Sequence[str]) -> None:
        with forgetting(self._connection):
            for case_id in case_ids:
                self._seal(case_id)

    def _seal(self, case_id: str) -> str | None:
        """The head that a case of before gets with the hashes of its events."""
        head, seq = START, 0
        for link in self.links(case_id):
            kept, seq = link.event, link.event.seq
            body, opening = taken_apart(kept.type, json.loads(kept.body))
            head = chained(self._tenant, case_id, head, kept._replace(body=body))
            place = {"the_case": case_id, "the_seq": seq}
            self._run(_SEAL_EVENT, {**place, "new_body": body, "new_hash": head})
            if opening is not None:
                self._run(_SET_APART, {**place, "new_salt": opening.salt, "new_value": opening.value})
        self._run(_SEAL_CASE, {"the_case": case_id, "new_hash": head})
        self._heads[case_id] = (seq, head)
        return head

    def forget(self, debtor_id: str) -> None:
        values: Mapping[str, Any] = {"debtor": debtor_id}
        for statement in _FORGET:
            self._run(statement, values)
