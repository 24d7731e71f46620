"""One debtor's year in memory: facts at their instants, decisions at theirs, one contact log for all their cases.

What is cleared counts as sent and delivered at that instant, calls stay unanswered, approvals are granted as asked,
and a postal address is assumed: unless a fact says otherwise. Debtors never meet, so each is simulated alone, and any
partition of a portfolio gives the same actions.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.approvals import approve
from dunning_engine.decision.by_hand import steered
from dunning_engine.decision.decider import decide
from dunning_engine.domain.actions import ProposedAction
from dunning_engine.domain.addressing import in_law
from dunning_engine.domain.approval_events import ApprovalGranted, ApprovalRefused, ApprovalRequested
from dunning_engine.domain.case import Case, CaseStatus, contact_of, evolve
from dunning_engine.domain.consequences import consequences
from dunning_engine.domain.contacts import NO_CONTACTS, Contact
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.events import (
    ActionBlocked,
    ActionCleared,
    ActionDeferred,
    CaseOpened,
    ContactMade,
    DeliveryArmed,
    Event,
    ReceiptKind,
    ReceiptRecorded,
    Recorded,
    StatusChanged,
)
from dunning_engine.domain.facts import BY_HAND, News, StepNews
from dunning_engine.domain.screening import settled
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant, local_day
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.values import changed

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.decision.decision import Decision
    from dunning_engine.policy.model import Policy

ASSUMED_ADDRESS: Final = ("(postal address assumed)",)

_RECEIPTS: Final = {
    News.DELIVERED: ReceiptKind.DELIVERED,
    News.BOUNCED: ReceiptKind.BOUNCED,
    News.OPENED: ReceiptKind.OPENED,
    News.ANSWERED: ReceiptKind.ANSWERED,
    News.ACCEPTED: ReceiptKind.ACCEPTED,
    News.DECLINED: ReceiptKind.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Approvals:
    """How people answer in a simulation: after some days, or (`None`) never."""

    days: int | None = 0


AT_ONCE: Final = Approvals()


@dataclass(slots=True)
class ActionTrace:
    """What became of one action so far; `verdict` is `cleared`, `blocked` or `waiting`."""

    action: ProposedAction
    case: Case
    at: Instant
    verdict: str
    deferred_from: Instant | None = None
    reasons: tuple[str, ...] = ()
    why: tuple[str, ...] = ()


@dataclass(slots=True)
class Thread:
    """One case on its way."""

    case_id: str
    policy: Policy
    rulebooks: Sequence[Rulebook]
    case: Case | None = None
    wake: Instant | None = None
    seq: int = 0
    closings: list[tuple[Instant, str]] = field(default_factory=list)
    wanted: frozenset[str] = frozenset()
    """Identities of the actions that still waited when the case was last looked at."""


class World:
    """The cases of one debtor, moved from instant to instant."""

    def __init__(
        self, *, start: Instant, until: Instant, approvals: Approvals = AT_ONCE, asked: Iterable[Instant] = ()
    ) -> None:
        self._start, self._until, self._approvals = start, until, approvals
        self._asked = sorted(asked, reverse=True)
        self.kept: dict[Instant, tuple[Case, ...]] = {}
        """The cases as they stood before the instants that were asked about."""
        self._agenda: list[tuple[Instant, int, int, str, Event | StepNews]] = []
        self._count = 0
        self._log = NO_CONTACTS
        self.threads: dict[str, Thread] = {}
        self.traces: dict[str, ActionTrace] = {}
        self.decisions: list[Decision] = []
        self.unheard: list[tuple[Instant, str, StepNews]] = []
        """News of steps that had no action which it could be about, or that the ladder refused."""
        self.refusals: dict[tuple[str, StepNews], str] = {}
        """Why a person's word on a ladder was refused."""

    def add_case(self, case_id: str, policy: Policy, rulebooks: Sequence[Rulebook]) -> None:
        """Make a case known; its `CaseOpened` comes by `tell`."""
        self.threads[case_id] = Thread(case_id, policy, rulebooks)

    def tell(self, case_id: str, at: Instant, event: Event | StepNews) -> None:
        """Let a fact happen at an instant: openings first, then in the order told."""
        self._count += 1
        rank = 0 if isinstance(event, CaseOpened) else 1
        heapq.heappush(self._agenda, (at, rank, self._count, case_id, event))

    def run(self) -> None:
        """Move through every instant at which something happens, up to the end."""
        while (now := self.next_instant()) is not None:
            self.step(now)
        self._keep(self._until)

    def next_instant(self) -> Instant | None:
        """When something happens next; `None` where nothing more does before the end."""
        times = [thread.wake for thread in self.threads.values() if thread.wake is not None]
        if self._agenda:
            times.append(self._agenda[0][0])
        soonest = min(times, default=None)
        return None if soonest is None or soonest >= self._until else soonest

    def step(self, now: Instant) -> None:
        """Let everything happen that belongs to the next instant."""
        self._keep(now)
        touched = self._facts_at(now)
        if now >= self._start:
            for thread in self._in_turn(touched, now):
                self._decide(thread, now)

    def copy(self) -> World:
        """The same debtor at the same instant, to whom something else may happen from here on."""
        twin = copy(self)
        vars(twin).update(
            _asked=[*self._asked],
            kept={**self.kept},
            _agenda=[*self._agenda],
            threads={key: replace(one, closings=[*one.closings]) for key, one in self.threads.items()},
            traces={**self.traces},
            decisions=[*self.decisions],
            unheard=[*self.unheard],
            refusals={**self.refusals},
        )
        return twin

    def _keep(self, now: Instant) -> None:
        while self._asked and self._asked[-1] <= now:
            self.kept[self._asked.pop()] = tuple(t.case for t in self.threads.values() if t.case is not None)

    def _in_turn(self, touched: set[str], now: Instant) -> list[Thread]:
        """Cases to look at: they share the debtor's limits, so what was planned earlier goes first, then file order."""
        ready = [t for t in self.threads.values() if t.case is not None and (t.case_id in touched or _wakes(t, now))]
        return ready if len(ready) < 2 else sorted(ready, key=lambda thread: self._planned(thread, now))

    def _planned(self, thread: Thread, now: Instant) -> Instant:
        """For when the first action that a case wants now was planned."""
        wanted = self._ask(thread, now)
        actions = [cleared.action.action for cleared in wanted.cleared]
        actions += [deferred.action for deferred in wanted.deferred]
        actions += [blocked.action for blocked in wanted.blocked]
        actions += [request.action for request in wanted.waiting]
        return min((action.planned_at for action in actions), default=now)

    def _facts_at(self, now: Instant) -> set[str]:
        touched: set[str] = set()
        while self._agenda and self._agenda[0][0] <= now:
            _at, _rank, _number, case_id, event = heapq.heappop(self._agenda)
            thread = self.threads[case_id]
            if isinstance(event, StepNews):
                self._hear(thread, now, event)
            elif not isinstance(event, ApprovalGranted) or _still_asked(thread, event):
                self._apply(thread, now, event)
            thread.wake = max(now, self._start)
            touched.add(case_id)
        return touched

    def _hear(self, thread: Thread, now: Instant, news: StepNews) -> None:
        """Let news be the receipt or answer for a step's latest action; what comes too early may be heard that day."""
        assert thread.case is not None
        if news.news in BY_HAND:
            self._steer(thread, now, news)
            return
        meant = [d for d in thread.case.deliveries.values() if d.key.step == news.step and _met_by(d, news.news)]
        if not meant:
            self.unheard.append((now, thread.case_id, news))
            return
        latest = max(meant, key=lambda d: (d.key.occurrence, d.changed_at, d.armed_at or 0))
        match news.news:
            case News.APPROVED:
                self._apply(thread, now, ApprovalGranted(latest.id, latest.digest, "test"))
            case News.REFUSED:
                self._apply(thread, now, ApprovalRefused(latest.id, "test"))
            case other:
                self._apply(thread, now, ReceiptRecorded(latest.id, _RECEIPTS[other]))

    def _steer(self, thread: Thread, now: Instant, news: StepNews) -> None:
        assert thread.case is not None
        try:
            for event in steered(thread.case, thread.policy, news, by="test", reason="as the test says", now=now):
                self._apply(thread, now, event)
        except UsageError as refused:
            self.unheard.append((now, thread.case_id, news))
            self.refusals[thread.case_id, news] = str(refused)

    def _hear_again(self, thread: Thread, now: Instant, step: str) -> None:
        """News of the same day about an action that has come only now: a fact counts from the start of its day."""
        for at, case_id, news in tuple(self.unheard):
            if (case_id, news.step) == (thread.case_id, step) and _same_day(at, now, thread):
                self.unheard.remove((at, case_id, news))
                self._hear(thread, now, news)

    def _apply(self, thread: Thread, at: Instant, event: Event) -> None:
        thread.seq += 1
        before = thread.case
        thread.case = evolve(thread.case_id, before, Recorded(thread.seq, at, at, event))
        if isinstance(event, ContactMade):
            self._log = self._log.plus(contact_of(event, (thread.case_id,), at))
        if isinstance(event, StatusChanged) and event.status == CaseStatus.CLOSED.value:
            thread.closings.append((at, event.why))

    def _decide(self, thread: Thread, now: Instant) -> None:
        """Decide until nothing more comes at this instant, as a host would that advances and dispatches at once."""
        while True:
            decision = self._ask(thread, now)
            self.decisions.append(decision)
            for event in decision.events:
                self._apply(thread, now, event)
                self._trace(thread, now, event)
            again = self._deliver(thread, now, decision) | self._approve(thread, now, decision)
            if not again:
                thread.wake = decision.next_look
                thread.wanted = frozenset(
                    [*(d.action.id for d in decision.deferred), *(request.action.id for request in decision.waiting)]
                )
                return

    def _ask(self, thread: Thread, now: Instant) -> Decision:
        assert thread.case is not None
        change: dict[str, object] = {"contacts": self._log}
        if thread.policy.asks_history:
            others = (one.case for one in self.threads.values() if one is not thread and one.case is not None)
            change["history"] = tuple(past for other in others for past in settled(other.receivables))
        return decide(changed(thread.case, change), thread.policy, thread.rulebooks, now)

    def _deliver(self, thread: Thread, now: Instant, decision: Decision) -> bool:
        for number, cleared in enumerate(decision.cleared):
            action = cleared.action.action
            self._apply(thread, now, DeliveryArmed(action.id))
            if action.spec.channel is not None:
                assert thread.case is not None
                whom = in_law(thread.case.debtor, action.spec.to)
                made = Contact(now, action.spec.channel, (thread.case_id,), action_id=action.id, addressee=whom)
                self._log = self._log.plus(made)
            self._apply(thread, now, ReceiptRecorded(action.id, ReceiptKind.SENT))
            for event in consequences(action, ReceiptKind.SENT):
                self._apply(thread, now, event)
            if number or not self._told_of(thread, now, action.step):
                self._apply(thread, now, ReceiptRecorded(action.id, ReceiptKind.DELIVERED))
            self._hear_again(thread, now, action.step)
        return bool(decision.cleared)

    def _told_of(self, thread: Thread, now: Instant, step: str) -> bool:
        """Whether facts say what becomes of a step's message, so that its delivery is not assumed."""
        told = [(case_id, event) for _at, _rank, _number, case_id, event in self._agenda if isinstance(event, StepNews)]
        told += [(case_id, news) for at, case_id, news in self.unheard if _same_day(at, now, thread)]
        return any(
            (case_id, news.step) == (thread.case_id, step) and news.news in (News.DELIVERED, News.BOUNCED)
            for case_id, news in told
        )

    def _approve(self, thread: Thread, now: Instant, decision: Decision) -> bool:
        asked = [event.action for event in decision.events if isinstance(event, ApprovalRequested)]
        if self._approvals.days is None or thread.case is None:
            before = thread.seq
            for action in asked:
                self._hear_again(thread, now, action.step)
            return thread.seq > before
        for action in asked:
            first, *_ = thread.case.deliveries[action.id].awaits
            granted = approve(thread.case, thread.policy, action.id, by="simulation", role=first, now=now)
            granted = replace(granted, role="")  # for every role that was asked
            if self._approvals.days == 0:
                self._apply(thread, now, granted)
            else:
                self.tell(thread.case_id, now + self._approvals.days * DAY_SECONDS, granted)
        return bool(asked) and self._approvals.days == 0

    def _trace(self, thread: Thread, now: Instant, event: Event) -> None:
        assert thread.case is not None
        match event:
            case ActionCleared(action):
                known = self.traces.get(action.id)
                deferred = known.deferred_from if known is not None else None
                reasons = known.reasons if known is not None and deferred is not None else ()
                self.traces[action.id] = ActionTrace(action, thread.case, now, "cleared", deferred, reasons)
            case ActionDeferred(action, until, rules):
                known = self.traces.get(action.id)
                first = known.deferred_from if known is not None and known.deferred_from is not None else now
                seen = known.reasons if known is not None else ()
                reasons = tuple(dict.fromkeys((*seen, *rules)))
                self.traces[action.id] = ActionTrace(action, thread.case, until, "waiting", first, reasons)
            case ActionBlocked(action, rules, why):
                self.traces[action.id] = ActionTrace(action, thread.case, now, "blocked", None, rules, why)
            case ApprovalRequested(action, role):
                known, reasons = self.traces.get(action.id), (f"approval/{role}",)
                since = known.at if known is not None and known.reasons == reasons else now
                self.traces[action.id] = ActionTrace(action, thread.case, since, "waiting", None, reasons)
            case _:
                pass

    def outcomes(self) -> Iterable[ActionTrace]:
        """One trace per action at its final verdict; what waited until nobody wanted it any more is left out."""
        for trace in self.traces.values():
            thread = self.threads[trace.action.case_id]
            assert thread.case is not None
            wanted = trace.action.id in thread.wanted or self._awaiting(thread.case, trace.action)
            if trace.verdict != "waiting" or wanted:
                yield replace(trace, case=thread.case)

    @staticmethod
    def _awaiting(case: Case, action: ProposedAction) -> bool:
        return case.status is not CaseStatus.CLOSED and case.deliveries[action.id].state is DeliveryState.AWAITING


def _still_asked(thread: Thread, answer: ApprovalGranted) -> bool:
    """Whether an answer meets the question that it was asked: any change since has voided it."""
    assert thread.case is not None
    asked = thread.case.deliveries[answer.action_id]
    return asked.state is DeliveryState.AWAITING and asked.digest == answer.digest


def _same_day(one: Instant, other: Instant, thread: Thread) -> bool:
    return local_day(one, thread.policy.zone) == local_day(other, thread.policy.zone)


def _met_by(delivery: Delivery, news: News) -> bool:
    """Whether news can be about an action: answers meet a question, receipts what was sent."""
    if news in _RECEIPTS:
        return delivery.sent_at is not None
    return delivery.state is DeliveryState.AWAITING


def _wakes(thread: Thread, now: Instant) -> bool:
    return thread.wake is not None and thread.wake <= now
