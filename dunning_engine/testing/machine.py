"""`policy_machine`: a stateful machine of Hypothesis that drives a policy, for whoever tests their own.

    from dunning_engine.testing import policy_machine

    TestOurPolicy = policy_machine(load_policy("policies/us-consumer.yaml")).TestCase

Hypothesis chooses what happens and cuts a failure down; the monitors say what must not be, as a dated story.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import (
    ContactMade,
    CreditNoteIssued,
    HoldLifted,
    HoldPlaced,
    OptedIn,
    OptedOut,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PlanBroken,
    PromiseMade,
)
from dunning_engine.domain.facts import News, StepNews
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import DAY_SECONDS
from dunning_engine.kernel.money import Money
from dunning_engine.testing.exploring import Explorer
from dunning_engine.testing.happenings import Away, Crash, Deed, Elsewhere, Look, NoProof, Outage, Restart
from dunning_engine.testing.monitors import MONITORS
from dunning_engine.testing.rehearsal import Rehearsal
from dunning_engine.testing.telling import story, text

if TYPE_CHECKING:
    from random import Random

    from dunning_engine.compliance.rulebook import Rulebook
    from dunning_engine.domain.events import Fact
    from dunning_engine.policy.model import Policy
    from dunning_engine.testing.core_monitors import Monitor

_HOLDS: Final = st.sampled_from(HoldReason)
_CHANNELS: Final = st.sampled_from(Channel)
_DAYS: Final = st.integers(1, 40)
_PARTS: Final = st.sampled_from([1000, 500, 100, 999, 1300])
"""Payments in thousandths of everything billed: all, a part, nearly all, more than all."""


def policy_machine(
    policy: Policy,
    rulebooks: Sequence[Rulebook] | None = None,
    *,
    known: Iterable[Fact] = (),
    monitors: Iterable[Monitor] = MONITORS,
) -> type[PolicyMachine]:
    """A machine for a policy.

    Its rulebooks are those that ship under the names in `law`, unless others are given; `known` are facts that the
    case begins with.
    """
    from dunning_engine.engine.loading import load_rulebooks

    books = tuple(load_rulebooks(policy.books) if rulebooks is None else rulebooks)
    parts: dict[str, Any] = {"policy": policy, "rulebooks": books, "known": tuple(known), "monitors": tuple(monitors)}
    return type("PolicyMachine", (PolicyMachine,), parts)


class PolicyMachine(RuleBasedStateMachine):
    """One case and everything that may befall it; `policy_machine` says for which policy."""

    policy: Policy
    rulebooks: Sequence[Rulebook]
    known: Sequence[Fact]
    monitors: Sequence[Monitor]
    stage: Rehearsal

    @initialize(chance=st.randoms(use_true_random=False))
    def opens(self, chance: Random) -> None:
        """A debtor for whom the policy is owes something."""
        setting = Explorer(self.policy, 0, self.known).setting(chance)
        self.stage = Rehearsal(self.policy, self.rulebooks, setting, self.monitors)
        self.stage.go_on(self.stage.now)

    def happens(self, deed: Deed) -> None:
        """Let a deed happen now."""
        self.stage.happen(deed)

    @rule(days=_DAYS)
    def days_pass(self, days: int) -> None:
        self.stage.go_on(self.stage.now + days * DAY_SECONDS)

    @rule(minutes=st.integers(1, 1439))
    def minutes_pass(self, minutes: int) -> None:
        self.stage.go_on(self.stage.now + minutes * 60)
        self.happens(Look())

    # Money -------------------------------------------------------------------------------------------------------------

    @rule(part=_PARTS)
    def pays(self, part: int) -> None:
        self.happens(PaymentReceived(self._share(part)))

    @rule(number=st.integers(0, 2))
    def pays_an_invoice(self, number: int) -> None:
        invoices = self.stage.setting.invoices
        invoice = invoices[number % len(invoices)]
        self.happens(PaymentReceived(invoice.amount, invoice.number))

    @rule(part=_PARTS)
    def is_told_twice_of_a_payment(self, part: int) -> None:
        for _ in range(2):
            self.happens(PaymentReceived(self._share(part), source="bank", event_id="tx-1"))

    @precondition(lambda self: any(isinstance(recorded.event, PaymentReceived) for recorded in self.stage.events))
    @rule(part=_PARTS)
    def payment_goes_back(self, part: int) -> None:
        self.happens(PaymentReversed(self._share(part)))

    @rule(part=_PARTS)
    def is_credited(self, part: int) -> None:
        self.happens(CreditNoteIssued(self._share(part)))

    @rule()
    def payment_fails(self) -> None:
        self.happens(PaymentFailed())

    @rule(part=_PARTS, days=st.integers(0, 14))
    def promises(self, part: int, days: int) -> None:
        by = date.fromordinal(date(1970, 1, 1).toordinal() + self.stage.now // DAY_SECONDS + days)
        self.happens(PromiseMade(self._share(part), by))

    # Reasons to wait ---------------------------------------------------------------------------------------------------

    @rule(whole=st.booleans())
    def disputes(self, whole: bool) -> None:
        self.happens(HoldPlaced(HoldReason.DISPUTE, None if whole else self.stage.setting.invoices[0].number))

    @rule(reason=_HOLDS)
    def hold_begins(self, reason: HoldReason) -> None:
        self.happens(HoldPlaced(reason))

    @precondition(lambda self: bool(self.stage.case.holds))
    @rule(reason=_HOLDS)
    def hold_ends(self, reason: HoldReason) -> None:
        self.happens(HoldLifted(reason))

    @precondition(lambda self: bool(self.stage.case.holds))
    @rule()
    def plan_breaks(self) -> None:
        self.happens(PlanBroken())

    # Contacts ----------------------------------------------------------------------------------------------------------

    @rule(channel=_CHANNELS)
    def opts_out(self, channel: Channel) -> None:
        self.happens(OptedOut(channel))

    @precondition(lambda self: bool(self.stage.case.opted_out))
    @rule(channel=_CHANNELS)
    def opts_in(self, channel: Channel) -> None:
        self.happens(OptedIn(channel))

    @rule(channel=_CHANNELS, inbound=st.booleans())
    def talks(self, channel: Channel, inbound: bool) -> None:
        self.happens(ContactMade(channel, Outcome.CONVERSATION, inbound))

    @rule(channel=_CHANNELS)
    def is_reached_elsewhere(self, channel: Channel) -> None:
        self.happens(Elsewhere(channel))

    @precondition(lambda self: bool(self.stage.handed))
    @rule(news=st.sampled_from([News.BOUNCED, News.DELIVERED, News.OPENED, News.ANSWERED]))
    def news_comes_of_the_last_message(self, news: News) -> None:
        self.happens(StepNews(self.stage.handed[-1].action.step, news))

    # The machinery -----------------------------------------------------------------------------------------------------

    @rule(deed=st.sampled_from([Look(), Restart(), Crash()]))
    def machinery(self, deed: Deed) -> None:
        self.happens(deed)

    @rule(days=_DAYS, deed=st.sampled_from([Away, Outage, NoProof]))
    def trouble(self, days: int, deed: type[Away | Outage | NoProof]) -> None:
        self.happens(deed(days))

    # Promises ----------------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_breached(self) -> None:
        """Every monitor is content."""
        stage = getattr(self, "stage", None)  # before the first rule there is nothing to look at
        if stage is not None and stage.breaches:
            first = stage.breaches[0]
            raise AssertionError(f"{first.monitor} ({first.invariants}): {first.words}\n{text(story(stage))}")

    def teardown(self) -> None:
        """What can only be said at the end."""
        if hasattr(self, "stage") and not self.stage.breaches:
            self.stage.watch("ended")
            self.nothing_is_breached()

    def _share(self, part: int) -> Money:
        invoices = self.stage.setting.invoices
        total = sum(invoice.amount.minor for invoice in invoices)
        return Money.of_minor(max(1, total * part // 1000), invoices[0].amount.currency)
