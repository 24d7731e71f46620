"""Simple interest over the segments of a late debt: exact until the end, and never interest on interest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from dunning_engine.compliance.money.pack import Course, Pack
from dunning_engine.compliance.money.rates import HalfYear, Rate, RateTable
from dunning_engine.compliance.rulebook import Citation
from dunning_engine.domain.counting import ONCE, DayCount, Pieces, Rounding, yearly
from dunning_engine.domain.given import given_choice, given_day, given_percent
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.calendar import Day
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money, MoneyError, currency_digits

Tables = Mapping[str, RateTable]
"""Reference rates by the name of their table."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What is asked for: the principal, who owes it, and the days that bear interest, both included.

    `agreed` is the rate of the contract where that decides; `paid` are part payments, each with the first day on which
    the sum no longer bore interest. Days may be a `date` or ISO 8601 text, the debtor a word, the rate text.
    On the last day to pay, the eve of `first`, nothing has run yet; earlier ones are refused.
    """

    principal: Money
    debtor: PartyKind
    first: Day
    through: Day
    agreed: Decimal | None = None
    paid: tuple[tuple[Day, Money], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "debtor", given_choice(PartyKind, self.debtor, "the debtor of a charge"))
        object.__setattr__(self, "first", given_day(self.first, "the first day that bears interest"))
        object.__setattr__(self, "through", given_day(self.through, "the last day that bears interest"))
        object.__setattr__(self, "paid", tuple(map(_payment, self.paid)))
        if self.agreed is not None:
            object.__setattr__(self, "agreed", given_percent(self.agreed, "the rate of the contract"))
        self._bears()

    def _bears(self) -> None:
        """Refuse what bears no interest."""
        least = _money(self.principal, "the principal")
        for _day, part in self.paid:
            least = least - part
        if least.minor < 0:
            raise UsageError(f"interest runs on a debt, not on a credit: {least} is left of {self.principal}")
        if self.through < self.first - 1:
            first, through = (date.fromordinal(day).isoformat() for day in (self.first, self.through))
            raise UsageError(
                f"interest from {first} through {through} would end before it begins: pass the first day, then the last "
                "one; there is nothing to ask for before interest runs"
            )

    def open_on(self, day: Day) -> Money:
        """What of the principal is open on a day."""
        left = self.principal
        for since, part in self.paid:
            left = left - part if since <= day else left
        return left


def _payment(value: object) -> tuple[Day, Money]:
    """A part payment as it is kept."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise UsageError(f'a part payment is {value!r}: pass (day, Money("40.00", "EUR"))')
    return given_day(value[0], "the day of a part payment"), _money(value[1], "a part payment")


def _money(value: object, what: str) -> Money:
    if not isinstance(value, Money):
        raise MoneyError(f'{what} is {value!r}, which is no Money: pass Money("40.00", "EUR")')
    return value


@dataclass(frozen=True, slots=True)
class Segment:
    """Days in a row with one base and one rate; `reference_date` is when the rate was read, if a table was asked."""

    first: Day
    last: Day
    base: Money
    percent: Decimal
    pieces: Pieces
    reference_date: Day | None = None

    @property
    def days(self) -> int:
        return self.last - self.first + 1

    @property
    def exact(self) -> Fraction:
        """Interest in major units, not rounded."""
        minor = ONCE.amount(Fraction(self.base.minor), self.percent, self.pieces)
        return minor / Fraction(10 ** currency_digits(self.base.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """Interest with how it came about: segments, day count, rounding and the provisions behind it."""

    principal: Money
    segments: tuple[Segment, ...]
    course: Course
    day_count: DayCount
    rounding: Rounding
    citations: tuple[Citation, ...]

    @property
    def days(self) -> int:
        return sum(segment.days for segment in self.segments)

    @property
    def exact(self) -> Fraction:
        """Interest in major units, not rounded."""
        return sum((segment.exact for segment in self.segments), Fraction())

    @property
    def amount(self) -> Money:
        """Interest as money, rounded as asked."""
        parts = (
            self.rounding.amount(Fraction(segment.base.minor), segment.percent, segment.pieces)
            for segment in self.segments
        )
        return self._money(sum(parts, Fraction()))

    @property
    def annual(self) -> Money:
        """A year's interest at the last rate on the last base, rounded."""
        return self._money(sum((_yearly(segment) for segment in self.segments[-1:]), Fraction()))

    @property
    def daily(self) -> Money:
        """What one more day adds at the last rate on the last base, rounded."""
        return self._money(
            sum((_yearly(segment) / segment.pieces[-1][1] for segment in self.segments[-1:]), Fraction())
        )

    def _money(self, minor: Fraction) -> Money:
        return Money.of_minor(self.rounding.whole(minor), self.principal.currency)


def _yearly(segment: Segment) -> Fraction:
    return yearly(Fraction(segment.base.minor), segment.percent)


def interest(
    pack: Pack,
    charge: Charge,
    tables: Tables,
    *,
    day_count: DayCount = DayCount.ACTUAL_365,
    rounding: Rounding = ONCE,
) -> Interest:
    """What a pack gives on a charge. Debtors whom it does not bind owe nothing: the answer has no segments."""
    bound = charge.debtor in pack.debtors
    return Interest(
        principal=charge.principal,
        segments=tuple(_segments(pack, charge, tables, day_count)) if bound else (),
        course=pack.interest.course,
        day_count=day_count,
        rounding=rounding,
        citations=(pack.interest.provision.citation, *_sources(pack, charge, tables)) if bound else (),
    )


def _segments(pack: Pack, charge: Charge, tables: Tables, day_count: DayCount) -> Iterator[Segment]:
    for first, after in pairwise((*_starts(pack, charge), charge.through + 1)):
        percent, reference_date = rate_on(pack, charge, first, tables)
        pieces = day_count.pieces(first, after - 1)
        yield Segment(first, after - 1, charge.open_on(first), percent, pieces, reference_date)


def _starts(pack: Pack, charge: Charge) -> list[Day]:
    """The days on which rate or base may become another one."""
    starts = {charge.first, *(day for day, _part in charge.paid)}
    if _floats(pack, charge):
        half = HalfYear.of(charge.first)
        while half.last < charge.through:
            half = HalfYear.of(half.last + 1)
            starts.add(half.first)
    return sorted(day for day in starts if charge.first <= day <= charge.through)


def _floats(pack: Pack, charge: Charge) -> bool:
    return pack.interest.course is Course.FLOATING and bool(_asked(pack, charge))


def _asked(pack: Pack, charge: Charge) -> str:
    """The table that the rate depends on; none for a rate of its own."""
    least = pack.interest.floor.of if pack.interest.floor else ""
    return pack.rate_rule(charge.debtor).over if charge.agreed is None else least


def rate_on(pack: Pack, charge: Charge, day: Day, tables: Tables) -> tuple[Decimal, Day | None]:
    """The rate in percent a year on a day, and the reference date behind it.

    A rate of the contract goes first, lifted to the least that the statute lets it be.
    """
    asked = charge.first if pack.interest.course is Course.FROZEN else day
    name = _asked(pack, charge)
    found = _table(tables, name).at(asked) if name else None
    return _percent(pack, charge, found), found.day if found else None


def _percent(pack: Pack, charge: Charge, reference: Rate | None) -> Decimal:
    read = reference.percent if reference else Decimal()
    if charge.agreed is None:
        return pack.rate_rule(charge.debtor).percent + read
    floor = pack.interest.floor
    return max(charge.agreed, floor.times * read) if floor else charge.agreed


def _table(tables: Tables, name: str) -> RateTable:
    if name not in tables:
        raise UsageError(f"no table of reference rates is called {name}; there are {', '.join(sorted(tables))}")
    return tables[name]


def _sources(pack: Pack, charge: Charge, tables: Tables) -> tuple[Citation, ...]:
    """The source of the table that was asked, if one was."""
    name = _asked(pack, charge)
    return (_table(tables, name).source,) if name else ()
