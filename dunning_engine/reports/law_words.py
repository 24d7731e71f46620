"""What a rule of law asks, in words that need no key: numbers, windows, counts, and what has to be known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.domain.limits import (
    EVER,
    WEEKDAYS,
    BlockedChannel,
    BlockedPerson,
    BureauNotice,
    Carries,
    ClosedDays,
    ContactLimit,
    CoolingOff,
    Counting,
    Hours,
    InconvenientPlaces,
    InconvenientTimes,
    KnownPlace,
    Limit,
    OpenChallenge,
    Per,
    Prerequisites,
    RefusedAddress,
    RestAfterPromise,
    Retries,
    Spacing,
    Together,
    Windows,
)
from dunning_engine.reports.law_terms import channels_words, listed, noun_words, outcome_words, question_words, some

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Rule

NOT_READ: Final = "1978-01-01"
"""How rulebooks write that the first day of a rule, long before anything looked at, was not read."""

COUNTED: Final = {
    Counting.CALENDAR: "calendar days, today included, in every zone of the debtor",
    Counting.ROLLING: "days of 24 hours before the contact",
    Counting.BOTH: "calendar days and days of 24 hours, whichever is stricter",
    Counting.MONTH: "the calendar month",
}


@dataclass(frozen=True, slots=True)
class Since:
    """What a rule asks from a day on."""

    day: str
    words: str

    @property
    def began(self) -> str:
        """The day for people; nothing claims a day that was not read."""
        return "first day not read" if self.day == NOT_READ else self.day


def over_time(rule: Rule) -> tuple[Since, ...]:
    """The numbers of a rule by the day they take effect, oldest first."""
    return tuple(
        Since(date.fromordinal(value.since).isoformat(), "; ".join(limit_words(value.limit))) for value in rule.values
    )


# Limits ---------------------------------------------------------------------------------------------------------------


def limit_words(limit: Limit) -> tuple[str, ...]:
    """What a limit asks, in one sentence or several."""
    match limit:
        case Hours():
            return tuple(_hours(limit))
        case ClosedDays():
            return (_closed_days(limit),)
        case ContactLimit():
            return (_count(limit), *_qualified(limit))
        case Together(parts):
            return ("closed once each of these is used up", *(_count(part) for part in parts))
        case Spacing(minutes, channels):
            return (f"none within {some(minutes, 'minute')} of the last {noun_words(channels)}",)
        case CoolingOff():
            return (_rest(limit),)
        case RestAfterPromise(hours, channels):
            return (f"none by {noun_words(channels)} for {some(hours, 'hour')} after a promise to pay",)
        case Prerequisites():
            return tuple(_prerequisites(limit))
        case Carries(items):
            return (f"the message carries {listed(items)}; unwritten, that becomes a duty of who writes it",)
        case BlockedPerson(reasons):
            return (f"closed while in force: {listed(sorted(reason.value for reason in reasons))}",)
        case BureauNotice(days):
            return (f"spoken to before, or a notice has stood for {some(days, 'day')} without return",)
        case Retries():
            return (_retries(limit),)
        case _:
            return (_wish(limit),)


def _retries(limit: Retries) -> str:
    days, rest = divmod(limit.hours, 24)
    within = some(limit.hours, "hour") if rest or days <= 1 else some(days, "day")
    return f"at most {some(limit.count, 'further attempt')} at one payment in {within}, by the hour"


def _wish(
    limit: BlockedChannel | RefusedAddress | KnownPlace | InconvenientTimes | InconvenientPlaces | OpenChallenge,
) -> str:
    match limit:
        case BlockedChannel():
            return "closed for a channel that the debtor refused"
        case RefusedAddress():
            return "closed for an address or number that the debtor refused"
        case KnownPlace():
            return "closed while nobody knows where the debtor is"
        case InconvenientTimes():
            return "closed at times that the debtor called inconvenient, in every zone where they may be"
        case InconvenientPlaces():
            return "closed for places that the debtor called inconvenient"
        case OpenChallenge():
            return "closed while a dispute about the debt is not answered"
        case _:
            assert_never(limit)


def _hours(limit: Hours) -> Iterator[str]:
    """The whole minutes that are open, by groups of weekdays."""
    if not limit.weekdays:
        yield f"open {_windows(limit.windows)} every day"
    else:
        week = [limit.on(day + 1) for day in range(7)]
        for windows in dict.fromkeys(week):
            days = [WEEKDAYS[at].capitalize() for at in range(7) if week[at] == windows]
            yield f"{_range(days)} {f'open {_windows(windows)}' if windows else 'closed'}"
    yield f"in every zone of the debtor{f' and in {limit.zone} as well' if limit.zone else ''}"


def _windows(windows: Windows) -> str:
    return " and ".join(f"{clock(first)} to {clock(last)}" for first, last in windows)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _range(days: list[str]) -> str:
    at = [WEEKDAYS.index(day.lower()) for day in days]
    follow = len(at) > 2 and at[-1] - at[0] == len(at) - 1
    return f"{days[0]} to {days[-1]}" if follow else listed(days)


def _closed_days(limit: ClosedDays) -> str:
    parts = [WEEKDAYS[day].capitalize() for day in sorted(limit.weekdays)]
    parts += [f"holidays of {limit.calendar}" if limit.calendar else "public holidays"] if limit.holidays else []
    parts += ["days without business"] if limit.non_business else []
    return f"closed on {listed(parts)}"


def _count(limit: ContactLimit) -> str:
    whose = "about one debt" if limit.per is Per.DEBT else "with one debtor"
    counted = (
        f"1 {noun_words(limit.channels)}" if limit.count == 1 else f"{limit.count} {channels_words(limit.channels)}"
    )
    if limit.days >= EVER:
        return f"at most {counted} ever {whose}"
    if limit.counting is Counting.MONTH:
        return f"at most {counted} in a calendar month {whose}"
    return f"at most {counted} in {some(limit.days, 'day')} {whose}, by {COUNTED[limit.counting]}"


def _qualified(limit: ContactLimit) -> Iterator[str]:
    if limit.counted:
        yield f"counting only {listed(sorted(map(outcome_words, limit.counted)))}"
    if limit.uncounted:
        yield f"not counting {listed(sorted(map(outcome_words, limit.uncounted)))}"
    if limit.lines:
        yield f"at {listed(sorted(line or 'a line of unknown kind' for line in limit.lines), 'or')}"
    if not limit.replies:
        yield "not counting answers to the debtor's own messages"
    if not limit.consented:
        yield "not counting calls to which the debtor agreed"
    if limit.since_conversation:
        yield "counting from the first conversation on"
    if limit.unanswered:
        yield "counting only what the debtor never answered"


def _rest(limit: CoolingOff) -> str:
    whose = "about the debt" if limit.per is Per.DEBT else "with the debtor"
    start = "is not one of them" if limit.day_itself else "is the first"
    days = some(limit.days, "day")
    return f"no {noun_words(limit.channels)} for {days} after a conversation {whose}, whose own day {start}"


def _prerequisites(limit: Prerequisites) -> Iterator[str]:
    if not limit.questions:
        yield "nothing any more"
    if limit.needs:
        yield f"needs: {'; '.join(map(question_words, limit.needs))}"
    for at, questions in enumerate(limit.any_of):
        yield f"{'or' if at else 'needs one way:'} {' and '.join(map(question_words, questions))}"
    if limit.refuses:
        yield f"refused where {' or '.join(map(question_words, limit.refuses))}"
