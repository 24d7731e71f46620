"""Handing actions over: claim one, ask again whether it may go, arm it, commit, and only then call the adapter.

Arming happens inside a transaction that holds the case: whatever was paid, disputed or put on hold before it counts,
and what comes later finds an action that is armed. An action is armed alone, so that nothing grows stale in a batch.
If the process dies between arming and receipt, the row stays `armed` until its lease runs out and is then said to be
uncertain; it is not sent again, unless its step says `on_uncertain: resend`: then once, as one contact more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Protocol, assert_never

from dunning_engine.decision.arming import admit
from dunning_engine.decision.decision import Armed, Postponed, Withdrawn
from dunning_engine.domain.actions import OnUncertain
from dunning_engine.domain.addressing import addressed
from dunning_engine.domain.consequences import consequences
from dunning_engine.domain.contacts import NO_CONTACTS, ContactLog
from dunning_engine.domain.deliveries import attempt_of
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionDeferred,
    DeliveryArmed,
    Event,
    ReceiptKind,
    ReceiptRecorded,
)
from dunning_engine.engine.channels import adapter_of
from dunning_engine.engine.documents import enclosed, without
from dunning_engine.engine.gone_before import gone_before, outcome_word
from dunning_engine.engine.guarded_clock import GuardedClock
from dunning_engine.engine.obligations import obliged
from dunning_engine.engine.rendering import TemplateError
from dunning_engine.engine.watch import Watch
from dunning_engine.engine.wording import text_rule
from dunning_engine.engine.writing import changed, ordered, write
from dunning_engine.kernel.errors import ForeignError, NotFound, UsageError
from dunning_engine.ports.adapter import Bounced, Message, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.checkpoints import Checkpoint, Point, nobody
from dunning_engine.ports.store import HeldCase, OutboxRow, OutboxState

if TYPE_CHECKING:
    from dunning_engine.compliance.verdict import Reason
    from dunning_engine.domain.actions import ClearedAction, ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.engine.obligations import Obligation
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.adapter import Adapter
    from dunning_engine.ports.documents import Documents
    from dunning_engine.ports.sources import Clock
    from dunning_engine.ports.store import Store, Transaction

DELIVER_SECONDS: Final = 30
"""How long an adapter may take over one action."""

LEASE_SECONDS: Final = 4 * DELIVER_SECONDS
"""After this long without a receipt nobody waits for one any more."""

ATTEMPTS_MAX: Final = 8
"""How often an action that certainly did not leave is tried."""

RETRY_SECONDS: Final = 60
"""Shortest wait before the second attempt; it doubles with each one."""

_log = logging.getLogger("dunning_engine")


class Fate(Enum):
    """What became of an action that was taken from the outbox."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    RETRY = "retry"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Handover:
    """One line of what `dispatch` did; `until` is when a postponed or retried action comes up again."""

    action: ProposedAction
    fate: Fate
    at: Instant
    note: str = ""
    until: Instant | None = None


class Renders(Protocol):
    """What makes the words of an action; `rendering.Renderer` fills in Liquid templates."""

    def render(
        self,
        action: ProposedAction,
        case: Case,
        policy: Policy,
        creditor: Party,
        at: Instant,
        *,
        obligations: Any = (),
        enclosures: Any = (),
    ) -> Any:
        """Subject, text and language, or `TemplateError`.

        `obligations` are what the text has to carry, `enclosures` the names of the files that go along.
        """


@dataclass(frozen=True, slots=True)
class Armament:
    """An armed action, ready for its adapter."""

    message: Message
    adapter: Adapter
    fence: int


class Dispatcher:
    """Takes actions from the outbox to adapters."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        adapters: Mapping[str, Adapter],
        renderer: Renders,
        creditor: Party,
        clock: Clock,
        documents: Documents | None = None,
        *,
        checkpoint: Checkpoint = nobody,
        watch: Watch | None = None,
    ) -> None:
        self._store, self._shelf, self._adapters = store, shelf, adapters
        self._watch = watch or Watch(GuardedClock(clock), None)
        self._renderer, self._creditor, self._clock = renderer, creditor, clock
        self._documents, self._checkpoint = documents, checkpoint

    def run(self, now: Instant | None, limit: int | None) -> list[Handover]:
        """Hand over what is due, one action after the other."""
        done: list[Handover] = []
        while limit is None or len(done) < limit:
            step = self.arm_next(self._time(now), by_clock=now is None)
            if step is None:
                break
            if isinstance(step, Armament):
                self._checkpoint(Point.ARMED)
                outcome = self._deliver(step)
                self._checkpoint(Point.HANDED_OVER)
                step = self.receive(step.message, step.fence, outcome, self._time(now))
                self._checkpoint(Point.RECEIPT_COMMITTED)
            done.append(step)
        return done

    def _time(self, now: Instant | None) -> Instant:
        return self._clock.now() if now is None else now

    # Before the hand-over ----------------------------------------------------------------------------------------------

    def arm_next(self, now: Instant, *, by_clock: bool = True) -> Armament | Handover | None:
        """Claim the action that has waited longest and arm it, or say what became of it instead; `None`: nothing is due.

        What cannot be noted in the send journal does not leave. `by_clock` says that a clock told the time, not the host.
        """
        step = self._arm_next(now, by_clock=by_clock)
        if not isinstance(step, Armament):
            return step
        try:
            self._watch.begun(step.message, step.fence, now)
        except ForeignError as error:
            return self.receive(step.message, step.fence, Retry(RETRY_SECONDS, str(error)), now)
        return step

    def _arm_next(self, now: Instant, *, by_clock: bool) -> Armament | Handover | None:
        with self._store.transaction() as tx:
            row = tx.claim(now)
            if row is None:
                return None
            if why := self._watch.halted(tx, by_clock=by_clock):
                _log.warning("nothing is handed over: %s", why)
                return None
            held = _held(tx, row.action)
            if (gone := self._watch.left(tx, row)) is not None:
                receipt = gone_before(tx, held, row, gone, now)
                return Handover(row.action, Fate(receipt.kind.value), now, receipt.note)
            self._checkpoint(Point.CLAIMED)
            if row.state is OutboxState.ARMED:
                return self._lost(tx, held, row, now)
            adapter = adapter_of(row.action.spec, self._adapters)
            if adapter is None:
                way = row.action.spec.way
                return self._blocked(tx, held, row, f"adapter/{way}", f"no adapter for {way} is installed here", now)
            policy, rulebooks = self._shelf.of(held.case.policy, tx)
            attempt = attempt_of(held.case.deliveries[row.id])
            admission = admit(_without(attempt, held.case, tx), policy, rulebooks, row.action, now)
            self._checkpoint(Point.ADMITTED)
            if attempt != row.id and not isinstance(admission, Armed):
                return self._not_again(tx, row, admission, now)
            match admission:
                case Withdrawn(reasons=reasons) if reasons:
                    return self._refused(tx, held, row, reasons, now)
                case Withdrawn(action, why):
                    self._record(tx, held, [ActionCancelled(action.id, why)], now)
                    return Handover(action, Fate.CANCELLED, now, why)
                case Postponed(action, until, reasons):
                    rules, words = tuple(reason.rule for reason in reasons), tuple(map(str, reasons))
                    self._record(tx, held, [ActionDeferred(action, until, rules, words)], now)
                    tx.move(replace(row, next_at=until, changed_at=now), fence=row.fence)
                    return Handover(action, Fate.POSTPONED, now, "; ".join(map(str, reasons)), until)
                case Armed(cleared):
                    owed = obliged(cleared, policy, rulebooks)
                    return self._armed(tx, held, row, policy, adapter, cleared, owed, now)
                case never:
                    assert_never(never)

    def _lost(self, tx: Transaction, held: HeldCase, row: OutboxRow, now: Instant) -> Handover:
        """Whoever armed it died between arming and receipt: nobody knows what became of it, and that is what is said."""
        note = "no receipt came back in time: the process that handed it over is gone"
        return self._uncertain(tx, held, row.action, note, now)

    def _uncertain(self, tx: Transaction, held: HeldCase, action: ProposedAction, note: str, now: Instant) -> Handover:
        """Nobody knows whether it left: where its step says so it goes once more, in the same words, and counts twice."""
        first = attempt_of(held.case.deliveries[action.id]) == action.id
        self._record(tx, held, [ReceiptRecorded(action.id, ReceiptKind.UNCERTAIN, note=note)], now)
        policy, _rulebooks = self._shelf.of(held.case.policy, tx)
        position, row = policy.index.get(action.step), tx.row(action.id)
        if not first or position is None or policy.steps[position].on_uncertain is not OnUncertain.RESEND:
            return Handover(action, Fate.UNCERTAIN, now, note)
        if row is None or row.state is not OutboxState.UNCERTAIN:  # a receipt came before: somebody knows
            return Handover(action, Fate.UNCERTAIN, now, note)
        again = now + RETRY_SECONDS
        tx.move(replace(row, state=OutboxState.RETRY, next_at=again, changed_at=now, note=note), fence=row.fence)
        return Handover(action, Fate.UNCERTAIN, now, note, again)

    @staticmethod
    def _not_again(tx: Transaction, row: OutboxRow, admission: Postponed | Withdrawn, now: Instant) -> Handover:
        """What may have left already does not go once more now; to the case nothing has happened by that."""
        if isinstance(admission, Postponed):
            tx.move(replace(row, next_at=admission.until, changed_at=now), fence=row.fence)
            return Handover(row.action, Fate.POSTPONED, now, "; ".join(map(str, admission.reasons)), admission.until)
        why = f"not sent once more: {admission.why}"
        tx.move(replace(row, state=OutboxState.UNCERTAIN, next_at=None, changed_at=now, note=why), fence=row.fence)
        return Handover(row.action, Fate.UNCERTAIN, now, why)

    def _armed(
        self,
        tx: Transaction,
        held: HeldCase,
        row: OutboxRow,
        policy: Policy,
        adapter: Adapter,
        cleared: ClearedAction,
        owed: Sequence[Obligation],
        now: Instant,
    ) -> Armament | Handover:
        try:
            message = self._message(row, held.case, policy, cleared, owed, now)
        except TemplateError as error:
            return self._blocked(tx, held, row, text_rule(row.action.spec), str(error), now)
        self._checkpoint(Point.RENDERED)
        fence, attempt = row.fence + 1, row.attempts + 1
        self._record(tx, held, [DeliveryArmed(row.id, attempt)], now)
        self._checkpoint(Point.ARM_RECORDED)
        armed = replace(
            row,
            state=OutboxState.ARMED,
            next_at=now + LEASE_SECONDS,
            changed_at=now,
            fence=fence,
            attempts=attempt,
            message=message,
        )
        tx.arm(armed, fence=row.fence)
        self._checkpoint(Point.ARM_WRITTEN)
        return Armament(message, adapter, fence)

    def _message(
        self,
        row: OutboxRow,
        case: Case,
        policy: Policy,
        cleared: ClearedAction,
        owed: Sequence[Obligation],
        now: Instant,
    ) -> Message:
        """The words of the first attempt as long as what they say is still so; an attempt that may have left is not repeated."""
        action, first = cleared.action, row.message
        if first is not None and (first.action, first.obligations) == (action, cleared.obligations):
            return first
        along = enclosed(action, case, self._documents)
        names = [document.name for document in along.documents]
        words = self._renderer.render(action, case, policy, self._creditor, now, obligations=owed, enclosures=names)
        return Message(
            action_id=row.id,
            action=action,
            debtor=case.debtor,
            recipient=addressed(case.debtor, action.spec.to) if action.spec.to else None,
            sender=self._creditor,
            at=now,
            text=words.text,
            subject=words.subject,
            language=words.language,
            attachments=along.documents,
            lacking=along.lacking,
            obligations=cleared.obligations,
        )

    def trouble(
        self, action: ProposedAction, case: Case, policy: Policy, obligations: Sequence[Obligation], now: Instant
    ) -> str:
        """Why the text of an action cannot be made now; empty where it can."""
        try:
            self._renderer.render(action, case, policy, self._creditor, now, obligations=obligations)
        except TemplateError as error:
            return str(error)
        return ""

    def _refused(
        self, tx: Transaction, held: HeldCase, row: OutboxRow, reasons: Sequence[Reason], now: Instant
    ) -> Handover:
        """The law says no to what it had let pass: that it was not sent is evidence, with every rule that spoke."""
        rules, words = tuple(reason.rule for reason in reasons), tuple(map(str, reasons))
        self._record(tx, held, [ActionBlocked(row.action, rules, words)], now)
        why = "; ".join(words)
        tx.move(replace(row, state=OutboxState.CANCELLED, next_at=None, changed_at=now, note=why), fence=row.fence)
        return Handover(row.action, Fate.BLOCKED, now, why)

    def _blocked(self, tx: Transaction, held: HeldCase, row: OutboxRow, rule: str, why: str, now: Instant) -> Handover:
        self._record(tx, held, [ActionBlocked(row.action, (rule,), (why,))], now)
        tx.move(replace(row, state=OutboxState.CANCELLED, next_at=None, changed_at=now, note=why), fence=row.fence)
        return Handover(row.action, Fate.BLOCKED, now, why)

    def _record(self, tx: Transaction, held: HeldCase, events: list[Event], now: Instant) -> None:
        """Whatever happens to an action makes its case worth a look: the ladder goes on from what really happened."""
        write(tx, [changed(held.case.id, held.case, [(now, e) for e in events], now=now, next_look=now)], now=now)

    # Tried again by a person's word ------------------------------------------------------------------------------------

    def requeue(self, tx: Transaction, action_id: str) -> None:
        """Put an action that was given up back among those to be tried, with all its attempts before it."""
        row = tx.row(action_id)
        if row is None:
            raise NotFound(f"there is no action {action_id!r} in the outbox")
        if row.state is not OutboxState.DEAD:
            raise UsageError(
                f"action {action_id} is {row.state.value}: only one that was given up (dead) is tried again"
            )
        now = self._clock.now()
        again = replace(row, state=OutboxState.RETRY, next_at=now, changed_at=now, attempts=0, note="tried again")
        tx.move(again, fence=row.fence)

    # The hand-over and after -------------------------------------------------------------------------------------------

    def deliver(self, message: Message) -> Outcome:
        """What the adapter of an armed message makes of it, wherever it was armed."""
        adapter = adapter_of(message.action.spec, self._adapters)
        if adapter is None:
            return Retry(RETRY_SECONDS, f"no adapter for {message.action.spec.way} is installed here")
        return self._deliver(Armament(message, adapter, 0))

    def _deliver(self, armament: Armament) -> Outcome:
        try:
            return armament.adapter.deliver(armament.message, seconds=DELIVER_SECONDS)
        except Exception as error:  # noqa: BLE001 - an adapter that breaks its word must not stop the others; the log tells it
            return Uncertain(f"the adapter {armament.adapter.name} failed: {type(error).__name__}: {error}")

    def receive(self, message: Message, fence: int, outcome: Outcome, now: Instant) -> Handover:
        """Write what came of handing over the message that was armed under a fence."""
        self._watch.ended(message, fence, now, outcome_word(outcome))
        with self._store.transaction() as tx:
            handover = self._settled(tx, message, fence, outcome, now)
            self._checkpoint(Point.RECEIPT_WRITTEN)
            return handover

    def _settled(self, tx: Transaction, message: Message, fence: int, outcome: Outcome, now: Instant) -> Handover:
        """A receipt that comes after the lease ran out is evidence all the same."""
        action = message.action
        held = _held(tx, action)
        if isinstance(outcome, Retry):
            return self._not_left(tx, action, outcome, fence, now)
        if isinstance(outcome, Uncertain):
            row = tx.row(action.id)
            if row is None or row.fence != fence or row.state is not OutboxState.ARMED:
                return Handover(action, Fate.UNCERTAIN, now, f"came back too late: {outcome.note}")
            return self._uncertain(tx, held, action, outcome.note, now)
        receipt, fate = _receipt(message, outcome)
        self._record(tx, held, [receipt, *consequences(action, receipt.kind)], now)
        return Handover(action, fate, now, receipt.note or receipt.reference)

    def _not_left(self, tx: Transaction, action: ProposedAction, outcome: Retry, fence: int, now: Instant) -> Handover:
        """Giving up is no news of the debtor, so no event: the case waits for the action as for one that is under way."""
        row = tx.row(action.id)
        if row is None or row.fence != fence or row.state is not OutboxState.ARMED:
            return Handover(action, Fate.UNCERTAIN, now, f"came back too late: {outcome.note}")
        if row.attempts >= ATTEMPTS_MAX:
            note = f"given up after {row.attempts} attempts: {outcome.note}"
            tx.move(replace(row, state=OutboxState.DEAD, next_at=None, changed_at=now, note=note), fence=fence)
            return Handover(row.action, Fate.DEAD, now, note)
        again = now + max(outcome.after, RETRY_SECONDS * 2 ** (row.attempts - 1))
        waiting = replace(row, state=OutboxState.RETRY, next_at=again, changed_at=now, note=outcome.note)
        tx.move(waiting, fence=fence)
        return Handover(row.action, Fate.RETRY, now, outcome.note, again)


def _receipt(message: Message, outcome: Sent | Bounced) -> tuple[ReceiptRecorded, Fate]:
    action_id = message.action_id
    match outcome:
        case Sent(reference, delivered):
            kind, fate = (ReceiptKind.DELIVERED, Fate.DELIVERED) if delivered else (ReceiptKind.SENT, Fate.SENT)
            return ReceiptRecorded(action_id, kind, reference, without(message.lacking)), fate
        case Bounced(note):
            return ReceiptRecorded(action_id, ReceiptKind.BOUNCED, note=note), Fate.BOUNCED


def _held(tx: Transaction, action: ProposedAction) -> HeldCase:
    held = tx.case(action.case_id)
    assert held is not None, action.case_id  # actions are put together with the events of their case
    return held


def _without(action_id: str, case: Case, tx: Transaction) -> Case:
    """The case with the debtor's whole log but for this action's earlier attempts: they certainly did not leave."""
    log = tx.contacts([case.debtor.id]).get(case.debtor.id, NO_CONTACTS)
    others = [contact for contact in log if contact.action_id != action_id]
    bound = ordered(case, tx.orders())
    return replace(bound, contacts=log if len(others) == len(log) else ContactLog(others))
