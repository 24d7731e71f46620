"""What must be so of a store after any trouble: judged from its events, its outbox and what receivers saw.

Nothing here asks the engine, a snapshot or the gate what it meant; everything is counted again, slowly and plainly.
The letters are those of the documentation: I1 decided once, I2 nothing lost, I3 effects under their key, I4 nothing
after what closes the gate, I5 limits and hours by arming, I6 order, I7 money, I8 state is the fold, I9 the chain of a
database, I10 tenants apart, I11 what was acknowledged is there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.domain.case import fold
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    CaseOpened,
    DeliveryArmed,
    Event,
    ReceiptKind,
    ReceiptRecorded,
    Recorded,
)
from dunning_engine.domain.outgoing import NotLeft
from dunning_engine.domain.verbs import BOOKED
from dunning_engine.engine.casework import concerns_person
from dunning_engine.ports.codec import encode_event
from dunning_engine.ports.store import OutboxState
from dunning_engine.testing.accounts import billed, charged, owed
from dunning_engine.testing.broken_chains import broken_links
from dunning_engine.testing.closed_gates import forbidding, needless_fees
from dunning_engine.testing.counted_contacts import Arming, over_limits

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.orders import StandingOrder
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.store import HeldCase, OutboxRow, Transaction


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a receiver took, by its own record: under which key, and a digest of the bytes."""

    key: str
    digest: str
    receiver: str = ""
    tenant: str = ""
    """For whom it came, where its receiver can tell."""

    @property
    def action_id(self) -> str:
        """What the key is about, in whichever rendering."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was not kept."""

    invariant: str
    case_id: str
    words: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.case_id}: {self.words}"


@dataclass(frozen=True)
class Stream:
    """The events of one case, read for what they say about its actions."""

    case_id: str
    history: tuple[Recorded, ...]
    policy: Policy

    @cached_property
    def actions(self) -> dict[str, ProposedAction]:
        """Every action that was cleared, as it was cleared last."""
        return {r.event.action.id: r.event.action for r in self.history if isinstance(r.event, ActionCleared)}

    @cached_property
    def case(self) -> Case:
        """What the events fold to."""
        return fold(self.case_id, self.history)

    @cached_property
    def arms(self) -> tuple[Recorded, ...]:
        return tuple(r for r in self.history if isinstance(r.event, DeliveryArmed))

    @cached_property
    def debtor_id(self) -> str:
        opened = self.history[0].event
        assert isinstance(opened, CaseOpened)
        return opened.debtor.id

    def before(self, seq: int) -> tuple[Recorded, ...]:
        """What was committed before an event."""
        return self.history[: seq - 1]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a store holds, what receivers saw, and what hosts were told has been taken in."""

    streams: tuple[Stream, ...]
    held: Mapping[str, HeldCase]
    outbox: Sequence[OutboxRow]
    orders: Sequence[StandingOrder] = ()
    effects: Sequence[Effect] = ()
    acknowledged: Sequence[tuple[str, Event]] = ()
    """Case and fact, once for each fact that a host recorded and was told so."""
    chain: Sequence[tuple[str, str]] = ()
    """Case and break, as the verifier of the audit log finds them; of a store in memory none."""
    tenant: str = ""
    """Whose part of the store this is."""

    @classmethod
    def read(
        cls,
        tx: Transaction,
        policies: Iterable[Policy],
        *,
        effects: Sequence[Effect] = (),
        acknowledged: Sequence[tuple[str, Event]] = (),
    ) -> Evidence:
        """Everything in a store, inside one of its transactions."""
        by_hash = {policy.hash: policy for policy in policies}
        held = {one.case.id: one for one in tx.cases()}
        streams = tuple(
            Stream(case_id, tx.history(case_id), by_hash[one.case.policy.hash]) for case_id, one in held.items()
        )
        return cls(
            streams=streams,
            held=held,
            outbox=tx.outbox(),
            orders=tx.orders(),
            effects=effects,
            acknowledged=acknowledged,
            chain=tuple(broken_links(tx.connection)) if hasattr(tx.connection, "exec_driver_sql") else (),
            tenant=getattr(tx, "_tenant", ""),
        )

    @cached_property
    def rows(self) -> dict[str, OutboxRow]:
        return {row.id: row for row in self.outbox}

    @cached_property
    def known(self) -> dict[str, Stream]:
        """The case of every action that was ever cleared."""
        return {action_id: stream for stream in self.streams for action_id in stream.actions}


Found: TypeAlias = Iterator[Violation]


def violations(evidence: Evidence, *, at_rest: Instant | None = None) -> Found:
    """Everything that is not as it must be; `at_rest` is the present, where nothing is under way any more."""
    for judge in JUDGES:
        yield from judge(evidence)
    if at_rest is not None:
        yield from _left_over(evidence, at_rest)


# I1, I2 ---------------------------------------------------------------------------------------------------------------


def _decided_once(evidence: Evidence) -> Found:
    for stream in evidence.streams:
        wanted: set[str] = set()
        for recorded in stream.history:
            match recorded.event:
                case ActionCleared(action):
                    if action.id in wanted:
                        yield Violation("I1", stream.case_id, f"{action.spec.words} {action.id} was cleared twice")
                    wanted.add(action.id)
                case ActionCancelled(action_id):
                    wanted.discard(action_id)
                case ActionBlocked(action) | ActionDeferred(action):
                    wanted.discard(action.id)
                case _:
                    pass
        keys = Counter((a.key, a.spec.channel, a.spec.to) for a in stream.actions.values())
        for (key, *_way), count in keys.items():
            if count > 1:
                yield Violation("I1", stream.case_id, f"{count} identities for {key}")


def _rows_and_events_agree(evidence: Evidence) -> Found:
    for action_id, stream in evidence.known.items():
        if action_id not in evidence.rows:
            yield Violation("I2", stream.case_id, f"{action_id} was cleared and is not in the outbox")
    for row in evidence.outbox:
        home = evidence.known.get(row.id)
        if home is None:
            yield Violation("I1", row.action.case_id, f"{row.id} is in the outbox and was never cleared")
        else:
            yield from _explained(row, home)


def _explained(row: OutboxRow, stream: Stream) -> Found:
    """A row that was taken back says why, and so does its case; a settled row has its receipt."""
    said = [r.event for r in stream.history if _about(r.event) == row.id]
    last = said[-1]
    match row.state:
        case OutboxState.CANCELLED:
            if not row.note or not isinstance(last, ActionCancelled | ActionBlocked | ActionDeferred):
                yield Violation("I4", stream.case_id, f"{row.id} is cancelled, and nothing says why")
        case OutboxState.SENT | OutboxState.BOUNCED | OutboxState.UNCERTAIN:
            if not any(isinstance(event, ReceiptRecorded) for event in said):
                yield Violation("I2", stream.case_id, f"{row.id} is {row.state.value} without a receipt")
        case OutboxState.PENDING:
            if isinstance(last, DeliveryArmed | ReceiptRecorded):
                yield Violation("I2", stream.case_id, f"{row.id} is pending, and its case says {last}")
        case _:
            if not any(isinstance(event, DeliveryArmed) for event in said):
                yield Violation("I2", stream.case_id, f"{row.id} is {row.state.value} and was never armed")


def _about(event: Event) -> str:
    match event:
        case ActionCleared(action) | ActionBlocked(action) | ActionDeferred(action):
            return action.id
        case DeliveryArmed(action_id) | ActionCancelled(action_id) | ReceiptRecorded(action_id):
            return action_id
        case _:
            return ""


def _left_over(evidence: Evidence, now: Instant) -> Found:
    for row in evidence.outbox:
        if row.state is OutboxState.ARMED or (row.next_at is not None and row.next_at <= now):
            yield Violation("I2", row.action.case_id, f"{row.id} is {row.state.value} and nobody sees to it")
    for case_id, held in evidence.held.items():
        if held.next_look is not None and held.next_look <= now:
            yield Violation("I2", case_id, "the case wanted to be looked at and was not")


# I3 -------------------------------------------------------------------------------------------------------------------


def _effects_have_their_key(evidence: Evidence) -> Found:
    by_action: defaultdict[str, list[Effect]] = defaultdict(list)
    for effect in evidence.effects:
        by_action[effect.action_id].append(effect)
    for action_id, effects in by_action.items():
        stream = evidence.known.get(action_id)
        if stream is None:
            yield Violation("I3", "?", f"{effects[0].receiver} got {action_id}, which nobody cleared")
            continue
        arms = sum(isinstance(r.event, DeliveryArmed) and r.event.action_id == action_id for r in stream.arms)
        if len(effects) > arms:
            yield Violation(
                "I3", stream.case_id, f"{action_id} was armed {arms} times and arrived {len(effects)} times"
            )
        if len({effect.key for effect in effects}) > 1:
            yield Violation("I3", stream.case_id, f"{action_id} arrived under several keys")
        elif len({effect.digest for effect in effects}) > 1:
            yield Violation("I3", stream.case_id, f"{action_id} arrived with different bytes")
    for stream in evidence.streams:
        for action_id in _said_sent(stream):
            if evidence.effects and action_id not in by_action:
                yield Violation("I3", stream.case_id, f"{action_id} is said to be sent, and nobody got it")


def _said_sent(stream: Stream) -> set[str]:
    told = (ReceiptKind.SENT, ReceiptKind.DELIVERED)
    sent = {r.event.action_id for r in stream.history if isinstance(r.event, ReceiptRecorded) and r.event.kind in told}
    booked = {action.id for action in stream.actions.values() if action.spec.do in BOOKED}
    return sent - booked  # of what the case keeps in books of its own nobody gets anything


# I4 -------------------------------------------------------------------------------------------------------------------


def _nothing_after_the_gate_closed(evidence: Evidence) -> Found:
    for stream in evidence.streams:
        for armed in stream.arms:
            action = _as_cleared(stream, armed)
            if action is None:
                yield Violation("I4", stream.case_id, f"event {armed.seq} arms what was not cleared")
                continue
            why = forbidding(stream.before(armed.seq), action, stream.policy, armed.at)
            yield from (Violation("I4", stream.case_id, f"event {armed.seq} arms {action.id}: {w}") for w in why)
            if not action.spec.verb.quiet and action.spec.do not in BOOKED:
                yield from _ordered_not_to(evidence, stream, armed)
        yield from (Violation("I4", stream.case_id, words) for words in needless_fees(stream.history))


def _as_cleared(stream: Stream, armed: Recorded) -> ProposedAction | None:
    assert isinstance(armed.event, DeliveryArmed)
    cleared = None
    for recorded in stream.before(armed.seq):
        match recorded.event:
            case ActionCleared(action) if action.id == armed.event.action_id:
                cleared = action
            case ActionCancelled(action_id) if action_id == armed.event.action_id:
                cleared = None
            case ActionBlocked(action) if action.id == armed.event.action_id:
                cleared = None
            case _:
                pass
    return cleared


def _ordered_not_to(evidence: Evidence, stream: Stream, armed: Recorded) -> Found:
    """Orders have no place in a case's stream: only what was in force for some time already is judged."""
    case = evidence.held[stream.case_id].case
    for order in evidence.orders:
        if order.binds(case) and order.since < armed.at and (order.until is None or armed.at < order.until):
            yield Violation("I4", stream.case_id, f"event {armed.seq} arms although {order.subject} is paused")


# I5, I6 ---------------------------------------------------------------------------------------------------------------


def _limits_hold(evidence: Evidence) -> Found:
    by_debtor: defaultdict[str, list[Arming]] = defaultdict(list)
    for stream in evidence.streams:
        by_debtor[stream.debtor_id] += _contacts(stream)
    for armings in by_debtor.values():
        for arming, words in over_limits(armings):
            yield Violation("I5", arming.case_id, words)


def _contacts(stream: Stream) -> Iterator[Arming]:
    """Each contact by its last arming: what certainly did not leave is none, what may have left stays one of its own.

    Unless its receiver has known it when it got it again: then both are one.
    """
    latest: dict[tuple[str, int], Arming] = {}
    doubts: Counter[str] = Counter()
    for recorded in stream.history:
        match recorded.event:
            case DeliveryArmed(action_id, known=known):
                action = stream.actions[action_id]
                if action.spec.channel is not None:
                    latest[action_id, 0 if known else doubts[action_id]] = Arming(
                        recorded.at, stream.case_id, action, stream.policy, stream.case.zones
                    )
            case ReceiptRecorded(action_id, ReceiptKind.UNCERTAIN):
                doubts[action_id] = 1
            case NotLeft(action_id):
                doubts[action_id] = 0
            case _:
                pass
    yield from latest.values()


def _in_order(evidence: Evidence) -> Found:
    under_way = Counter(row.action.case_id for row in evidence.outbox if row.state is OutboxState.ARMED)
    for case_id, count in under_way.items():
        if count > 1:
            yield Violation("I6", case_id, f"{count} actions are armed at the same time")
    for stream in evidence.streams:
        yield from _climbs(stream)


def _climbs(stream: Stream) -> Found:
    """In one run of the ladder no step comes after one that stands behind it, and no occurrence before its earlier ones.

    What was taken back, or is known not to have left, was no rung.
    """
    index = stream.policy.index
    taken: dict[str, tuple[str, tuple[int, int]]] = {}
    for recorded in stream.history:
        match recorded.event:
            case ActionCancelled(action_id) | NotLeft(action_id):
                taken.pop(action_id, None)
            case DeliveryArmed(action_id):
                key, spec = stream.actions[action_id].key, stream.actions[action_id].spec
                slots = stream.policy.steps[index[key.step]].slots if key.step in index else ()
                if not spec.verb.asked or key.slot not in slots:
                    continue
                place = index[key.step], key.occurrence
                if any(cycle == key.cycle and place < other for cycle, other in taken.values()):
                    words = f"event {recorded.seq} arms {key.step} {key.occurrence} after a later one"
                    yield Violation("I6", stream.case_id, words)
                taken[action_id] = key.cycle, place
            case _:
                pass


# I7, I8, I11 ----------------------------------------------------------------------------------------------------------


def _money_adds_up(evidence: Evidence) -> Found:
    for stream in evidence.streams:
        case = evidence.held[stream.case_id].case
        left = sum(r.open for r in case.receivables) + sum(a.open + a.lapsed for a in case.charges)
        asked = owed(stream.history) + sum(charged(stream.history).values())
        if left + case.written_off - case.credit != asked:
            yield Violation("I7", stream.case_id, f"{left - case.credit} is open, and {asked} is owed by the events")
        amounts = billed(stream.history)
        if any(not 0 <= r.open <= r.amount or r.amount != amounts.get(r.number) for r in case.receivables):
            yield Violation("I7", stream.case_id, "an invoice is open with more than it was over, or less than nothing")


def _state_is_the_fold(evidence: Evidence) -> Found:
    for stream in evidence.streams:
        numbers = [recorded.seq for recorded in stream.history]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Violation("I8", stream.case_id, "the numbers of its events have a gap")
        elif stream.case != evidence.held[stream.case_id].case:
            yield Violation("I8", stream.case_id, "the recorded events fold to another case")
        yield from _row_is_the_delivery(evidence, stream)


_MAY_BE: Final[Mapping[DeliveryState, frozenset[OutboxState]]] = {
    DeliveryState.CLEARED: frozenset({OutboxState.PENDING, OutboxState.RETRY, OutboxState.DEAD}),
    DeliveryState.DEFERRED: frozenset({OutboxState.PENDING, OutboxState.RETRY, OutboxState.CANCELLED}),
    DeliveryState.ARMED: frozenset({OutboxState.ARMED, OutboxState.RETRY, OutboxState.DEAD}),
    DeliveryState.SENT: frozenset({OutboxState.SENT}),
    DeliveryState.DELIVERED: frozenset({OutboxState.SENT}),
    DeliveryState.BOUNCED: frozenset({OutboxState.BOUNCED}),
    DeliveryState.UNCERTAIN: frozenset({OutboxState.UNCERTAIN, OutboxState.RETRY, OutboxState.ARMED, OutboxState.DEAD}),
    DeliveryState.CANCELLED: frozenset({OutboxState.CANCELLED}),
    DeliveryState.BLOCKED: frozenset({OutboxState.CANCELLED}),
}
"""How a row may stand while its case says so: what is tried again is no news for the case."""


def _row_is_the_delivery(evidence: Evidence, stream: Stream) -> Found:
    for action_id, delivery in stream.case.deliveries.items():
        row = evidence.rows.get(action_id)
        if row is not None and delivery.state in _MAY_BE and row.state not in _MAY_BE[delivery.state]:
            words = f"{action_id} is {row.state.value} in the outbox and {delivery.state.value} in its case"
            yield Violation("I8", stream.case_id, words)


def _chain_holds(evidence: Evidence) -> Found:
    for case_id, words in evidence.chain:
        yield Violation("I9", case_id, words)


# I10 ------------------------------------------------------------------------------------------------------------------


def _tenants_stay_apart(evidence: Evidence) -> Found:
    """Whatever one tenant reads is its own, and reached receivers in its name."""
    for stream in evidence.streams:
        opened = stream.history[0].event
        if isinstance(opened, CaseOpened) and opened.tenant not in ("", evidence.tenant):
            yield Violation("I10", stream.case_id, f"{evidence.tenant} reads a case that {opened.tenant} opened")
    for row in evidence.outbox:
        if row.action.case_id not in evidence.held:
            yield Violation(
                "I10", row.action.case_id, f"{row.id} is in the outbox of {evidence.tenant}, its case is not"
            )
    for effect in evidence.effects:
        if effect.tenant not in ("", evidence.tenant) and (home := evidence.known.get(effect.action_id)) is not None:
            words = f"{effect.key} of {evidence.tenant} reached {effect.receiver} in the name of {effect.tenant}"
            yield Violation("I10", home.case_id, words)


def crossed(several: Iterable[Evidence]) -> Found:
    """What tenants of one store share although they may not: the identity of an action."""
    owners: dict[str, str] = {}
    for evidence in several:
        for action_id, stream in evidence.known.items():
            owner = owners.setdefault(action_id, evidence.tenant)
            if owner != evidence.tenant:
                yield Violation("I10", stream.case_id, f"{action_id} is an action of {owner} and of {evidence.tenant}")


def _acknowledged_is_there(evidence: Evidence) -> Found:
    """A fact that was acknowledged is there, and no oftener than it was told; new cases take over what is known of a person."""
    told = Counter((case_id, *encode_event(fact)) for case_id, fact in evidence.acknowledged)
    spread = {encode_event(fact) for _case, fact in evidence.acknowledged if concerns_person(fact)}
    there = Counter((stream.case_id, *encode_event(r.event)) for stream in evidence.streams for r in stream.history)
    for (case_id, kind, version, body), count in told.items():
        found = there[case_id, kind, version, body]
        if found < count or (found > count and (kind, version, body) not in spread):
            words = f"{kind} was acknowledged {count} times and is there {found} times: {body}"
            yield Violation("I11", case_id, words)


JUDGES: Final[tuple[Callable[[Evidence], Found], ...]] = (
    _decided_once,
    _rows_and_events_agree,
    _effects_have_their_key,
    _nothing_after_the_gate_closed,
    _limits_hold,
    _in_order,
    _money_adds_up,
    _state_is_the_fold,
    _chain_holds,
    _tenants_stay_apart,
    _acknowledged_is_there,
)
