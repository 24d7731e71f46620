"""Letters that count as delivered some days after they were sent, because their step says so and nothing came back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.ends import last_day
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import Instant, day_start, local_day

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Delivery
    from dunning_engine.policy.model import Policy

NOT_DEEMED: Final[Mapping[str, Instant]] = MappingProxyType({})


def deemed(case: Case, policy: Policy) -> Iterator[tuple[Delivery, Instant]]:
    """The letters that are deemed delivered, now or later, with the end of the day from which on they are.

    A proof is better than a presumption, and what came back was not delivered: both leave their letter out.
    """
    for delivery in case.deliveries.values():
        position = policy.index.get(delivery.key.step)
        span = None if position is None else policy.steps[position].deemed
        if span is None or delivery.channel is not Channel.LETTER or delivery.state is not DeliveryState.SENT:
            continue
        assert delivery.sent_at is not None, "the state says that it was sent"
        day = last_day(policy, span, local_day(delivery.sent_at, policy.zone), ())
        yield delivery, day_start(day + 1, policy.zone) - 1
