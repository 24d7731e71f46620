"""Packs as values: read from JSON, with provisions, bands and rules by kind of debtor."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dunning_engine.compliance.money.pack import Band, Course, Floor, RateRule, pack_of
from dunning_engine.compliance.rulebook import Citation, Confidence
from dunning_engine.domain.parties import PartyKind
from dunning_engine.kernel.calendar import day_of
from dunning_engine.kernel.errors import UsageError
from dunning_engine.kernel.money import Money

SAID = {"says": "So", "citation": {"text": "An act s. 1", "url": "https://law.example"}, "confidence": "medium"}


def data(*bands, interest=(), payment=()):
    return {
        "pack": "xx/late",
        "title": "An act",
        "state_of": "2026-11-22",
        "currency": "EUR",
        "binds": ["business"],
        "interest": SAID
        | {"course": "frozen", "rates": [{"debtors": ["business"], "over": "a-rate", "percent": "8"}]}
        | dict(interest),
        "payment": SAID | {"counts": "after"} | dict(payment),
        "fixed_sum": SAID | {"debtors": ["business"], "bands": list(bands) or [{"sum": "40.00"}]},
        "costs": SAID,
    }


def test_a_pack_is_read_from_its_json():
    """Each part says what it is for, where it stands and how sure we are."""
    pack = pack_of(data())
    assert (pack.name, pack.title, pack.state_of, pack.currency) == ("xx/late", "An act", day_of("2026-11-22"), "EUR")
    assert pack.debtors == frozenset({PartyKind.BUSINESS})
    assert pack.interest.course is Course.FROZEN
    assert pack.interest.floor is None
    assert pack.rate_rule(PartyKind.BUSINESS) == RateRule(pack.debtors, Decimal(8), "a-rate")
    for part in (pack.interest.provision, pack.payment.provision, pack.fixed.provision, pack.costs):
        assert (part.says, part.citation, part.confidence) == (
            "So",
            Citation("An act s. 1", "https://law.example"),
            Confidence.MEDIUM,
        )


def test_a_pack_has_no_rate_for_those_whom_it_does_not_bind():
    with pytest.raises(UsageError, match="xx/late gives no interest against a consumer"):
        pack_of(data()).rate_rule(PartyKind.CONSUMER)


def test_a_rate_may_stand_alone_and_a_contract_may_have_a_least_rate():
    """Austria's general rate depends on no table; France bounds the rate of a contract."""
    interest = {
        "course": "floating",
        "rates": [{"debtors": ["business"], "percent": "4"}],
        "agreed_at_least": {"times": "3", "of": "legal"},
    }
    pack = pack_of(data(interest=interest))
    assert pack.rate_rule(PartyKind.BUSINESS).over == ""
    assert pack.interest.floor == Floor(Decimal(3), "legal")


def test_days_to_pay_are_numbers_where_the_statute_has_them():
    bare = pack_of(data()).payment
    assert (bare.days, bare.longest, bare.public, bare.public_longest) == (None, None, None, None)
    assert (bare.counts_first, bare.express) == (False, False)
    full = pack_of(
        data(
            payment={
                "counts": "beginning_with",
                "days": 30,
                "longest": 60,
                "longer_if": "express_and_fair",
                "public": 30,
                "public_longest": 60,
            }
        )
    ).payment
    assert (full.days, full.longest, full.public, full.public_longest) == (30, 60, 30, 60)
    assert (full.counts_first, full.express) == (True, True)


@pytest.mark.parametrize(
    ("band", "below", "at", "above"),
    [
        (Band(Money("40", "EUR"), Money("1000", "EUR")), True, False, False),
        (Band(Money("40", "EUR"), Money("1000", "EUR"), inclusive=True), True, True, False),
        (Band(Money("40", "EUR")), True, True, True),
    ],
)
def test_a_band_says_whether_its_edge_belongs_to_it(band, below, at, above):
    """`below` leaves it out, `up_to` takes it in, and the last band has none."""
    assert [band.holds(Money(debt, "EUR")) for debt in ("999.99", "1000.00", "1000.01")] == [below, at, above]


def test_bands_are_read_with_their_edges():
    pack = pack_of(data({"below": "10.00", "sum": "1.00"}, {"up_to": "20.00", "sum": "2.00"}, {"sum": "3.00"}))
    assert [(band.edge, band.inclusive) for band in pack.fixed.bands] == [
        (Money("10", "EUR"), False),
        (Money("20", "EUR"), True),
        (None, False),
    ]


@pytest.mark.parametrize(
    "bands", [[{"below": "10.00", "sum": "1.00"}], [{"sum": "1.00"}, {"below": "10.00", "sum": "2.00"}]]
)
def test_bands_leave_no_debt_out(bands):
    with pytest.raises(UsageError, match="the last band, and no other, has no edge"):
        pack_of(data(*bands))
