"""How often a payment may be tried again: tries are counted in full hours before the instant, whoever made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.situation import Answer, Situation, Wait

if TYPE_CHECKING:
    from dunning_engine.domain.limits import Retries
    from dunning_engine.kernel.calendar import Instant

HOUR_SECONDS: Final = 3600


def retries(limit: Retries, situation: Situation, now: Instant) -> Answer:
    """Content while fewer than `count` tries lie in the hours; else free when the oldest that matters is over."""
    made = counted(limit, situation, now)
    if len(made) < limit.count:
        return None
    return Wait(made[-limit.count] + limit.hours * HOUR_SECONDS)


def counted(limit: Retries, situation: Situation, now: Instant) -> tuple[Instant, ...]:
    """The tries that count, the oldest first."""
    since = now - limit.hours * HOUR_SECONDS
    return tuple(sorted(at for at in situation.tries if since < at <= now))
