"""Cases on their way to another process: written by the values of their fields, at a third of what pickle takes itself."""

from __future__ import annotations

import copyreg
import io
import pickle  # nosec B403  # what our own process wrote
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.events import HoldPlaced, PaymentReceived
from dunning_engine.domain.parties import Party
from dunning_engine.domain.receivables import Invoice
from dunning_engine.engine.casework import CasePlan
from dunning_engine.intake.model import IncomingInvoice
from dunning_engine.kernel.money import Money
from dunning_engine.kernel.values import changed, maker, names_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.policy.model import Policy

_COMMON: Final = (Party, Invoice, IncomingInvoice, Money, PaymentReceived, HoldPlaced)
"""What a portfolio is full of; everything else goes as pickle writes it."""


def packed(plans: Iterable[CasePlan]) -> bytes:
    """Cases without their policies, of which the hashes go along."""
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer, pickle.HIGHEST_PROTOCOL)
    ours: dict[type, Any] = {**{cls: _written(cls) for cls in _COMMON}, CasePlan: _plan_written}
    pickler.dispatch_table = {**copyreg.dispatch_table, **ours}
    pickler.dump(list(plans))
    return buffer.getvalue()


def unpacked(data: bytes, policies: Mapping[str, Policy]) -> Sequence[CasePlan]:
    """The cases, under the policies of these hashes."""
    plans: list[CasePlan] = pickle.loads(data)  # noqa: S301 - our own process wrote it  # nosec B301
    for plan in plans:
        plan.policy = policies[plan.policy]  # type: ignore[index]  # the hash, as it was sent
    return plans


def _written(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    take = attrgetter(*names_of(cls))
    return lambda value: (_read, (cls, take(value)))


_TAKEN: Final = attrgetter(*names_of(CasePlan))


def _plan_written(plan: CasePlan) -> tuple[Any, ...]:
    return _read, (CasePlan, _TAKEN(changed(plan, {"policy": plan.policy.hash})))


def _read(cls: type, values: tuple[Any, ...]) -> Any:
    return maker(cls)(values)
