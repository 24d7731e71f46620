"""Plays what the test files of policies describe on a Temporal server whose time can be skipped."""

from __future__ import annotations

import asyncio
import heapq
import sysconfig
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from shop import PlainWords
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from dunning_engine.decision.decision import Decision
from dunning_engine.domain.approval_events import ApprovalRequested
from dunning_engine.domain.case import Case
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.events import ReceiptKind, ReceiptRecorded
from dunning_engine.domain.facts import BY_HAND, News, StepNews
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.domain.plans import PlanAgreed
from dunning_engine.engine.casework import CasePlan, concerns_person
from dunning_engine.engine.channels import WAYS
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.integrations.temporal import Debtors, Desk, Shown, Start, worker
from dunning_engine.integrations.temporal.store import Carrier
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant, day_start, local_day
from dunning_engine.kernel.errors import UsageError
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent
from dunning_engine.ports.codec import encode_event, to_json
from dunning_engine.simulation.run import Simulation, with_address
from dunning_engine.simulation.world import Thread

_RECEIPTS: Final = {
    News.DELIVERED: ReceiptKind.DELIVERED,
    News.BOUNCED: ReceiptKind.BOUNCED,
    News.OPENED: ReceiptKind.OPENED,
    News.ANSWERED: ReceiptKind.ANSWERED,
    News.ACCEPTED: ReceiptKind.ACCEPTED,
    News.DECLINED: ReceiptKind.DECLINED,
}
_STEERED: Final = {News.SKIPPED: "skip", News.REWOUND: "rewind", News.FORCED: "force", News.CANCELLED: "cancel_notice"}

MINUTE: Final = 60
STARTS_MAX: Final = 5


def program(name: str) -> str:
    """A program that a wheel has brought, whatever the path of this process says."""
    return str(Path(sysconfig.get_path("scripts")) / name)


async def patiently(starts: Callable[[], Awaitable[WorkflowEnvironment]]) -> WorkflowEnvironment:
    """A server, which has five seconds to come up each time: too few where others use the machine."""
    for _ in range(STARTS_MAX):
        try:
            return await starts()
        except RuntimeError as error:
            late = error
    raise late


class TestServer:
    """A server whose time skips; one play at a time, because all workflows share its clock."""

    __test__ = False

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.env: WorkflowEnvironment = self._runner.run(
            patiently(
                lambda: WorkflowEnvironment.start_time_skipping(
                    test_server_existing_path=program("temporal-test-server"),
                )
            )
        )
        self.plays = 0

    def play(self, simulation: Simulation) -> list[Playing]:
        """Play every debtor of a simulation."""
        by_debtor: dict[str, list[CasePlan]] = {}
        for plan in simulation.plans:
            by_debtor.setdefault(plan.debtor.id, []).append(plan)
        return [self.run(Playing(simulation, plans).played(self)) for plans in by_debtor.values()]

    def run(self, work: Any) -> Any:
        return self._runner.run(asyncio.wait_for(work, 20))

    def close(self) -> None:
        self._runner.run(self.env.shutdown())
        self._runner.close()


@contextmanager
def server() -> Iterator[TestServer]:
    running = TestServer()
    try:
        yield running
    finally:
        running.close()


@dataclass(order=True)
class Coming:
    """A fact of an instant; `what` is a command, news of a step, or nothing: an instant that is asked about."""

    at: Instant
    rank: int
    number: int
    case_id: str = field(compare=False)
    what: Any = field(compare=False)


@dataclass
class Playing:
    """One debtor's cases on their way; as an adapter it takes whatever is handed over."""

    simulation: Simulation
    plans: list[CasePlan]
    decisions: list[Decision] = field(default_factory=list)
    unheard: list[tuple[Instant, str, StepNews]] = field(default_factory=list)
    refusals: dict[tuple[str, StepNews], str] = field(default_factory=dict)
    kept: dict[Instant, tuple[Case, ...]] = field(default_factory=dict)
    threads: dict[str, Thread] = field(default_factory=dict)
    agenda: list[Coming] = field(default_factory=list)
    now: Instant = 0
    name: str = "stage"
    capability: Capability = Capability.DEDUPE
    handles: frozenset[Channel | str] = frozenset({*OFFERED, *WAYS})
    answered: int = 0
    handed: set[tuple[str, Instant]] = field(default_factory=set)

    # What is coming ----------------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        self.zone = self.plans[0].policy.zone
        self.start = day_start(self.simulation.start.toordinal(), self.zone)
        self.until = day_start(self.simulation.until.toordinal() + 1, self.zone)
        told: set[tuple[Instant, str]] = set()
        for plan in self.plans:
            policy = plan.policy
            debtor = with_address(plan.debtor)
            opening = day_start(
                min((i.invoice.issued or i.invoice.due).toordinal() for i in plan.invoices), policy.zone
            )
            for incoming in plan.invoices:
                at = day_start((incoming.invoice.issued or incoming.invoice.due).toordinal(), policy.zone)
                given = {
                    "debtor": to_json(type(debtor), debtor),
                    "owed": [to_json(type(incoming.invoice), incoming.invoice)],
                    "policy": policy.name,
                    "case_id": plan.case_id,
                    "at": at,
                }
                self._await(at, plan.case_id, {"word": "open", "given": given}, rank=int(at > opening))
            for day, event in plan.facts:
                at = opening if day is None else max(opening, day_start(day.toordinal(), policy.zone))
                if not isinstance(event, StepNews):
                    if concerns_person(event) and (at, repr(event)) in told:
                        continue
                    told.add((at, repr(event)))
                self._await(at, plan.case_id, event)
            self.threads[plan.case_id] = Thread(plan.case_id, policy, ())
        for day in self.simulation.asked:
            self._await(day_start(day.toordinal() + 1, self.zone), "", None, rank=-1)

    def _await(self, at: Instant, case_id: str, what: Any, rank: int = 1) -> None:
        heapq.heappush(self.agenda, Coming(at, rank, len(self.agenda) + len(self.decisions) * 1_000, case_id, what))

    @property
    def watchful(self) -> bool:
        """Whether people answer what is asked, so that every look of the workflow has to be watched."""
        answers = self.simulation.approvals.days is not None and any(
            step.approval or any(spec.do.value == "request_approval" for choice in step.actions for spec in choice)
            for plan in self.plans
            for step in plan.policy.steps
        )
        return answers or any(isinstance(one.what, StepNews) for one in self.agenda) or bool(self.unheard)

    # The play ----------------------------------------------------------------------------------------------------------

    async def played(self, stage: TestServer) -> Playing:
        """Everything up to the end of the last day."""
        self._plan()
        env, stage.plays = stage.env, stage.plays + 1
        queue = f"stage-{stage.plays}"
        policies = {plan.policy.name: plan.policy for plan in self.plans}
        desk = Desk(
            lambda store, clock: DunningEngine.open(
                store,
                clock=clock,
                policies=list(policies.values()),
                adapters=[self],
                renderer=PlainWords(),
                zones=self.simulation.zones,
                places=self.simulation.places,
            ),
            heard=self.decisions.append,
        )
        self.server_start = (await env.get_current_time()).timestamp()
        self.clock = Shown(self.start, self.server_start, grain=MINUTE)
        self.env = env
        self.debtors = Debtors(env.client, queue=queue, tenant=queue, begins=Start("", clock=self.clock))
        self.debtor = self.plans[0].debtor.id
        async with worker(env.client, desk, queue=queue, threads=4):
            try:
                await self._play()
            finally:  # without a worker its timers would hold up the server's time
                with suppress(RPCError):
                    await self.debtors.handle(self.debtor).terminate()
        return self

    async def _play(self) -> None:
        self.now = self.start
        opened = False
        while (at := await self._next(opened)) is not None and at < self.until:
            await self._until(at)
            await self._keep()
            commands = [one for one in self._due() if one.what is not None]
            if commands or opened:
                await self._told(commands)
                opened = opened or bool(commands)
            while self._people():
                await self._told([one for one in self._due() if one.what is not None])
        await self._until(self.until)
        await self._keep()
        if opened:
            await self._see()

    async def _next(self, opened: bool) -> Instant | None:
        times = [max(self.agenda[0].at, self.start)] if self.agenda else []
        if opened and self.watchful:
            look = await self.debtors.ask(self.debtor, "next_look")
            times += [max(self.now + MINUTE, -(-look // MINUTE) * MINUTE)] if look is not None else []
        return min(times, default=None)

    async def _until(self, at: Instant) -> None:
        self.now = max(self.now, at)
        wait = self.server_start + at - self.start - (await self.env.get_current_time()).timestamp()
        if wait > 0:
            await self.env.sleep(timedelta(seconds=wait))

    def _due(self) -> list[Coming]:
        due = []
        while self.agenda and self.agenda[0].at <= self.now:
            due.append(heapq.heappop(self.agenda))
        return due

    async def _keep(self) -> None:
        while self.agenda and self.agenda[0].what is None and self.agenda[0].at <= self.now:
            at = heapq.heappop(self.agenda).at
            await self._see()
            self.kept[at] = tuple(thread.case for thread in self.threads.values() if thread.case is not None)

    async def _see(self) -> None:
        """The cases as the workflow has them now."""
        for case_id, case in Carrier(await self.debtors.image(self.debtor)).cases.items():
            self.threads[case_id].case = case

    async def _told(self, coming: list[Coming]) -> None:
        """Tell the workflow what is known now, all at once, and wait until it has done what follows."""
        plain = [self._command(one) for one in coming if not isinstance(one.what, StepNews | ApprovalRequested)]
        news = [one for one in coming if isinstance(one.what, StepNews)]
        plain += [self._answer(one.what) for one in coming if await self._still_asked(one)]
        await self._tell("together", {"commands": plain}, settle=not news)
        for one in news:
            await self._hear(one.case_id, one.what)
        if news:
            await self._tell("together", {"commands": []}, settle=True)

    def _command(self, one: Coming) -> dict[str, Any]:
        if isinstance(one.what, dict):
            return one.what
        fact = replace(one.what, approved_by="test") if isinstance(one.what, PlanAgreed) else one.what
        return {"word": "record", "given": {"case_id": one.case_id, "fact": list(encode_event(fact)), "at": one.at}}

    async def _still_asked(self, one: Coming) -> bool:
        """Whether an answer meets the question that it was asked: any change since has voided it."""
        if not isinstance(one.what, ApprovalRequested):
            return False
        await self._see()
        asked = self.threads[one.case_id].case.deliveries[one.what.action.id]
        return asked.state is DeliveryState.AWAITING and asked.digest == one.what.digest

    @staticmethod
    def _answer(asked: ApprovalRequested) -> dict[str, Any]:
        given = {"case_id": asked.action.case_id, "action_id": asked.action.id, "by": "simulation", "role": asked.role}
        return {"word": "approve", "given": given}

    async def _tell(self, word: str, given: dict[str, Any], *, settle: bool = False) -> None:
        await self.debtors.tell(self.debtor, word, given, start=True, settle=settle)

    # News and answers --------------------------------------------------------------------------------------------------

    async def _hear(self, case_id: str, news: StepNews) -> None:
        """Let news be the receipt or answer for a step's latest action; what comes too early may be heard that day."""
        told = {"case_id": case_id, "by": "test", "reason": "as the test says"}
        if news.news in BY_HAND:
            step = {"what" if news.news is News.CANCELLED else "step": news.step}
            try:
                await self._tell(_STEERED[news.news], {**told, **step})
            except UsageError as refused:
                self.unheard.append((self.now, case_id, news))
                self.refusals[case_id, news] = str(refused)
            return
        await self._see()
        case = self.threads[case_id].case
        meant = (
            [d for d in case.deliveries.values() if d.key.step == news.step and _met_by(d, news.news)] if case else []
        )
        if not meant:
            self.unheard.append((self.now, case_id, news))
            return
        latest = max(meant, key=lambda d: (d.key.occurrence, d.changed_at, d.armed_at or 0))
        if news.news in _RECEIPTS:
            receipt = ReceiptRecorded(latest.id, _RECEIPTS[news.news])
            await self._tell("record", {"case_id": case_id, "fact": list(encode_event(receipt)), "at": self.now})
            return
        word = "approve" if news.news is News.APPROVED else "refuse"
        role = self._role(latest.id)
        await self._tell(word, {"case_id": case_id, "action_id": latest.id, "by": "test", "role": role})

    def _role(self, action_id: str) -> str:
        asked = (event for decision in self.decisions for event in decision.events)
        return next(e.role for e in asked if isinstance(e, ApprovalRequested) and e.action.id == action_id)

    def _people(self) -> bool:
        """Whether somebody has to say something now: to what was just asked, or about what has just come."""
        news = self.decisions[self.answered :]
        self.answered = len(self.decisions)
        before = len(self.agenda)
        for decision in news:
            for event in decision.events:
                if isinstance(event, ApprovalRequested) and self.simulation.approvals.days is not None:
                    at = self.now + self.simulation.approvals.days * DAY_SECONDS
                    self._await(at, decision.case_id, event)
            for step in self._moved(decision):
                self._hear_again(decision.case_id, step)
        return len(self.agenda) > before and self.agenda[0].at <= self.now

    def _moved(self, decision: Decision) -> list[str]:
        asked = [event.action.step for event in decision.events if isinstance(event, ApprovalRequested)]
        return [*(one.action.action.step for one in decision.cleared), *asked]

    def _hear_again(self, case_id: str, step: str) -> None:
        for at, whose, news in tuple(self.unheard):
            if (whose, news.step) == (case_id, step) and self._same_day(at):
                self.unheard.remove((at, whose, news))
                self._await(self.now, case_id, news)

    def _same_day(self, at: Instant) -> bool:
        return local_day(at, self.zone) == local_day(self.now, self.zone)

    # Hand-over ---------------------------------------------------------------------------------------------------------

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        """Everything arrives, unless news tell what becomes of the first message of a step."""
        action = message.action
        first = (action.case_id, message.at) not in self.handed
        self.handed.add((action.case_id, message.at))
        return Sent("stage", delivered=not (first and self._told_of(action.case_id, action.step, message.at)))

    def _told_of(self, case_id: str, step: str, at: Instant) -> bool:
        told = [(one.case_id, one.what) for one in self.agenda if isinstance(one.what, StepNews)]
        told += [
            (whose, news)
            for when, whose, news in self.unheard
            if local_day(when, self.zone) == local_day(at, self.zone)
        ]
        return any(
            (whose, news.step) == (case_id, step) and news.news in (News.DELIVERED, News.BOUNCED)
            for whose, news in told
        )


def _met_by(delivery: Delivery, news: News) -> bool:
    if news in _RECEIPTS:
        return delivery.sent_at is not None
    return delivery.state is DeliveryState.AWAITING
