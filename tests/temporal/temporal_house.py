"""A policy small enough to read, an adapter that only remembers, and a debtor's workflow on a server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporal_stage import PlainWords
from temporalio.client import Client, WorkflowHistory

from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal import Debtors, Desk, Shown, Start, worker
from dunning_engine.kernel.calendar import parse_instant
from dunning_engine.kernel.money import Money
from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent

POLICY = """
policy: shop
version: 1
title: "A shop"
law: []
applies_to: [currency is EUR]
time: {zone: Europe/Berlin, business_days: none, send_at: "10:00"}
contact_limits: [1 contact per day per debtor]
steps:
  - step: reminder
    when: 3 days after due
    send: email reminder
  - step: warning
    when: 10 days after reminder
    send: email warning
  - step: last
    when: 10 days after warning
    send: letter last
  - step: agency
    when: 10 days after last
    hand_off: agency acme
    approval: manager
"""

ANN = Party.consumer("ann", email="ann@example.com", address=["1 Road"], country="DE", zone="Europe/Berlin")
CASE = "ann/EUR"
STARTS = parse_instant("2026-03-01T00:00:00+01:00")


def invoice(number: str = "INV-1", amount: str = "240.00") -> Invoice:
    return Invoice(number, Money(amount, "EUR"), due="2026-03-02", issued="2026-02-02")


@dataclass
class Sink:
    """An adapter that keeps what it was given and answers what it was told to."""

    answer: Callable[[Message], Outcome] = lambda _message: Sent("ref", delivered=True)
    name: str = "sink"
    handles: frozenset[Channel | str] = frozenset({Channel.EMAIL, Channel.LETTER, "agency"})
    capability: Capability = Capability.NONE
    got: list[Message] = field(default_factory=list)

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        assert seconds > 0
        self.got.append(message)
        return self.answer(message)

    @property
    def words(self) -> list[str]:
        return [message.action.spec.words for message in self.got]


def desk_of(sink: Any, policy: str = POLICY) -> Desk:
    policies = [policy_of(policy, "shop.yaml")]
    return Desk(
        lambda store, clock: DunningEngine.open(
            store, clock=clock, policies=policies, adapters=[sink], renderer=PlainWords()
        )
    )


@dataclass
class House:
    """One fleet on a server, with a clock that begins on the first of March."""

    env: Any
    sink: Sink
    debtors: Debtors

    @property
    def client(self) -> Client:
        return self.env.client

    async def opens(self) -> None:
        await self.debtors.open_cases(ANN, [invoice()], "shop")

    async def passes(self, days: float) -> None:
        await self.env.sleep(timedelta(days=days))

    async def ask(self, what: str, *given: Any) -> Any:
        return await self.debtors.handle("ann").query(what, *given)

    async def events(self) -> list[str]:
        return [row[2] for row in await self.ask("history", CASE)]

    async def state(self, step: str) -> str:
        rows = (await self.ask("image"))["outbox"].values()
        return next(row["state"] for row in rows if row["action"]["key"]["step"] == step)

    async def history(self) -> WorkflowHistory:
        return await self.debtors.handle("ann").fetch_history()

    async def activities(self) -> list[str]:
        """The identities of every delivery in the history of the present run."""
        events = json.loads((await self.history()).to_json())["events"]
        scheduled = (event.get("activityTaskScheduledEventAttributes") for event in events)
        return [one["activityId"] for one in scheduled if one is not None]


@asynccontextmanager
async def house(env: Any, number: int, sink: Sink | None = None, **begins: Any) -> AsyncIterator[House]:
    sink, queue = sink or Sink(), f"house-{number}"
    since = (await env.get_current_time()).timestamp()
    clock = Shown(STARTS, since, grain=60)
    debtors = Debtors(env.client, queue=queue, tenant=queue, begins=Start("", clock=clock, **begins))
    async with worker(env.client, desk_of(sink), queue=queue):
        try:
            yield House(env, sink, debtors)
        finally:
            await debtors.handle("ann").terminate()
