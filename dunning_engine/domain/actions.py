"""What the host is asked to do, from the policy's wish to the action that the gate has cleared.

`ActionSpec` is the policy's word, `ProposedAction` that word for one case and day, `ClearedAction` the only thing that
enters an outbox. Only `compliance.gate` builds the last one; a test of the code's health keeps it so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from dunning_engine.domain.verbs import VERBS, Do, Verb
from dunning_engine.kernel.ids import short_hash

if TYPE_CHECKING:
    from dunning_engine.domain.charges import Charge
    from dunning_engine.domain.offers import Offer
    from dunning_engine.domain.parties import Channel
    from dunning_engine.kernel.calendar import Day, Instant
    from dunning_engine.kernel.spans import Span

__all__ = ["ActionKey", "ActionSpec", "ClearedAction", "ClimbOn", "Do", "OnUncertain", "ProposedAction"]


class ClimbOn(Enum):
    """What must have happened to an action before its step counts as done."""

    EMITTED = "emitted"
    SENT = "sent"
    DELIVERED = "delivered"


class OnUncertain(Enum):
    """What follows where nobody knows whether a message left the house."""

    ASK = "ask"
    """The ladder waits until a person or a receipt tells what became of it."""
    RESEND = "resend"
    """It is sent once more, under the same identity, as soon as the limits allow a second one."""
    SKIP = "skip"
    """The ladder goes on without it; nothing counts as sent or delivered by it."""


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One way to do what a step asks for: `send: certified letter final-demand` or `hand_off: agency acme-recovery`.

    `name` is the template, the call script, the receiver or the object; `topic` what is proposed or prepared. `slot`
    tells apart actions of one step that take the same way, and is part of the action's identity. What needs a notice
    names in `after` the step that gives it, and in `wait` how long that has to be ago; `given` are the parameters of an
    action of the host.
    """

    do: Do
    name: str
    channel: Channel | None = None
    certified: bool = False
    with_invoice: bool = False
    slot: str = ""
    topic: str = ""
    after: str = ""
    wait: Span | None = None
    given: tuple[tuple[str, str], ...] = ()
    to: str = ""
    """Who receives it, where that is not the debtor: the role of a contact person, or `guarantor`."""

    @property
    def verb(self) -> Verb:
        return VERBS[self.do]

    @property
    def reaches_debtor(self) -> bool:
        """Whether this is a contact, which limits count and clocks bind."""
        return self.channel is not None

    @property
    def way(self) -> str:
        """The way out of the house that it takes: a channel, or what its verb has instead."""
        return self.verb.way if self.channel is None else self.channel.value

    def purpose(self, *, ultimatum: bool) -> str:
        """What it is for, in the word that laws use."""
        purpose = self.verb.purpose
        return "ultimatum" if ultimatum and purpose == "collect" else purpose

    def told(self, pattern: str) -> str:
        """A pattern of its verb with its own words in it."""
        channel = self.channel.value if self.channel is not None else ""
        return pattern.format(
            name=self.name, topic=self.topic, channel=f"{'certified ' if self.certified else ''}{channel}"
        )

    @property
    def words(self) -> str:
        """The action as tests and reports name it: `email reminder`, `call reminder-script`, `hand off agency acme`."""
        return f"{self.told(self.verb.words)} to {self.to}" if self.to else self.told(self.verb.words)


@dataclass(frozen=True, slots=True)
class ActionKey:
    """Which action of a case this is: unchanged by clocks, amounts and policy versions, so that nothing goes out twice.

    `cycle` names the run of the ladder (the number of the invoice that began it): it changes only after a cure.
    `tenant` is that of the case, so that equal cases of two tenants have nothing in common at a provider of both.
    """

    cycle: str
    step: str
    occurrence: int
    slot: str
    tenant: str = ""

    def action_id(self, case_id: str) -> str:
        """The identity that travels to adapters and providers as their idempotency key."""
        whose = (self.tenant,) if self.tenant else ()  # who has no tenant keeps the identities of before
        return short_hash(*whose, case_id, self.cycle, self.step, str(self.occurrence), self.slot)

    def beside(self, slot: str) -> ActionKey:
        """The key of another action of the same occurrence of its step."""
        return replace(self, slot=slot)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedAction:
    """An action that the policy wants now, not yet asked of the law.

    `planned_at` is when it was due; `amount` the undisputed open balance in minor units of `currency`; `deadline` the
    last day to pay that an ultimatum states; `approval` the role that has to agree before it may go out.
    """

    id: str
    key: ActionKey
    case_id: str
    debtor_id: str
    spec: ActionSpec
    planned_at: Instant
    invoices: tuple[str, ...]
    amount: int
    currency: str
    deadline: Day | None = None
    approval: str | None = None
    charges: tuple[Charge, ...] = ()
    """What the step adds to the debt: it is in the amount, and owed once the first message of the step goes out."""
    offers: tuple[Offer, ...] = ()
    """What its message offers to let go."""
    levels: tuple[ActionKey, ...] = ()
    """Where a letter speaks of several ladders: the level of each, its own first."""

    @property
    def step(self) -> str:
        return self.key.step


@dataclass(frozen=True, slots=True)
class ClearedAction:
    """An action that every rule lets pass at `cleared_at`; `obligations` are texts that it has to carry."""

    action: ProposedAction
    cleared_at: Instant
    obligations: tuple[str, ...] = ()
    asked_by: tuple[str, ...] = ()
    """For each obligation the rule that asks for it."""

    @property
    def id(self) -> str:
        return self.action.id
