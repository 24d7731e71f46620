"""One case played through happenings by the real core, while monitors watch; no store, no clock, no adapters.

What is cleared is handed over at once, unless adapters are out, and counts as sent and delivered, unless news says
otherwise. The engine looks whenever something becomes known and at every `next_look`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.decision.arming import admit
from dunning_engine.decision.by_hand import steered
from dunning_engine.decision.decider import decide
from dunning_engine.decision.decision import Armed, Decision, Postponed, Withdrawn
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested
from dunning_engine.domain.case import evolve, fold
from dunning_engine.domain.contacts import Contact
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.events import (
    ActionCancelled,
    ActionDeferred,
    CaseOpened,
    DeliveryArmed,
    Event,
    ReceiptKind,
    ReceiptRecorded,
    ReceivableAdded,
    Recorded,
)
from dunning_engine.domain.facts import BY_HAND, News, StepNews
from dunning_engine.domain.orders import Scope, StandingOrder
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.errors import UsageError
from dunning_engine.testing.happenings import (
    Away,
    Breach,
    Crash,
    Deed,
    Elsewhere,
    Handed,
    Happening,
    Late,
    Look,
    NoProof,
    Outage,
    Paused,
    Restart,
    Resumed,
    Setting,
    Tale,
)

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy
    from dunning_engine.testing.core_monitors import Monitor

CASE: Final = "case"
LOOKS_MAX: Final = 150
"""A case that is looked at more often has a step that repeats for ever."""

AT_ONCE_MAX: Final = 10
"""Decisions at one instant; a ladder that moves on further at once never comes to rest."""

_RECEIPTS: Final = {
    News.DELIVERED: ReceiptKind.DELIVERED,
    News.BOUNCED: ReceiptKind.BOUNCED,
    News.OPENED: ReceiptKind.OPENED,
    News.ANSWERED: ReceiptKind.ANSWERED,
    News.ACCEPTED: ReceiptKind.ACCEPTED,
    News.DECLINED: ReceiptKind.DECLINED,
}

Noted: TypeAlias = Event | Deed


class Rehearsal:
    """A case on its way. `events` is its stream, `notes` also what befell the machinery, `handed` what went out."""

    def __init__(
        self, policy: Policy, rulebooks: Sequence[Rulebook], setting: Setting, monitors: Iterable[Monitor] = ()
    ) -> None:
        self.policy, self.rulebooks, self.setting = policy, rulebooks, setting
        self.monitors = tuple(monitors)
        self.now = setting.opened_at
        self.events: list[Recorded] = []
        self.notes: list[tuple[Instant, Noted]] = []
        self.decisions: list[Decision] = []
        self.handed: list[Handed] = []
        self.breaches: list[Breach] = []
        self.elsewhere: list[Contact] = []
        self.orders: list[StandingOrder] = []
        self.outbox: dict[str, tuple[Instant, ProposedAction]] = {}
        self.wake: Instant | None = setting.opened_at
        self.asleep_until = self.out_until = self.unproven_until = setting.opened_at
        self.crashing = self.restless = False
        self._coming: list[Happening] = []
        opening = CaseOpened(setting.debtor, policy.ref, setting.hints, setting.place_hints, policy.terms)
        self.case = evolve(CASE, None, self._recorded(opening))
        for fact in setting.known:
            self._record(fact)
        for invoice in sorted(setting.invoices, key=lambda one: setting.comes_at(one, policy)):
            self._await(setting.comes_at(invoice, policy), ReceivableAdded(invoice))

    # Time --------------------------------------------------------------------------------------------------------------

    @classmethod
    def of(
        cls,
        tale: Tale,
        policy: Policy,
        rulebooks: Sequence[Rulebook],
        monitors: Iterable[Monitor] = (),
        *,
        over: Callable[[Rehearsal], bool] = lambda _stage: False,
    ) -> Rehearsal:
        """A tale played to its end, or to the first look after which it is over."""
        stage = cls(policy, rulebooks, tale.setting, monitors)
        for happening in tale.happenings:
            stage._await(happening.at, happening.deed)
        stage.go_on(tale.until, over=over)
        stage.watch("ended")
        return stage

    def go_on(self, until: Instant, *, over: Callable[[Rehearsal], bool] = lambda _stage: False) -> None:
        """Let time pass, with everything that comes in it."""
        while (at := self.next_instant()) is not None and at <= until and len(self.decisions) < LOOKS_MAX:
            self.now = max(self.now, at)
            while self._coming and self._coming[0].at <= self.now:
                self._befall(self._coming.pop(0).deed)
            if self.now >= self.asleep_until:
                self.look()
            if over(self):
                return
        self.now = max(self.now, until)

    def next_instant(self) -> Instant | None:
        """When something comes, or is worth a look, next."""
        times = [] if self.wake is None else [max(self.wake, self.asleep_until)]
        times += [max(at, self.out_until, self.asleep_until) for at, _action in self.outbox.values()]
        times += [happening.at for happening in self._coming[:1]]
        return min(times, default=None)

    def happen(self, deed: Deed) -> None:
        """Let something happen now, and look."""
        self._befall(deed)
        self.go_on(self.now)

    def _await(self, at: Instant, deed: Deed) -> None:
        place = next((n for n, other in enumerate(self._coming) if other.at > at), len(self._coming))
        self._coming.insert(place, Happening(at, deed))

    def _befall(self, deed: Deed) -> None:
        self.wake = self.now
        match deed:
            case StepNews():
                self._hear(deed)
                return
            case ApprovalGranted(action_id, digest):
                asked = self.case.deliveries[action_id]
                if asked.state is DeliveryState.AWAITING and asked.digest == digest:
                    self._record(deed)
                return
            case Restart():
                self.case = fold(CASE, self.events)
            case Away(days):
                self.asleep_until = max(self.asleep_until, self.now + days * DAY_SECONDS)
            case Outage(days):
                self.out_until = max(self.out_until, self.now + days * DAY_SECONDS)
            case NoProof(days):
                self.unproven_until = max(self.unproven_until, self.now + days * DAY_SECONDS)
            case Crash():
                self.crashing = True
            case Elsewhere(channel):
                self.elsewhere.append(Contact(self.now, channel, ("another case",)))
            case Late(fact, days):
                self._record(fact, at=self.now - days * DAY_SECONDS)
                return
            case Paused(scope):
                self._order(scope)
            case Resumed(scope):
                self.orders = [_ended(order, scope, self.now) for order in self.orders]
            case Look():
                pass
            case fact:
                self._record(fact)
                return
        self.notes.append((self.now, deed))

    def _hear(self, news: StepNews) -> None:
        """News of a step's latest action; of a step that did nothing there is none, and what is refused is not done."""
        if news.news in BY_HAND:
            with suppress(UsageError):
                for event in steered(self.case, self.policy, news, by="somebody", reason="by hand", now=self.now):
                    self._record(event)
            return
        answer = news.news in (News.APPROVED, News.REFUSED)
        meant = [d for d in self.case.deliveries.values() if d.key.step == news.step and _met(d, answer=answer)]
        if not meant:
            return
        latest = max(meant, key=lambda d: (d.key.occurrence, d.changed_at, d.armed_at or 0, d.id))
        match news.news:
            case News.APPROVED:
                self._record(ApprovalGranted(latest.id, latest.digest, "somebody"))
            case News.REFUSED:
                self._record(ApprovalRefused(latest.id, "somebody"))
            case other:
                self._record(ReceiptRecorded(latest.id, _RECEIPTS[other]))

    def _order(self, scope: Scope) -> None:
        names = {Scope.DEBTOR: self.setting.debtor.id, Scope.POLICY: self.policy.name, Scope.EVERYTHING: ""}
        self.orders.append(StandingOrder(scope, names[scope], "north", "a pause", self.now))

    # The engine --------------------------------------------------------------------------------------------------------

    def seen(self) -> Case:
        """The case with what the shell puts there before it decides."""
        if not self.elsewhere and not self.orders:
            return self.case
        return replace(self.case, contacts=self.case.contacts.plus(*self.elsewhere), orders=tuple(self.orders))

    def look(self) -> None:
        """Decide and hand over until nothing more comes at this instant."""
        self.restless = True
        for _ in range(AT_ONCE_MAX):
            decision = self.ask(self.now)
            self.decisions.append(decision)
            for event in decision.events:
                self._record(event)
            self._ask_people(decision)
            for cleared in decision.cleared:
                self.outbox[cleared.action.action.id] = self.now, cleared.action.action
            self.watch("decided", decision)
            moved = self._dispatch()
            self.wake = decision.next_look
            if not moved and not self._answered_now():
                self.restless = False
                break
        self.watch("looked")

    def ask(self, at: Instant) -> Decision:
        """What would be decided at an instant on what is known now; nothing comes of it."""
        return decide(self.seen(), self.policy, self.rulebooks, at)

    def _answered_now(self) -> bool:
        due = [h for h in self._coming if h.at <= self.now and isinstance(h.deed, ApprovalGranted)]
        for answer in due:
            self._coming.remove(answer)
            self._befall(answer.deed)
        return bool(due)

    def _ask_people(self, decision: Decision) -> None:
        days = self.setting.approval_days
        for event in decision.events:
            if isinstance(event, ApprovalRequested) and days is not None:
                answer = ApprovalGranted(event.action.id, event.digest, "somebody")
                self._await(self.now + days * DAY_SECONDS, answer)

    def _dispatch(self) -> bool:
        if self.now < self.out_until:
            return False
        ready = [(key, action) for key, (at, action) in self.outbox.items() if at <= self.now]
        for key, action in ready:
            self._hand_over(key, action)
        return bool(ready)

    def _hand_over(self, key: str, action: ProposedAction) -> None:
        admission = admit(self.seen(), self.policy, self.rulebooks, action, self.now)
        match admission:
            case Withdrawn(_, why):
                del self.outbox[key]
                self._record(ActionCancelled(action.id, why))
            case Postponed(_, until, reasons):
                self.outbox[key] = until, action
                self._record(ActionDeferred(action, until, tuple(reason.rule for reason in reasons)))
            case Armed(cleared):
                del self.outbox[key]
                self._arm(cleared.action)

    def _arm(self, action: ProposedAction) -> None:
        before = self.case
        self._record(DeliveryArmed(action.id))
        self.handed.append(Handed(self.now, action, before, len(self.events)))
        self.watch("armed", self.handed[-1])
        if self.crashing:
            self.crashing = False
            self._record(ReceiptRecorded(action.id, ReceiptKind.UNCERTAIN))
            return
        self._record(ReceiptRecorded(action.id, ReceiptKind.SENT))
        if self.now >= self.unproven_until:
            self._record(ReceiptRecorded(action.id, ReceiptKind.DELIVERED))
        for news in self.setting.news:
            if news.step == action.step and news.news in _RECEIPTS:
                self._await(self.now + DAY_SECONDS, news)

    # What is known -----------------------------------------------------------------------------------------------------

    def _recorded(self, event: Event, at: Instant | None = None) -> Recorded:
        recorded = Recorded(len(self.events) + 1, self.now if at is None else at, self.now, event)
        self.events.append(recorded)
        self.notes.append((self.now, event))
        return recorded

    def _record(self, event: Event, at: Instant | None = None) -> None:
        recorded = self._recorded(event, at)
        self.case = evolve(CASE, self.case, recorded)
        self.watch("told", recorded)

    def watch(self, moment: str, *shown: object) -> None:
        """Let every monitor look at a moment: `decided`, `armed`, `looked` or `ended`."""
        for monitor in self.monitors:
            for words in getattr(monitor, moment)(self, *shown):
                self.breaches.append(Breach(self.now, monitor.name, monitor.invariants, words))


def _ended(order: StandingOrder, scope: Scope, now: Instant) -> StandingOrder:
    return replace(order, until=now) if order.scope is scope and order.until is None else order


def _met(delivery: Delivery, *, answer: bool) -> bool:
    return delivery.state is DeliveryState.AWAITING if answer else delivery.sent_at is not None
