"""When interest begins: the last day to pay, and German default. Interest runs from the day after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from dunning_engine.compliance.money.pack import PaymentTerms
from dunning_engine.domain.given import given_choice, given_day
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.calendar import BusinessCalendar, Day
from dunning_engine.kernel.errors import UsageError


class Reading(Enum):
    """Which of two readings of a period counts."""

    SAFE = "safe"
    """The later one: who claims interest a day late breaches nothing."""
    STATUTE = "statute"
    """The words as they stand: a period that begins with a day has that day as its first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """What was performed and agreed.

    `invoiced` is when the debtor had the invoice or knew the amount, `performed` when it had goods or services; `None`
    means not known. `agreed_day` or `agreed_days` is what the contract says. Days may be a `date` or ISO 8601 text.
    """

    invoiced: Day | None = None
    performed: Day | None = None
    agreed_day: Day | None = None
    agreed_days: int | None = None
    public: bool = False
    express: bool = False
    unfair: bool = False

    def __post_init__(self) -> None:
        _read_days(self, {"invoiced": "the day of the invoice", "performed": "the day of performance"})
        _read_days(self, {"agreed_day": "the agreed day"})
        if self.agreed_days is not None and (type(self.agreed_days) is not int or self.agreed_days < 0):
            raise UsageError(
                f"agreed_days is {self.agreed_days!r}: pass a whole number, or the day itself as agreed_day"
            )

    @property
    def begins(self) -> Day | None:
        """The later of invoice and performance, of those known: nobody has to pay for what has not come."""
        known = [day for day in (self.invoiced, self.performed) if day is not None]
        return max(known, default=None)

    @property
    def agreed(self) -> Day | None:
        """The day that the contract sets."""
        if self.agreed_day is not None or self.agreed_days is None or self.begins is None:
            return self.agreed_day
        return self.begins + self.agreed_days


def _read_days(facts: Deal | DefaultFacts, names: Mapping[str, str]) -> None:
    """Keep days that are known as the law module counts."""
    for name, what in names.items():
        if (value := getattr(facts, name)) is not None:
            object.__setattr__(facts, name, given_day(value, what))


@dataclass(frozen=True, slots=True)
class PaymentDay:
    """The last day to pay in time; `days` is the length of the period where its beginning is known."""

    last_day: Day
    days: int | None = None

    @property
    def interest_from(self) -> Day:
        return self.last_day + 1


def payment_day(terms: PaymentTerms, deal: Deal, reading: Reading = Reading.SAFE) -> PaymentDay:
    """The last day to pay in time: the agreed one, unless it is later than the statute lets it be."""
    first_in = terms.counts_first and reading is Reading.STATUTE
    last = _last_day(terms, deal, first_in=first_in)
    return PaymentDay(last, None if deal.begins is None else last - deal.begins + first_in)


def _last_day(terms: PaymentTerms, deal: Deal, *, first_in: bool) -> Day:
    longest = longest_period(terms, deal)
    if deal.agreed is None:
        return _begun(deal) + _default_days(terms, deal) - first_in
    if longest is None or deal.begins is None:
        return deal.agreed
    return min(deal.agreed, deal.begins + longest - first_in)


def _begun(deal: Deal) -> Day:
    if deal.begins is None:
        raise UsageError("no day was agreed: say when the invoice or the goods were received")
    return deal.begins


def _default_days(terms: PaymentTerms, deal: Deal) -> int:
    days = terms.public if deal.public and terms.public is not None else terms.days
    if days is None:
        raise UsageError(f"this pack knows no period where nothing was agreed ({terms.provision.citation.text})")
    return days


def longest_period(terms: PaymentTerms, deal: Deal) -> int | None:
    """The most days that the agreement can give; `None` where nothing bounds it."""
    sound = not deal.unfair and (deal.express or not terms.express)
    if deal.public and terms.public is not None:
        return terms.public_longest if sound else terms.public
    return None if sound else terms.longest


# German default -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultFacts:
    """What begins default. `fixed_day` is a day fixed by the calendar in the contract; `reminded` when a reminder came.

    `warned`: the invoice told a consumer what happens after its period. Days may be a `date` or ISO 8601 text.
    """

    debtor: PartyKind
    fixed_day: Day | None = None
    due: Day | None = None
    invoiced: Day | None = None
    performed: Day | None = None
    reminded: Day | None = None
    warned: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "debtor", given_choice(PartyKind, self.debtor, "the debtor in default"))
        _read_days(self, {"fixed_day": "the day that the contract fixes", "due": "the due date"})
        _read_days(self, {"invoiced": "the day of the invoice", "performed": "the day of performance"})
        _read_days(self, {"reminded": "the day of the reminder"})


@dataclass(frozen=True, slots=True)
class Default:
    """The last day to pay before default by the bare count of days, and moved off days without business."""

    literal: Day
    moved: Day

    @property
    def begins(self) -> Day:
        """The first day of default: the later reading, which never claims too early."""
        return self.moved + 1


def default(terms: PaymentTerms, facts: DefaultFacts, calendar: BusinessCalendar) -> Default | None:
    """When default began, by whatever began it first; `None`: not without a reminder.

    `calendar` has the days on which nobody need pay at the debtor's place.
    """
    last_days = [facts.fixed_day, _thirty_days(terms, facts)]
    defaults = [Default(day, calendar.next(day)) for day in last_days if day is not None]
    if facts.reminded is not None:
        defaults.append(Default(facts.reminded, facts.reminded))
    return min(defaults, key=lambda found: found.moved, default=None)


def _thirty_days(terms: PaymentTerms, facts: DefaultFacts) -> Day | None:
    """The last of the days after due date and invoice.

    A consumer has to have been warned. Where it is uncertain when the invoice came, receipt of the goods begins the
    period against a business.
    """
    consumer = facts.debtor is PartyKind.CONSUMER
    received = facts.invoiced if consumer or facts.invoiced is not None else facts.performed
    if received is None or terms.days is None or (consumer and not facts.warned):
        return None
    return max(received, facts.due if facts.due is not None else received) + terms.days
