"""Rules that count: so many contacts in so many days, minutes between calls, days of rest after a conversation.

Contacts count from the moment they were armed, in the debtor's one log. What a limit leaves out (calls that reached
no telephone, answers to the debtor's own messages, calls to which they agreed) it says itself.
"""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.situation import Answer, Refusal, Situation, Wait
from dunning_engine.domain.contacts import CONSUMER, Contact, Outcome
from dunning_engine.domain.limits import Counting, Per
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import DAY_SECONDS, Instant, day_start, local_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.domain.docket import CallConsent
    from dunning_engine.domain.limits import ContactLimit, CoolingOff, RestAfterPromise, Spacing, Together
    from dunning_engine.kernel.calendar import Day

LONGEST_DAY: Final = DAY_SECONDS + 3600
"""A day on which clocks are set back."""

CONSENT_DAYS: Final = 7
"""How long consent to more calls lasts, the day on which it was given included: 12 CFR 1006.14(b)(3)(i)."""

MONTH_DAYS: Final = 31

_IN_PLACE: Final = {"surviving_spouse": CONSUMER}
"""Who stands in the debtor's place: 12 CFR 1006.6(a)."""


def frequency(limit: ContactLimit, situation: Situation, channel: Channel, now: Instant, *, law: bool) -> Answer:
    """Content while one more contact is within the limit."""
    if limit.channels and channel not in limit.channels:
        return None
    if limit.lines and situation.docket.get("line", "") not in limit.lines:
        return None
    if not limit.consented and channel is Channel.CALL and _covered(situation, situation.debts, now):
        return None
    if limit.count == 0:
        return Refusal("")  # what the rule itself says is all there is to say
    frees = _frees(limit, situation, now, law=law)
    return Wait(frees) if frees > now else None


def together(limit: Together, situation: Situation, now: Instant) -> Answer:
    """Content while at least one of the limits is not used up."""
    frees = min(_frees(part, situation, now, law=True) for part in limit.parts)
    return Wait(frees) if frees > now else None


def _frees(limit: ContactLimit, situation: Situation, now: Instant, *, law: bool) -> Instant:
    """The earliest instant at which one more contact is within the limit."""
    oldest = _oldest(limit, situation, now)
    if oldest is None:
        return now
    if limit.counting is Counting.MONTH:
        return _month_over(oldest, situation, now)
    latest = now
    if limit.counting is not Counting.ROLLING:
        latest = max(latest, _days_over(oldest, limit.days, situation, law=law))
    if limit.counting is not Counting.CALENDAR:
        latest = max(latest, oldest + limit.days * DAY_SECONDS)
    return latest


def _oldest(limit: ContactLimit, situation: Situation, now: Instant) -> Instant | None:
    """The contact, of as many as the limit allows and the newest that count, that has to grow old first."""
    found = next(islice(_newest(limit, situation, now), limit.count - 1, None), None)
    return None if found is None else found.at


def counted(limit: ContactLimit, situation: Situation, now: Instant) -> list[Contact]:
    """The contacts that use up a limit, oldest first."""
    return list(islice(_newest(limit, situation, now), limit.count))[::-1]


def _newest(limit: ContactLimit, situation: Situation, now: Instant) -> Iterator[Contact]:
    """The contacts that count, newest first, as far back as they can matter."""
    whom = addressee_of(situation)
    debts = None if limit.per is Per.DEBTOR else situation.debts
    channels, uncounted = limit.channels, limit.uncounted
    special = _is_special(limit)
    days = MONTH_DAYS if limit.counting is Counting.MONTH else limit.days
    for c in reversed(situation.contacts.since(now - (days + 2) * DAY_SECONDS)):
        if (
            not c.inbound
            and (not channels or c.channel in channels)
            and (c.outcome not in uncounted or c.channel is not Channel.CALL)
            and (debts is None or concerns(c.debts, debts))
            and (c.addressee == whom or _IN_PLACE.get(c.addressee) == whom)
            and not (special and _left_out(c, limit, situation))
        ):
            yield c


def _is_special(limit: ContactLimit) -> bool:
    """Whether a limit leaves out more than channels and outcomes."""
    everything = limit.replies and limit.consented and not limit.unanswered
    return not everything or bool(limit.counted or limit.lines) or limit.since_conversation


def _left_out(contact: Contact, limit: ContactLimit, situation: Situation) -> bool:
    return bool(
        (limit.counted and contact.outcome not in limit.counted)
        or (limit.lines and contact.line not in limit.lines)
        or (not limit.replies and contact.reply)
        or (limit.unanswered and (contact.answered or contact.reply))
        or (not limit.consented and _agreed(contact, situation))
        or (limit.since_conversation and contact.at < _first_conversation(situation))
    )


def _agreed(contact: Contact, situation: Situation) -> bool:
    return contact.channel is Channel.CALL and _covered(situation, contact.debts, contact.at)


def _first_conversation(situation: Situation) -> Instant:
    """When people first spoke; where they never did, nothing counts."""
    never = 1 << 62
    whom = addressee_of(situation)
    spoke = (c for c in situation.contacts if c.outcome is Outcome.CONVERSATION)
    return next((c.at for c in spoke if _IN_PLACE.get(c.addressee, c.addressee) == whom), never)


def addressee_of(situation: Situation) -> str:
    """Whose contacts count together with this one."""
    whom = str(situation.docket.get("addressee", CONSUMER))
    return _IN_PLACE.get(whom, whom)


def concerns(named: tuple[str, ...], debts: tuple[str, ...]) -> bool:
    """Whether a contact that names debts is about one of these; one that names none may be about any."""
    return not named or any(debt in debts for debt in named)


def _covered(situation: Situation, debts: tuple[str, ...], instant: Instant) -> bool:
    """Whether the debtor agreed to a call at an instant about these debts."""
    consents: tuple[CallConsent, ...] = situation.docket.get("call_consents", ())  # type: ignore[assignment]
    return any(_covers(consent, situation, debts, instant) for consent in consents)


def _covers(consent: CallConsent, situation: Situation, debts: tuple[str, ...], instant: Instant) -> bool:
    today = local_day(instant, situation.zone)
    return (
        consent.given <= instant
        and today < local_day(consent.given, situation.zone) + CONSENT_DAYS
        and (consent.until is None or today <= consent.until)
        and (consent.revoked is None or instant < consent.revoked)
        and (consent.debt is None or consent.debt in debts)
        and not any(
            c.outcome is Outcome.CONVERSATION and consent.given < c.at < instant
            for c in situation.contacts.since(consent.given)
        )
    )


def _days_over(start: Instant, days: int, situation: Situation, *, law: bool) -> Instant:
    """When that many calendar days, the one of `start` included, are over in every zone of the debtor.

    Where no zone is known, a policy counts in its own; for a law the first day may be about to begin somewhere.
    """
    if law and not situation.zones:
        return start + (days - 1) * DAY_SECONDS + LONGEST_DAY
    return max(day_start(local_day(start, name) + days, name) for name in situation.zones or (situation.zone,))


def _month_over(oldest: Instant, situation: Situation, now: Instant) -> Instant:
    """When the month of `now` is over in every zone in which the oldest contact lies in it."""
    latest = now
    for name in situation.zones or (situation.zone,):
        today = date.fromordinal(local_day(now, name))
        if local_day(oldest, name) >= today.replace(day=1).toordinal():
            latest = max(latest, day_start(_next_month(today), name))
    return latest


def _next_month(day: date) -> Day:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1).toordinal()


def spacing(limit: Spacing, situation: Situation, now: Instant) -> Answer:
    """Content once the minutes after the last contact are over, the last of them included."""
    last = last_contact(limit, situation, now)
    return None if last is None else Wait(last.at + limit.minutes * 60 + 1)


def last_contact(limit: Spacing, situation: Situation, now: Instant) -> Contact | None:
    """The last contact by the limit's channels, where it is not long enough ago."""
    for c in reversed(situation.contacts.since(now - limit.minutes * 60)):
        if not c.inbound and c.at <= now and (not limit.channels or c.channel in limit.channels):
            return c
    return None


def rest_after_promise(limit: RestAfterPromise, situation: Situation, channel: Channel, now: Instant) -> Answer:
    """Content once the hours after the last promise are over."""
    if limit.channels and channel not in limit.channels:
        return None
    last = last_promise(situation, now)
    rested = now if last is None else last + limit.hours * 3600
    return Wait(rested) if rested > now else None


def last_promise(situation: Situation, now: Instant) -> Instant | None:
    """When the debtor last promised to pay this debt."""
    return max((at for at in situation.promised if at <= now), default=None)


def cooling_off(limit: CoolingOff, situation: Situation, channel: Channel, now: Instant, *, law: bool) -> Answer:
    """Content after the days of rest that the last conversation began; its own day is day 1 unless the limit says so."""
    if limit.channels and channel not in limit.channels:
        return None
    days = limit.days + limit.day_itself
    last = last_conversation(limit, situation, now - (days + 2) * DAY_SECONDS)
    if last is None:
        return None
    rested = _days_over(last.at, days, situation, law=law)
    if rested <= now or (law and channel is Channel.CALL and _covered(situation, situation.debts, now)):
        return None
    return Wait(rested)


def last_conversation(limit: CoolingOff, situation: Situation, since: Instant) -> Contact | None:
    """When people last spoke about these debts."""
    for c in reversed(situation.contacts.since(since)):
        if c.outcome is Outcome.CONVERSATION and _about(c, limit, situation):
            return c
    return None


def _about(contact: Contact, limit: CoolingOff, situation: Situation) -> bool:
    same = _IN_PLACE.get(contact.addressee, contact.addressee) == addressee_of(situation)
    return same and (limit.per is Per.DEBTOR or concerns(contact.discussed or contact.debts, situation.debts))
