"""What happens to a case in a rehearsal: a debtor with invoices, and dated happenings from inside and outside.

A happening is a fact as hosts record it, news of a step, or something that befalls the machinery: nobody looks for
some days, adapters are out, proofs of delivery do not come, the process starts anew. All of it is plain values, so
that a story can be repeated, cut down and told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from dunning_engine.domain.approval_events import ApprovalGranted
from dunning_engine.domain.events import Fact
from dunning_engine.domain.facts import StepNews
from dunning_engine.kernel.calendar import day_start

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.orders import Scope
    from dunning_engine.domain.parties import Channel, Party, PlaceHint, ZoneHint
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody asks for a decision, whether or not anything has changed."""


@dataclass(frozen=True, slots=True)
class Restart:
    """The process ends; the next one knows only the recorded events."""


@dataclass(frozen=True, slots=True)
class Crash:
    """The process dies between arming its next action and the receipt: nobody knows whether that one left."""


@dataclass(frozen=True, slots=True)
class Away:
    """Nobody looks for some days: the engine is down, or its clock jumps forward."""

    days: int


@dataclass(frozen=True, slots=True)
class Outage:
    """For some days nothing can be handed over."""

    days: int


@dataclass(frozen=True, slots=True)
class NoProof:
    """For some days receipts say that messages were sent, and no more."""

    days: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another case of the same debtor reached them."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Late:
    """A fact that becomes known only so many days after it happened."""

    fact: Fact
    days: int


@dataclass(frozen=True, slots=True)
class Paused:
    """Many cases are paused, and this one with them."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Resumed:
    """A pause of many cases ends."""

    scope: Scope


Deed: TypeAlias = (
    Fact
    | ApprovalGranted
    | StepNews
    | Look
    | Restart
    | Crash
    | Away
    | Outage
    | NoProof
    | Elsewhere
    | Late
    | Paused
    | Resumed
)


@dataclass(frozen=True, slots=True)
class Happening:
    """A deed at an instant."""

    at: Instant
    deed: Deed


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is so from the start.

    `opened_at` is when the engine first hears of the case: invoices that were issued later come at their issue.
    `approval_days` is how long people take to agree, `None` that they never answer. `news` is what comes a day after
    a step goes out, each time; `known` what is known when the case is opened.
    """

    debtor: Party
    hints: tuple[ZoneHint, ...]
    place_hints: tuple[PlaceHint, ...] = ()
    invoices: tuple[Invoice, ...]
    opened_at: Instant
    approval_days: int | None = 0
    news: tuple[StepNews, ...] = ()
    known: tuple[Fact, ...] = ()

    def comes_at(self, invoice: Invoice, policy: Policy) -> Instant:
        """When an invoice comes into the case."""
        issued = invoice.issued or invoice.due
        return max(self.opened_at, day_start(issued.toordinal(), policy.zone))


@dataclass(frozen=True, slots=True)
class Tale:
    """A setting and everything that happens in it, in order of time; it is followed up to `until`."""

    setting: Setting
    happenings: tuple[Happening, ...]
    until: Instant


@dataclass(frozen=True, slots=True)
class Handed:
    """An action at the moment it was armed, with the case as it was before, and its number in the stream."""

    at: Instant
    action: ProposedAction
    before: Case
    seq: int


@dataclass(frozen=True, slots=True)
class Breach:
    """A monitor's word: what happened that must not."""

    at: Instant
    monitor: str
    invariants: str
    words: str
