"""The compiled policy: frozen values that decisions run on, with every name resolved and every phrase parsed.

Nothing here knows YAML. `compiler` builds it once; `decision` reads it for each case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.domain.actions import ActionSpec, ClimbOn, Do, OnUncertain
from dunning_engine.domain.charges import DEFAULT_TERMS, LedgerTerms
from dunning_engine.domain.deliveries import BOTH
from dunning_engine.domain.events import PolicyRef
from dunning_engine.domain.parties import Channel, Collector
from dunning_engine.kernel.money import currency_digits
from dunning_engine.kernel.spans import Span
from dunning_engine.kernel.values import Token
from dunning_engine.policy.arranged import NONE, Arrangements, PlanBounds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from dunning_engine.domain.limits import Limit
    from dunning_engine.kernel.calendar import BusinessCalendar, Minute
    from dunning_engine.policy.charges import ChargeWord, Discount, Fee, InterestTerms, Offer


ONE_DAY = Span(1)


class Unit(Enum):
    """What one case is about."""

    DEBTOR = "debtor"
    INVOICE = "invoice"


class Lead(Enum):
    """Which of a debtor's overdue receivables carries the ladder."""

    OLDEST = "oldest"
    LARGEST = "largest"
    NEWEST = "newest"
    EACH = "each"
    """Every receivable carries a ladder of its own; what falls due together goes into one letter."""


class OnLeadPaid(Enum):
    """Where the ladder stands when another receivable takes the lead."""

    CONTINUE = "continue"
    RESTART = "restart"
    FALL_BACK = "fall_back"
    """Where its own age puts it."""


class CatchUp(Enum):
    """What happens to steps whose day has passed unseen."""

    NEXT = "next"
    JUMP = "jump"
    SKIP = "skip"


class Roll(Enum):
    """Where a contact goes that falls on a day without business."""

    NEXT = "next"
    PREVIOUS = "previous"
    NONE = "none"


class Pause(Token):
    """A reason in `pause_while`."""

    DISPUTED = "disputed"
    PROMISE_OPEN = "promise open"
    PLAN_ON_TRACK = "plan on track"
    HOLD = "on hold"
    HARDSHIP = "hardship"
    IDENTITY_THEFT = "identity theft"
    CEASE = "cease"
    ATTORNEY = "attorney"


class Stop(Token):
    """A reason in `stop_when`."""

    PAID = "paid"
    BANKRUPT = "bankrupt"
    DECEASED = "deceased"
    OPTED_OUT = "opted out"
    HARDSHIP = "hardship"
    IDENTITY_THEFT = "identity theft"
    CEASE = "cease"
    ATTORNEY = "attorney"


class Restore(Enum):
    """A reason in `restore_when`."""

    PAID = "paid"
    PROMISE_OPEN = "promise open"
    PLAN_ON_TRACK = "plan on track"
    DISPUTED = "disputed"


class AnchorKind(Enum):
    """What a step's day is counted from."""

    BEFORE_DUE = "before due"
    ON_DUE = "on the due date"
    AFTER_DUE = "after due"
    AFTER_ISSUE = "after issue"
    AFTER_GRACE = "grace ends"
    AFTER_STEP = "after step"
    AFTER_PREVIOUS = "after previous"
    AFTER_EXPIRY = "step expires"
    MONTH_END = "end of month after due"
    AFTER_RESUME = "after resume"
    BALANCE_REACHES = "balance reaches"
    FAILED_PAYMENTS = "failed payments"


_UNITS: tuple[int, ...] = tuple(10 ** (4 - digits) for digits in range(5))


@dataclass(frozen=True, slots=True)
class Amount:
    """A policy's amount, in the currency of whatever case it meets: ten-thousandths of a major unit."""

    units: int

    @classmethod
    def of(cls, value: Decimal) -> Amount:
        return cls(int(value.scaleb(4)))

    def minor(self, currency: str) -> int:
        """The amount in minor units, rounded up where the currency has fewer digits than the policy wrote."""
        return -(-self.units // _UNITS[currency_digits(currency)])


@dataclass(frozen=True, slots=True)
class Anchor:
    """When a step is due: `7 days after ultimatum expires`, `grace ends`, `balance reaches 100.00`."""

    kind: AnchorKind
    span: Span | None = None
    step: str | None = None
    amount: Amount | None = None
    count: int = 0

    @property
    def before_or_on_due(self) -> bool:
        """Whether the step lapses the day after the due date."""
        return self.kind in (AnchorKind.BEFORE_DUE, AnchorKind.ON_DUE)


class Test(Token):
    """What a condition asks about."""

    __test__ = False  # pytest looks for classes of this name

    BALANCE = "balance"
    OVERDUE_AMOUNT = "overdue amount"
    OVERDUE_COUNT = "overdue count"
    DAYS_OVERDUE = "days overdue"
    DEBTOR_KIND = "debtor is"
    COUNTRY = "country is"
    CURRENCY = "currency is"
    LANGUAGE = "language is"
    REACHABLE = "reachable by"
    OPTED_OUT = "opted out of"
    STEP_OUTCOME = "step outcome"
    PROMISE_BROKEN = "promise broken"
    PROMISE_PARTLY = "promise partly kept"
    PROMISES_BROKEN = "promises broken"
    PLAN_BROKEN = "plan broken"
    INSTALMENTS_MISSED = "instalments missed"
    DISPUTE_UNANSWERED = "dispute unanswered"
    PROPOSAL_UNANSWERED = "proposal unanswered"
    HOST_FACT = "fact"
    REGION = "region is"
    GROUP = "group is"
    RISK = "risk is"
    CUSTOMER_FOR = "customer for"
    PAID_LATE = "paid late"
    SEGMENT = "segment is"


@dataclass(frozen=True, slots=True)
class Condition:
    """One named phrase: `balance at least 50.00`, `reminder bounced`, `fact vip is true`.

    `amount`, `count` and `span` are lower bounds, or upper ones (excluded) where `below`; `name` is the step, fact or
    segment asked about; `value` the word it is compared with. `span` is the window of what is counted, where there is
    one; `parts` are the conditions of a segment, put there by whoever knows them.
    """

    test: Test
    value: str = ""
    name: str = ""
    amount: Amount | None = None
    count: int = 0
    below: bool = False
    span: Span | None = None
    parts: tuple[Condition, ...] = field(default=(), compare=False)
    currency: str = ""
    """The currency of `amount`; empty: that of whatever case it meets."""

    @property
    def asks_history(self) -> bool:
        """Whether the answer needs to know how the debtor paid before."""
        return self.test is Test.PAID_LATE or any(part.asks_history for part in self.parts)


Conditions: TypeAlias = tuple[Condition, ...]


def may_be_in_place(conditions: Conditions, place: str) -> bool:
    """Whether a debtor for whom conditions hold may live in a place (`US-NY-NYC`; empty: anywhere), by its country."""
    countries = {condition.value for condition in conditions if condition.test is Test.COUNTRY}
    return not place or not countries or place.partition("-")[0] in countries


@dataclass(frozen=True, slots=True)
class Cadence:
    """`every 5 business days up to 3 times [until ultimatum]`; `times` counts all occurrences, the first included."""

    every: Span
    times: int | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """The role that has to agree (or two, each in its own person), and for how many days answers and our question stand."""

    role: str
    days: int = 30
    other: str = ""

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that has to agree."""
        return (self.role, self.other) if self.other else (self.role,)

    @property
    def words(self) -> str:
        """`credit-manager`, `credit-manager and finance`."""
        return BOTH.join(self.roles)


@dataclass(frozen=True, slots=True)
class Proof:
    """`requires: ultimatum delivered`: what an earlier step must have achieved."""

    step: str
    outcome: str


Choice: TypeAlias = tuple[ActionSpec, ...]
"""One action and its fallbacks (`or else`), in order of preference."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A rung of the ladder."""

    name: str
    when: Anchor
    actions: tuple[Choice, ...]
    cadence: Cadence | None = None
    deadline: Span | None = None
    approval: Approval | None = None
    only_if: Conditions = ()
    only_if_any: Conditions = ()
    unless: Conditions = ()
    requires: tuple[Proof, ...] = ()
    climb_on: ClimbOn | None = None
    offers: tuple[Offer, ...] = ()
    deemed: Span | None = None
    """How long after its sending a letter counts as delivered without a proof; `None` where none ever does."""
    on_uncertain: OnUncertain = OnUncertain.ASK

    @cached_property
    def charges(self) -> tuple[ActionSpec, ...]:
        """What it adds to the debt."""
        return tuple(spec for choice in self.actions for spec in choice if spec.do is Do.CHARGE)

    def carries(self, position: int) -> bool:
        """Whether an action is a charge that goes with the step's message, and not by itself."""
        return self.is_contact and self.actions[position][0].do is Do.CHARGE

    @cached_property
    def channel(self) -> Channel | None:
        """The first channel by which it may reach the debtor; `None` where no way of doing it does."""
        return next((spec.channel for choice in self.actions for spec in choice if spec.channel is not None), None)

    @cached_property
    def slots(self) -> frozenset[str]:
        """The slots of its actions."""
        return frozenset(spec.slot for choice in self.actions for spec in choice)

    @property
    def is_contact(self) -> bool:
        """Whether some way of doing it reaches the debtor."""
        return self.channel is not None


SCHEMES: Final = "cards/retries"
"""The rulebook of card schemes and direct debit: contracts that bind whoever tries a payment again."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy version, ready to decide by. `rules` are its own limits under the ids that reasons quote."""

    name: str
    version: int
    title: str
    hash: str
    collector: Collector = Collector.FIRST_PARTY
    regulated_as: tuple[str, ...] = ()
    law: tuple[str, ...] = ()
    applies_to: Conditions = ()
    zone: str = "UTC"
    calendar: BusinessCalendar = field(compare=False)
    send_at: Minute = 600
    roll: Roll = Roll.NEXT
    rolls: Mapping[Channel, Roll] = field(default_factory=dict)
    unit: Unit = Unit.DEBTOR
    lead: Lead = Lead.OLDEST
    on_lead_paid: OnLeadPaid = OnLeadPaid.CONTINUE
    grace: Span | None = None
    tolerance: Mapping[str, int] = field(default_factory=dict)
    min_gap: Span = ONE_DAY
    minimum: Mapping[str, int] = field(default_factory=dict)
    catch_up: CatchUp = CatchUp.NEXT
    rules: tuple[tuple[str, Limit], ...] = ()
    steps: tuple[Step, ...]
    pause_while: frozenset[Pause] = frozenset()
    stop_when: frozenset[Stop] = frozenset({Stop.PAID})
    fees: Mapping[str, Fee] = field(default_factory=dict)
    charges: Mapping[str, ChargeWord] = field(default_factory=dict)
    """What the names of charges (their phrases) say."""
    interest: InterestTerms | None = None
    discounts: tuple[Discount, ...] = ()
    arranged: Arrangements = NONE
    segments: Mapping[str, Conditions] = field(default_factory=dict)
    restore_when: frozenset[Restore] = frozenset({Restore.PAID})
    terms: LedgerTerms = DEFAULT_TERMS
    """What the ledgers of its cases follow."""
    memo: dict[object, object] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What others compute once from this policy and may forget again."""

    @property
    def ref(self) -> PolicyRef:
        return PolicyRef(self.name, self.version, self.hash)

    @cached_property
    def regulators(self) -> frozenset[str]:
        """As what its collector is regulated."""
        return frozenset(self.regulated_as)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of each step in the file."""
        return {step.name: number for number, step in enumerate(self.steps)}

    @cached_property
    def deadlines(self) -> tuple[int, ...]:
        """Positions of the steps that set a deadline."""
        return tuple(number for number, step in enumerate(self.steps) if step.deadline is not None)

    @cached_property
    def charging(self) -> frozenset[str]:
        """The steps that add something to the debt."""
        return frozenset(step.name for step in self.steps if step.charges)

    @cached_property
    def cadences(self) -> tuple[int, ...]:
        """Positions of the steps that repeat."""
        return tuple(number for number, step in enumerate(self.steps) if step.cadence is not None)

    @cached_property
    def books(self) -> tuple[str, ...]:
        """The rulebooks that it is asked under: those that it names, and where it tries payments again the schemes'."""
        implied = Do.RETRY in self.verbs and SCHEMES not in self.law
        return (*self.law, SCHEMES) if implied else self.law

    def roll_of(self, channel: Channel | None) -> Roll:
        """How a contact by a channel rolls; what does not reach the debtor does not roll."""
        return Roll.NONE if channel is None else self.rolls.get(channel, self.roll)

    @cached_property
    def contact_channels(self) -> frozenset[Channel]:
        """Every channel by which some step may reach the debtor."""
        specs = (spec for step in self.steps for choice in step.actions for spec in choice)
        return frozenset(spec.channel for spec in specs if spec.channel is not None)

    @cached_property
    def verbs(self) -> frozenset[Do]:
        """Every verb that some step asks for."""
        return frozenset(spec.do for step in self.steps for choice in step.actions for spec in choice)

    @cached_property
    def asks_history(self) -> bool:
        """Whether some condition needs to know how the debtor paid in other cases."""
        return any(condition.asks_history for condition in (*self.applies_to, *self._conditions()))

    @cached_property
    def answers_awaited(self) -> Conditions:
        """Every condition of a step that asks whether a proposal was left unanswered."""
        asked = (one for condition in self._conditions() for one in (condition, *condition.parts))
        return tuple(dict.fromkeys(one for one in asked if one.test is Test.PROPOSAL_UNANSWERED))

    def _conditions(self) -> Conditions:
        """The conditions of every step."""
        lists = (conditions for step in self.steps for conditions in (step.only_if, step.only_if_any, step.unless))
        return tuple(condition for conditions in lists for condition in conditions)

    @cached_property
    def plans_offered(self) -> tuple[PlanBounds, ...]:
        """The plans that may be agreed without anybody's approval, by `plans: offer` and by steps; none is any."""
        general = () if self.arranged.plans.offer is None else (self.arranged.plans.offer,)
        return (*general, *(offer for step in self.steps for offer in step.offers if isinstance(offer, PlanBounds)))

    @cached_property
    def deems(self) -> bool:
        """Whether letters of some step count as delivered without a proof."""
        return any(step.deemed is not None for step in self.steps)

    @cached_property
    def restricts(self) -> bool:
        """Whether some step restricts a service."""
        return Do.RESTRICT in self.verbs

    @cached_property
    def hands_off(self) -> bool:
        """Whether some step hands the case to an agency."""
        return Do.HAND_OFF in self.verbs
