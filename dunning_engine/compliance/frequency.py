"""Rules that count: so many contacts in so many days, and days of rest after a conversation.

Contacts count from the moment they were armed, whatever came of them, in the debtor's one log. A contact that reached
nobody's phone, or a stranger's, does not count against a rulebook; a policy's own limits count every attempt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.compliance.situation import Refusal, Situation
from dunning_engine.domain.contacts import Contact, Outcome
from dunning_engine.domain.limits import Counting, Per
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant, day_start, local_day

if TYPE_CHECKING:
    from dunning_engine.domain.limits import ContactLimit, CoolingOff

UNCOUNTED_BY_LAW = frozenset({Outcome.NOT_CONNECTED, Outcome.WRONG_NUMBER})
LONGEST_DAY = DAY_SECONDS + 3600
"""A day on which clocks are set back."""


def frequency(limit: ContactLimit, situation: Situation, now: Instant, *, law: bool) -> Instant | Refusal:
    """The earliest instant at which one more contact is within the limit."""
    if limit.count == 0:
        return Refusal("no contact of this kind is allowed")
    times = [
        c.at
        for c in situation.contacts.since(now - (limit.days + 2) * DAY_SECONDS)
        if _counts(c, limit, situation, law)
    ]
    if len(times) < limit.count:
        return now
    latest = now
    if limit.counting is not Counting.ROLLING:
        latest = max(latest, _days_over(times[-limit.count], limit.days, situation, law=law))
    if limit.counting is not Counting.CALENDAR:
        latest = max(latest, times[-limit.count] + limit.days * DAY_SECONDS)
    return latest


def _counts(contact: Contact, limit: ContactLimit, situation: Situation, law: bool) -> bool:
    return (
        not contact.inbound
        and (not limit.channels or contact.channel in limit.channels)
        and _concerns(contact, limit.per, situation)
        and not (law and contact.outcome in UNCOUNTED_BY_LAW)
    )


def _concerns(contact: Contact, per: Per, situation: Situation) -> bool:
    return per is Per.DEBTOR or not contact.debts or situation.case_id in contact.debts


def _days_over(start: Instant, days: int, situation: Situation, *, law: bool) -> Instant:
    """When that many calendar days, the one of `start` included, are over in every zone of the debtor.

    Where no zone is known, a policy counts in its own; for a law the first day may be about to begin somewhere.
    """
    if law and not situation.zones:
        return start + (days - 1) * DAY_SECONDS + LONGEST_DAY
    return max(day_start(local_day(start, name) + days, name) for name in situation.zones or (situation.zone,))


def cooling_off(limit: CoolingOff, situation: Situation, now: Instant, *, law: bool) -> Instant | Refusal:
    """The first instant after the days of rest that the last conversation began; its own day is day 1."""
    latest = now
    for contact in situation.contacts.since(now - (limit.days + 2) * DAY_SECONDS):
        if contact.outcome is Outcome.CONVERSATION and _concerns(contact, limit.per, situation):
            latest = max(latest, _days_over(contact.at, limit.days, situation, law=law))
    return latest
