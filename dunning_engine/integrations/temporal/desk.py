"""The engine at the side of a workflow: it gets an image, a command and an instant, and answers with what changes.

Nothing is kept here between two calls, and nothing is done: asked again, the desk says the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.engine.clocks import SystemClock
from dunning_engine.engine.dispatcher import Armament
from dunning_engine.integrations.temporal.commands import Answer, Armed, Command, Handing, Outcome, Reading
from dunning_engine.integrations.temporal.sends import Sends
from dunning_engine.integrations.temporal.store import Carrier
from dunning_engine.integrations.temporal.witness import Believed, Witness
from dunning_engine.integrations.temporal.words import said_by
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports import adapter
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.codec import UnreadableEvent, from_json, to_json
from dunning_engine.stores.memory import MemoryStore

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dunning_engine.decision.decision import Decision
    from dunning_engine.engine.anchors import Anchors
    from dunning_engine.engine.dispatcher import Handover
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.integrations.temporal.image import Image
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import Store, StoredPolicy, Transaction

AT_ONCE_MAX: Final = 1_000
"""Steps of one look; a case that wants more at one instant never comes to rest."""

ERASE: Final = "erase"
TRUST: Final = "trust_clock"


class Switched:
    """A store and a clock that are another debtor's at each call; between calls, where policy versions are kept."""

    def __init__(self, registry: Store) -> None:
        self._registry = registry
        self._now: ContextVar[tuple[Store, Instant]] = ContextVar("debtor")
        self._known: dict[str, StoredPolicy | None] = {}

    def transaction(self, connection: Any = None, *, write: bool = True) -> AbstractContextManager[Transaction]:
        at = self._now.get(None)
        return (self._registry if at is None else at[0]).transaction(connection, write=write)

    def now(self) -> Instant:
        at = self._now.get(None)
        return SystemClock().now() if at is None else at[1]

    def compact(self) -> None:
        self._registry.compact()

    def close(self) -> None:
        self._registry.close()

    @contextmanager
    def at(self, image: Image, now: Instant) -> Iterator[Carrier]:
        """Work on an image at an instant."""
        carrier = Carrier(image)
        with carrier.store.transaction() as tx:
            for held in tx.cases():
                stored = self._policy(held.case.policy.hash)
                if stored is not None:
                    tx.register(stored)
        token = self._now.set((carrier.store, now))
        try:
            yield carrier
        finally:
            self._now.reset(token)

    def _policy(self, policy_hash: str) -> StoredPolicy | None:
        """A version by its content, which never changes."""
        if self._known.get(policy_hash) is None:
            with self._registry.transaction(write=False) as tx:
                self._known[policy_hash] = tx.policy(policy_hash)
        return self._known[policy_hash]


class Desk:
    """A `DunningEngine` that works on images.

    `opens` makes the engine: `Desk(lambda store, clock: DunningEngine.open(store, clock=clock, policies=…, …))`.
    `registry` is one store of the whole fleet, on another machine than the server: it keeps policy versions that no
    worker was started with, and what has left. `clock` is this worker's own, against which the server's is held;
    `None` where the server's time skips.
    """

    def __init__(
        self,
        opens: Callable[[Store, Clock], DunningEngine],
        *,
        registry: Store | None = None,
        clock: Clock | None = SystemClock(),  # noqa: B008 - it keeps nothing
        heard: Callable[[Decision], None] = lambda _decision: None,
    ) -> None:
        self._switched = Switched(registry or MemoryStore())
        self._engine = opens(self._switched, self._switched)
        if self._engine._watch.journal is not None:  # noqa: SLF001 - nobody else has to know
            raise UsageError(
                "a fleet notes what leaves in its registry: pass registry=… to Desk, and no journal=… to open"
            )
        self._sends = None if registry is None else Sends(registry)
        self._witness = Witness(clock)
        self._heard = heard
        self._lock = threading.Lock()

    def tell(self, image: Image, told: Reading, command: Command) -> Answer:
        """What a command changes; a refusal changes nothing."""
        now = self._judged(told, trusted=command.word == TRUST)
        with self._at(image, now.at) as carrier:
            try:
                said = said_by(self._engine, command.word, command.given)
            except UsageError as error:
                return Answer(refused=(type(error).__name__, str(error)), at=now.at, halted=now.suspicion)
            except (KeyError, TypeError, ValueError, UnreadableEvent) as error:
                why = f"the command {command.word} cannot be read: {error!r}"
                return Answer(refused=("UsageError", why), at=now.at, halted=now.suspicion)
            over = command.word == ERASE
            changes = {**carrier.changes(), **(carrier.bare() if over else {})}
            said = {**said, "events": carrier.happened()}
        return Answer(changes, said, at=now.at, halted=now.suspicion, over=over)

    def look(self, image: Image, told: Reading) -> Answer:
        """Decide about whatever is due, until nothing more comes at this instant or an action is armed."""
        decisions: list[Decision] = []
        handovers: list[Handover] = []
        armed, now = None, self._judged(told)
        with self._at(image, now.at) as carrier:
            for _ in range(AT_ONCE_MAX):
                decisions += self._engine.advance(now.at)
                step = None if now.suspicion else self._engine.arm_next(now.at)
                if step is None:
                    break
                if isinstance(step, Armament):
                    armed = Armed(step.message.action_id, step.fence, step.message.action.spec.words)
                    break
                handovers.append(step)
            troubles = [f"{one.case_id}: {one.error}" for one in self._engine.troubles]
            changes = carrier.changes()
        words = {decision.case_id: decision.explain() for decision in decisions}
        for decision in decisions:
            self._heard(decision)
        said = {"handovers": [told_of(one) for one in handovers], "troubles": troubles}
        said = {name: some for name, some in said.items() if some}
        return Answer({**changes, "words": words}, said, armed, at=now.at, halted=now.suspicion)

    def deliver(self, given: Handing) -> Outcome:
        """Hand a message to its adapter, noted before and after: the only call here that does something."""
        message = from_json(Message, given.message)
        if self._sends is None:
            outcome = self._engine.deliver(message)
        else:
            outcome = self._sends.noted(given, message, self._engine.deliver)
        return Outcome(type(outcome).__name__, to_json(type(outcome), outcome))

    def receive(self, image: Image, told: Reading, armed: Armed, outcome: Outcome) -> Answer:
        """What a receipt changes."""
        came, now = from_json(OUTCOMES[outcome.kind], outcome.body), self._judged(told)
        with self._at(image, now.at) as carrier:
            handover = self._engine.receive(carrier.message(armed.key), armed.fence, came, now.at)
            changes = carrier.changes()
        return Answer(changes, {"handovers": [told_of(handover)]}, at=now.at, halted=now.suspicion)

    def keep(self, image: Image, told: Reading) -> Answer:
        """Snapshots of the cases of an image, for the next run."""
        now = self._judged(told)
        with self._at(image, now.at) as carrier:
            return Answer({"kept": carrier.kept()}, at=now.at, halted=now.suspicion)

    def bundle(
        self, image: Image, case_id: str, *, anchors: Anchors | None = None, redact: bool = False
    ) -> dict[str, Any]:
        """A case of an image with everything that others need to check it, as `DunningEngine.bundle` makes it."""
        with self._at(image, SystemClock().now()):
            return self._engine.bundle(case_id, anchors=anchors, redact=redact)

    def _judged(self, told: Reading, *, trusted: bool = False) -> Believed:
        """What time it is; by an operator's word the server's, whatever was known before."""
        return Believed(told.shows, "") if trusted else self._witness.judged(told)

    @contextmanager
    def _at(self, image: Image, now: Instant) -> Iterator[Carrier]:
        """Work on an image. Raises `ForeignError` where its policy versions cannot be had here: that is no refusal."""
        with self._lock, self._switched.at(image, now) as carrier:
            try:
                for case_id in image["looks"]:
                    self._engine.policy_of(case_id)
            except UsageError as error:
                raise ForeignError(f"this worker cannot carry on: {error}") from error
            yield carrier


def told_of(handover: Handover) -> dict[str, Any]:
    """One line of what became of an action."""
    action = handover.action
    told = {"action": action.id, "step": action.step, "words": action.spec.words, "fate": handover.fate.value}
    return {**told, "note": handover.note} if handover.note else told


OUTCOMES: Final[Mapping[str, Any]] = MappingProxyType({
    kind.__name__: kind for kind in (adapter.Sent, adapter.Bounced, adapter.Retry, adapter.Uncertain)
})  # fmt: skip
