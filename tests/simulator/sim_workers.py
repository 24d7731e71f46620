"""Workers that stop wherever something else may come between: before each transaction, before and after a hand-over.

Each one is a greenlet around the real engine; the plan says who goes on. A worker that dies is never heard of again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from greenlet import getcurrent, greenlet

from dunning_engine.kernel.errors import ForeignError
from dunning_engine.ports.checkpoints import Point


class Died(BaseException):
    """The process is gone: no handler of the code under test may see it."""


class LostAnswer(ForeignError):
    """The database did not say whether the transaction was committed."""


class Worker:
    """One process: an engine of its own on the shared store."""

    def __init__(self, number: int, hub: Hub, open_engine: Callable[[Worker], Any]) -> None:
        self.number, self.hub = number, hub
        self.fault = ""
        self.doomed = ""
        """The labelled point at which it dies when it comes by."""
        self.fresh = True
        self.at = "idle"
        self._task: greenlet | None = None
        self.engine = open_engine(self)

    @property
    def idle(self) -> bool:
        return self._task is None

    def work(self, job: str, outcome: str) -> str:
        """Go on up to the next place where somebody else may come between; what was done, in words."""
        if self._task is None:
            self._task = greenlet(self._job)
            self.fresh = True
            return self._went(self._task.switch(job))
        self.fresh = True
        return self._went(self._task.switch(outcome))

    def _went(self, said: Any) -> str:
        if self._task is not None and self._task.dead:
            self._task, self.at = None, "idle"
        return str(said)

    def _job(self, job: str) -> str:
        try:
            if job == "advance":
                return f"decided {len(self.engine.advance())}"
            return (
                "; ".join(f"{h.action.spec.words} {h.fate.value}" for h in self.engine.dispatch(limit=2)) or "nothing"
            )
        except LostAnswer:
            return "the answer to a commit was lost"
        except Died:
            return "died"

    def pause(self, at: str) -> str:
        """Let others go on; the plan's word when it is our turn again."""
        if getcurrent() is not self._task:
            return "sent"
        self.at = at
        self.fresh = True
        return str(self._task.parent.switch(at))

    def between(self) -> None:
        """A transaction is about to begin: others may come first, unless nothing was done since the last stop."""
        if getcurrent() is self._task and not self.fresh:
            self.pause("before a transaction")

    def checkpoint(self, point: Point) -> None:
        """Die, if this is the point."""
        if point.value == self.doomed:
            raise Died

    def die(self) -> None:
        """Stop for ever where it stands."""
        if self._task is not None:
            self._task.throw(Died)
        self._task = None


class Hub:
    """The store as workers and hosts see it: with stops between transactions, and commits that go wrong."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.workers: list[Worker] = []
        self.host_fault = ""

    def view(self, worker: Worker | None = None) -> StoreView:
        return StoreView(self, worker)

    def take_fault(self, worker: Worker | None) -> str:
        """The fault that waits for whoever commits now."""
        if worker is not None:
            fault, worker.fault = worker.fault, ""
        else:
            fault, self.host_fault = self.host_fault, ""
        return fault


class StoreView:
    """A store for one worker, or for the host where there is none."""

    def __init__(self, hub: Hub, worker: Worker | None) -> None:
        self._hub, self._worker = hub, worker

    @contextmanager
    def transaction(self, connection: Any = None, *, write: bool = True) -> Iterator[Any]:
        if connection is not None:
            with self._hub.store.transaction(connection, write=write) as tx:
                yield tx
            return
        if self._worker is not None:
            self._worker.between()
        fault = self._hub.take_fault(self._worker) if write else ""
        with self._hub.store.transaction(write=write) as tx:
            yield tx
            if self._worker is not None:
                self._worker.fresh = False
            _fail(fault, "before")
        _fail(fault, "after")

    def close(self) -> None:
        """The hub closes the store."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hub.store, name)


def _fail(fault: str, when: str) -> None:
    if fault == when:
        raise LostAnswer("the connection was lost")
