"""The tables of the page on statutory money, from the packs and rates that ship."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from dunning_engine.compliance.money.pack import Course, FixedSums, Pack, PaymentTerms, RateRule
from dunning_engine.compliance.money.rates import HalfYear, RateTable, ReadOn
from dunning_engine.compliance.rulebook import Citation
from dunning_engine.engine.money_shelf import load_pack, load_tables, pack_names

COURSES = {Course.FROZEN: "frozen", Course.FLOATING: "floating by half-year"}
READ = {ReadOn.FIRST_DAY: "first day of the half-year", ReadOn.EVE: "day before the half-year"}


def statutory_interest() -> str:
    """Rate, margin, course, sureness and place of each pack."""
    rows = (
        (
            f"`{pack.name}`",
            "; ".join(_rate(rule) for rule in pack.interest.rates) + _least(pack),
            COURSES[pack.interest.course],
            pack.interest.provision.confidence.value,
            _link(pack.interest.provision.citation),
        )
        for pack in _packs()
    )
    return _table(("pack", "points over the reference rate", "rate", "confidence", "citation"), rows)


def statutory_starts() -> str:
    """The last day to pay; interest runs from the day after."""
    rows = (
        (
            f"`{pack.name}`",
            pack.payment.provision.says,
            _days(pack.payment),
            pack.payment.provision.confidence.value,
            _link(pack.payment.provision.citation),
        )
        for pack in _packs()
    )
    return _table(("pack", "last day to pay", "numbers", "confidence", "citation"), rows)


def statutory_sums() -> str:
    """Fixed sums with their edges."""
    rows = (
        (
            f"`{pack.name}`",
            _debtors(pack.fixed.debtors),
            _bands(pack.fixed),
            pack.fixed.provision.confidence.value,
            _link(pack.fixed.provision.citation),
        )
        for pack in _packs()
    )
    return _table(("pack", "owed by", "fixed sum", "confidence", "citation"), rows)


def reference_rates() -> str:
    """What each table knows, and where it has gaps."""
    rows = (
        (
            f"`{name}`",
            table.title,
            READ[table.read_on],
            f"{_half(table, 0)} to {_half(table, -1)}",
            ", ".join(map(str, _gaps(table))) or "none",
            str(table.last_verified),
            _link(table.source),
        )
        for name, table in sorted(load_tables().items())
    )
    return _table(("table", "rate", "read on", "known", "missing in between", "last verified", "source"), rows)


def _packs() -> Iterator[Pack]:
    return map(load_pack, pack_names())


def _rate(rule: RateRule) -> str:
    whose = _debtors(rule.debtors)
    return f"{rule.percent} over `{rule.over}` ({whose})" if rule.over else f"{rule.percent} percent ({whose})"


def _least(pack: Pack) -> str:
    floor = pack.interest.floor
    return f"; a contract at least {floor.times} times `{floor.of}`" if floor else ""


def _days(terms: PaymentTerms) -> str:
    named = {
        "without agreement": terms.days,
        "longest agreed": terms.longest,
        "public authority": terms.public,
        "public authority at most": terms.public_longest,
    }
    return ", ".join(f"{name} {days}" for name, days in named.items() if days is not None) or "none"


def _bands(fixed: FixedSums) -> str:
    parts = []
    for band in fixed.bands:
        edge = "" if band.edge is None else f" {'up to' if band.inclusive else 'below'} {band.edge}"
        parts.append(f"{band.sum}{edge}")
    return "; ".join(parts)


def _debtors(kinds: Iterable[object]) -> str:
    return ", ".join(sorted(str(getattr(kind, "value", kind)) for kind in kinds))


def _half(table: RateTable, at: int) -> str:
    return str(_halves(table)[at])


def _halves(table: RateTable) -> list[HalfYear]:
    return [HalfYear.of(row.day + (table.read_on is ReadOn.EVE)) for row in table.rows]


def _gaps(table: RateTable) -> Iterator[HalfYear]:
    known = _halves(table)
    half = known[0]
    while half < known[-1]:
        half = HalfYear.of(half.last + 1)
        if half not in known:
            yield half


def _link(citation: Citation) -> str:
    return f"[{citation.text}]({citation.url})"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def state_of() -> str:
    """The day as of which the packs were read."""
    return date.fromordinal(max(pack.state_of for pack in _packs())).isoformat()
