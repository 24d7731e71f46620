"""Payment plans: instalments with days of their own, split exactly, and what hosts record about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from dunning_engine.domain.given import given_day, given_money
from dunning_engine.kernel.calendar import Day, Instant, LocalDate
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.spans import add_months

WEEK: Final = 7


@dataclass(frozen=True, slots=True, init=False)
class Instalment:
    """A part of a plan: an amount and the last day on which it is in time (a `date`, ISO 8601 text, or its ordinal)."""

    amount: Money
    due: Day

    def __init__(self, amount: Money, due: LocalDate | str | Day) -> None:
        given_money(amount, "an instalment", "leave out an instalment of nothing")
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "due", given_day(due, "the day of an instalment"))


@dataclass(frozen=True, slots=True)
class PlanOffered:
    """The debtor was offered to pay by instalments; nothing waits for an offer."""

    instalments: tuple[Instalment, ...]
    invoice: str | None = None
    by: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "instalments", _given(self.instalments))


@dataclass(frozen=True, slots=True)
class PlanAgreed:
    """The debtor agreed to pay by instalments, of one invoice or of everything; it takes the place of an earlier plan.

    `interest` says whether interest goes on meanwhile; `by` who agreed, `approved_by` who allowed more than the policy.
    """

    instalments: tuple[Instalment, ...]
    invoice: str | None = None
    interest: bool = False
    by: str = ""
    approved_by: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "instalments", _given(self.instalments))

    @property
    def total(self) -> Money:
        """What all instalments come to."""
        return _total(self.instalments)


def _given(instalments: object) -> tuple[Instalment, ...]:
    """Instalments in order of their days, all in one currency."""
    found = tuple(instalments) if isinstance(instalments, (tuple, list)) else ()
    if not found or not all(isinstance(one, Instalment) for one in found):
        raise UsageError(
            f"the instalments of a plan are {instalments!r}: pass a list of Instalment(amount, due), "
            "or what plans.instalments(…) makes of an amount"
        )
    if len({one.amount.currency for one in found}) > 1:
        raise UsageError("the instalments of a plan are in several currencies: agree a plan per currency")
    return tuple(sorted(found, key=lambda one: (one.due, one.amount.minor)))


def _total(instalments: Sequence[Instalment]) -> Money:
    return Money.of_minor(sum(one.amount.minor for one in instalments), instalments[0].amount.currency)


# An amount in parts ---------------------------------------------------------------------------------------------------


def split(amount: int, parts: int) -> tuple[int, ...]:
    """An amount (minor units) in equal parts that sum to it exactly; the first parts carry the cents that are over."""
    each, over = divmod(amount, parts)
    return tuple(each + (number < over) for number in range(parts))


def instalments(
    amount: Money,
    count: int,
    start: LocalDate | str | Day,
    *,
    every: str = "month",
    first_payment: Money | None = None,
) -> tuple[Instalment, ...]:
    """An amount in `count` monthly or weekly instalments from a day on, equal but for the cents, exact in sum.

    With a first payment that comes on the first day, and the instalments follow. Months clamp to their last day.
    """
    given_money(amount, "a plan", "pass the amount that is paid by instalments, above zero")
    if every not in ("month", "week"):
        raise UsageError(f'a plan is paid every {every!r}: pass "month" or "week"')
    if type(count) is not int or not 1 <= count <= amount.minor:
        raise UsageError(f"a plan of {amount} has {count!r} instalments: pass a whole number of parts above zero")
    begin, rest = given_day(start, "the first day of a plan"), amount.minor
    found: list[Instalment] = []
    if first_payment is not None:
        given_money(first_payment, "a first payment", "leave it out where there is none")
        rest -= first_payment.minor
        if first_payment.currency != amount.currency or rest < count:
            raise UsageError(f"a first payment of {first_payment} leaves nothing of {amount} for {count} instalments")
        found.append(Instalment(first_payment, begin))
    later = len(found)
    for number, part in enumerate(split(rest, count)):
        found.append(Instalment(Money.of_minor(part, amount.currency), day_of(begin, number + later, every)))
    return tuple(found)


def day_of(start: Day, number: int, every: str) -> Day:
    """The day of an instalment that lies a number of months or weeks after the first."""
    return add_months(start, number) if every == "month" else start + number * WEEK


# What a case keeps ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """An agreed plan: days and amounts (minor units) in order of time, from an instant on until something ends it.

    `end` is when somebody said that it was broken or completed, or when another plan took its place.
    """

    agreed_at: Instant
    instalments: tuple[tuple[Day, int], ...]
    invoice: str | None = None
    interest: bool = False
    end: Instant | None = None
    broken: bool = False

    @property
    def total(self) -> int:
        return sum(amount for _due, amount in self.instalments)

    def owed_by(self) -> tuple[int, ...]:
        """What has to have come in all by the day of each instalment."""
        return tuple(accumulate(amount for _due, amount in self.instalments))


def plan_of(event: PlanAgreed, at: Instant) -> Plan:
    """The plan that an agreement makes."""
    parts = tuple((one.due, one.amount.minor) for one in event.instalments)
    return Plan(at, parts, event.invoice, event.interest)


def with_ends(plans: Sequence[Plan], ends: Sequence[tuple[Instant, bool, str | None]]) -> tuple[Plan, ...]:
    """Plans in order of their agreement, each ended by the first word about its end, or by the plan that replaced it.

    `ends` are instants at which plans (of an invoice, or all) were said to be over, and whether broken.
    """
    ordered = sorted(plans, key=lambda plan: (plan.agreed_at, plan.invoice or "", plan.instalments))
    return tuple(_with_end(plan, ordered[number + 1 :], ends) for number, plan in enumerate(ordered))


def _with_end(plan: Plan, later: Sequence[Plan], ends: Sequence[tuple[Instant, bool, str | None]]) -> Plan:
    told = [(at, broken) for at, broken, of in ends if at >= plan.agreed_at and of in (None, plan.invoice)]
    told += [
        (other.agreed_at, False) for other in later if other.invoice is None or plan.invoice in (None, other.invoice)
    ]
    end, broken = min(told, default=(None, False))
    return replace(plan, end=end, broken=broken)
