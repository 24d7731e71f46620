"""Packs: what one statute gives a creditor who is paid late, as data with citations.

A pack is read from the JSON that `tools/money.py` compiles from `packs/**.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from dunning_engine.compliance.rulebook import Citation, Confidence
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.calendar import Day, day_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money


class Course(Enum):
    """Whether a debt keeps the rate that it began with."""

    FROZEN = "frozen"
    FLOATING = "floating"
    """The rate follows the reference rate into each new half-year."""


class Counts(Enum):
    """Whether a period begins with the day that starts it, or on the day after."""

    AFTER = "after"
    BEGINNING_WITH = "beginning_with"


class LongerIf(Enum):
    """What a longer agreed period needs."""

    FAIR = "fair"
    EXPRESS_AND_FAIR = "express_and_fair"


@dataclass(frozen=True, slots=True)
class Provision:
    """What a part of a statute says in one sentence, where it stands, and how well we know it."""

    says: str
    citation: Citation
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class RateRule:
    """Points over a reference rate, or a whole rate where `over` names no table, for some kinds of debtors."""

    debtors: frozenset[PartyKind]
    percent: Decimal
    over: str = ""


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a contract may set: some times a reference rate."""

    times: Decimal
    of: str


@dataclass(frozen=True, slots=True)
class InterestTerms:
    """At what rate a late debt bears interest."""

    course: Course
    rates: tuple[RateRule, ...]
    floor: Floor | None
    provision: Provision


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """How long a debtor has, in calendar days; `None` where the statute, or our reading of it, has no number.

    `counts_first`: by its words the period begins *with* the day that starts it. `express`: a longer agreed period needs
    an express agreement; without it, being fair is enough.
    """

    days: int | None
    counts_first: bool
    longest: int | None
    express: bool
    public: int | None
    public_longest: int | None
    provision: Provision


@dataclass(frozen=True, slots=True)
class Band:
    """A fixed sum for debts up to an edge; the last band has none."""

    sum: Money
    edge: Money | None = None
    inclusive: bool = False

    def holds(self, debt: Money) -> bool:
        return self.edge is None or debt < self.edge or (self.inclusive and debt == self.edge)


@dataclass(frozen=True, slots=True)
class FixedSums:
    """The lump sum for the trouble of collecting, once per debt."""

    debtors: frozenset[PartyKind]
    bands: tuple[Band, ...]
    provision: Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One statute: whom it binds, its interest, its days, its fixed sums, and what happens to further costs."""

    name: str
    title: str
    state_of: Day
    currency: str
    debtors: frozenset[PartyKind]
    interest: InterestTerms
    payment: PaymentTerms
    fixed: FixedSums
    costs: Provision

    def rate_rule(self, debtor: PartyKind) -> RateRule:
        """The rule for a kind of debtor."""
        for rule in self.interest.rates:
            if debtor in rule.debtors:
                return rule
        raise UsageError(f"{self.name} gives no interest against a {debtor.value}: ask Pack.debtors first")


def pack_of(data: Mapping[str, Any]) -> Pack:
    """A pack from its compiled JSON."""
    return Pack(
        name=data["pack"],
        title=data["title"],
        state_of=day_of(data["state_of"]),
        currency=data["currency"],
        debtors=_debtors(data["binds"]),
        interest=_interest(data["interest"]),
        payment=_payment(data["payment"]),
        fixed=_fixed(data["fixed_sum"], data["currency"]),
        costs=_provision(data["costs"]),
    )


def _interest(data: Mapping[str, Any]) -> InterestTerms:
    floor = data.get("agreed_at_least")
    return InterestTerms(
        course=Course(data["course"]),
        rates=tuple(
            RateRule(_debtors(rule["debtors"]), Decimal(rule["percent"]), rule.get("over", ""))
            for rule in data["rates"]
        ),
        floor=Floor(Decimal(floor["times"]), floor["of"]) if floor else None,
        provision=_provision(data),
    )


def _payment(data: Mapping[str, Any]) -> PaymentTerms:
    return PaymentTerms(
        days=data.get("days"),
        counts_first=Counts(data["counts"]) is Counts.BEGINNING_WITH,
        longest=data.get("longest"),
        express=data.get("longer_if") == LongerIf.EXPRESS_AND_FAIR.value,
        public=data.get("public"),
        public_longest=data.get("public_longest"),
        provision=_provision(data),
    )


def _fixed(data: Mapping[str, Any], currency: str) -> FixedSums:
    bands = tuple(_band(band, currency) for band in data["bands"])
    if [band.edge is None for band in bands] != [False] * (len(bands) - 1) + [True]:
        raise UsageError("the last band, and no other, has no edge: every debt falls into one")
    return FixedSums(_debtors(data["debtors"]), bands, _provision(data))


def _band(data: Mapping[str, Any], currency: str) -> Band:
    edge = data.get("below") or data.get("up_to")
    return Band(Money(data["sum"], currency), Money(edge, currency) if edge else None, "up_to" in data)


def _provision(data: Mapping[str, Any]) -> Provision:
    citation = Citation(data["citation"]["text"], data["citation"]["url"])
    return Provision(data["says"], citation, Confidence(data["confidence"]))


def _debtors(words: list[str]) -> frozenset[PartyKind]:
    return frozenset(map(PartyKind, words))
