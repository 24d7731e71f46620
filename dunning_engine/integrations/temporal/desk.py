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

from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.clocks import SystemClock
from dunning_engine.engine.dispatcher import Armament
from dunning_engine.integrations.temporal.commands import Answer, Armed, Command, Handing, Outcome
from dunning_engine.integrations.temporal.store import Carrier
from dunning_engine.kernel.errors import ForeignError, UsageError
from dunning_engine.ports import adapter
from dunning_engine.ports.adapter import Message
from dunning_engine.ports.codec import UnreadableEvent, decode_event, from_json, to_json
from dunning_engine.stores.memory import MemoryStore

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dunning_engine.decision.decision import Decision
    from dunning_engine.engine.dispatcher import Handover
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.integrations.temporal.image import Image
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import Store, StoredPolicy, Transaction

AT_ONCE_MAX: Final = 1_000
"""Steps of one look; a case that wants more at one instant never comes to rest."""


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
    `registry` is where policy versions are kept that no worker was started with; a fleet shares one.
    """

    def __init__(
        self,
        opens: Callable[[Store, Clock], DunningEngine],
        *,
        registry: Store | None = None,
        heard: Callable[[Decision], None] = lambda _decision: None,
    ) -> None:
        self._switched = Switched(registry or MemoryStore())
        self._engine = opens(self._switched, self._switched)
        self._heard = heard
        self._lock = threading.Lock()

    def tell(self, image: Image, now: Instant, command: Command) -> Answer:
        """What a command changes; a refusal changes nothing."""
        with self._at(image, now) as carrier:
            try:
                said = _word(command.word)(self._engine, command.given)
            except UsageError as error:
                return Answer(refused=(type(error).__name__, str(error)))
            except (KeyError, TypeError, ValueError, UnreadableEvent) as error:
                return Answer(refused=("UsageError", f"the command {command.word} cannot be read: {error!r}"))
            changes = carrier.changes()
        happened = {case: [row[2] for row in rows] for case, rows in changes.get("events", {}).items()}
        return Answer(changes, {**said, "events": happened})

    def look(self, image: Image, now: Instant) -> Answer:
        """Decide about whatever is due, until nothing more comes at this instant or an action is armed."""
        decisions: list[Decision] = []
        handovers: list[Handover] = []
        armed = None
        with self._at(image, now) as carrier:
            for _ in range(AT_ONCE_MAX):
                decisions += self._engine.advance(now)
                step = self._engine.arm_next(now)
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
        said = {"handovers": [told(one) for one in handovers], "troubles": troubles}
        return Answer({**changes, "words": words}, {name: some for name, some in said.items() if some}, armed)

    def deliver(self, given: Handing) -> Outcome:
        """Hand a message to its adapter: the only call here that does something."""
        outcome = self._engine.deliver(from_json(Message, given.message))
        return Outcome(type(outcome).__name__, to_json(type(outcome), outcome))

    def receive(self, image: Image, now: Instant, armed: Armed, outcome: Outcome) -> Answer:
        """What a receipt changes."""
        came = from_json(OUTCOMES[outcome.kind], outcome.body)
        with self._at(image, now) as carrier:
            handover = self._engine.receive(carrier.message(armed.key), armed.fence, came, now)
            return Answer(carrier.changes(), {"handovers": [told(handover)]})

    def kept(self, image: Image, now: Instant) -> Image:
        """Snapshots of the cases of an image, for the next run."""
        with self._at(image, now) as carrier:
            return {"kept": carrier.kept()}

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


def _word(name: str) -> Callable[[DunningEngine, dict[str, Any]], dict[str, Any]]:
    found = WORDS.get(name)
    if found is None:
        raise UsageError(f"nobody knows the command {name!r}; there are {', '.join(sorted(WORDS))}")
    return found


def told(handover: Handover) -> dict[str, Any]:
    """One line of what became of an action."""
    action = handover.action
    told = {"action": action.id, "step": action.step, "words": action.spec.words, "fate": handover.fate.value}
    return {**told, "note": handover.note} if handover.note else told


OUTCOMES: Final[Mapping[str, Any]] = MappingProxyType({
    kind.__name__: kind for kind in (adapter.Sent, adapter.Bounced, adapter.Retry, adapter.Uncertain)
})  # fmt: skip


# Words ----------------------------------------------------------------------------------------------------------------


def _open(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
    opening = engine.open_cases(
        from_json(Party, given["debtor"]),
        [from_json(Invoice, one) for one in given["owed"]],
        given.get("policy"),
        facts=given.get("facts", {}),
        case_id=given.get("case_id"),
        at=given.get("at"),
    )
    return {
        "cases": [case.id for case in opening.cases],
        "added": list(opening.added),
        "refused": [[refused.invoice.number, refused.why] for refused in opening.refused],
    }


def _record(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
    kind, version, body = given["fact"]
    fact: Any = decode_event(kind, version, body)
    source, event_id = given.get("source", ""), given.get("event_id", "")
    return {"taken": engine.record(given["case_id"], fact, given.get("at"), source=source, event_id=event_id)}


def _together(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
    """Several commands as one: all of them are followed, or none."""
    return {"said": [_word(one["word"])(engine, one["given"]) for one in given["commands"]]}


def _by_method(name: str, *arguments: str, optional: tuple[str, ...] = ()) -> Callable[..., dict[str, Any]]:
    """A word that is a method of the engine, with its arguments by name."""

    def word(engine: DunningEngine, given: dict[str, Any]) -> dict[str, Any]:
        named = {argument: given[argument] for argument in arguments}
        getattr(engine, name)(**named, **{one: given[one] for one in optional if one in given})
        return {}

    return word


_BY_HAND: Final = ("case_id", "step", "by", "reason")
_PAUSED: Final = ("case_id", "debtor", "policy", "everything")

WORDS: Final[Mapping[str, Callable[[DunningEngine, dict[str, Any]], dict[str, Any]]]] = MappingProxyType({
    "together": _together,
    "open": _open,
    "record": _record,
    "approve": _by_method("approve", "case_id", "action_id", "by", "role"),
    "refuse": _by_method("refuse", "case_id", "action_id", "by", "role", optional=("note",)),
    "override": _by_method("override", "case_id", "action", "rules", "by", "reason"),
    "skip": _by_method("skip", *_BY_HAND),
    "rewind": _by_method("rewind", *_BY_HAND),
    "force": _by_method("force", *_BY_HAND),
    "cancel_notice": _by_method("cancel_notice", "case_id", "what", "by", "reason"),
    "pause": _by_method("pause", "by", "reason", optional=_PAUSED),
    "resume": _by_method("resume", "by", "reason", optional=_PAUSED),
    "requeue": _by_method("requeue", "action_id"),
})  # fmt: skip
"""What may be asked of a debtor's workflow: `together`, or what the method of this name does with a `DunningEngine`."""
