"""What a rule of law asks, in words that need no key: numbers, windows, counts, and what has to be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, assert_never

from dunning_engine.compliance.rulebook import Confidence, RuleKind
from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.docket import TERMS, Sort
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
    Spacing,
    Together,
    Windows,
)
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.questions import Op, Question, Unit
from dunning_engine.reports.law_facts import questions_of

if TYPE_CHECKING:
    from dunning_engine.compliance.rulebook import Binds, Rule, Rulebook

SURENESS: Final = {
    Confidence.HIGH: "high: the primary text was read",
    Confidence.MEDIUM: "medium: an official summary, or several sources that agree",
    Confidence.LOW: "low confidence: one weak source, or general knowledge",
    Confidence.HOUSE: "house rule: our number, not law",
}
STRENGTH: Final = {
    RuleKind.PROHIBITION: "prohibition: forbidden",
    RuleKind.PRESUMPTION: "presumption: beyond it a breach is presumed, and may be rebutted",
    RuleKind.REQUIREMENT: "requirement: something has to be so before",
}
NOUNS: Final = {
    Channel.CALL: "call",
    Channel.SMS: "text",
    Channel.EMAIL: "e-mail",
    Channel.SOCIAL: "message on a social network",
    Channel.LETTER: "letter",
    Channel.PORTAL: "message in the portal",
}
ELECTRONIC: Final = frozenset({Channel.EMAIL, Channel.SMS, Channel.SOCIAL})
OUTCOMES: Final = {
    Outcome.NOT_CONNECTED: "calls that reached no telephone",
    Outcome.WRONG_NUMBER: "wrong numbers",
    Outcome.NO_MESSAGE: "calls that could leave no message",
    Outcome.CALL_BACK: "messages that only ask to be called back",
    Outcome.CONVERSATION: "conversations",
    Outcome.MESSAGE: "messages with content",
}
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
            return (f"none within {_some(minutes, 'minute')} of the last {_noun(channels)}",)
        case CoolingOff():
            return (_rest(limit),)
        case Prerequisites():
            return tuple(_prerequisites(limit))
        case Carries(items):
            return (f"the message carries {_list(items)}; unwritten, that becomes a duty of who writes it",)
        case BlockedPerson(reasons):
            return (f"closed while in force: {_list(sorted(reason.value for reason in reasons))}",)
        case BureauNotice(days):
            return (f"spoken to before, or a notice has stood for {_some(days, 'day')} without return",)
        case _:
            return (_wish(limit),)


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
    return f"{days[0]} to {days[-1]}" if follow else _list(days)


def _closed_days(limit: ClosedDays) -> str:
    parts = [WEEKDAYS[day].capitalize() for day in sorted(limit.weekdays)]
    parts += [f"holidays of {limit.calendar}" if limit.calendar else "public holidays"] if limit.holidays else []
    parts += ["days without business"] if limit.non_business else []
    return f"closed on {_list(parts)}"


def _count(limit: ContactLimit) -> str:
    whose = "about one debt" if limit.per is Per.DEBT else "with one debtor"
    counted = (
        f"{limit.count} {_channels(limit.channels)}" if limit.count != 1 else f"1 of the {_channels(limit.channels)}"
    )
    if limit.days >= EVER:
        return f"at most {counted} ever {whose}"
    if limit.counting is Counting.MONTH:
        return f"at most {counted} in a calendar month {whose}"
    return f"at most {counted} in {_some(limit.days, 'day')} {whose}, by {COUNTED[limit.counting]}"


def _qualified(limit: ContactLimit) -> Iterator[str]:
    if limit.counted:
        yield f"counting only {_list(sorted(map(_outcome, limit.counted)))}"
    if limit.uncounted:
        yield f"not counting {_list(sorted(map(_outcome, limit.uncounted)))}"
    if limit.lines:
        yield f"at {_list(sorted(line or 'a line of unknown kind' for line in limit.lines), 'or')}"
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
    start = "not counted" if limit.day_itself else "is the first"
    return (
        f"no {_channels(limit.channels)} for {_some(limit.days, 'day')} of a conversation {whose}; its own day {start}"
    )


def _prerequisites(limit: Prerequisites) -> Iterator[str]:
    if limit.needs:
        yield f"needs: {'; '.join(map(question_words, limit.needs))}"
    for at, questions in enumerate(limit.any_of):
        yield f"{'or' if at else 'needs one way:'} {' and '.join(map(question_words, questions))}"
    if limit.refuses:
        yield f"refused where {' or '.join(map(question_words, limit.refuses))}"


# Questions ------------------------------------------------------------------------------------------------------------


def question_words(question: Question) -> str:
    """A question with the names of its facts, as rulebooks write it: `email_basis is direct_consent`."""
    fact, words = question.fact, " or ".join(question.words)
    match question.op:
        case Op.IS | Op.IS_NOT:
            return f"{fact} {question.op.value} {words}"
        case Op.KNOWN | Op.UNKNOWN:
            return f"{fact} is {question.op.value}"
        case Op.INCLUDES | Op.HOLDS_ONLY:
            return f"{fact} {question.op.value} {' and '.join(question.words)}"
        case Op.WITHIN if question.unit is Unit.MINUTES:
            return f"{fact} is at most {_some(question.count, 'minute')} ago"
        case Op.WITHIN:
            return f"{fact} is less than {_some(question.count, 'day')} ago"
        case Op.OVER:
            return f"{fact} is over"
        case Op.RUNS:
            return f"{fact} is not over"
        case Op.WAITED if question.unit is Unit.YEARS:
            return f"{_some(question.count, 'year')} are over since {fact}"
        case Op.WAITED:
            return f"{fact} is at least {_some(question.count, 'day')} ago"
        case _:
            return f"{fact} is at least {_some(question.count, 'day')} after {question.other}"


def facts_of(rule: Rule) -> dict[str, str]:
    """The facts that a rule asks for, with what each says."""
    asked = [*rule.when, *rule.unless]
    for value in rule.values:
        asked += questions_of(value.limit) if isinstance(value.limit, Prerequisites) else ()
    names = dict.fromkeys(name for question in asked for name in (question.fact, question.other) if name)
    return {name: _meaning(name) for name in names}


def _meaning(name: str) -> str:
    term = TERMS[name]
    return f"{term.says} (yes or no)" if term.sort is Sort.FLAG else term.says


# Whom a rule binds ----------------------------------------------------------------------------------------------------


def binds_words(binds: Binds) -> str:
    """Whom a rule binds: collectors, for debts of whom, by which channels."""
    parts = []
    if binds.collectors:
        parts.append(_list(sorted(word(one.value) for one in binds.collectors)))
    if binds.regulators:
        parts.append(f"regulated by {_list(sorted(one.upper() for one in binds.regulators), 'or')}")
    if binds.debtors:
        parts.append(f"debts of {_list(sorted(_debtors(one.value) for one in binds.debtors))}")
    if binds.channels:
        parts.append(_channels(binds.channels))
    return "; ".join(parts) if parts else "everybody"


def _debtors(kind: str) -> str:
    return {"consumer": "consumers", "business": "businesses"}[kind]


def place_words(book: Rulebook) -> str:
    """Where the debtor must be."""
    return book.place or ("in the places of the rulebooks that it includes" if book.includes else "anywhere")


def word(name: str) -> str:
    return name.replace("_", " ")


def _channels(channels: Iterable[Channel]) -> str:
    """`calls and electronic messages`."""
    found = frozenset(channels)
    if not found:
        return "contacts"
    electronic = found >= ELECTRONIC
    named = [
        plural(NOUNS[channel]) for channel in NOUNS if channel in found and not (electronic and channel in ELECTRONIC)
    ]
    return _list([*named, *(["electronic messages"] if electronic else [])])


def plural(noun: str) -> str:
    """`calls`, `messages on a social network`."""
    first, _, rest = noun.partition(" ")
    return f"{first}s {rest}".strip()


def _noun(channels: Iterable[Channel]) -> str:
    found = frozenset(channels)
    return (
        "electronic message"
        if found == ELECTRONIC
        else _list((NOUNS[c] for c in NOUNS if c in found), "or") or "contact"
    )


def _outcome(outcome: Outcome) -> str:
    return OUTCOMES.get(outcome, outcome.value)


def _list(words: Iterable[str], joint: str = "and") -> str:
    named = [word(each) for each in words]
    return f"{', '.join(named[:-1])} {joint} {named[-1]}" if len(named) > 1 else "".join(named)


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
