"""A policy small enough to read, and a debtor's workflow on a server."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from shop import PlainWords, Sink, invoice
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError

from dunning_engine.domain.parties import Channel, Party
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal import Debtors, Desk, Shown, Start, worker
from dunning_engine.integrations.temporal.keys import Keys
from dunning_engine.integrations.temporal.secrecy import locked
from dunning_engine.kernel.calendar import parse_instant
from dunning_engine.ports.adapter import Message, Outcome, Sent

__all__ = ["ANN", "CASE", "POLICY", "STARTS", "House", "Post", "desk_of", "house", "invoice"]

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


class Post(Sink):
    """A sink whose every message arrives, letters among them."""

    def __init__(self, answer: Callable[[Message], Outcome] = lambda _message: Sent("ref", delivered=True)) -> None:
        super().__init__(answer, handles=frozenset({Channel.EMAIL, Channel.LETTER, "agency"}))


def desk_of(sink: Any, policy: str = POLICY, **settings: Any) -> Desk:
    policies = [policy_of(policy, "shop.yaml")]
    return Desk(
        lambda store, clock: DunningEngine.open(
            store, clock=clock, policies=policies, adapters=[sink], renderer=PlainWords()
        ),
        **settings,
    )


@dataclass
class House:
    """One fleet on a server, with a clock that begins on the first of March."""

    env: Any
    sink: Post
    debtors: Debtors
    client: Client

    async def opens(self) -> None:
        await self.debtors.open_cases(ANN, [invoice()], "shop")

    async def passes(self, days: float) -> None:
        await self.env.sleep(timedelta(days=days))

    async def ask(self, what: str, *given: Any) -> Any:
        return await self.debtors.ask("ann", what, *given)

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
async def house(
    env: Any,
    number: int,
    sink: Post | None = None,
    *,
    keys: Keys | None = None,
    desk: Mapping[str, Any] = MappingProxyType({}),
    **begins: Any,
) -> AsyncIterator[House]:
    """A fleet of one worker; `begins` are fields of `Start`, `desk` settings of the desk."""
    sink, queue = sink or Post(), f"house-{number}"
    since = (await env.get_current_time()).timestamp()
    begin = Start("", **{"clock": Shown(STARTS, since, grain=60), **begins})
    client = env.client if keys is None else Client(env.client.service_client, data_converter=locked(keys))
    debtors = Debtors(client, queue=queue, tenant=queue, begins=begin)
    async with worker(client, desk_of(sink, **desk), queue=queue):
        try:
            yield House(env, sink, debtors, client)
        finally:
            with suppress(RPCError):
                await debtors.handle("ann").terminate()
