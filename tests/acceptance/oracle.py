"""The policy language once more, written down as plainly as possible: one day after the other, invoice by invoice.

Nothing here shares code with the engine. It reads the same policy text with its own few patterns, knows dates, lists
and loops, and covers what the policies of `test_real_invoices` use: one case per invoice, one zone for everybody,
everything that is sent arrives at once, disputes that last until the invoice is settled.
"""

from __future__ import annotations

import calendar
import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import holidays
import yaml

DAY = timedelta(days=1)
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
SPAN = r"(\d+) (business day|day|week|month)s?"


@dataclass
class Bill:
    """One line of the file, and what has been done about it."""

    position: int
    number: str
    customer: str
    issued: date
    due: date
    settled: date
    disputed: bool
    done: dict[str, list[date]] = field(default_factory=dict)
    begun: int = -1
    last_contact: date | None = None
    left_over: list[str] = field(default_factory=list)
    planned: datetime | None = None
    tried: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    def is_open(self, today: date) -> bool:
        return self.issued <= today < self.settled and not self.disputed


@dataclass(frozen=True, order=True)
class Act:
    """Something that goes out: local time, invoice, step, and the way."""

    at: datetime
    number: str
    step: str
    way: str


def bills(path: Path) -> list[Bill]:
    """The invoices of the file; dates are written month/day/year."""

    def day(text: str) -> date:
        month, number, year = map(int, text.split("/"))
        return date(year, month, number)

    with path.open(newline="", encoding="utf-8") as file:
        return [
            Bill(
                position,
                row["invoiceNumber"],
                row["customerID"],
                day(row["InvoiceDate"]),
                day(row["DueDate"]),
                day(row["SettledDate"]),
                row["Disputed"] == "Yes",
            )
            for position, row in enumerate(csv.DictReader(file))
        ]


class Oracle:
    """One policy, read aloud."""

    def __init__(self, text: str) -> None:
        policy = yaml.load(text, Loader=yaml.BaseLoader)
        clock = policy.get("time", {})
        self.country = clock.get("business_days", "none")
        self.send_at = time.fromisoformat(clock.get("send_at", "10:00"))
        self.roll = clock.get("roll", "next")
        self.grace = policy.get("grace")
        self.min_gap = policy.get("min_gap", "1 day")
        self.catch_up = policy.get("catch_up", "next")
        self.quiet = policy.get("quiet_hours", "").split(" to ")
        self.quiet_days = policy.get("quiet_days", [])
        self.limits = [self._limit(words) for words in policy.get("contact_limits", [])]
        self.steps = policy["steps"]
        self.names = [step["step"] for step in self.steps]
        self.holidays: dict[int, set[date]] = {}
        self.log: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
        self.acts: list[Act] = []

    @staticmethod
    def _limit(words: str) -> tuple[int, int, str, bool]:
        found = re.fullmatch(
            r"(\d+) (contact|email|sms|call|letter)s? (?:per day|in (\d+) days?)(?: per (debtor|debt))?", words
        )
        assert found, words
        count, what, days, per = found.groups()
        return int(count), int(days or 1), what, per == "debt"

    # Days ----------------------------------------------------------------------------------------------------------

    def is_holiday(self, day: date) -> bool:
        if day.year not in self.holidays:
            self.holidays[day.year] = set(holidays.country_holidays(self.country, years=day.year))
        return day in self.holidays[day.year]

    def is_business(self, day: date) -> bool:
        return self.country == "none" or (day.weekday() < 5 and not self.is_holiday(day))

    def plus(self, day: date, span: str, sign: int = 1) -> date:
        found = re.fullmatch(SPAN, span)
        assert found, span
        count, unit = int(found[1]), found[2]
        if unit == "business day":
            while count:
                day += sign * DAY
                count -= self.is_business(day)
            return day
        if unit == "month":
            months = day.year * 12 + day.month - 1 + sign * count
            year, month = months // 12, months % 12 + 1
            return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
        return day + sign * count * (7 if unit == "week" else 1) * DAY

    def moved(self, day: date, sign: int) -> date:
        while not self.is_business(day):
            day += sign * DAY
        return day

    # When a step is due --------------------------------------------------------------------------------------------

    def grace_end(self, bill: Bill) -> date:
        return (self.plus(bill.due, self.grace) if self.grace else bill.due) + DAY

    def happened(self, bill: Bill, name: str) -> date | None:
        return bill.done[name][-1] if name in bill.done else None

    def expiry(self, bill: Bill, name: str) -> date | None:
        """The first day after a deadline; the end of a deadline only ever moves later."""
        sent, deadline = self.happened(bill, name), self.steps[self.names.index(name)].get("deadline")
        if sent is None or deadline is None:
            return None
        end = self.plus(sent, deadline)
        return (end if self.roll == "none" else self.moved(end, 1)) + DAY

    def day(self, bill: Bill, index: int) -> date | None:
        """The day that the step's words name."""
        when = self.steps[index]["when"]
        if when == "on the due date":
            return bill.due
        if when == "grace ends":
            return self.grace_end(bill)
        if when == "end of month after due":
            first = bill.due + DAY
            return first.replace(day=calendar.monthrange(first.year, first.month)[1])
        found = re.fullmatch(rf"(?:({SPAN}) (before|after) )?([a-z-]+)( expires| ends)?", when)
        assert found, when
        span, side, name, end = found[1], found[4], found[5], found[6]
        if side == "before":
            return self.plus(bill.due, span, -1)
        base = self._base(bill, index, name, end)
        return base if base is None or span is None else self.plus(base, span)

    def _base(self, bill: Bill, index: int, name: str, end: str | None) -> date | None:
        if name in ("due", "issue"):
            return bill.due if name == "due" else bill.issued
        if name == "grace":
            return self.grace_end(bill)
        if end == " expires":
            return self.expiry(bill, name)
        if name == "previous":
            days = [day for step in self.names[:index] if (day := self.happened(bill, step)) is not None]
            return max(days) if days else self.day(bill, index - 1)
        return self.happened(bill, name) or self.day(bill, self.names.index(name))

    def planned(self, bill: Bill, index: int, day: date) -> datetime:
        """From when on the step may be taken: not before grace, gap and deadlines, and on a day with business."""
        floor = date.min
        if bill.last_contact is not None:
            floor = self.plus(bill.last_contact, self.min_gap)
        for name in self.names[:index]:
            floor = max(floor, self.expiry(bill, name) or floor)
        early = day <= bill.due
        contact = any(way != "agency" for way in self.ways(index))
        if contact and not early:
            floor = max(floor, self.grace_end(bill))
        day = max(day, floor)
        if contact and self.roll != "none" and not self.is_business(day):
            back = self.moved(day, -1)
            backwards = early or (self.roll == "previous" and back > bill.due)
            day = back if backwards and back >= floor else self.moved(day, 1)
        return datetime.combine(day, self.send_at)

    def ways(self, index: int) -> list[str]:
        """How the step reaches somebody, in the order of the file."""
        ways = []
        for key, value in self.steps[index].items():
            if key in ("send", "call", "hand_off"):
                items = [value] if isinstance(value, str) else value
                ways += ["call" if key == "call" else item.removeprefix("certified ").split()[0] for item in items]
        return ways

    # What is next --------------------------------------------------------------------------------------------------

    def repetition(self, bill: Bill) -> tuple[datetime, int] | None:
        """The next time of a step with a cadence: until a later step begins, or the one that it names."""
        found = []
        for index, step in enumerate(self.steps[: bill.begun + 1]):
            words = re.fullmatch(rf"every ({SPAN})(?: up to (\d+) times?)?(?: until (.+))?", step.get("cadence", ""))
            if not words or step["step"] not in bill.done:
                continue
            every, times, until = words[1], words[4], words[5]
            over = until in bill.done if until else bill.begun > index
            if not over and not (times and len(bill.done[step["step"]]) >= int(times)):
                found.append((self.planned(bill, index, self.plus(bill.done[step["step"]][-1], every)), index))
        return min(found, default=None)

    def following(self, bill: Bill, now: datetime) -> list[tuple[datetime, int]]:
        """The next step in file order; where the policy jumps, with those behind it that are due as well."""
        found: list[tuple[datetime, int]] = []
        for index in range(bill.begun + 1, len(self.steps)):
            name, day = self.names[index], self.day(bill, index)
            if name in bill.skipped or day is None or (day <= bill.due < now.date()):
                continue
            planned = self.planned(bill, index, day)
            if planned > now:
                return found or [(planned, index)]
            contact = self.ways(index) != ["agency"]
            if self.catch_up == "skip" and contact and name not in bill.tried and planned.date() < now.date():
                bill.skipped.add(name)
                continue
            found.append((planned, index))
            if self.catch_up != "jump":
                return found
        return found

    def due(self, bill: Bill, now: datetime) -> list[tuple[datetime, int]]:
        """What may be taken now: a repetition that has to wait does not keep its successor from starting."""
        repeated, following = self.repetition(bill), self.following(bill, now)
        turns = []
        if repeated and (not following or repeated <= following[0]):
            turns.append(repeated)
        if following:
            turns.append(following[-1])
            if turns[0] == following[-1] and turns[0][0] <= now:
                bill.skipped |= {self.names[index] for _, index in following[:-1]}
        return [turn for turn in turns if turn[0] <= now]

    # What is allowed -----------------------------------------------------------------------------------------------

    def allowed(self, bill: Bill, way: str, now: datetime) -> bool:
        today, at_once = now.date(), way != "letter"
        if way == "agency":
            return True
        if self.roll != "none" and not self.is_business(today):
            return False
        if at_once and len(self.quiet) == 2:
            start, end = map(time.fromisoformat, self.quiet)
            inside = start <= now.time() < end if start < end else now.time() >= start or now.time() < end
            if inside:
                return False
        if at_once and (
            WEEKDAYS[today.weekday()] in self.quiet_days
            or ("public holidays" in self.quiet_days and self.is_holiday(today))
        ):
            return False
        return all(self._within(limit, bill, way, today) for limit in self.limits)

    def _within(self, limit: tuple[int, int, str, bool], bill: Bill, way: str, today: date) -> bool:
        count, days, what, per_debt = limit
        if what not in ("contact", way):
            return True
        counted = [
            at
            for at, other, number in self.log[bill.customer]
            if today - at.date() < days * DAY and what in ("contact", other) and (not per_debt or number == bill.number)
        ]
        return len(counted) < count

    # The days --------------------------------------------------------------------------------------------------------

    def run(self, portfolio: list[Bill], start: date, until: date) -> list[Act]:
        """Look at every open invoice at each time of day at which something can change."""
        hours = {time(0), self.send_at, *(time.fromisoformat(text) for text in self.quiet if text)}
        today = start
        while today <= until:
            customers: dict[str, list[Bill]] = defaultdict(list)
            for bill in portfolio:
                if bill.is_open(today):
                    customers[bill.customer].append(bill)
            for hour in sorted(hours):
                now = datetime.combine(today, hour)
                for group in customers.values():
                    self._look(group, now)
            today += DAY
        return sorted(self.acts)

    def _look(self, group: list[Bill], now: datetime) -> None:
        """Of several invoices whose turn it is the earlier planned goes first, then the order of the file."""
        turns = []
        for bill in group:
            due = self.due(bill, now)
            planned = [at for at, _ in due] + ([bill.planned] if bill.left_over and bill.planned else [])
            if planned:
                turns.append((min(planned), bill.position, bill))
        for _, _, bill in sorted(turns, key=lambda turn: turn[:2]):
            self._take(bill, now)

    def _take(self, bill: Bill, now: datetime) -> None:
        """Finish what the last step left over, then take what is due."""
        bill.left_over = [way for way in bill.left_over if not self._out(bill, bill.begun, way, now)]
        for planned, index in self.due(bill, now):
            name, ways = self.names[index], self.ways(index)
            bill.tried.add(name)
            left = [way for way in ways if not self._out(bill, index, way, now)]
            if len(left) < len(ways):
                bill.done.setdefault(name, []).append(now.date())
                bill.begun, bill.left_over, bill.planned = max(bill.begun, index), left, planned
                return

    def _out(self, bill: Bill, index: int, way: str, now: datetime) -> bool:
        if not self.allowed(bill, way, now):
            return False
        if way != "agency":
            self.log[bill.customer].append((now, way, bill.number))
            bill.last_contact = now.date()
        self.acts.append(Act(now, bill.number, self.names[index], way))
        return True
