"""What the gate knows about a debtor when it is asked about an action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dunning_engine.domain.arrangements import HoldReason
    from dunning_engine.domain.contacts import ContactLog
    from dunning_engine.domain.parties import Channel, Collector, Party
    from dunning_engine.kernel.calendar import BusinessCalendar


class Situation(NamedTuple):
    """The facts that rules look at.

    `zones` are all in which the debtor may be; none means nobody knows, and `unplaced` names the indications that
    could not be read. `zone` and `calendar` are the policy's.
    """

    debtor: Party
    zones: tuple[str, ...]
    contacts: ContactLog
    case_id: str
    collector: Collector
    opted_out: frozenset[Channel]
    holds: frozenset[HoldReason]
    zone: str
    calendar: BusinessCalendar
    unplaced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Waiting does not help: what is missing or in the way, in words."""

    words: str


def no_zone(situation: Situation) -> Refusal:
    """Why nobody knows where the debtor is, and which fact would tell."""
    if situation.unplaced:
        return Refusal(
            f"nothing tells in which time zone the debtor is: no zone follows from {', '.join(situation.unplaced)}"
        )
    return Refusal("nothing tells in which time zone the debtor is: give a zone, phone, postal code, region or country")
