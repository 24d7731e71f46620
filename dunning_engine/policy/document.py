"""The shape of a policy file: which keys there are and which phrases they take, for reading and for the JSON Schema.

Each part is declared once. The *draft* of a part may lack everything; the *document* narrows the keys that have to be
there. A file with mistakes is still read as a draft, so that what is fine in it can be checked for its meaning.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dunning_engine.domain.actions import ClimbOn, OnUncertain
from dunning_engine.domain.charges import ItemClass, OnPaid
from dunning_engine.domain.limits import CONTACT_LIMIT, QUIET_DAY, QUIET_HOURS, OwnLimit, QuietHours
from dunning_engine.domain.parties import Collector
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import SPAN, Span
from dunning_engine.policy import phrases, phrases_actions, phrases_ledger
from dunning_engine.policy.document_arrangements import (
    DisputesDocument,
    HoldsDocument,
    PlansDocument,
    PromisesDocument,
)
from dunning_engine.policy.document_money import (
    Charges,
    Discounts,
    FeeDocument,
    Fees,
    Interest,
    InterestDocument,
    Offers,
)
from dunning_engine.policy.host_actions import HostAction, HostVerb, HostVerbs, OneOrManyActions
from dunning_engine.policy.model import (
    Anchor,
    Approval,
    Cadence,
    CatchUp,
    Choice,
    Condition,
    Lead,
    OnLeadPaid,
    Pause,
    Proof,
    Restore,
    Roll,
    Stop,
    Unit,
)
from dunning_engine.policy.values import OneOrMany, OneOrManyAmounts, Part, Phrase, WordOrKeys

# The parts ------------------------------------------------------------------------------------------------------------

ConditionItem = Annotated[Condition, Phrase(phrases.CONDITION)]
SegmentItem = Annotated[Condition, Phrase(phrases.OF_SEGMENTS)]
SegmentName = Annotated[str, Phrase(phrases.SEGMENT_NAME)]
ProofItem = Annotated[Proof, Phrase(phrases.PROOF)]
SendItem = Annotated[Choice, Phrase(phrases_actions.SEND)]
CallItem = Annotated[Choice, Phrase(phrases_actions.CALL)]
ProposeItem = Annotated[Choice, Phrase(phrases_actions.PROPOSE)]
RetryItem = Annotated[Choice, Phrase(phrases_actions.RETRY)]
RestrictItem = Annotated[Choice, Phrase(phrases_actions.RESTRICT)]
RestoreItem = Annotated[Choice, Phrase(phrases_actions.RESTORE)]
NotifyItem = Annotated[Choice, Phrase(phrases_actions.NOTIFY)]
ReportItem = Annotated[Choice, Phrase(phrases_actions.REPORT)]
PrepareItem = Annotated[Choice, Phrase(phrases_actions.PREPARE)]
HandOffItem = Annotated[Choice, Phrase(phrases_actions.HAND_OFF)]
RecallItem = Annotated[Choice, Phrase(phrases_actions.RECALL)]
WriteOffItem = Annotated[Choice, Phrase(phrases_actions.WRITE_OFF)]
HostItem = Annotated[Choice, HostAction(phrases_actions.HOST)]
ContactLimitItem = Annotated[OwnLimit, Phrase(CONTACT_LIMIT)]
QuietDayItem = Annotated[str, Phrase(QUIET_DAY)]
MoneyItem = Annotated[Money, Phrase(phrases.TOLERANCE)]
AllocationItem = Annotated[ItemClass, Phrase(phrases_ledger.ALLOCATION)]
RulebookItem = Annotated[str, Phrase(phrases.RULEBOOK)]
RegulatorItem = Annotated[str, Phrase(phrases.REGULATOR)]
PauseItem = Annotated[Pause, Phrase(phrases.PAUSE)]
StopItem = Annotated[Stop, Phrase(phrases.STOP)]
RestoreWhenItem = Annotated[Restore, Phrase(phrases.RESTORE_WHEN)]

StepName = Annotated[str, Phrase(phrases.STEP_NAME, "The name by which other steps, tests and reports call this step.")]
When = Annotated[Anchor, Phrase(phrases.ANCHOR, "The day from which this step is due.")]
PolicyName = Annotated[str, Phrase(phrases.POLICY_NAME, "The name of the policy; cases and mappings quote it.")]
Version = Annotated[
    int, Phrase(phrases.VERSION, "Raise it with every change: a registered version never changes.", number=True)
]


class RollDocument(Part):
    """Where contacts go that fall on a day without business, by channel."""

    default: Annotated[Roll, Phrase(phrases.ROLL, "For every channel that is not named.")] = Roll.NEXT
    email: Annotated[Roll, Phrase(phrases.ROLL, "For e-mails.")] | None = None
    sms: Annotated[Roll, Phrase(phrases.ROLL, "For text messages.")] | None = None
    push: Annotated[Roll, Phrase(phrases.ROLL, "For messages that an app pushes.")] | None = None
    call: Annotated[Roll, Phrase(phrases.ROLL, "For calls.")] | None = None
    letter: Annotated[Roll, Phrase(phrases.ROLL, "For letters.")] | None = None
    portal: Annotated[Roll, Phrase(phrases.ROLL, "For messages in the portal.")] | None = None


class TimeDocument(Part):
    """The clock and the calendar of the policy."""

    zone: Annotated[str, Phrase(phrases.ZONE, "The IANA time zone in which the policy counts days.")] = "UTC"
    business_days: Annotated[
        str, Phrase(phrases.CALENDAR, "Whose working days count: a country, a country with subdivision, ECB or none.")
    ] = "none"
    send_at: Annotated[
        int, Phrase(phrases.SEND_AT, "When contacts are due on their day, in the westernmost zone of the debtor.")
    ] = 600
    roll: Annotated[
        RollDocument, WordOrKeys(Phrase(phrases.ROLL, "Where a contact goes that falls on a day without business."))
    ] = RollDocument()


Segments = Annotated[
    dict[SegmentName, Annotated[tuple[SegmentItem, ...], OneOrMany("Who belongs to it: all of these are true.")]],
    Field(description="Named lists of conditions, which other conditions ask about: `segment is risky`."),
]


class StepConditions(Part):
    """When a rung of the ladder is taken."""

    step: StepName | None = None
    when: When | None = None
    cadence: Annotated[Cadence, Phrase(phrases.CADENCE, "How often the step is repeated.")] | None = None
    only_if: Annotated[tuple[ConditionItem, ...], OneOrMany("The step is taken only where all of these are true.")] = ()
    only_if_any: Annotated[
        tuple[ConditionItem, ...], OneOrMany("The step is taken only where at least one of these is true.")
    ] = ()
    unless: Annotated[tuple[ConditionItem, ...], OneOrMany("The step is not taken where any of these is true.")] = ()
    requires: Annotated[
        tuple[ProofItem, ...], OneOrMany("What earlier steps must have achieved, with proof, before this one.")
    ] = ()


class StepActions(StepConditions):
    """What is done on a rung: one key for each verb of `domain.verbs`, in that order."""

    send: Annotated[tuple[SendItem, ...], OneOrMany("Messages: channel and template.")] = ()
    call: Annotated[tuple[CallItem, ...], OneOrMany("Call tasks: the script to follow.")] = ()
    propose: Annotated[
        tuple[ProposeItem, ...], OneOrMany("Other ways to settle that the debtor is asked to agree to.")
    ] = ()
    charge: Charges = ()
    retry: Annotated[tuple[RetryItem, ...], OneOrMany("A failed payment is tried again.")] = ()
    restrict: Annotated[
        tuple[RestrictItem, ...],
        OneOrMany("What the debtor may not use for the time being; with the step that warned."),
    ] = ()
    restore: Annotated[tuple[RestoreItem, ...], OneOrMany("What the debtor may use again.")] = ()
    notify: Annotated[tuple[NotifyItem, ...], OneOrMany("Who in the house is told.")] = ()
    report: Annotated[
        tuple[ReportItem, ...], OneOrMany("Which bureau is told of the debt; with the step that announced it.")
    ] = ()
    prepare: Annotated[tuple[PrepareItem, ...], OneOrMany("Papers that are put together for a court or a lawyer.")] = ()
    hand_off: Annotated[tuple[HandOffItem, ...], OneOrMany("Who takes the case over.")] = ()
    recall: Annotated[tuple[RecallItem, ...], OneOrMany("From whom the case is taken back.")] = ()
    write_off: Annotated[tuple[WriteOffItem, ...], OneOrMany("What is given up in the books.")] = ()
    do: Annotated[tuple[HostItem, ...], OneOrManyActions("Actions of the host, which `actions` declares.")] = ()


class StepDraft(StepActions):
    """A rung of the ladder."""

    offer: Offers = ()
    deadline: Annotated[Span, Phrase(SPAN, "How long the debtor has: makes the step an ultimatum.")] | None = None
    approval: (
        Annotated[Approval, Phrase(phrases.APPROVAL, "The role that has to agree to each action of this step.")] | None
    ) = None
    climb_on: (
        Annotated[
            ClimbOn,
            Phrase(phrases.CLIMB_ON, "What has to happen to the action before the next step may count from it."),
        ]
        | None
    ) = None
    deemed_delivered: (
        Annotated[Span, Phrase(phrases.DEEMED, "When a letter that did not come back counts as delivered.")] | None
    ) = None
    on_uncertain: Annotated[
        OnUncertain, Phrase(phrases.ON_UNCERTAIN, "What follows where nobody knows whether a message left.")
    ] = OnUncertain.ASK


class StepDocument(StepDraft):
    """A rung of the ladder: when it is due, and what is done."""

    step: StepName
    when: When


class PolicyDraft(Part):
    """A policy file, as far as it can be read."""

    policy: PolicyName | None = None
    version: Version | None = None
    title: Annotated[str, Field(description="What the policy is called in reports.", pattern=r"\S")] | None = None
    collector: Annotated[
        Collector, Phrase(phrases.COLLECTOR, "Whether the debt is our own, or collected for others.")
    ] = Collector.FIRST_PARTY
    regulated_as: Annotated[
        tuple[RegulatorItem, ...], OneOrMany("Regulators that bind this collector beyond its kind.")
    ] = ()
    law: Annotated[
        tuple[RulebookItem, ...], OneOrMany("The rulebooks that are enforced, whatever the rest of this file says.")
    ] = ()
    segments: Segments = Field(default_factory=dict)
    applies_to: Annotated[
        tuple[ConditionItem, ...], OneOrMany("Which debts this policy is for; tested once, when a case is opened.")
    ] = ()
    time: Annotated[TimeDocument, Field(description="The clock and the calendar of the policy.")] = TimeDocument()
    unit: Annotated[Unit, Phrase(phrases.UNIT, "One case per debtor, or one per invoice.")] = Unit.DEBTOR
    lead: Annotated[
        Lead, Phrase(phrases.LEAD, "Which of the debtor's overdue receivables carries the ladder, or each its own.")
    ] = Lead.OLDEST
    on_lead_paid: Annotated[
        OnLeadPaid, Phrase(phrases.ON_LEAD_PAID, "Where the ladder stands when the next receivable leads.")
    ] = OnLeadPaid.CONTINUE
    grace: (
        Annotated[Span, Phrase(SPAN, "Days after the due date in which nobody is contacted and payment is in time.")]
        | None
    ) = None
    tolerance: Annotated[
        tuple[MoneyItem, ...], OneOrManyAmounts("Open amounts up to this one count as paid, per currency.")
    ] = ()
    allocation: Annotated[
        tuple[AllocationItem, ...],
        OneOrMany("In which order money settles what is owed; without it: fees, interest, principal."),
    ] = ()
    on_paid: Annotated[
        OnPaid,
        Phrase(phrases_ledger.ON_PAID, "What becomes of open charges when the principal of their invoice is paid."),
    ] = OnPaid.SURVIVE
    minimum: Annotated[
        tuple[MoneyItem, ...],
        OneOrManyAmounts("The least that has to be overdue before anybody is asked for it, per currency."),
    ] = ()
    min_gap: Annotated[Span, Phrase(SPAN, "The shortest time between two contacts of the ladder.")] = Span(1)
    catch_up: Annotated[
        CatchUp, Phrase(phrases.CATCH_UP, "What happens to steps whose day passed before they could be taken.")
    ] = CatchUp.NEXT
    contact_limits: Annotated[
        tuple[ContactLimitItem, ...], OneOrMany("The most contacts in a number of days, and rests after a promise.")
    ] = ()
    quiet_hours: (
        Annotated[QuietHours, Phrase(QUIET_HOURS, "Hours without contact, in every zone where the debtor may be.")]
        | None
    ) = None
    quiet_days: Annotated[tuple[QuietDayItem, ...], OneOrMany("Days without contact.")] = ()
    fees: Fees = Field(default_factory=dict)
    interest: Interest | None = None
    discount: Discounts = ()
    actions: Annotated[
        tuple[HostVerb, ...], HostVerbs("Actions that the host offers to steps (`do`): parameters by name.")
    ] = ()
    steps: tuple[StepDraft, ...] = ()
    pause_while: Annotated[tuple[PauseItem, ...], OneOrMany("What makes the case wait.")] = ()
    stop_when: Annotated[tuple[StopItem, ...], OneOrMany("What ends the case.")] = (Stop.PAID,)
    restore_when: Annotated[
        tuple[RestoreWhenItem, ...], OneOrMany("What gives back, without a step, what was restricted.")
    ] = (Restore.PAID,)
    holds: Annotated[
        HoldsDocument, Field(description="What each reason to wait does to the ladder when it is over.")
    ] = HoldsDocument()
    disputes: Annotated[DisputesDocument, Field(description="How disputes are dealt with.")] = DisputesDocument()
    promises: Annotated[PromisesDocument, Field(description="How far promises to pay are trusted.")] = (
        PromisesDocument()
    )
    plans: Annotated[PlansDocument, Field(description="When a payment plan counts as broken.")] = PlansDocument()


class PolicyDocument(PolicyDraft):
    """A dunning policy: who it is for, when nothing happens, and the steps from a courtesy to the hand-off."""

    policy: PolicyName
    version: Version
    steps: Annotated[tuple[StepDocument, ...], Field(description="The ladder, from top to bottom.")]


KEYS: dict[tuple[str, ...], type[Part]] = {
    (): PolicyDocument,
    ("time",): TimeDocument,
    ("time", "roll"): RollDocument,
    ("steps", "*"): StepDocument,
    ("fees", "*"): FeeDocument,
    ("interest",): InterestDocument,
    ("holds",): HoldsDocument,
    ("disputes",): DisputesDocument,
    ("promises",): PromisesDocument,
    ("plans",): PlansDocument,
}
"""Which part stands at which path; `*` is any number of an item, or any name of a fee."""
