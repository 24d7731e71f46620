"""What happens to an action on its way out besides arming and receipts: crossed by a fact, given up, told about by people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dunning_engine.domain.given import given_note, given_text


@dataclass(frozen=True, slots=True)
class DeliveryCrossed:
    """A fact came when the action may have been with its adapter already; `why` it would not have gone out after it."""

    action_id: str
    why: str


@dataclass(frozen=True, slots=True)
class DeliveryGivenUp:
    """The action is not tried again without a person's word; the case waits for it as for one that is under way."""

    action_id: str
    attempts: int
    note: str


@dataclass(frozen=True, slots=True)
class DeliveryRequeued:
    """A person had an action tried again that was given up."""

    action_id: str
    by: str
    note: str = ""

    def __post_init__(self) -> None:
        _signed(self, "has an action tried again")


@dataclass(frozen=True, slots=True)
class NotLeft:
    """Somebody knows that an action of which nobody knew whether it had left did not leave: a person, or its receiver."""

    action_id: str
    by: str
    note: str = ""

    def __post_init__(self) -> None:
        _signed(self, "says that an action did not leave")


def _signed(event: DeliveryRequeued | NotLeft, what: str) -> None:
    object.__setattr__(event, "by", given_text(event.by, f"whoever {what} says who they are", "pass by=…"))
    given_note(event.note, "the note on an action")


Outgoing: TypeAlias = DeliveryCrossed | DeliveryGivenUp | DeliveryRequeued | NotLeft
