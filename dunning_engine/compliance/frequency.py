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
    from collections.abc import Sequence

    from dunning_engine.domain.limits import ContactLimit, CoolingOff

UNCOUNTED_BY_LAW = frozenset({Outcome.NOT_CONNECTED, Outcome.WRONG_NUMBER})
NOWHERE = ("Etc/GMT+12", "Pacific/Kiritimati")
"""The westernmost and the easternmost zone: a rulebook's days are counted in both where no zone is known."""


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
        for name in situation.zones or (NOWHERE if law else (situation.zone,)):
            latest = max(latest, _calendar(times, limit, name, now))
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


def _calendar(times: Sequence[Instant], limit: ContactLimit, name: str, now: Instant) -> Instant:
    """The day on which the contact that has to drop out of the window has done so."""
    free = local_day(times[-limit.count], name) + limit.days
    return now if free <= local_day(now, name) else day_start(free, name)


def cooling_off(limit: CoolingOff, situation: Situation, now: Instant, *, law: bool) -> Instant | Refusal:
    """The first instant after the days of rest that the last conversation began; its own day is day 1."""
    latest = now
    for contact in situation.contacts.since(now - (limit.days + 2) * DAY_SECONDS):
        if contact.outcome is not Outcome.CONVERSATION or not _concerns(contact, limit.per, situation):
            continue
        for name in situation.zones or (NOWHERE if law else (situation.zone,)):
            free = local_day(contact.at, name) + limit.days
            if free > local_day(now, name):
                latest = max(latest, day_start(free, name))
    return latest
