"""Limits on contacts: the few kinds that policies and rulebooks share, and the phrases in which policies say them.

A limit is a value; `compliance` knows how to ask it about an action. Days and minutes are the debtor's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeAlias, TypeGuard

from dunning_engine.domain.contacts import Outcome
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.questions import Question
from dunning_engine.kernel.calendar import Minute
from dunning_engine.kernel.grammar import Form, Grammar
from dunning_engine.kernel.slots import COUNT, TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.domain.arrangements import HoldReason
    from dunning_engine.kernel.calendar import Day

Windows: TypeAlias = tuple[tuple[Minute, Minute], ...]
"""Stretches of minutes of a day, each from its first to its last minute, both included."""

DAY_MINUTES = 24 * 60


class Per(Enum):
    """Whose contacts are counted together."""

    DEBTOR = "debtor"
    DEBT = "debt"


class Counting(Enum):
    """How the days of a frequency are read."""

    CALENDAR = "calendar"
    """Calendar days in every zone of the debtor, today included."""
    ROLLING = "rolling"
    """Full days of 24 hours before this instant."""
    BOTH = "both"
    """The stricter of the two."""
    MONTH = "month"
    """The calendar month of today in every zone of the debtor; `days` says nothing then."""


EVER: Final = 36_500
"""Days of a limit that never frees again."""


@dataclass(frozen=True, slots=True)
class ContactLimit:
    """At most `count` contacts in `days` days; an empty `channels` means all of them.

    What counts: attempts, but calls whose outcome is in `uncounted`; or, where `counted` names outcomes, only those. `lines`
    narrows it to kinds of number or address (`work`). `replies` and `consented` say whether answers to the debtor's
    own messages, and calls to which they agreed, count as well. `since_conversation` begins to count with the first
    conversation; `unanswered` counts only what the debtor never answered.
    """

    count: int
    days: int
    channels: frozenset[Channel] = frozenset()
    per: Per = Per.DEBTOR
    counting: Counting = Counting.CALENDAR
    counted: frozenset[Outcome] = frozenset()
    uncounted: frozenset[Outcome] = frozenset()
    lines: frozenset[str] = frozenset()
    replies: bool = True
    consented: bool = True
    since_conversation: bool = False
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """No further contact once every one of these limits is used up."""

    parts: tuple[ContactLimit, ...]


@dataclass(frozen=True, slots=True)
class Spacing:
    """No contact within so many minutes of the last one by these channels, the last of the minutes included."""

    minutes: int
    channels: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class Hours:
    """The minutes of a day in which a contact may reach the debtor, in every zone where they may be.

    `weekdays` gives the windows of days that differ (0 is Monday; no windows: closed). `zone` is one in which the hours
    count as well, wherever the debtor is. With `open_edges` a window begins right after the instant a minute before its
    first: after 08:00 is 08:00:01 on; what has to wait waits for the whole minute all the same.
    """

    windows: Windows
    weekdays: tuple[tuple[int, Windows], ...] = ()
    zone: str = ""
    open_edges: bool = False

    def on(self, day: Day) -> Windows:
        """The windows of a day."""
        return next((windows for weekday, windows in self.weekdays if weekday == (day - 1) % 7), self.windows)

    @property
    def minutes(self) -> frozenset[int]:
        """Each minute of a day that lies in a window."""
        return frozenset(minute for first, last in self.windows for minute in range(first, last + 1))


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Days without contact: weekdays (0 is Monday), public holidays, or whatever is no business day.

    `calendar` names the holidays of a law (`CA-ON`); without it they are the policy's.
    """

    weekdays: frozenset[int] = frozenset()
    holidays: bool = False
    non_business: bool = False
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class CoolingOff:
    """No contact by these channels on the day of a conversation (day 1) and the following ones, `days` in all.

    With `day_itself` the day of the conversation is not one of them.
    """

    days: int
    channels: frozenset[Channel] = frozenset()
    per: Per = Per.DEBT
    day_itself: bool = False


@dataclass(frozen=True, slots=True)
class RestAfterPromise:
    """No contact by these channels (empty: any) for so many hours after the debtor promised to pay this debt."""

    hours: int
    channels: frozenset[Channel] = frozenset()


@dataclass(frozen=True, slots=True)
class BlockedChannel:
    """No contact by a channel that the debtor asked not to be used."""


@dataclass(frozen=True, slots=True)
class BlockedPerson:
    """No contact at all while one of these holds is in force."""

    reasons: frozenset[HoldReason]


@dataclass(frozen=True, slots=True)
class RefusedAddress:
    """No contact at an address or number that the person asked not to be used."""


@dataclass(frozen=True, slots=True)
class KnownPlace:
    """No contact while nobody knows whose law protects the debtor."""


@dataclass(frozen=True, slots=True)
class InconvenientTimes:
    """No contact in hours that the person called inconvenient, in every zone where they may be."""


@dataclass(frozen=True, slots=True)
class InconvenientPlaces:
    """No contact at, or bound to, a place that the person called inconvenient."""


@dataclass(frozen=True, slots=True)
class Prerequisites:
    """What must be known and so (`needs`, all; `any_of`, all of one list), and what must not be so (`refuses`)."""

    needs: tuple[Question, ...] = ()
    any_of: tuple[tuple[Question, ...], ...] = ()
    refuses: tuple[Question, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question that it asks, in the order in which the gate asks them."""
        return (*self.refuses, *self.needs, *(question for one in self.any_of for question in one))


@dataclass(frozen=True, slots=True)
class Carries:
    """What the text of a message has to carry; where nobody wrote the text yet, it rides on the action as a duty."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenChallenge:
    """No contact while a dispute about the debt is not answered."""


@dataclass(frozen=True, slots=True)
class BureauNotice:
    """No report to a bureau before the person was spoken to, or a notice has stood for `days` days without return."""

    days: int


@dataclass(frozen=True, slots=True)
class Retries:
    """At most `count` further attempts at a failed payment in `hours` full hours."""

    count: int
    hours: int


Limit: TypeAlias = (
    ContactLimit
    | Together
    | Spacing
    | Hours
    | ClosedDays
    | CoolingOff
    | RestAfterPromise
    | BlockedChannel
    | BlockedPerson
    | RefusedAddress
    | InconvenientTimes
    | KnownPlace
    | InconvenientPlaces
    | Prerequisites
    | Carries
    | OpenChallenge
    | BureauNotice
    | Retries
)


def never_binds(loose: Limit, strict: Limit) -> bool:
    """Whether whatever the second limit lets through, the first one, which is another, lets through as well."""
    match loose, strict:
        case Hours(), Hours():
            return not strict.weekdays and loose.minutes > strict.minutes
        case ContactLimit(), ContactLimit():
            return (
                (loose.count, loose.days) != (strict.count, strict.days)
                and strict.counting is not Counting.MONTH
                and strict
                == replace(
                    ContactLimit(strict.count, strict.days),
                    channels=strict.channels,
                    per=strict.per,
                    counting=strict.counting,
                )
                and loose.counting is Counting.CALENDAR
                and loose.count >= strict.count * -(-loose.days // strict.days)
                and (not strict.channels or frozenset() < loose.channels <= strict.channels)
                and (loose.per is strict.per or loose.per is Per.DEBT)
            )
        case _:
            return False


# The phrases of policies ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuietHours:
    """`20:00 to 09:00`: no contact from the first minute up to, and without, the second."""

    start: Minute
    end: Minute

    @property
    def open_hours(self) -> Hours:
        """The rest of the day."""
        if self.start < self.end:
            stretches: Windows = ((0, self.start - 1), (self.end, DAY_MINUTES - 1))
        else:
            stretches = ((self.end, self.start - 1),)
        return Hours(tuple((first, last) for first, last in stretches if first <= last))


QUIET_HOURS: Grammar[QuietHours] = Grammar(
    "quiet hours",
    (
        Form(
            "{start} to {end}",
            slots={"start": replace(TIME, example="20:00"), "end": TIME},
            make=QuietHours,
            take=lambda quiet: {"start": quiet.start, "end": quiet.end},
        ),
    ),
)

PUBLIC_HOLIDAYS = "public holidays"
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _day_form(word: str) -> Form[str]:
    return Form(word, slots={}, make=lambda: word, take=lambda day: {} if day == word else None)


QUIET_DAY: Grammar[str] = Grammar("a quiet day", tuple(map(_day_form, (*WEEKDAYS, PUBLIC_HOLIDAYS))))


def quiet_days(words: tuple[str, ...]) -> ClosedDays:
    """The limit that a list of quiet days asks for."""
    return ClosedDays(
        weekdays=frozenset(WEEKDAYS.index(word) for word in words if word in WEEKDAYS),
        holidays=PUBLIC_HOLIDAYS in words,
    )


_COUNTED: dict[str, ContactLimit] = {
    "contact": ContactLimit(1, 1),
    "call": ContactLimit(1, 1, frozenset({Channel.CALL})),
    "email": ContactLimit(1, 1, frozenset({Channel.EMAIL})),
    "letter": ContactLimit(1, 1, frozenset({Channel.LETTER})),
    "sms": ContactLimit(1, 1, frozenset({Channel.SMS})),
    "push message": ContactLimit(1, 1, frozenset({Channel.PUSH})),
    "portal message": ContactLimit(1, 1, frozenset({Channel.PORTAL})),
    "conversation": ContactLimit(1, 1, frozenset({Channel.CALL}), counted=frozenset({Outcome.CONVERSATION})),
    "voice message": ContactLimit(
        1, 1, frozenset({Channel.CALL}), counted=frozenset({Outcome.MESSAGE, Outcome.CALL_BACK})
    ),
    "connected call": ContactLimit(
        1, 1, frozenset({Channel.CALL}), uncounted=frozenset({Outcome.NOT_CONNECTED, Outcome.WRONG_NUMBER})
    ),
}
"""What each noun counts: contacts by channel, and calls by what came of them."""

OwnLimit: TypeAlias = ContactLimit | RestAfterPromise
"""What a line of `contact_limits` says."""


def _limit_forms() -> Iterator[Form[OwnLimit]]:
    for noun, kind in _COUNTED.items():
        plural = noun if noun == "sms" else f"{noun}[s]"
        for per in Per:
            yield _in_days(plural, replace(kind, per=per), f" per {per.value}")
            yield _a_day(plural, replace(kind, per=per), f" per {per.value}")
        # `3 contacts in 7 days` is read per debtor, and printed with it
        yield replace(_a_day(plural, kind, ""), take=lambda _limit: None)
        yield replace(_in_days(plural, kind, ""), take=lambda _limit: None)
        if not kind.counted | kind.uncounted:
            yield _after_promise(noun if noun == "sms" else f"{noun}s", kind.channels)


def _counts_alike(limit: OwnLimit, kind: ContactLimit) -> TypeGuard[ContactLimit]:
    """Whether a limit counts what a noun counts, in the way of policies."""
    what = attrgetter("channels", "per", "counted", "uncounted")
    return isinstance(limit, ContactLimit) and bool(what(limit) == what(kind))


def _a_day(plural: str, kind: ContactLimit, per: str) -> Form[OwnLimit]:
    def take(limit: OwnLimit) -> dict[str, int] | None:
        return {"n": limit.count} if _counts_alike(limit, kind) and limit.days == 1 else None

    return Form(
        f"{{n}} {plural} per day{per}", slots={"n": COUNT}, make=lambda n: replace(kind, count=n, days=1), take=take
    )


def _in_days(plural: str, kind: ContactLimit, per: str) -> Form[OwnLimit]:
    def take(limit: OwnLimit) -> dict[str, int] | None:
        return {"n": limit.count, "days": limit.days} if _counts_alike(limit, kind) and limit.days != 1 else None

    return Form(
        f"{{n}} {plural} in {{days}} day[s]{per}",
        slots={"n": COUNT, "days": COUNT},
        make=lambda n, days: replace(kind, count=n, days=days),
        take=take,
    )


def _after_promise(plural: str, channels: frozenset[Channel]) -> Form[OwnLimit]:
    def take(limit: OwnLimit) -> dict[str, int] | None:
        same = isinstance(limit, RestAfterPromise) and limit.channels == channels
        return {"hours": limit.hours} if same and isinstance(limit, RestAfterPromise) else None

    return Form(
        f"no {plural} for {{hours}} hour[s] after a promise",
        slots={"hours": replace(COUNT, example="24")},
        make=lambda hours: RestAfterPromise(hours, channels),
        take=take,
    )


CONTACT_LIMIT: Grammar[OwnLimit] = Grammar("a contact limit", tuple(_limit_forms()))
