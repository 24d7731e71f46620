"""The books of a house that keeps no others: a charge that stands in its case is booked there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.ports.adapter import Capability, Message, Outcome, Sent

if TYPE_CHECKING:
    from dunning_engine.domain.parties import Channel


class OwnBooks:
    """Takes charges and does nothing more: the case has their events already."""

    name: Final = "case"
    capability: Final = Capability.DEDUPE
    at_once: Final = True

    @property
    def handles(self) -> frozenset[Channel | str]:
        return frozenset({"ledger"})

    def deliver(self, message: Message, *, seconds: float) -> Outcome:  # noqa: ARG002
        return Sent(reference=message.action_id)


OWN_BOOKS: Final = OwnBooks()
