"""The contacts before an attempt, as a case tells them: what came of each, what it counts for, what it answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dunning_engine.domain.contacts import Contact, ContactLog, Outcome
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.calendar import Instant, resolve
from dunning_engine.kernel.errors import UsageError
from dunning_engine.testing.law_told import NOTHING, Facts
from dunning_engine.testing.law_view import CHANNELS, LINES, NOON, View, addressee, usual_line

ON_THE_LINE: Final = 3_600
"""Seconds for which somebody who called is still answered; a call back later is a call of its own."""

MOST: Final = 10_000
"""Contacts that one entry may stand for."""

_OUTCOMES: Final = {
    "busy": Outcome.NOT_CONNECTED,
    "not_in_service": Outcome.NOT_CONNECTED,
    "conversation": Outcome.CONVERSATION,
    "conversation_dropped": Outcome.CONVERSATION,
    "conversation_general": Outcome.CONVERSATION,
    "voicemail_left": Outcome.MESSAGE,
    "voicemail_lcm": Outcome.CALL_BACK,
    "voicemail_unable": Outcome.NO_MESSAGE,
}
"""Whatever else is told, nobody spoke and no message was left."""

_BY_MEDIUM: Final = {"call": Outcome.ATTEMPTED, "lcm_voicemail": Outcome.CALL_BACK}
"""What came of a contact that says nothing of it; a message, where the person found something to read or to hear."""

_NO_COMMUNICATION: Final = frozenset(
    {
        Outcome.ATTEMPTED,
        Outcome.NO_ANSWER,
        Outcome.NOT_CONNECTED,
        Outcome.WRONG_NUMBER,
        Outcome.NO_MESSAGE,
        Outcome.CALL_BACK,
    }
)


def contact_log(view: View) -> ContactLog:
    """Every contact that lies before the attempt."""
    contacts = (contact for told in view.given.groups("prior_contacts") for contact in _contacts(told, view))
    return ContactLog(contact for contact in contacts if contact.at <= view.now)


def is_reply(facts: Facts, view: View, at: Instant) -> bool:
    """Whether a contact is the one answer, by the same medium, to a message of the person's own."""
    answered = view.at(facts, "in_reply_to")
    if answered is None or answered > at:
        return False
    channel = _channel(facts)
    others = view.given.groups("prior_contacts")
    asked = any(_is_inbound(o) and _channel(o) is channel and view.at(o, "at") == answered for o in others)
    return asked and not any(
        not _is_inbound(other) and view.at(other, "in_reply_to") == answered and _before(other, at, view)
        for other in others
        if other is not facts
    )


def has_communicated(view: View, log: ContactLog) -> bool:
    """Whether something was said or written about the debt before; the call that is under way is not before."""
    under_way = call_under_way(view, log)
    return any(_communicates(contact) and contact is not under_way for contact in log)


def goes_on(view: View) -> bool:
    """Whether the attempt goes on within a call: so it is told, or it is the answer to a call of the person's own."""
    return view.attempt.flag("same_call", False) or (view.medium == "call" and _picks_up(view))


def _picks_up(view: View) -> bool:
    """Whether the attempt is the answer to a call of the person's own, while they are on the line or have just been."""
    asked = view.at(view.attempt, "in_reply_to")
    if asked is None or view.now - asked > ON_THE_LINE or not is_reply(view.attempt, view, view.now):
        return False
    calls = (o for o in view.given.groups("prior_contacts") if _is_inbound(o) and view.at(o, "at") == asked)
    return all(_outcome(call, view) is Outcome.CONVERSATION for call in calls)


def call_under_way(view: View, log: ContactLog) -> Contact | None:
    """The call within which the attempt goes on: the last one before it."""
    if not goes_on(view):
        return None
    return next((contact for contact in reversed(log.contacts) if contact.channel is Channel.CALL), None)


def first_communication(log: ContactLog) -> Instant | None:
    """When something was first said or written about the debt."""
    return next((contact.at for contact in log if _communicates(contact)), None)


def _communicates(contact: Contact) -> bool:
    return contact.outcome not in _NO_COMMUNICATION


def _before(other: Facts, at: Instant, view: View) -> bool:
    found = view.at(other, "at")
    return found is None or found < at


def _channel(facts: Facts) -> Channel | None:
    return CHANNELS[facts.text("channel") or "none"][0]


def _is_inbound(facts: Facts) -> bool:
    return facts.text("direction") == "inbound"


def _contacts(told: Facts, view: View) -> Iterator[Contact]:
    times = _times(told, view)
    for number, at in enumerate(times):
        yield _contact(told, view, at, answered=number < told.count("replies") or _was_answered(told, view, at))


def _was_answered(told: Facts, view: View, at: Instant) -> bool:
    """Whether some later message of the person's own says that it answers this one."""
    others = view.given.groups("prior_contacts")
    return not _is_inbound(told) and any(_is_inbound(o) and view.at(o, "in_reply_to") == at for o in others)


def _times(told: Facts, view: View) -> list[Instant]:
    """When it was: now, unless the case says; a number of contacts lies at noon, from the first day to the last."""
    moment = told.moment("at")
    if moment is not None:
        return [view.instant(moment, NOON)]
    first, last = told.moment("from"), told.moment("to")
    count = told.count("count") if "count" in told else 1
    if first is None:
        return [view.now] * min(count, MOST)
    if last is not None and view.day(last) < view.day(first):
        raise UsageError("contacts from a day to an earlier one are none")
    start = view.day(first)
    days = range(start, max(start, view.day(last or first)) + 1)
    if max(count, told.count("per_day") * len(days)) > MOST:
        raise UsageError(f"a case tells of at most {MOST:,} contacts at once")
    if told.count("per_day"):
        chosen = [day for day in days for _ in range(told.count("per_day"))]
    else:
        chosen = [days[place] for place in _spread(count, len(days))]
    return [resolve(day, NOON, view.zone) for day in chosen]


def _spread(count: int, days: int) -> list[int]:
    """Places of a number of contacts over some days: evenly, and where they are few from the first day to the last."""
    if count >= days or count == 1:
        return [number * days // count for number in range(count)]
    return [(number * (days - 1) + (count - 1) // 2) // (count - 1) for number in range(count)]


def _contact(told: Facts, view: View, at: Instant, *, answered: bool) -> Contact:
    channel = _channel(told)
    assert channel is not None
    outcome = _outcome(told, view)
    counts_for = told.texts("call_counted_to") or _one(told, "counted_to")
    debts = told.texts("debts") or view.given.texts("debts")
    discussed = told.texts("conversation_debts") or debts
    if told.text("outcome") == "conversation_general":
        discussed = counts_for or discussed
    return Contact(
        at=at,
        channel=channel,
        debts=view.identities(counts_for or debts),
        outcome=outcome,
        inbound=_is_inbound(told),
        discussed=view.identities(discussed) if outcome is Outcome.CONVERSATION else (),
        line=LINES.get(told.text("number_kind") or "", usual_line(channel)),
        addressee=addressee(told, NOTHING),
        reply=not _is_inbound(told) and is_reply(told, view, at),
        answered=answered,
    )


def _outcome(told: Facts, view: View) -> Outcome:
    """What came of it; somebody who calls of their own accord is spoken to, unless the case says otherwise."""
    if told.has("misdirected_known_at") and view.has_come(told, "misdirected_known_at"):
        return Outcome.WRONG_NUMBER
    word = told.text("outcome")
    if word is not None:
        return _OUTCOMES.get(word, Outcome.NO_ANSWER)
    medium = told.text("channel") or ""
    if medium == "call" and _is_inbound(told):
        return Outcome.CONVERSATION
    return _BY_MEDIUM.get(medium, Outcome.MESSAGE)


def _one(facts: Facts, key: str) -> tuple[str, ...]:
    found = facts.text(key)
    return (found,) if found else ()
