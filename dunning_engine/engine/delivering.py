"""Actions on their way out: handing them over, and what people and hosts say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dunning_engine.engine.by_word import SOMEBODY, requeue, resolve
from dunning_engine.engine.clocks import instant
from dunning_engine.engine.closed import Closed
from dunning_engine.engine.dispatcher import never

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.engine.clocks import When
    from dunning_engine.engine.dispatcher import Armament, Dispatcher, Handover
    from dunning_engine.engine.watch import Watch
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.adapter import Message, Outcome
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import OutboxRow, OutboxState, Store


class Delivering:
    """A part of `DunningEngine`: the outbox and whatever leaves it."""

    _store: Store
    _dispatcher: Dispatcher
    _watch: Watch
    clock: Clock

    def dispatch(
        self, now: When | None = None, *, limit: int | None = None, stop: Callable[[], bool] = never
    ) -> list[Handover]:
        """Hand over what is cleared, each action alone and asked about again, until `stop`; what became of each."""
        if now is None:
            self._ticked()
        return self._at_work().run(None if now is None else instant(now), limit, stop)

    def _at_work(self) -> Dispatcher:
        """The dispatcher, unless the engine was closed."""
        if isinstance(self._store, Closed):
            self._store.refuse()
        return self._dispatcher

    def _ticked(self) -> Instant:
        """What time it is, judged by what the store knows."""
        if self._watch.clock.judged:
            with self._store.transaction() as tx:
                told = self._watch.tick(tx)
            self._watch.seen(told)
        return self.clock.now()

    def resting(self) -> dict[str, Instant]:
        """The receivers that failed again and again and are left alone for a while, and until when."""
        return self._dispatcher.breakers.open(self.clock.now())

    def arm_next(self, now: When | None = None) -> Armament | Handover | None:
        """The first third of `dispatch`, for hosts that call adapters elsewhere: one action armed, or what became of it.

        Whoever gets an `Armament` hands its message over once (`deliver`) and then calls `receive`; `None`: nothing is due.
        """
        if now is None:
            self._ticked()
        return self._at_work().arm_next(None if now is None else instant(now))

    def deliver(self, message: Message) -> Outcome:
        """The second: hand an armed message to its adapter, without touching the store."""
        return self._at_work().deliver(message)

    def receive(self, message: Message, fence: int, outcome: Outcome, now: When | None = None) -> Handover:
        """The last: write what came of handing over a message that was armed under this fence."""
        moment = self.clock.now() if now is None else instant(now)
        return self._at_work().receive(message, fence, outcome, moment)

    def requeue(self, action_id: str, *, by: str = SOMEBODY, note: str = "", connection: Any = None) -> None:
        """Try an action once more that was given up (`dead` in the outbox), as if it had never been tried.

        The next `dispatch` asks again whether it may go. Nothing else is sent instead while it is dead: that the way
        out was broken says nothing about the debtor.
        """
        with self._store.transaction(connection) as tx:
            requeue(tx, action_id, self.clock.now(), by=by, note=note)

    def resolve(self, action_id: str, *, left: bool, by: str, note: str = "", connection: Any = None) -> None:
        """Say what became of an action of which nobody knew whether it left: what did not is tried again by `dispatch`."""
        with self._store.transaction(connection) as tx:
            resolve(tx, action_id, self.clock.now(), left=left, by=by, note=note)

    def outbox(
        self,
        *,
        state: OutboxState | None = None,
        case_id: str | None = None,
        begins: str | None = None,
        connection: Any = None,
    ) -> tuple[OutboxRow, ...]:
        """Actions on their way out, in the order in which they were cleared; `begins` is how their identities begin."""
        with self._store.transaction(connection, write=False) as tx:
            return tuple(tx.outbox(state=state, case_id=case_id, begins=begins))
