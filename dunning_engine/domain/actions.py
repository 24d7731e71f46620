"""What the host is asked to do, from the policy's wish to the action that the gate has cleared.

`ActionSpec` is the policy's word, `ProposedAction` that word for one case and day, `ClearedAction` the only thing that
enters an outbox. Only `compliance.gate` builds the last one; a test of the code's health keeps it so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from dunning_engine.kernel.ids import short_hash

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Channel
    from dunning_engine.kernel.calendar import Day, Instant


class Do(Enum):
    """The verb of an action: the key under which the policy asks for it."""

    SEND = "send"
    CALL = "call"
    HAND_OFF = "hand_off"


class ClimbOn(Enum):
    """What must have happened to an action before its step counts as done."""

    EMITTED = "emitted"
    SENT = "sent"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One way to do what a step asks for: `send: certified letter final-demand` or `hand_off: agency acme-recovery`.

    `name` is the template, the call script or the receiver; `slot` tells apart actions of one step that use the same
    channel, and is part of the action's identity.
    """

    do: Do
    name: str
    channel: Channel | None = None
    certified: bool = False
    with_invoice: bool = False
    slot: str = ""
    to: str = ""
    """Who receives it, where that is not the debtor: the role of a contact person, or `guarantor`."""

    @property
    def reaches_debtor(self) -> bool:
        """Whether this is a contact, which limits count and clocks bind."""
        return self.channel is not None

    @property
    def words(self) -> str:
        """The action as tests and reports name it: `email reminder`, `call reminder-script`, `hand off agency acme`."""
        to = f" to {self.to}" if self.to else ""
        match self.do:
            case Do.SEND if self.channel is not None:
                return f"{'certified ' if self.certified else ''}{self.channel.value} {self.name}{to}"
            case Do.CALL:
                return f"call {self.name}{to}"
            case _:
                return f"hand off agency {self.name}"


@dataclass(frozen=True, slots=True)
class ActionKey:
    """Which action of a case this is: unchanged by clocks, amounts and policy versions, so that nothing goes out twice.

    `cycle` names the run of the ladder (the number of the invoice that began it): it changes only after a cure.
    """

    cycle: str
    step: str
    occurrence: int
    slot: str

    def action_id(self, case_id: str) -> str:
        """The identity that travels to adapters and providers as their idempotency key."""
        return short_hash(case_id, self.cycle, self.step, str(self.occurrence), self.slot)


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
    levels: tuple[ActionKey, ...] = ()
    """Where a letter speaks of several ladders: the level of each, its own first; `cycle` is the number of the invoice."""

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
