"""The audit log of the memory store: the same links as in a database, made when they are asked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dunning_engine.domain.orders import Scope
from dunning_engine.ports.audit_log import Head, Link
from dunning_engine.ports.chain import START
from dunning_engine.stores.linking import link_of, linked, recorded_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dunning_engine.domain.events import Recorded


class MemoryAuditLog:
    """The part of a memory transaction that is about the chain of events."""

    _tables: defaultdict[str, dict[Any, Any]]
    _tenant: str

    if TYPE_CHECKING:

        def _write(self, table: str, key: Any, value: Any) -> None: ...

    @property
    def tenant(self) -> str:
        return self._tenant

    def links(self, case_id: str) -> tuple[Link, ...]:
        """Links are made when somebody asks: nobody can get at events here but through us."""
        known: tuple[Link, ...] = self._tables["links"].get(case_id, ())
        new: tuple[Recorded, ...] = self._tables["events"].get(case_id, ())[len(known) :]
        if new:
            added = linked(self._tenant, case_id, str(known[-1].hash) if known else START, new)
            apart = {seq: opening for _case, seq, *opening in added.personal}
            known += tuple(link_of((*row, *apart.get(row[0], (None, None)))) for _case, *row in added.events)
            self._write("links", case_id, known)
        return known

    def heads(self) -> Iterator[Head]:
        for case_id in list(self._tables["events"]):
            last = self.links(case_id)[-1]
            yield Head(self._tenant, case_id, last.event.seq, last.hash)

    def unanchored(self, limit: int) -> list[Head]:
        anchored = self._tables["anchored"]
        return [head for head in self.heads() if anchored.get(head.case_id, 0) < head.seq][:limit]

    def anchored(self, heads: Iterable[Head]) -> None:
        for head in heads:
            self._write("anchored", head.case_id, head.seq)

    def counted_on(self) -> Iterator[tuple[str, int]]:
        return iter(list(self._tables["anchored"].items()))

    def unsealed(self, limit: int) -> list[str]:  # noqa: ARG002 - everything has its hash from the beginning
        return []

    def seal(self, case_ids: Sequence[str]) -> None:
        """Nothing is ever unsealed here."""

    def forget(self, debtor_id: str) -> None:
        for held in list(self._tables["cases"].values()):
            if held.case.debtor.id == debtor_id:
                bare = tuple(link._replace(opening=None) for link in self.links(held.case.id))
                self._write("links", held.case.id, bare)
                self._write("events", held.case.id, tuple(map(recorded_of, bare)))
        for row in list(self._tables["outbox"].values()):
            if row.action.debtor_id == debtor_id:
                self._write("outbox", row.id, replace(row, message=None, note=""))
        for number, order in list(self._tables["orders"].items()):
            if (order.scope, order.name) == (Scope.DEBTOR, debtor_id):
                self._write("orders", number, replace(order, reason="", ended_why=""))
