"""What may befall a case: deeds that chance picks from, trouble with the machinery, and what makes a condition true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Final

from dunning_engine.domain.arrangements import HoldReason
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.events import (
    ContactMade,
    CreditNoteIssued,
    HoldLifted,
    HoldPlaced,
    HostFact,
    OptedIn,
    OptedOut,
    PaymentFailed,
    PaymentReceived,
    PaymentReversed,
    PlanBroken,
    PromiseMade,
)
from dunning_engine.domain.facts import News, StepNews
from dunning_engine.domain.parties import Channel, PartyKind
from dunning_engine.kernel.money import Money
from dunning_engine.policy.model import Condition, Policy, Test
from dunning_engine.testing.happenings import Away, Crash, Elsewhere, Look, NoProof, Outage, Restart

if TYPE_CHECKING:
    from dunning_engine.testing.drafts import Draft
    from dunning_engine.testing.happenings import Deed, Setting

FOR_GOOD: Final = 400
"""Days after which no tale of ours is still told."""


def _share(setting: Setting, permille: int) -> Money:
    total = sum(invoice.amount.minor for invoice in setting.invoices)
    return Money.of_minor(max(1, total * permille // 1000), setting.invoices[0].amount.currency)


def _channel(draft: Draft) -> Channel:
    """One that the policy uses; others say little about it."""
    used = [channel for channel in Channel if channel in draft.policy.contact_channels]
    return draft.chance.choice(used or [Channel.EMAIL])


def _pay(draft: Draft) -> None:
    """Nearly all, all, more than all, or a part; some of it may go back."""
    share = draft.chance.choice((100, 500, 999, 1000, 1000, 1200))
    draft.tell(lambda setting: PaymentReceived(_share(setting, share)))


def _pay_one(draft: Draft) -> None:
    draft.tell(lambda setting: PaymentReceived(setting.invoices[0].amount, setting.invoices[0].number))


def _reverse(draft: Draft) -> None:
    day = draft.day()
    draft.tell(lambda setting: PaymentReceived(_share(setting, 1000), event_id="tx-1", source="bank"), day)
    back = draft.chance.choice((300, 1000))
    draft.tell(lambda setting: PaymentReversed(_share(setting, back)), day + draft.chance.choice((0, 2, 20)))


def _pay_twice(draft: Draft) -> None:
    """The same payment told twice."""
    for _ in range(2):
        draft.tell(lambda setting: PaymentReceived(_share(setting, 400), event_id="tx-2", source="bank"))


def _credit(draft: Draft) -> None:
    draft.tell(lambda setting: CreditNoteIssued(_share(setting, 300), setting.invoices[-1].number))


def _dispute(draft: Draft) -> None:
    """About the first invoice or everything; mostly it ends."""
    day, whole = draft.day(), draft.chance.random() < 0.5

    def of(kind: type[HoldPlaced | HoldLifted]) -> Callable[[Setting], Deed]:
        return lambda setting: kind(HoldReason.DISPUTE, None if whole else setting.invoices[0].number)

    draft.tell(of(HoldPlaced), day)
    if draft.chance.random() < 0.8:
        draft.tell(of(HoldLifted), day + draft.chance.choice((0, 1, 8, 30)))


def _hold(draft: Draft) -> None:
    reason, day = draft.chance.choice([r for r in HoldReason if r is not HoldReason.DISPUTE]), draft.day()
    draft.tell(HoldPlaced(reason), day)
    if draft.chance.random() < 0.7:
        draft.tell(HoldLifted(reason), day + draft.chance.choice((0, 2, 15)))


def promise(draft: Draft, *, broken: bool = False) -> None:
    """A promise to pay all within some days; it is kept or not."""
    day, days, share = draft.day(), draft.chance.choice((1, 5, 9)), draft.chance.choice((500, 1000))

    def made(setting: Setting) -> Deed:
        by = date.fromordinal(setting.invoices[0].due.toordinal() + day + days)
        return PromiseMade(_share(setting, share), by)

    draft.tell(made, day)
    if not broken and draft.chance.random() < 0.4:
        draft.tell(lambda setting: PaymentReceived(_share(setting, share)), day + days - 1)


def _consent(draft: Draft) -> None:
    channel, day = _channel(draft), draft.day()
    draft.tell(OptedOut(channel), day)
    if draft.chance.random() < 0.4:
        draft.tell(OptedIn(channel), day + 10)


def _talk(draft: Draft) -> None:
    inbound = draft.chance.random() < 0.5
    draft.tell(ContactMade(draft.chance.choice((Channel.CALL, Channel.EMAIL)), Outcome.CONVERSATION, inbound))


def _news(draft: Draft) -> None:
    step = draft.chance.choice(draft.policy.steps)
    draft.news.append(StepNews(step.name, draft.chance.choice((News.BOUNCED, News.OPENED, News.ANSWERED))))


def _elsewhere(draft: Draft) -> None:
    draft.tell(Elsewhere(_channel(draft)))


def _declined(draft: Draft) -> None:
    draft.tell(PaymentFailed())


def _more(draft: Draft) -> None:
    """One more invoice."""
    draft.amounts.append(draft.chance.choice((draft.amounts[0], draft.minor(75))))


DEEDS: Final[tuple[Callable[[Draft], None], ...]] = (
    _pay, _pay, _pay_one, _reverse, _pay_twice, _credit, _dispute, _hold, promise, _consent, _talk, _news, _elsewhere,
    _declined, _more, _more,
)  # fmt: skip


def trouble(draft: Draft) -> None:
    """Something is wrong with the machinery, with the data, or with the people who are asked."""
    days = draft.chance.choice((1, 4, 15, 50))
    match draft.chance.randrange(8):
        case 0:
            draft.tell(Away(days))
        case 1:
            draft.tell(Outage(days))
        case 2:
            draft.tell(NoProof(FOR_GOOD), -20)
        case 3:
            draft.tell(Crash())
        case 4:
            draft.lacks = draft.chance.choice(("email", "phone", "address"))
        case 5:
            draft.approval_days = draft.chance.choice((None, 2, 35))
        case 6:
            draft.taken_in = days
        case _:
            for _ in range(3):
                draft.tell(draft.chance.choice((Look(), Look(), Restart())))


def gaps(policy: Policy) -> tuple[Callable[[Draft], None], ...]:
    """What every ladder meets some day, one at a time: nothing, no address, no proof, a refusal, a message come back."""
    found: list[Callable[[Draft], None]] = [lambda _draft: None, lambda draft: draft.tell(NoProof(FOR_GOOD), -20)]
    found += [partial(_without, lacks) for lacks in ("email", "phone", "address")]
    found += [partial(_opted_out, channel) for channel in Channel if channel in policy.contact_channels]
    found += [partial(_comes_back, step.name) for step in policy.steps if step.is_contact]
    return tuple(found)


def _without(lacks: str, draft: Draft) -> None:
    draft.lacks = lacks


def _opted_out(channel: Channel, draft: Draft) -> None:
    draft.tell(OptedOut(channel), -9)


def _comes_back(step: str, draft: Draft) -> None:
    draft.news.append(StepNews(step, News.BOUNCED))


def satisfy(draft: Draft, condition: Condition) -> None:
    """Make a condition true, as far as something that happens can."""
    match condition.test:
        case Test.BALANCE | Test.OVERDUE_AMOUNT:
            assert condition.amount is not None
            minor = condition.amount.minor(draft.currency)
            (draft.below if condition.below else draft.at_least)(minor)
        case Test.OVERDUE_COUNT:
            draft.count(condition.count)
        case Test.DEBTOR_KIND:
            draft.kind = PartyKind(condition.value)
        case Test.COUNTRY:
            draft.country = condition.value
        case Test.CURRENCY:
            draft.currency = condition.value
        case Test.LANGUAGE:
            draft.language = condition.value
        case Test.OPTED_OUT:
            draft.tell(OptedOut(Channel(condition.value)))
        case Test.STEP_OUTCOME:
            if condition.value != "sent":
                draft.news.append(StepNews(condition.name, News(condition.value)))
        case Test.PROMISE_BROKEN:
            promise(draft, broken=True)
        case Test.PLAN_BROKEN:
            day = draft.day()
            draft.tell(HoldPlaced(HoldReason.PLAN), day)
            draft.tell(PlanBroken(), day + 2)
        case Test.HOST_FACT:
            draft.tell(HostFact(condition.name, condition.value), -20)
        case Test.REACHABLE | Test.DAYS_OVERDUE | Test.PROPOSAL_UNANSWERED:
            pass  # everybody is reachable and nobody answers until something else says so, and days pass by themselves
