"""Dated facts about payments that were tried again and about agencies, in words; `facts` has the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from dunning_engine.domain.agency_events import AgencyAcknowledged, AgencyReturned
from dunning_engine.domain.declines import Decline, Scheme
from dunning_engine.domain.events import PaymentFailed
from dunning_engine.kernel.grammar import Form, Slot
from dunning_engine.kernel.slots import AMOUNT


@dataclass(frozen=True, slots=True)
class Collected:
    """What the debtor paid to an agency, in the currency of the case."""

    amount: Decimal
    commission: Decimal | None = None


DECLINES: Final = tuple(decline for decline in Decline if decline is not Decline.UNSAID)
SCHEMES: Final = tuple(scheme for scheme in Scheme if scheme is not Scheme.UNSAID)

_SCHEME: Final[Slot[Scheme]] = Slot(
    "a scheme", "|".join(one.value for one in SCHEMES), Scheme, lambda scheme: scheme.value, "visa"
)


def _failed(words: str, decline: Decline, *, with_scheme: bool = False) -> Form[Any]:
    def take(value: object) -> Mapping[str, Any] | None:
        if not isinstance(value, PaymentFailed) or (value.scheme is not Scheme.UNSAID) is not with_scheme:
            return None
        if value != PaymentFailed(decline=decline, scheme=value.scheme):
            return None
        return {"scheme": value.scheme} if with_scheme else {}

    def make(scheme: Scheme = Scheme.UNSAID) -> PaymentFailed:
        return PaymentFailed(decline=decline, scheme=scheme)

    return Form(words, slots={"scheme": _SCHEME} if with_scheme else {}, make=make, take=take)


FAILURES: Final[tuple[Form[Any], ...]] = (
    _failed("payment failed", Decline.UNSAID),
    *(_failed(f"payment failed as {one.value}", one) for one in DECLINES),
    _failed("payment failed by {scheme}", Decline.UNSAID, with_scheme=True),
    *(_failed(f"payment failed by {{scheme}} as {one.value}", one, with_scheme=True) for one in DECLINES),
)
"""A payment that was tried and declined, as far as is known why and by whom."""


def _collected(amount: Decimal, commission: Decimal | None = None) -> Collected:
    if not amount:
        raise ValueError("an agency that collected nothing is no fact")
    if commission is not None and commission > amount:
        raise ValueError(f"a commission of {commission} is more than was collected")
    return Collected(amount, commission)


def _sums(value: object, *, commission: bool) -> Mapping[str, Any] | None:
    if not isinstance(value, Collected) or (value.commission is not None) is not commission:
        return None
    return {"amount": value.amount, "commission": value.commission} if commission else {"amount": value.amount}


def _constant(words: str, value: object) -> Form[Any]:
    return Form(words, make=lambda: value, take=lambda other: {} if other == value else None)


OF_AGENCIES: Final[tuple[Form[Any], ...]] = (
    _constant("agency acknowledged", AgencyAcknowledged()),
    _constant("agency returned", AgencyReturned()),
    Form(
        "agency collected {amount}",
        slots={"amount": AMOUNT},
        make=_collected,
        take=lambda value: _sums(value, commission=False),
    ),
    Form(
        "agency collected {amount} commission {commission}",
        slots={"amount": AMOUNT, "commission": AMOUNT},
        make=_collected,
        take=lambda value: _sums(value, commission=True),
    ),
)
"""What agencies say of a debt that was placed with them."""
