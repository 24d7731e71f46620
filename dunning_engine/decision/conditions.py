"""Whether a policy's conditions hold for a case as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.decision.proposals import unanswered_on
from dunning_engine.domain.events import ReceiptKind
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.screening import settled, times_paid_late
from dunning_engine.kernel.calendar import EVERY_DAY
from dunning_engine.kernel.spans import add
from dunning_engine.policy.model import Condition, Step, Test

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dunning_engine.decision.standing import Standing
    from dunning_engine.domain.case import Case


DELIVERED: Final = ReceiptKind.DELIVERED.value


def holds(condition: Condition, case: Case, standing: Standing) -> bool:
    """Whether one condition is true; what nobody knows (no country, no language) is not."""
    match condition.test:
        case Test.BALANCE:
            return _bounded(standing.balance, condition, case.currency)
        case Test.OVERDUE_AMOUNT:
            return _bounded(standing.overdue, condition, case.currency)
        case Test.OVERDUE_COUNT:
            return standing.overdue_count >= condition.count
        case Test.DAYS_OVERDUE:
            return standing.days_overdue >= condition.count
        case Test.DEBTOR_KIND:
            return case.debtor.kind.value == condition.value
        case Test.COUNTRY:
            return case.debtor.country == condition.value
        case Test.CURRENCY:
            return case.currency == condition.value
        case Test.LANGUAGE:
            return f"{case.debtor.language}-".startswith(f"{condition.value}-")
        case Test.REACHABLE:
            return case.debtor.reachable(Channel(condition.value)) and Channel(condition.value) not in case.opted_out
        case Test.OPTED_OUT:
            return Channel(condition.value) in case.opted_out
        case Test.STEP_OUTCOME:
            return outcome_of(case, standing, condition.name, condition.value)
        case Test.PROMISE_BROKEN:
            return standing.promise_broken
        case Test.PROMISE_PARTLY:
            return standing.promise_partly_kept
        case Test.PROMISES_BROKEN:
            return standing.promises_broken >= condition.count
        case Test.PLAN_BROKEN:
            return standing.plan_broken
        case Test.INSTALMENTS_MISSED:
            return standing.instalments_missed >= condition.count
        case Test.DISPUTE_UNANSWERED:
            return standing.dispute_unanswered
        case Test.PROPOSAL_UNANSWERED:
            day = unanswered_on(condition, case, standing)
            return day is not None and standing.today >= day
        case Test.HOST_FACT:
            return case.facts.get(condition.name) == condition.value
        case Test.REGION:
            return f"{case.debtor.country}-{case.debtor.region}" == condition.value
        case Test.GROUP:
            return case.debtor.group == condition.value
        case Test.RISK:
            return case.debtor.risk is not None and case.debtor.risk.value == condition.value
        case Test.CUSTOMER_FOR:
            return _customer_for(condition, case, standing)
        case Test.PAID_LATE:
            return _paid_late(condition, case, standing)
        case Test.SEGMENT:
            return all(holds(part, case, standing) for part in condition.parts)
        case _:
            assert_never(condition.test)


def _customer_for(condition: Condition, case: Case, standing: Standing) -> bool:
    """Whether somebody has been a customer for so long, or for less; of whom nobody knows since when, neither is true."""
    since = case.debtor.customer_since
    if since is None:
        return False
    assert condition.span is not None
    return (standing.today < add(since.toordinal(), condition.span, EVERY_DAY)) is condition.below


def _paid_late(condition: Condition, case: Case, standing: Standing) -> bool:
    assert condition.span is not None
    history = (*case.history, *settled(case.receivables))
    return times_paid_late(case.debtor, history, standing.zone, standing.today, condition.span) >= condition.count


def outcome_of(case: Case, standing: Standing, step: str, outcome: str) -> bool:
    """Whether some action of a step has come to an outcome such as `sent` or `bounced`."""
    return any(
        outcome in delivery.outcomes or (outcome == DELIVERED and delivery.id in standing.deemed)
        for delivery in case.deliveries.values()
        if delivery.key.step == step and standing.counts(delivery, case)
    )


def _bounded(amount: int, condition: Condition, currency: str) -> bool:
    """Whether an amount keeps a bound; one in another currency says nothing about it, for nothing is converted."""
    assert condition.amount is not None
    if condition.currency not in ("", currency):
        return False
    limit = condition.amount.minor(currency)
    return amount < limit if condition.below else amount >= limit


def failing(conditions: Iterable[Condition], case: Case, standing: Standing) -> Condition | None:
    """The first condition of a list that does not hold."""
    return next((c for c in conditions if not holds(c, case, standing)), None)


def objection(step: Step, case: Case, standing: Standing) -> str:
    """Why a step's conditions keep it from being taken; empty where they do not."""
    if not (step.only_if or step.only_if_any or step.unless):
        return ""
    false = failing(step.only_if, case, standing)
    if false is not None:
        return f"its condition “{words(false)}” does not hold"
    if step.only_if_any and not any(holds(c, case, standing) for c in step.only_if_any):
        return "none of its conditions “only_if_any” holds"
    true = next((c for c in step.unless if holds(c, case, standing)), None)
    return f"its exception “{words(true)}” holds" if true is not None else ""


def words(condition: Condition) -> str:
    """A condition as the policy writes it."""
    from dunning_engine.policy.phrases import CONDITION

    return CONDITION.show(condition)
