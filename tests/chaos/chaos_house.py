"""The house that is shaken: one policy, an engine for each process, a clock that runs fast, real ways out."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from dunning_engine.adapters.email import SmtpEmail
from dunning_engine.adapters.files import Files
from dunning_engine.domain.parties import Channel, Party
from dunning_engine.engine.engine import DunningEngine
from dunning_engine.engine.loading import policy_of
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.policy.model import Policy
from dunning_engine.ports.adapter import Bounced, Capability, Message, Outcome, Retry, Sent, Uncertain, Withheld
from dunning_engine.ports.codec import encode_message

POLICY: Final = """
policy: chaos
version: 1
title: "Messages by every way at once"
law: []
time: {zone: UTC, business_days: none, send_at: "00:00"}
unit: invoice
contact_limits: [8 contacts in 7 days per debtor]
fees:
  late: {fixed: 5.00, currency: EUR, once: per case, per: invoice, basis: General terms 4}
steps:
  - step: first
    when: 1 day after due
    send: [email first, sms first, letter first]
    charge: fee late
    on_uncertain: resend
pause_while: [disputed, promise open, on hold]
stop_when: [paid, bankrupt, deceased]
"""

SPEED: Final = 120
"""Seconds of the engine's clock in one second: a lease of two minutes is over after one second."""

TENANTS: Final = ("north", "south")
"""Creditors in one database; their debtors, cases and outside events have the same names."""

PER_DEBTOR: Final = 3
"""Invoices of one debtor, each a case of its own: together they would send one message more than the limit lets pass."""


@dataclass(frozen=True)
class House:
    """Where everything is."""

    url: str
    folder: Path
    mail_port: int
    hook_port: int
    ahead: Synchronized[int]
    """By how many seconds the clock was put forward."""
    epoch: float = field(default_factory=time.time)
    speed: int = SPEED

    @property
    def letters(self) -> Path:
        return self.folder / "letters"

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def now(self) -> int:
        return int(self.epoch + (time.time() - self.epoch) * self.speed) + int(self.ahead.value)

    def open(self, tenant: str, checkpoint: Callable[[Any], None] | None = None) -> DunningEngine:
        """An engine of a tenant on the common database."""
        more = {} if checkpoint is None else {"checkpoint": checkpoint}
        return DunningEngine.open(
            self.url,
            tenant=tenant,
            policies=[chaos_policy()],
            adapters=[
                SmtpEmail("127.0.0.1", self.mail_port, sender="billing@example.com", timeout=5),
                Webhook(self.hook_port),
                Letters(self.letters),
            ],
            renderer=Words(),
            creditor=Party.business(tenant, name=tenant, email="billing@example.com"),
            clock=Fast(self),
            **more,
        )


@cache
def chaos_policy() -> Policy:
    return policy_of(POLICY, "chaos.yaml")


def debtor(number: int) -> Party:
    return Party.consumer(
        f"d{number}", name=f"Debtor {number}", email=f"d{number}@example.com", phone="+4930123456",
        address=["Weg 1", "Berlin"], country="DE", zone="Europe/Berlin",
    )  # fmt: skip


@dataclass(frozen=True)
class Fast:
    """The house's clock."""

    house: House

    def now(self) -> int:
        return self.house.now()


class Words:
    """Texts without templates, which say the amount and for whom: other facts make other bytes."""

    def render(self, action: Any, case: Any, _policy: Any, creditor: Any, *_rest: Any, **_more: Any) -> Any:
        text = f"{case.id} owes {creditor.name} the sum of {action.amount}\n"
        return SimpleNamespace(subject=f"About {case.id}", text=text, language="en")


def tenant_of(content: bytes) -> str:
    """In whose name a message came."""
    found = re.search(rb"owes (north|south) the sum", content)
    return found[1].decode() if found else ""


@dataclass(frozen=True)
class Webhook:
    """Posts an action under its key; the receiver takes each key once."""

    port: int
    name: str = "webhook"
    handles: frozenset[Channel | str] = frozenset({Channel.SMS, Channel.PUSH, Channel.PORTAL})
    capability: Capability = Capability.DEDUPE

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=min(seconds, 5))
        try:
            connection.connect()
        except OSError as error:
            return Retry(1, f"no connection: {error}")
        try:
            body = encode_message(message).encode()
            connection.request("POST", "/", body, {"Idempotency-Key": message.key})
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return Uncertain(f"no answer: {error}")
        finally:
            connection.close()
        if status == 200:
            return Sent(message.key)
        return Bounced("refused") if status == 400 else Retry(1, f"status {status}")


class Letters:
    """Letters as files: one for each action, however often it is handed over."""

    name = "letters"
    handles: frozenset[Channel | str] = frozenset({Channel.LETTER, Channel.CALL})

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._files = Files(folder)

    @property
    def capability(self) -> Capability:
        return self._files.capability

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        return self._files.deliver(message, seconds=seconds)

    def deliver_asking(self, message: Message, *, seconds: float, may_go: Callable[[], bool]) -> Outcome | Withheld:
        return self._files.deliver_asking(message, seconds=seconds, may_go=may_go)


def overdue_since(now: int) -> int:
    """The day on which invoices fell due whose first step is due now."""
    return now // DAY_SECONDS - 3
