"""A debtor on images: a desk, the policy of a shop, and everything through JSON as on a server."""

from __future__ import annotations

import json
from typing import Any

from shop import PlainWords, invoice

from dunning_engine.domain.parties import Channel, Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.integrations.temporal.commands import Armed, Command, Handing, Reading
from dunning_engine.integrations.temporal.desk import Desk
from dunning_engine.integrations.temporal.image import Image, empty, merge, packed, unpacked, wake_of
from dunning_engine.kernel.calendar import parse_instant
from dunning_engine.ports.adapter import Capability, Message, Outcome, Retry, Sent, Uncertain
from dunning_engine.ports.codec import to_json

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
    cadence: every 5 days up to 3 times
    send: email warning
    on_uncertain: resend
  - step: last
    when: 10 days after warning
    send: letter last
pause_while: [on hold]
"""

START = parse_instant("2026-03-01T00:00:00+01:00")
ANN = Party.consumer("ann", email="ann@example.com", address=["1 Road"], country="DE", zone="Europe/Berlin")
CASE = "ann/EUR"


class Fickle:
    """Answers by what an action's identity looks like, the first time and later."""

    name, capability = "fickle", Capability.NONE
    handles = frozenset({Channel.EMAIL, Channel.LETTER})

    def __init__(self) -> None:
        self.got: list[str] = []

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        self.got.append(message.action_id)
        kind = (int(message.action_id[:2], 16) + self.got.count(message.action_id)) % 4
        return [Sent("r", delivered=True), Retry(7_200, "busy"), Uncertain("no answer"), Sent("r")][kind]


def engine_on(store: Any, clock: Any, adapter: Fickle) -> DunningEngine:
    policies = [policy_of(POLICY, "shop.yaml")]
    return DunningEngine.open(store, clock=clock, policies=policies, adapters=[adapter], renderer=PlainWords())


def opening(number: str) -> Command:
    return Command(
        "open", {"debtor": to_json(Party, ANN), "owed": [to_json(Invoice, invoice(number, "100.00"))], "policy": "shop"}
    )


def at(shows: int) -> Reading:
    return Reading(shows, rehearsed=True)


class OnImages:
    """A debtor as their workflow keeps them: every answer of the desk goes through JSON."""

    def __init__(self, image: Image | None = None, *, tenant: str = "", **settings: Any) -> None:
        self.adapter, self.image, self.now = Fickle(), image or empty(tenant), START
        self.desk = Desk(lambda store, clock: engine_on(store, clock, self.adapter), **settings)

    def tell(self, command: Command) -> bool:
        answer = self.desk.tell(self._sent(), at(self.now), command)
        merge(self.image, through_json(answer.changes))
        return answer.refused is None

    def passes(self, until: int) -> None:
        while (wake := wake_of(self.image)) is not None and wake <= until:
            self.now = max(self.now, wake)
            answer = self.desk.look(self._sent(), at(self.now))
            merge(self.image, through_json(answer.changes))
            if answer.armed is not None:
                outcome = self.desk.deliver(self.handing(answer.armed))
                received = self.desk.receive(self._sent(), at(self.now), answer.armed, outcome)
                merge(self.image, through_json(received.changes))
        self.now = until

    def handing(self, armed: Armed) -> Handing:
        return Handing(armed.key, self.image["messages"][armed.key], armed.fence, self.now)

    def goes_on(self) -> None:
        """In a new run, from a snapshot."""
        merge(self.image, self.desk.keep(self._sent(), at(self.now)).changes)
        self.image = unpacked(packed(self.image))

    def _sent(self) -> Image:
        return through_json(self.image)


def through_json(body: Any) -> Any:
    return json.loads(json.dumps(body))
