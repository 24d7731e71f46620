"""When may this person be reached? Stretches of some days, open or closed, with the rules that close them: the values.

`lawful_hours_asked` works them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from dunning_engine.kernel.calendar import day_start, moment

if TYPE_CHECKING:
    from dunning_engine.compliance.gate import GateRules
    from dunning_engine.compliance.situation import Situation
    from dunning_engine.compliance.verdict import Reason
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.kernel.calendar import Day, Instant, Minute

DAY_MINUTES: Final = 1440


class Because(Enum):
    """What kind of reason closes a stretch; the value is how legends call it."""

    CLOCK = "hours of the day"
    REST_DAY = "rest day or holiday"
    OFTEN = "contacted often enough"
    WISH = "the person's own wish"
    STOP = "no contact for now"
    UNKNOWN = "where they are is not known"


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What is asked: may this action go out, at any time of these days? `zone` is the one in which days are shown."""

    action: ProposedAction
    situation: Situation
    rules: GateRules
    zone: str
    first: Day
    days: int

    @property
    def start(self) -> Instant:
        return day_start(self.first, self.zone)

    @property
    def end(self) -> Instant:
        return day_start(self.first + self.days, self.zone)


@dataclass(frozen=True, slots=True)
class Closing:
    """One rule that closes a stretch: what it says, what kind of reason it is, and until when it does."""

    reason: Reason
    because: Because
    facts: tuple[str, ...] = field(default=(), compare=False)
    """What the rule looked at when the stretch began."""

    @property
    def until(self) -> Instant | None:
        return self.reason.until


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` up to, and without, `end` nothing changes; without closings it is open."""

    start: Instant
    end: Instant
    closings: tuple[Closing, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.closings

    @property
    def longest(self) -> Closing:
        """The rule for which one waits longest; those without an end first."""
        return max(self.closings, key=lambda one: (one.until is None, one.until or 0))


@dataclass(frozen=True, slots=True)
class Lack:
    """A requirement that nobody can answer yet, and the facts that it needs."""

    reason: Reason
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LawfulHours:
    """The answer: stretches that follow each other without a gap, what has to be known, and what a message must carry.

    `opens` is the first open instant after the last day where that one ends closed; `None` where nobody knows one.
    """

    enquiry: Enquiry
    stretches: tuple[Stretch, ...]
    lacks: tuple[Lack, ...]
    duties: tuple[str, ...]
    opens: Instant | None

    @property
    def days(self) -> tuple[Day, ...]:
        return tuple(range(self.enquiry.first, self.enquiry.first + self.enquiry.days))

    @property
    def closers(self) -> tuple[tuple[str, Because], ...]:
        """The rules that close anything, in the order of kinds and of first appearance."""
        met = dict.fromkeys((one.reason.rule, one.because) for s in self.stretches for one in s.closings)
        return tuple(sorted(met, key=lambda key: list(Because).index(key[1])))

    def of_day(self, day: Day) -> tuple[Stretch, ...]:
        """The stretches of a day, cut at its midnights and where clocks are moved in it."""
        zone = self.enquiry.zone
        moved = clocks_moved(day, zone)
        cuts = [day_start(day, zone), *([moved] if moved is not None else []), day_start(day + 1, zone)]
        return tuple(part for a, b in pairwise(cuts) for part in self._within(a, b))

    def _within(self, start: Instant, end: Instant) -> Iterator[Stretch]:
        for stretch in self.stretches:
            if stretch.start < end and start < stretch.end:
                yield replace(stretch, start=max(start, stretch.start), end=min(end, stretch.end))

    def next_open(self, instant: Instant) -> Instant | None:
        """The first open instant from one on, as far as the map knows it."""
        found = next((max(s.start, instant) for s in self.stretches if s.is_open and s.end > instant), None)
        return self.opens if found is None else found


# Days as people read them ---------------------------------------------------------------------------------------------


def minutes_of(stretch: Stretch, zone: str) -> tuple[Minute, Minute]:
    """The minutes of its day at which a part of a day begins and ends; a minute that has begun is not open any more."""
    start, end = moment(stretch.start, zone), moment(stretch.end - 1, zone)
    begun = start.hour * 60 + start.minute + (start.second > 0)
    return begun, end.hour * 60 + end.minute + 1


def clocks_move(day: Day, zone: str) -> int:
    """By how many minutes the clocks of a day are set forward; less than zero: back."""
    return DAY_MINUTES - (day_start(day + 1, zone) - day_start(day, zone)) // 60


def clocks_moved(day: Day, zone: str) -> Instant | None:
    """The instant of a day at which its clocks are moved; mostly none."""
    before, after = day_start(day, zone), day_start(day + 1, zone)
    usual = moment(before, zone).utcoffset()
    if moment(after, zone).utcoffset() == usual:
        return None
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if moment(middle, zone).utcoffset() == usual else (before, middle)
    return after


def ahead(zone: str, other: str, instant: Instant) -> int:
    """By how many minutes the clocks of another zone are ahead."""
    offsets = [moment(instant, name).utcoffset() for name in (zone, other)]
    return (
        int((offsets[1] - offsets[0]).total_seconds() // 60) if offsets[0] is not None and offsets[1] is not None else 0
    )


def clock(minute: Minute) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def open_spans(report: LawfulHours, day: Day) -> tuple[str, ...]:
    """The open spans of a day by their first and last minute: `08:01–20:59`."""
    zone = report.enquiry.zone
    spans = [minutes_of(part, zone) for part in report.of_day(day) if part.is_open]
    return tuple(f"{clock(first)}–{clock(end - 1)}" for first, end in spans if first < end)


def day_words(day: Day) -> str:
    return f"{date.fromordinal(day):%a %d %b}"
