"""What happened, in the past tense: facts that hosts record, and what the engine itself decided and did.

An event says what; its envelope `Recorded` says when it happened (`at`) and when it became known (`recorded_at`).
Facts may become known in any order; what follows from them does not depend on that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from dunning_engine.domain.agency_events import AgencyFact
from dunning_engine.domain.approval_events import ApprovalEvent
from dunning_engine.domain.arrangements import Clock, DisputeOutcome, HoldReason, Resume
from dunning_engine.domain.charges import DEFAULT_TERMS, LedgerTerms
from dunning_engine.domain.contacts import CONSUMER, Outcome
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.docket import TERMS, Told
from dunning_engine.domain.erasure import Erased
from dunning_engine.domain.given import given_choice, given_day, given_debts, given_money, given_note, given_word
from dunning_engine.domain.joining import LevelJoined
from dunning_engine.domain.ladder_events import LadderEvent
from dunning_engine.domain.ledger_events import ChargeOmitted, LedgerFact, ReversalKind
from dunning_engine.domain.offers import OfferMade
from dunning_engine.domain.outgoing import Outgoing
from dunning_engine.domain.parties import Channel, Party, PlaceHint, ZoneHint
from dunning_engine.domain.plans import PlanAgreed, PlanOffered
from dunning_engine.domain.readiness import InvoiceReadied
from dunning_engine.domain.recording import told_value
from dunning_engine.domain.versions import PolicyAssigned
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.domain.receivables import Invoice
    from dunning_engine.kernel.calendar import Day, Instant, LocalDate
    from dunning_engine.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """A policy version by name, number and content: a case keeps the one that it has until it is moved to another."""

    name: str
    version: int
    hash: str


# Facts from the host --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """A debtor owes something and a policy looks after it; `hints` say in which zones and places the debtor may be.

    `terms` are what the case's ledger follows of the policy.
    `route` says how routing came to the policy, `variant` (`sooner/control`) which variant of which experiment it is.
    `tenant` is whose case it is; empty for the only one, and in cases of before tenants had a part in identities.
    """

    debtor: Party
    policy: PolicyRef
    hints: tuple[ZoneHint, ...] = ()
    place_hints: tuple[PlaceHint, ...] = ()
    terms: LedgerTerms = DEFAULT_TERMS
    variant: str = ""
    route: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class ReceivableAdded:
    """An invoice came into the case."""

    invoice: Invoice


@dataclass(frozen=True, slots=True)
class DebtorUpdated:
    """The debtor's particulars changed: the whole of them, as now known."""

    debtor: Party
    hints: tuple[ZoneHint, ...] = ()
    place_hints: tuple[PlaceHint, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """Money came. `source` and `event_id` (the bank's, the ledger's) make recording it twice harmless.

    Money that is `unapplied` is for nothing yet: it settles nothing until a `CreditApplied` says what it is for.
    """

    amount: Money
    invoice: str | None = None
    source: str = ""
    event_id: str = ""
    unapplied: bool = False

    def __post_init__(self) -> None:
        given_money(self.amount, "a payment", "record money that went back as a PaymentReversed over the amount")


@dataclass(frozen=True, slots=True)
class CreditNoteIssued:
    """The creditor lowered the debt; one that is `unapplied` stands alone until a `CreditApplied` says for what it is."""

    amount: Money
    invoice: str | None = None
    source: str = ""
    event_id: str = ""
    unapplied: bool = False

    def __post_init__(self) -> None:
        given_money(self.amount, "a credit note", "put what raises the debt into the case as a ReceivableAdded")


@dataclass(frozen=True, slots=True)
class PaymentReversed:
    """A payment went back: chargeback, refund, bounced cheque. The debt is open again where the facts put it.

    `payment` is the `event_id` of the payment that went back, where it is known.
    """

    amount: Money
    invoice: str | None = None
    source: str = ""
    event_id: str = ""
    kind: ReversalKind = ReversalKind.UNSAID
    payment: str = ""

    def __post_init__(self) -> None:
        given_money(self.amount, "a reversal", "pass the amount that went back, above zero")
        object.__setattr__(self, "kind", given_choice(ReversalKind, self.kind, "the kind of a reversal"))


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """A card or direct debit was tried and declined: why, and in whose scheme, as far as the provider says."""

    source: str = ""
    event_id: str = ""
    decline: Decline = Decline.UNSAID
    scheme: Scheme = Scheme.UNSAID


@dataclass(frozen=True, slots=True, init=False)
class PromiseMade:
    """The debtor promised to pay an amount by the end of a day: a `date`, ISO 8601 text, or its ordinal.

    A promise for an invoice lets only that one wait.
    """

    amount: Money
    by: Day
    invoice: str | None = None

    def __init__(self, amount: Money, by: LocalDate | str | Day, invoice: str | None = None) -> None:
        given_money(amount, "a promise", "pass the amount that was promised, above zero")
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "by", given_day(by, "the day of a promise"))
        object.__setattr__(self, "invoice", invoice)


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """A reason to wait began: a dispute (of one invoice or all), a plan, a manual hold, bankruptcy, death, a cease request.

    It ends when it is lifted, or with the day `until`. `amount` is the disputed part of an invoice; with `channel`
    only contacts by this channel wait; `resume` and `clock` stand instead of the policy's words for this one hold.
    """

    reason: HoldReason
    invoice: str | None = None
    by: str = ""
    note: str = ""
    until: Day | None = None
    amount: Money | None = None
    channel: Channel | None = None
    resume: Resume | None = None
    clock: Clock | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", given_choice(HoldReason, self.reason, "the reason of a hold"))
        if self.until is not None:
            object.__setattr__(self, "until", given_day(self.until, "the last day of a hold"))
        if self.channel is not None:
            object.__setattr__(self, "channel", given_choice(Channel, self.channel, "the channel of a hold"))
        if self.resume is not None:
            object.__setattr__(self, "resume", given_choice(Resume, self.resume, "the resume rule of a hold"))
        if self.clock is not None:
            object.__setattr__(self, "clock", given_choice(Clock, self.clock, "the clock of a hold"))
        if self.amount is not None:
            _disputes_a_part(self.reason, self.invoice, self.amount)


def _disputes_a_part(reason: HoldReason, invoice: str | None, amount: Money) -> None:
    given_money(amount, "a disputed part", "leave amount out where all of the invoice is disputed")
    if reason is not HoldReason.DISPUTE or invoice is None:
        raise UsageError("only a dispute of an invoice has an amount: name the invoice whose part is disputed")


@dataclass(frozen=True, slots=True)
class HoldLifted:
    """A reason to wait ended: of one invoice or channel, or (without either) every hold of that reason.

    `outcome` is how a dispute ended.
    """

    reason: HoldReason
    invoice: str | None = None
    by: str = ""
    note: str = ""
    outcome: DisputeOutcome | None = None
    channel: Channel | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", given_choice(HoldReason, self.reason, "the reason of a hold"))
        if self.channel is not None:
            object.__setattr__(self, "channel", given_choice(Channel, self.channel, "the channel of a hold"))
        if self.outcome is not None:
            object.__setattr__(self, "outcome", given_choice(DisputeOutcome, self.outcome, "the outcome of a dispute"))
            if self.reason is not HoldReason.DISPUTE:
                raise UsageError(f"only a dispute has an outcome, not a hold for {self.reason.value}: leave it out")


@dataclass(frozen=True, slots=True)
class DisputeAnswered:
    """The debtor got an answer to a dispute, of one invoice or of all that stand: the dispute itself goes on."""

    invoice: str | None = None
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanBroken:
    """The debtor missed the agreed instalments: the plan ends and the ladder goes on."""


@dataclass(frozen=True, slots=True)
class ContactMade:
    """The debtor called, an agent spoke with them, or (with `action_id`) what came of a call that was asked for.

    `line` is the kind of number or address, `addressee` who was meant, `reply` that it answered a message of the
    debtor's own, `answered` that the debtor answered it, `discussed` the debts that were spoken about, where others.
    """

    channel: Channel
    outcome: Outcome
    inbound: bool = False
    action_id: str = ""
    line: str = ""
    addressee: str = CONSUMER
    reply: bool = False
    answered: bool = False
    discussed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel", given_choice(Channel, self.channel, "the channel of a contact"))
        object.__setattr__(self, "outcome", given_choice(Outcome, self.outcome, "the outcome of a contact"))
        given_word(self.line, ("", *TERMS["line"].words), "the line of a contact")
        object.__setattr__(self, "discussed", given_debts(self.discussed))
        given_word(self.addressee, TERMS["addressee"].words, "the addressee of a contact")


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The debtor asked not to be reached by a channel."""

    channel: Channel

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel", given_choice(Channel, self.channel, "the channel of a consent"))


@dataclass(frozen=True, slots=True)
class OptedIn:
    """The debtor allowed a channel again."""

    channel: Channel

    def __post_init__(self) -> None:
        object.__setattr__(self, "channel", given_choice(Channel, self.channel, "the channel of a consent"))


@dataclass(frozen=True, slots=True)
class HostFact:
    """Something that only the host knows and a policy asks for: `fact vip is true`."""

    name: str
    value: str

    def __post_init__(self) -> None:
        given_note(self.name, "the name of a HostFact")
        given_note(self.value, f"the value of the HostFact {self.name}")


@dataclass(frozen=True, slots=True)
class FactRecorded:
    """Somebody told a fact that law asks for: a term of `domain.docket.TERMS` about the person or the debt.

    `None` withdraws it. Of terms that hold records one record adds to those known, a tuple replaces them.
    """

    name: str
    value: Told
    by: str = ""
    source: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", told_value(self.name, self.value))
        for field in ("by", "source", "event_id"):
            given_note(getattr(self, field), f"{field} of a FactRecorded")


# What the engine decided ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionDeferred:
    """The gate let an action wait until an instant; `rules` are those that spoke, `why` their words."""

    action: ProposedAction
    until: Instant
    rules: tuple[str, ...]
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionBlocked:
    """The gate refused an action; `rules` are those that spoke, `why` their words."""

    action: ProposedAction
    rules: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionCleared:
    """Every rule let the action pass: it stands in the outbox."""

    action: ProposedAction


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """A step was passed over: by the catch-up rule, or by a person's word."""

    cycle: str
    step: str
    planned_at: Instant
    why: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The case moved in its lifecycle."""

    trigger: str
    status: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryArmed:
    """It is about to be handed over: from here on a contact, and the one of before where its receiver has `known` it.

    The hashes are of what goes out and of what the gate was asked with (`engine/evidence.py`); empty where nobody took them.
    """

    action_id: str
    attempt: int = 1
    known: bool = False
    payload_hash: str = ""
    gate_inputs_hash: str = ""


@dataclass(frozen=True, slots=True)
class ActionCancelled:
    """The action was taken back before it was armed: something that it rested on had changed."""

    action_id: str
    why: str


class ReceiptKind(Enum):
    """What an adapter or provider says about a delivery."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    """It did not reach the debtor, and will not."""
    OPENED = "opened"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    """The debtor agreed to what was proposed."""
    DECLINED = "declined"
    UNCERTAIN = "uncertain"
    """Nobody knows whether it left; see `on_uncertain`."""


@dataclass(frozen=True, slots=True)
class ReceiptRecorded:
    """News of a delivery: handed over, delivered, bounced, uncertain; `reference` is the provider's own number."""

    action_id: str
    kind: ReceiptKind
    reference: str = ""
    note: str = ""


Fact: TypeAlias = (
    ReceivableAdded
    | DebtorUpdated
    | PaymentReceived
    | CreditNoteIssued
    | PaymentReversed
    | PaymentFailed
    | AgencyFact
    | PromiseMade
    | HoldPlaced
    | HoldLifted
    | DisputeAnswered
    | PlanOffered
    | PlanAgreed
    | PlanBroken
    | ContactMade
    | OptedOut
    | OptedIn
    | HostFact
    | FactRecorded
    | ReceiptRecorded
    | LedgerFact
    | InvoiceReadied
)
"""What a host may record about a case."""

Event: TypeAlias = (
    CaseOpened
    | Fact
    | ActionDeferred
    | ActionBlocked
    | ApprovalEvent
    | ActionCleared
    | LevelJoined
    | StepSkipped
    | ChargeOmitted
    | LadderEvent
    | PolicyAssigned
    | StatusChanged
    | DeliveryArmed
    | ActionCancelled
    | Outgoing
    | OfferMade
    | Erased
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its case's stream: number, when it happened, when it became known."""

    seq: int
    at: Instant
    recorded_at: Instant
    event: Event
