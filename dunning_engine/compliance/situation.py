"""What the gate knows about a debtor when it is asked about an action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from dunning_engine.domain.docket import EMPTY

if TYPE_CHECKING:
    from dunning_engine.domain.arrangements import HoldReason
    from dunning_engine.domain.contacts import ContactLog
    from dunning_engine.domain.docket import Docket
    from dunning_engine.domain.parties import Channel, Collector, Party, ZoneHint
    from dunning_engine.kernel.calendar import BusinessCalendar, Instant


class Situation(NamedTuple):
    """The facts that rules look at.

    `zones` are all in which the debtor may be; none means nobody knows, and `hints` say by which indication. `places` are those whose law may bind (`US-MA`); `None` means nobody knows. `zone` and `calendar`
    are the policy's. `debts` are the identities under which the contact counts.
    `overrides` are rules that a person set aside, with a reason: never prohibitions.
    `tries` are the instants at which the payment was tried again before, in any order.
    `waiting` are channels that a hold keeps from being used, `promised` the instants of promises to pay this debt.
    `docket` holds what is known of the person, the debt and the attempt itself.
    """

    debtor: Party
    zones: tuple[str, ...]
    contacts: ContactLog
    debts: tuple[str, ...]
    collector: Collector
    opted_out: frozenset[Channel]
    holds: frozenset[HoldReason]
    zone: str
    calendar: BusinessCalendar
    hints: tuple[ZoneHint, ...] = ()
    places: frozenset[str] | None = None
    regulators: frozenset[str] = frozenset()
    docket: Docket = EMPTY
    overrides: frozenset[str] = frozenset()
    waiting: frozenset[Channel] = frozenset()
    tries: tuple[Instant, ...] = ()
    promised: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Waiting does not help: what is missing or in the way, in words; `code` where it is not the rule's own."""

    words: str
    code: str = ""


class Wait(NamedTuple):
    """The rule is content, or has to be asked again, from an instant on; `code` where it is not the rule's own."""

    until: Instant
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """The rule is content, if whoever writes the message puts these items into it."""

    items: tuple[str, ...]


Answer: TypeAlias = Wait | Refusal | Duty | None
"""What a limit says about an action: nothing against it (`None`), or why not, and whether waiting helps."""


def no_zone(situation: Situation) -> Refusal:
    """Why nobody knows where the debtor is, and which fact would tell."""
    unplaced = [hint.origin for hint in situation.hints if not hint.zones]
    if unplaced:
        words = f"no zone follows from {', '.join(unplaced)}"
    else:
        words = "give a zone, phone, postal code, region or country"
    return Refusal(f"nothing tells in which time zone the debtor is: {words}", "TIME_UNDETERMINED")
