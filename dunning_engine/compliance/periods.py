"""Days that two federal regimes of the United States count: validation, hand-over, cooling-off, consent, revocation.

Federal holidays are computed from the statute (5 USC 6103), so that the answers need no data beside this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from dunning_engine.kernel.calendar import BusinessCalendar, Day

RECEIPT_DAYS: Final = 5
"""Receipt may be assumed this many working days after sending: 12 CFR 1006.34(b)(5)."""

VALIDATION_DAYS: Final = 30
"""The validation period ends this many days after receipt: 12 CFR 1006.34(b)(5)."""

HANDOVER_DAYS: Final = 35
"""Least time to opt out of an e-mail hand-over: 12 CFR 1006.6(d)(4)(ii)(C)(5)."""

CALL_DAYS: Final = 7
"""Days of rest after a conversation, and of consent to more calls: 12 CFR 1006.14(b)(2)(i)(B), (b)(3)(i)."""

REVOCATION_DAYS: Final = 10
"""Business days to honour a revocation of consent: 47 CFR 64.1200(a)(10)."""

# Holidays -------------------------------------------------------------------------------------------------------------

_FIXED: Final = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
_MONDAYS: Final = ((1, 3), (2, 3), (9, 1), (10, 2))
"""The n-th Monday of a month: Martin Luther King, Washington, Labor, Columbus."""


def legal_holidays(year: int) -> tuple[date, ...]:
    """The holidays of 5 USC 6103(a) on their own days, also where that is a Saturday or Sunday."""
    fixed = (date(year, month, day) for month, day in _FIXED)
    mondays = (_nth(year, month, 0, n) for month, n in _MONDAYS)
    memorial = _nth(year, 6, 0, 1) - timedelta(days=7)
    return tuple(sorted((*fixed, *mondays, memorial, _nth(year, 11, 3, 4))))


def observed_holidays(year: int) -> tuple[date, ...]:
    """The same, and the days off instead of those on a weekend: Friday for Saturday, Monday for Sunday."""
    days = {*legal_holidays(year), *_instead(year), *_instead(year + 1)}
    return tuple(sorted(day for day in days if day.year == year))


def _instead(year: int) -> Iterator[date]:
    for holiday in legal_holidays(year):
        if holiday.weekday() >= 5:
            yield holiday + timedelta(days=-1 if holiday.weekday() == 5 else 1)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def legal_calendar() -> BusinessCalendar:
    """Monday to Friday without the holidays of 5 USC 6103(a): the words of the rules, and the earlier day."""
    return BusinessCalendar("us-federal", holidays_of=legal_holidays)


def observed_calendar() -> BusinessCalendar:
    """Also without the days off that stand in for a holiday on a weekend: the later day."""
    return BusinessCalendar("us-federal-observed", holidays_of=observed_holidays)


# Periods --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Validation:
    """When validation information counts as received, and the last day of the validation period."""

    received: Day
    end: Day


def validation_period(
    provided: Day, calendar: BusinessCalendar, *, oral: bool = False, assumed: Day | None = None
) -> Validation:
    """The validation period of information that was provided on a day.

    What is said is received at once. A collector may have assumed a later receipt than the earliest; that it hears of
    the true one afterwards changes nothing. The end is a calendar day, also on a weekend.
    """
    earliest = provided if oral else calendar.after(provided, RECEIPT_DAYS)
    received = max(earliest, assumed if assumed is not None else earliest)
    return Validation(received, received + VALIDATION_DAYS)


def handover_deadline(sent: Day) -> Day:
    """The earliest day that may be set for opting out of an e-mail hand-over; the first e-mail goes the day after."""
    return sent + HANDOVER_DAYS


def rested(conversation: Day) -> Day:
    """The first day to call again: the day of the conversation is the first of its days of rest."""
    return conversation + CALL_DAYS


def consent_end(received: Day) -> Day:
    """The last day on which calls by consent are not counted: the day of the consent is the first."""
    return received + CALL_DAYS - 1


def honour_revocation_by(received: Day, calendar: BusinessCalendar) -> Day:
    """The last day to honour a revocation; the day on which it came is not counted."""
    return calendar.after(received, REVOCATION_DAYS)
