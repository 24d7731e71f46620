"""Monitors: each watches a rehearsal for one kind of promise, and says in words where it is broken.

They cover those invariants of `reliability` that the core can keep alone: I1 once, I2 nothing is lost, I3 effects do
not exceed attempts, I4 nothing is armed after what forbids it, I5 limits and hours hold for what is armed, I6 order,
I7 money, I8 the state is the fold of its events. Chain (I9), tenants (I10) and durability (I11) are promises of
stores; their suites watch them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, get_args

from dunning_engine.decision.revisions import in_run, run_of
from dunning_engine.domain.agency_events import AgencyCollected
from dunning_engine.domain.case import CaseStatus, fold
from dunning_engine.domain.charges import OnPaid
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCancelled,
    ActionCleared,
    ActionDeferred,
    CreditNoteIssued,
    DeliveryArmed,
    PaymentReceived,
    PaymentReversed,
    ReceivableAdded,
)
from dunning_engine.domain.ladder_events import StepForced
from dunning_engine.domain.ledger_events import LedgerFact
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.calendar import DAY_SECONDS, iso, local_day
from dunning_engine.policy.model import Lead
from dunning_engine.testing.accounts import (
    billed,
    came_in,
    charged,
    owed,
    refused_channels,
)
from dunning_engine.testing.closed_gates import held

if TYPE_CHECKING:
    from dunning_engine.decision.decision import Decision
    from dunning_engine.domain.events import Event, Recorded
    from dunning_engine.testing.happenings import Handed
    from dunning_engine.testing.rehearsal import Rehearsal

Words = Iterator[str]


class Monitor:
    """Nothing to say, until a subclass overrides one of the moments."""

    name = "nothing"
    invariants = ""

    def told(self, stage: Rehearsal, recorded: Recorded) -> Words:  # noqa: ARG002
        """After an event was recorded; only monitors that override it are asked."""
        return iter(())

    def decided(self, stage: Rehearsal, decision: Decision) -> Words:  # noqa: ARG002
        """After a decision was recorded."""
        return iter(())

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:  # noqa: ARG002
        """After an action was armed; `handed.before` is the case without that."""
        return iter(())

    def looked(self, stage: Rehearsal) -> Words:  # noqa: ARG002
        """After everything that comes at an instant has come."""
        return iter(())

    def ended(self, stage: Rehearsal) -> Words:  # noqa: ARG002
        """After the last happening."""
        return iter(())


_OF_MONEY: Final = (
    ReceivableAdded, PaymentReceived, PaymentReversed, CreditNoteIssued, AgencyCollected, *get_args(LedgerFact),
)  # fmt: skip
_MAY_GO: Final = frozenset({DeliveryState.CLEARED, DeliveryState.DEFERRED, DeliveryState.AWAITING})


class Once(Monitor):
    """I1, I3: each action is handed over at most once, however often, late or anew somebody looks."""

    name, invariants = "once", "I1, I3"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        times = sum(
            other.action.id == handed.action.id or other.action.key == handed.action.key for other in stage.handed
        )
        if times > 1:
            yield f"{handed.action.spec.words} went out {times} times as the same action"


class NothingIsLost(Monitor):
    """I2: what was cleared has been handed over, put off or taken back by the end, unless adapters are still out."""

    name, invariants = "nothing is lost", "I2"

    def ended(self, stage: Rehearsal) -> Words:
        left: dict[str, str] = {}
        for recorded in stage.events:
            match recorded.event:
                case ActionCleared(action):
                    left[action.id] = action.spec.words
                case DeliveryArmed(action_id) | ActionCancelled(action_id):
                    left.pop(action_id, None)
                case ActionDeferred(action):
                    left.pop(action.id, None)
                case _:
                    pass
        for action_id, words in left.items():
            if action_id not in stage.outbox:
                yield f"{words} was cleared, and nothing became of it"


class SilenceIsRecorded(Monitor):
    """I2: whatever was put off or refused stands in the case with the rules that spoke."""

    name, invariants = "silence is recorded", "I2"

    def decided(self, stage: Rehearsal, decision: Decision) -> Words:
        told = [(d.action, d.reasons, DeliveryState.DEFERRED) for d in decision.deferred]
        told += [(b.action, b.reasons, DeliveryState.BLOCKED) for b in decision.blocked]
        for action, reasons, state in told:
            known = stage.case.deliveries.get(action.id)
            if not reasons:
                yield f"{action.spec.words} is {state.value}, and no rule says why"
            elif known is None or known.state not in (state, DeliveryState.CANCELLED):
                yield f"{action.spec.words} is {state.value}, and the case does not say so"


class NothingAfterTheEnd(Monitor):
    """I4: nothing is armed once all is paid, or the case is closed."""

    name, invariants = "nothing after the end", "I4"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        if handed.action.spec.verb.quiet:
            return
        left, words = _left(stage), handed.action.spec.words
        if left <= stage.policy.tolerance.get(handed.action.currency, 0):
            yield f"{words} went out although nothing is owed any more"
        elif handed.before.status is CaseStatus.CLOSED:
            yield f"{words} went out although the case is closed as {handed.before.closed_as}"


class NothingWhileHeld(Monitor):
    """I4: nothing is armed while a hold on the case or its channel stands, nor for what is in dispute."""

    name, invariants = "nothing while held", "I4"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        action, words = handed.action, handed.action.spec.words
        if action.spec.verb.quiet:
            return
        for why in held(stage.events, action, stage.policy, handed.at):
            yield f"{words} went out although {why}"
        for order in stage.orders:
            if order.until is None:
                yield f"{words} went out although {order.subject} is paused"


class ChannelsStayRefused(Monitor):
    """I4: no channel is used of which the debtor has opted out."""

    name, invariants = "refused channels", "I4"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        if handed.action.spec.channel in refused_channels(stage.events):
            yield f"{handed.action.spec.words} went out although the debtor opted out of that channel"


class EveryContactHasAnAddress(Monitor):
    """I4, I5: what reaches the debtor has an address to go to, and counts as a contact from then on."""

    name, invariants = "contacts", "I4, I5"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        action = handed.action
        if action.spec.channel is None:
            return
        if not stage.case.debtor.reachable(action.spec.channel):
            yield f"{action.spec.words} went out although no address for it is known"
        if all(contact.action_id != action.id for contact in stage.case.contacts):
            yield f"{action.spec.words} went out and does not count as a contact"


class OneStepAtATime(Monitor):
    """I5, I6: one look lets one step of a ladder reach the debtor, however late it comes; what is forced comes besides."""

    name, invariants = "one step at a time", "I5, I6"

    def looked(self, stage: Rehearsal) -> Words:
        forced = {recorded.event.step for recorded in stage.events if isinstance(recorded.event, StepForced)}
        ladders: dict[str, set[str]] = {}
        for handed in stage.handed:
            key = handed.action.key
            if handed.at == stage.now and handed.action.spec.channel is not None and key.step not in forced:
                whose = run_of(key.cycle, stage.case) if stage.policy.lead is Lead.EACH else ""
                ladders.setdefault(whose, set()).add(f"{key.step} {key.occurrence}")
        for steps in ladders.values():
            if len(steps) > 1:
                yield f"{' and '.join(sorted(steps))} reached the debtor at the same instant"


class StepsKeepTheirOrder(Monitor):
    """I6: in one run of the ladder no step begins after one that stands behind it, nor skips an occurrence."""

    name, invariants = "order of steps", "I6"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        key, index = handed.action.key, stage.policy.index
        if _follows(stage, handed):
            return  # it comes when the facts do
        whose = run_of(key.cycle, stage.case)
        letters = [other.action for other in stage.handed[:-1] if not _follows(stage, other)]
        gone = [level for action in letters for level in (action.levels or (action.key,))]
        run = [level for level in gone if in_run(level.cycle, whose, stage.case)]
        before = [other for other in run if other.cycle == key.cycle]
        step = stage.policy.steps[index[key.step]]
        behind = [other.step for other in before if index[other.step] > index[key.step]]
        if behind and (step.cadence is None or step.cadence.until is None or step.cadence.until in behind):
            yield f"{key.step} went out after {behind[-1]}, which stands behind it"
        if key.occurrence > 1 + max((other.occurrence for other in run if other.step == key.step), default=0):
            yield f"{key.step} went out for the time {key.occurrence}, and not for the one before"


def _follows(stage: Rehearsal, handed: Handed) -> bool:
    """Whether an action follows from the facts, as a service that is given back does: no step asked for it."""
    spec, key = handed.action.spec, handed.action.key
    made_good = spec.verb.quiet and key.slot not in stage.policy.steps[stage.policy.index[key.step]].slots
    return made_good or not spec.verb.asked


class DeadlinesAreKept(Monitor):
    """I6: a stated last day is as far away as the policy says, and nothing harsher comes before it is over."""

    name, invariants = "deadlines", "I6"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        action, index = handed.action, stage.policy.index
        today = local_day(handed.at, stage.policy.zone)
        span = stage.policy.steps[index[action.step]].deadline
        stated = action.deadline is not None and span is not None and action.deadline >= today + span.count
        if span is not None and action.spec.reaches_debtor and not stated:
            yield f"{action.spec.words} leaves less than {span}"
        for other in stage.handed[:-1]:
            promised = other.action.deadline
            same_run = in_run(other.action.key.cycle, run_of(action.key.cycle, stage.case), stage.case)
            if (
                promised is not None
                and same_run
                and index[other.action.step] < index[action.step]
                and today <= promised
            ):
                yield f"{action.spec.words} went out within the deadline that {other.action.step} had set"


def _left(stage: Rehearsal) -> int:
    """What is left to pay: invoices and charges, less what came for them and what was given up."""
    case = stage.case
    not_asked = case.written_off + sum(account.lapsed for account in case.charges)
    return owed(stage.events) + sum(charged(stage.events).values()) + case.unapplied - not_asked


class MoneyAddsUp(Monitor):
    """I7: what is open is what was billed less what came, after every event; nobody is asked for more."""

    name, invariants = "money", "I7"

    def told(self, stage: Rehearsal, recorded: Recorded) -> Words:
        if isinstance(recorded.event, _OF_MONEY):
            yield from self._adds_up(stage)

    def looked(self, stage: Rehearsal) -> Words:
        yield from self._adds_up(stage)

    @staticmethod
    def _adds_up(stage: Rehearsal) -> Words:
        amounts, charges, case = billed(stage.events), charged(stage.events), stage.case
        left = sum(r.open for r in case.receivables) + sum(a.open + a.lapsed for a in case.charges)
        asked = sum(amounts.values()) + sum(charges.values())
        if left + case.written_off - case.credit != asked - came_in(stage.events):
            yield "what is open is not what was billed and charged, less what came and was given up"
        if any(not 0 <= r.open <= r.amount or r.amount != amounts.get(r.number) for r in case.receivables):
            yield "an invoice is open with more than it was over, or with less than nothing"
        if any(not 0 <= a.open <= charges.get(a.charge.id, 0) for a in case.charges):
            yield "a charge is open with more than it was over, or although it is not owed"
        if any(a.lapsed and case.terms.on_paid is not OnPaid.LAPSE for a in case.charges):
            yield "a charge has lapsed although charges survive payment here"
        if min(case.unapplied, case.written_off, case.recovered) < 0:
            yield "less than nothing is kept for later, given up or recovered"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        if handed.action.spec.verb.quiet:
            return
        if not 0 < handed.action.amount <= max(0, _left(stage)):
            yield f"{handed.action.spec.words} asks for an amount that is not owed"


class ChargesAreCarried(Monitor):
    """I7: a charge that a notice carries is owed only from its going out, once, and is named in the notice."""

    name, invariants = "charges", "I7"

    def ended(self, stage: Rehearsal) -> Words:
        out = {handed.action.id for handed in stage.handed}
        waiting = {*stage.outbox, *(d.id for d in stage.case.deliveries.values() if d.state in _MAY_GO)}
        for account in stage.case.charges:
            carrier = account.charge.action
            if carrier and carrier not in out | waiting and (account.open or account.lapsed):
                yield f"the charge {account.charge.id} is owed, and the notice that carries it never went out"


class OneCurrency(Monitor):
    """I7: a case has one currency, and whatever it asks for is in it."""

    name, invariants = "one currency", "I7"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        if handed.action.currency != stage.case.currency:
            yield f"{handed.action.spec.words} asks in {handed.action.currency}, the case is in {stage.case.currency}"


class RestrictionsAreLifted(Monitor):
    """I6: what is given back was restricted before, and once all is paid nothing stays restricted."""

    name, invariants = "restrictions", "I6"

    def armed(self, stage: Rehearsal, handed: Handed) -> Words:
        if handed.action.spec.do is not Do.RESTORE or " restore " not in f" {handed.action.key.slot}":
            return
        if not any(other.action.spec.do is Do.RESTRICT for other in stage.handed[:-1]):
            yield f"{handed.action.spec.words} went out, and nothing was restricted"


class StateIsTheFold(Monitor):
    """I8: the events of a case, folded anew, are the case."""

    name, invariants = "refold", "I8"

    def ended(self, stage: Rehearsal) -> Words:
        if fold(stage.case.id, stage.events) != stage.case:
            yield "the recorded events fold to another case"


class ComesToRest(Monitor):
    """I1, I2: what is decided at an instant is not taken back and decided again without end."""

    name, invariants = "comes to rest", "I1, I2"

    def looked(self, stage: Rehearsal) -> Words:
        if stage.restless:
            yield "the same look clears and takes back again and again"


class LookingTwiceAddsNothing(Monitor):
    """I1, I8: a second look at the same instant has nothing to record."""

    name, invariants = "looking twice", "I1, I8"

    def looked(self, stage: Rehearsal) -> Words:
        if not _at_rest(stage):
            return
        events = stage.ask(stage.now).events
        if events:
            yield f"a second look would record {type(events[0]).__name__} again"


class NextLookIsTheNextChange(Monitor):
    """I2, I8: until the next look that was promised, time alone changes nothing."""

    name, invariants = "next look", "I2, I8"

    def looked(self, stage: Rehearsal) -> Words:
        if not _at_rest(stage):
            return
        wake, now = stage.wake, stage.now
        instants = (now + 40 * DAY_SECONDS,) if wake is None else ((now + wake) // 2, wake - 60)
        for at in instants:
            if at > now and any(_matters(event, stage) for event in stage.ask(at).events):
                told = "none" if wake is None else iso(wake, stage.policy.zone)
                yield f"the next look is {told}, and something changes before, by {iso(at, stage.policy.zone)}"
                return


def _at_rest(stage: Rehearsal) -> bool:
    """Whether nothing is under way: contacts count from arming on, so what still waits for its adapter bars nothing."""
    return not stage.restless and not stage.outbox


def _matters(event: Event, stage: Rehearsal) -> bool:
    """Whether an event changes more than its words: the same verdict may be given by more or fewer rules at night."""
    match event:
        case ActionBlocked(action):
            known = stage.case.deliveries.get(action.id)
            return known is None or known.state is not DeliveryState.BLOCKED
        case ActionDeferred(action, until):
            known = stage.case.deliveries.get(action.id)
            return known is None or (known.state, known.until) != (DeliveryState.DEFERRED, until)
        case _:
            return True
