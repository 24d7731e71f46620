"""Conditions of a policy as parts of sentences, and how words are joined in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dunning_engine.kernel.spans import Span
from dunning_engine.policy.forms import show_amount
from dunning_engine.policy.model import Amount, Condition, Conditions, Test

_ASKED = {
    Test.BALANCE: "the balance is {bound}",
    Test.OVERDUE_AMOUNT: "the overdue amount is {bound}",
    Test.OVERDUE_COUNT: "the number of overdue invoices is at least {0.count}",
    Test.DAYS_OVERDUE: "the debt has been overdue for at least {days}",
    Test.DEBTOR_KIND: "the debtor is a {0.value}",
    Test.COUNTRY: "the country is {0.value}",
    Test.CURRENCY: "the currency is {0.value}",
    Test.LANGUAGE: "the language is {0.value}",
    Test.REACHABLE: "the debtor can be reached by {0.value}",
    Test.OPTED_OUT: "the debtor has opted out of {0.value}",
    Test.STEP_OUTCOME: "{0.name} was {0.value}",
    Test.PROMISE_BROKEN: "a promise to pay was broken",
    Test.PROMISE_PARTLY: "a promise to pay was kept in part only",
    Test.PROMISES_BROKEN: "the number of broken promises is at least {0.count}",
    Test.PLAN_BROKEN: "the payment plan was broken",
    Test.INSTALMENTS_MISSED: "the number of missed instalments is at least {0.count}",
    Test.DISPUTE_UNANSWERED: "a dispute was not answered in time",
    Test.PROPOSAL_UNANSWERED: "{proposal} has been unanswered for {days} or longer",
    Test.HOST_FACT: "the fact {0.name} is {0.value}",
    Test.REGION: "the region is {0.value}",
    Test.GROUP: "the debtor belongs to the group {0.value}",
    Test.RISK: "the risk is {0.value}",
    Test.CUSTOMER_FOR: "the debtor has been a customer for {length}",
    Test.PAID_LATE: "the debtor has paid late at least {times} in the last {0.span}",
    Test.SEGMENT: "the debtor belongs to the segment {0.name}",
}


def _condition(condition: Condition) -> str:
    bound = f"{'below' if condition.below else 'at least'} {amount_told(condition.amount)}{f' {condition.currency}' if condition.currency else ''}"
    length = f"{'less than' if condition.below else 'at least'} {condition.span}"
    times = f"{condition.count} time{'s' * (condition.count != 1)}"
    proposal = f"the proposal of {condition.value}" if condition.value else "the latest proposal"
    return _ASKED[condition.test].format(
        condition, bound=bound, days=Span(condition.count), length=length, times=times, proposal=proposal
    )


def segments_told(segments: Mapping[str, Conditions]) -> str:
    """Who belongs to each segment."""
    return " ".join(f"The segment {name}: {all_of(parts)}." for name, parts in segments.items())


def all_of(conditions: Iterable[Condition]) -> str:
    """Conditions that all hold, as part of a sentence."""
    return listed(_condition(condition) for condition in conditions)


def any_of(conditions: Iterable[Condition]) -> str:
    """Conditions of which one holds, as part of a sentence."""
    return either(_condition(condition) for condition in conditions)


def amount_told(amount: Amount | None) -> str:
    return "" if amount is None else show_amount(amount)


def listed(words: Iterable[str]) -> str:
    return _joined(words, "and")


def either(words: Iterable[str]) -> str:
    return _joined(words, "or")


def _joined(words: Iterable[str], last: str) -> str:
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final
