"""From a claim to an armed action: the gate is asked again on live facts, in the transaction that arms.

Whatever was paid, disputed or put on hold before the transaction counts, and what comes later finds an action that is
armed. An action is armed alone, so that nothing grows stale in a batch; and once more where time has passed before its
first byte.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, assert_never

from dunning_engine.decision.arming import admit
from dunning_engine.decision.decision import Armed, Postponed, Withdrawn
from dunning_engine.domain.addressing import addressed, reached
from dunning_engine.domain.contacts import NO_CONTACTS, ContactLog
from dunning_engine.domain.deliveries import attempt_of
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionDeferred,
    DeliveryArmed,
)
from dunning_engine.engine.breakers import endpoint_of, spread
from dunning_engine.engine.channels import adapter_of
from dunning_engine.engine.documents import enclosed
from dunning_engine.engine.evidence import gate_inputs_hash, new_seal, payload_hash
from dunning_engine.engine.handovers import (
    LEASE_SECONDS,
    Armament,
    Fate,
    Handover,
    Question,
    disarmed,
    forgotten,
    held_of,
    record,
)
from dunning_engine.engine.obligations import obliged
from dunning_engine.engine.rendering import TemplateError
from dunning_engine.engine.wording import text_rule
from dunning_engine.engine.writing import ordered
from dunning_engine.kernel.values import changed as made_of
from dunning_engine.ports.adapter import Capability, LooksUp, Message, writes_inside
from dunning_engine.ports.checkpoints import Point
from dunning_engine.ports.store import OutboxState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dunning_engine.compliance.verdict import Reason
    from dunning_engine.decision.decision import Admission
    from dunning_engine.domain.actions import ClearedAction, ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.parties import Party
    from dunning_engine.engine.breakers import Breakers
    from dunning_engine.engine.obligations import Obligation
    from dunning_engine.engine.shelf import Shelf
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.ports.adapter import Adapter
    from dunning_engine.ports.checkpoints import Checkpoint
    from dunning_engine.ports.documents import Documents
    from dunning_engine.ports.store import HeldCase, OutboxRow, Transaction


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


class Arming:
    """Asks whether claimed actions may go, and arms those that may."""

    def __init__(
        self,
        shelf: Shelf,
        adapters: Mapping[str, Adapter],
        renderer: Renders,
        creditor: Party,
        documents: Documents | None,
        *,
        breakers: Breakers,
        checkpoint: Checkpoint,
        monotonic: Callable[[], float],
    ) -> None:
        self._shelf, self._adapters = shelf, adapters
        self._renderer, self._creditor, self._documents = renderer, creditor, documents
        self._breakers, self._checkpoint, self._monotonic = breakers, checkpoint, monotonic

    def adapter(self, action: ProposedAction) -> Adapter | None:
        """What takes an action."""
        return adapter_of(action.spec, self._adapters)

    def inside(self, row: OutboxRow) -> bool:
        """Whether an action that has not left goes into the engine's own database."""
        adapter = self.adapter(row.action)
        waits = row.state in (OutboxState.PENDING, OutboxState.RETRY)
        return waits and adapter is not None and writes_inside(adapter)

    def arm(self, tx: Transaction, row: OutboxRow, now: Instant, lease_from: Instant) -> Armament | Question | Handover:
        """What follows from a claim, under whose name the row comes; `lease_from` is what time it is where leases count."""
        held = held_of(tx, row.action)
        self._checkpoint(Point.CLAIMED)
        adapter = self.adapter(row.action)
        if adapter is None:
            way = row.action.spec.way
            return self._blocked(tx, held, row, f"adapter/{way}", f"no adapter for {way} is installed here", now)
        if (
            row.state is OutboxState.UNCERTAIN
            and adapter.capability is Capability.LOOKUP
            and isinstance(adapter, LooksUp)
        ):
            asked = replace(row, next_at=lease_from + LEASE_SECONDS, changed_at=now, fence=row.fence + 1)
            tx.move(asked, fence=row.fence)
            return Question(asked, adapter, asked.fence)
        known = row.state is OutboxState.UNCERTAIN and adapter.capability is Capability.DEDUPE
        if known and forgotten(row, adapter, now):
            return _left_to_people(tx, row, f"{adapter.name} may have forgotten it", now)
        policy, admission, asked_with = self._asked(tx, held, row, now, known=known)
        self._checkpoint(Point.ADMITTED)
        if not isinstance(admission, Armed):
            return self._refused(tx, held, row, admission, now)
        if (until := self._breakers.until(endpoint_of(adapter, row.action), now)) is not None:
            return self._left_alone(tx, row, adapter, until, now)
        return self._armed(
            tx, held, row, policy, adapter, admission.action, now, lease_from, known=known, asked_with=asked_with
        )

    def again(self, tx: Transaction, armament: Armament, now: Instant) -> Handover | None:
        """Ask once more about an armed action whose time has passed; `None` where it may go as it is, armed anew."""
        row = tx.row(armament.message.action_id)
        action = armament.message.action
        if row is None or row.fence != armament.fence or row.state is not OutboxState.ARMED:
            return Handover(action, Fate.UNCERTAIN, now, "somebody else has seen to it meanwhile")
        held = held_of(tx, action)
        doubted = attempt_of(held.case.deliveries[row.id]) != row.id
        known = doubted and armament.adapter.capability is Capability.DEDUPE
        _policy, admission, asked_with = self._asked(tx, held, row, now, known=known)
        if isinstance(admission, Armed) and self._same(armament.message, admission.action, held.case):
            said = payload_hash(armament.message)
            anew = DeliveryArmed(row.id, row.attempts, known, payload_hash=said, gate_inputs_hash=asked_with)
            record(tx, held, [anew], now)
            return None
        free = disarmed(tx, row, now, doubted=doubted)
        if isinstance(admission, Armed):
            note = "what it says has changed since it was armed"
            return Handover(action, Fate.POSTPONED, now, note, now)
        return self._refused(tx, held_of(tx, action), free, admission, now)

    def trouble(
        self, action: ProposedAction, case: Case, policy: Policy, obligations: Sequence[Obligation], now: Instant
    ) -> str:
        """Why the text of an action cannot be made now; empty where it can."""
        try:
            self._renderer.render(action, case, policy, self._creditor, now, obligations=obligations)
        except TemplateError as error:
            return str(error)
        return ""

    def _asked(
        self, tx: Transaction, held: HeldCase, row: OutboxRow, now: Instant, *, known: bool
    ) -> tuple[Policy, Admission, str]:
        """The gate's answer on live facts, and what it was asked with; an attempt is not held against itself."""
        policy, rulebooks = self._shelf.of(held.case.policy, tx)
        attempt = row.id if known else attempt_of(held.case.deliveries[row.id])
        case = _without(attempt, held.case, tx)
        admission = admit(case, policy, rulebooks, row.action, now)
        if not isinstance(admission, Armed):
            return policy, admission, ""
        return policy, admission, gate_inputs_hash(case, policy.hash, self._shelf.law(policy), row.id, now)

    # What does not go --------------------------------------------------------------------------------------------------

    def _refused(
        self, tx: Transaction, held: HeldCase, row: OutboxRow, admission: Postponed | Withdrawn, now: Instant
    ) -> Handover:
        if row.state is OutboxState.UNCERTAIN:
            return self._not_again(tx, row, admission, now)
        match admission:
            case Withdrawn(reasons=reasons) if reasons:
                return self._forbidden(tx, held, row, reasons, now)
            case Withdrawn(action, why):
                record(tx, held, [ActionCancelled(action.id, why)], now)
                return Handover(action, Fate.CANCELLED, now, why)
            case Postponed(action, until, reasons):
                rules, words = tuple(reason.rule for reason in reasons), tuple(map(str, reasons))
                record(tx, held, [ActionDeferred(action, until, rules, words)], now)
                waiting = replace(row, state=OutboxState.PENDING, next_at=until, changed_at=now)
                tx.move(waiting, fence=row.fence)
                return Handover(action, Fate.POSTPONED, now, "; ".join(map(str, reasons)), until)
            case never:
                assert_never(never)

    @staticmethod
    def _not_again(tx: Transaction, row: OutboxRow, admission: Postponed | Withdrawn, now: Instant) -> Handover:
        """What may have left already does not go once more now; to the case nothing has happened by that."""
        if isinstance(admission, Postponed):
            tx.move(replace(row, next_at=admission.until, changed_at=now), fence=row.fence)
            return Handover(row.action, Fate.POSTPONED, now, "; ".join(map(str, admission.reasons)), admission.until)
        return _left_to_people(tx, row, admission.why, now)

    def _forbidden(
        self, tx: Transaction, held: HeldCase, row: OutboxRow, reasons: Sequence[Reason], now: Instant
    ) -> Handover:
        """The law says no to what it had let pass: that it was not sent is evidence, with every rule that spoke."""
        rules, words = tuple(reason.rule for reason in reasons), tuple(map(str, reasons))
        record(tx, held, [ActionBlocked(row.action, rules, words)], now)
        why = "; ".join(words)
        tx.move(replace(row, state=OutboxState.CANCELLED, next_at=None, changed_at=now, note=why), fence=row.fence)
        return Handover(row.action, Fate.BLOCKED, now, why)

    def _blocked(self, tx: Transaction, held: HeldCase, row: OutboxRow, rule: str, why: str, now: Instant) -> Handover:
        if row.state is OutboxState.UNCERTAIN:
            return _left_to_people(tx, row, why, now)
        record(tx, held, [ActionBlocked(row.action, (rule,), (why,))], now)
        tx.move(replace(row, state=OutboxState.CANCELLED, next_at=None, changed_at=now, note=why), fence=row.fence)
        return Handover(row.action, Fate.BLOCKED, now, why)

    def _left_alone(self, tx: Transaction, row: OutboxRow, adapter: Adapter, until: Instant, now: Instant) -> Handover:
        """Its receiver fails again and again: it waits, and comes back at a second of its own."""
        endpoint = endpoint_of(adapter, row.action)
        again = until + spread(row.id)
        note = f"{endpoint} fails and is left alone for a while: {self._breakers.why(endpoint)}"
        tx.move(replace(row, next_at=again, note=note), fence=row.fence)
        return Handover(row.action, Fate.POSTPONED, now, note, again)

    # What goes ---------------------------------------------------------------------------------------------------------

    def _armed(
        self,
        tx: Transaction,
        held: HeldCase,
        row: OutboxRow,
        policy: Policy,
        adapter: Adapter,
        cleared: ClearedAction,
        now: Instant,
        lease_from: Instant,
        *,
        known: bool,
        asked_with: str,
    ) -> Armament | Handover:
        if (
            row.state is OutboxState.UNCERTAIN
            and row.message is not None
            and not self._same(row.message, cleared, held.case)
        ):
            self._breakers.untried(endpoint_of(adapter, row.action))
            return _left_to_people(tx, row, "what it says has changed since", now)
        try:
            message = self._message(tx, row, held.case, policy, cleared, now)
        except TemplateError as error:
            self._breakers.untried(endpoint_of(adapter, row.action))
            return self._blocked(tx, held, row, text_rule(row.action.spec), str(error), now)
        self._checkpoint(Point.RENDERED)
        fence, attempt = row.fence + 1, row.attempts + 1
        said = payload_hash(message)
        event = DeliveryArmed(row.id, attempt, known, payload_hash=said, gate_inputs_hash=asked_with)
        case = record(tx, held, [event], now)
        self._checkpoint(Point.ARM_RECORDED)
        armed = replace(
            row,
            state=OutboxState.ARMED,
            next_at=lease_from + LEASE_SECONDS,
            changed_at=now,
            fence=fence,
            attempts=attempt,
            message=message,
        )
        tx.arm(armed, fence=row.fence)
        self._checkpoint(Point.ARM_WRITTEN)
        return Armament(message, adapter, fence, self._monotonic(), case)

    @staticmethod
    def _same(message: Message, cleared: ClearedAction, case: Case) -> bool:
        """Whether what a message says, and to whom, is still so."""
        said = (message.action, message.obligations, reached(message.receiver))
        return said == (cleared.action, cleared.obligations, reached(addressed(case.debtor, cleared.action.spec.to)))

    def _message(
        self, tx: Transaction, row: OutboxRow, case: Case, policy: Policy, cleared: ClearedAction, now: Instant
    ) -> Message:
        """The words of the last attempt as long as what they say is still so; else others, under a key of their own.

        Whoever comes here with an attempt before knows that it did not leave.
        """
        action, last = cleared.action, row.message
        if last is not None and self._same(last, cleared, case):
            return last if last.seal else replace(last, seal=new_seal())
        owed = obliged(cleared, policy, self._shelf.of(case.policy, tx)[1])
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
            rendering=1 if last is None else last.rendering + 1,
            seal=new_seal(),
        )


def _left_to_people(tx: Transaction, row: OutboxRow, why: str, now: Instant) -> Handover:
    note = f"not sent once more: {why}"
    tx.move(replace(row, next_at=None, changed_at=now, note=note), fence=row.fence)
    return Handover(row.action, Fate.UNCERTAIN, now, note)


def _without(action_id: str, case: Case, tx: Transaction) -> Case:
    """The case with the debtor's whole log but for this action's earlier attempts: they certainly did not leave."""
    log = tx.contacts([case.debtor.id]).get(case.debtor.id, NO_CONTACTS)
    others = [contact for contact in log if contact.action_id != action_id]
    bound = ordered(case, tx.orders())
    return made_of(bound, {"contacts": log if len(others) == len(log) else ContactLog(others)})
