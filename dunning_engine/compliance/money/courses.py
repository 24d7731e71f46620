"""Packs and reference rates as those who charge them ask for them: rates by day, and fixed sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from dunning_engine.compliance.money.pack import Course, Pack
from dunning_engine.compliance.money.rates import HalfYear, RateMissing, RateTable
from dunning_engine.compliance.money.sums import fixed_sum
from dunning_engine.domain.statutes import RatePeriod, RateUnknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.domain.parties import PartyKind
    from dunning_engine.kernel.calendar import Day
    from dunning_engine.kernel.money import Money

_UNION: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
"""The member states that Directive 2011/7/EU binds."""

_NAMED_OTHERWISE: Final = {"uk": frozenset({"GB"}), "eu": _UNION}
"""Where a pack is the law, if the first word of its name is no country code."""


@dataclass(frozen=True, slots=True)
class PackStatute:
    """A pack with the reference rates that it depends on."""

    pack: Pack
    tables: Mapping[str, RateTable]

    @property
    def name(self) -> str:
        return self.pack.name

    @property
    def citation(self) -> str:
        return self.pack.interest.provision.citation.text

    @property
    def countries(self) -> frozenset[str]:
        place = self.pack.name.partition("/")[0]
        return _NAMED_OTHERWISE.get(place) or frozenset({place.upper()})

    @property
    def debtors(self) -> frozenset[PartyKind]:
        return self.pack.debtors

    @property
    def fixed_sum_debtors(self) -> frozenset[PartyKind]:
        return self.pack.debtors & self.pack.fixed.debtors

    @property
    def currency(self) -> str:
        return self.pack.currency

    @property
    def fixed_sum_citation(self) -> str:
        return self.pack.fixed.provision.citation.text

    def fixed_sum(self, debt: Money, debtor: PartyKind) -> Money:
        return fixed_sum(self.pack, debt, debtor)

    def periods(self, debtor: PartyKind, first: Day, through: Day) -> tuple[RatePeriod, ...]:
        rule = self.pack.rate_rule(debtor)
        if not rule.over:
            return (RatePeriod(first, through, rule.percent),)
        table = self.tables[rule.over]
        if self.pack.interest.course is Course.FROZEN:
            percent, read_on = _read(table, first)
            return (RatePeriod(first, through, rule.percent + percent, read_on),)
        return tuple(_floating(table, rule.percent, first, through))


@dataclass(frozen=True, slots=True)
class PointsAbove:
    """Points above a reference rate, which is followed into each half-year: the rate of a contract."""

    points: Decimal
    table: RateTable

    @property
    def citation(self) -> str:
        return self.table.source.text

    def periods(self, debtor: PartyKind, first: Day, through: Day) -> tuple[RatePeriod, ...]:  # noqa: ARG002
        return tuple(_floating(self.table, self.points, first, through))


def _floating(table: RateTable, points: Decimal, first: Day, through: Day) -> Iterator[RatePeriod]:
    while first <= through:
        last = min(HalfYear.of(first).last, through)
        percent, read_on = _read(table, first)
        yield RatePeriod(first, last, points + percent, read_on)
        first = last + 1


def _read(table: RateTable, day: Day) -> tuple[Decimal, Day]:
    try:
        rate = table.at(day)
    except RateMissing as error:
        raise RateUnknown(str(error)) from error
    return rate.percent, rate.day
