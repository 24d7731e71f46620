"""Fixed sums, and how they meet further costs."""

from __future__ import annotations

from dunning_engine.compliance.money.pack import Pack
from dunning_engine.domain.given import given_choice
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money


def fixed_sum(pack: Pack, debt: Money, debtor: PartyKind, *, running: bool = True) -> Money:
    """The lump sum for one debt; nothing before interest runs, or against somebody whom the pack does not bind."""
    debtor = given_choice(PartyKind, debtor, "the debtor of a fixed sum")
    if debt.currency != pack.currency:
        raise UsageError(
            f"the bands of {pack.name} are in {pack.currency}: what {debt} falls into is not for us to say"
        )
    if not running or debt.minor <= 0 or debtor not in pack.debtors & pack.fixed.debtors:
        return Money(0, pack.currency)
    return next(band.sum for band in pack.fixed.bands if band.holds(debt))


def recoverable_costs(fixed: Money, costs: Money) -> Money:
    """Fixed sum and costs of collecting together: the sum counts towards the costs and is never added to them."""
    return max(fixed, costs)


def interest_base(owed: Money, interest: Money) -> Money:
    """What of a sum owed bears interest: the interest in it is owed, but bears none itself."""
    return owed - interest
