"""Which amounts a policy tells apart: of two debts between the same of its numbers it asks the same, in the same order.

That is so as long as nothing is reckoned from a debt: a fee, interest, a discount. Whoever goes by these classes has to
know whether something was.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.policy.arranged import PlanBounds
from dunning_engine.policy.charges import Discount
from dunning_engine.policy.model import Amount, Lead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dunning_engine.policy.model import Policy

SMALL: Final = 1_000
"""Minor units below which a share of a debt may be rounded to nothing: such debts are taken as they are."""


def amounts_named(policy: Policy, currency: str) -> tuple[int, ...]:
    """Every amount that a policy compares a debt with, in minor units, in order."""
    known = policy.memo.get(("amounts", currency))
    if known is None:
        found = {SMALL, policy.tolerance.get(currency, 0), policy.minimum.get(currency, 0)}
        for part in (policy.steps, policy.segments, policy.arranged, policy.fees, policy.charges):
            found |= set(_within(part, currency))
        known = policy.memo["amounts", currency] = tuple(sorted({*found, *(amount + 1 for amount in found)}))
    return known  # type: ignore[return-value]  # the memo is anybody's


def _within(value: Any, currency: str) -> Iterator[int]:
    """The amounts in a part of a compiled policy, and those at which one more instalment can be offered."""
    if isinstance(value, Amount):
        yield value.minor(currency)
    elif isinstance(value, PlanBounds):
        least = 1 if value.least is None else value.least.minor(currency)
        yield from (least * count for count in range(1, value.count + 1))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _within(part, currency)
    elif isinstance(value, tuple):
        for part in value:
            yield from _within(part, currency)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _within(getattr(value, field.name), currency)


def classes(policy: Policy, currency: str, debts: Sequence[int]) -> tuple[int, ...]:
    """What tells the debts of one case from those of another: one number each, the same for debts that are taken alike.

    Of several debts any sum may be compared: they are alike where each alone is above every number of the policy.
    """
    if reckons(policy):
        return tuple(-debt for debt in debts)
    named = amounts_named(policy, currency)
    if len(debts) == 1:
        return (bisect_right(named, debts[0]) if debts[0] >= SMALL else -debts[0],)
    if policy.lead is not Lead.LARGEST and min(debts) >= named[-1]:
        return (len(named),) * len(debts)
    return tuple(-debt for debt in debts)


def reckons(policy: Policy) -> bool:
    """Whether something is reckoned from every debt from the start, and not only once a step charges."""
    return bool(policy.discounts) or any(isinstance(offer, Discount) for step in policy.steps for offer in step.offers)
