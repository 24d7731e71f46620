"""The lines of charges in a message, in the language of its text."""

from __future__ import annotations

import pytest

from dunning_engine.domain.charges import Charge, ChargeKind
from dunning_engine.engine.charge_lines import charge_line

INTEREST = Charge(
    id="i-1",
    kind=ChargeKind.INTEREST,
    amount=123_441,
    invoice="X-1",
    rule="interest to date",
    rate="10.5 % on 123400.00 for 14 days, 10.5 % on 60.00 for 1 days (actual/365)",
    days=15,
    citation="terms 7",
    currency="EUR",
)


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            "en",
            (
                "interest on invoice X-1: 1,234.41 EUR "
                "(10.5 % on 123,400.00 EUR for 14 days; 10.5 % on 60.00 EUR for 1 day; terms 7)"
            ),
        ),
        (
            "de",
            (
                "Zinsen zur Rechnung X-1: 1.234,41 EUR "
                "(10,5 % auf 123.400,00 EUR für 14 Tage; 10,5 % auf 60,00 EUR für 1 Tag; terms 7)"
            ),
        ),
        (
            "fr",
            (
                "intérêts sur la facture X-1: 1 234,41 EUR "
                "(10,5 % sur 123 400,00 EUR pendant 14 jours; 10,5 % sur 60,00 EUR pendant 1 jour; terms 7)"
            ),
        ),
        (
            "es",
            (
                "intereses de la factura X-1: 1.234,41 EUR "
                "(10,5 % sobre 123.400,00 EUR durante 14 días; 10,5 % sobre 60,00 EUR durante 1 día; terms 7)"
            ),
        ),
    ],
)
def test_interest_says_rate_base_and_days(language, line):
    """Each stretch of days with its own base; digits as the language writes them."""
    assert charge_line(INTEREST, language).replace("\u00a0", " ").replace("\u202f", " ") == line


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"amount": 1000}, "Gebühr: 10,00 EUR"),
        ({"amount": 200, "rate": "2 % of the original claim", "base": 10_000}, "Gebühr: 2,00 EUR (2 % von 100,00 EUR)"),
        (
            {"amount": 900, "rate": "band 2 of 2, whole", "base": 15_000},
            "Gebühr: 9,00 EUR (nach Staffel auf 150,00 EUR)",
        ),
        (
            {
                "amount": 4000,
                "kind": ChargeKind.FIXED_SUM,
                "invoice": "X-1",
                "rate": "de/verzug",
                "citation": "BGB 288",
            },
            "Pauschale zur Rechnung X-1: 40,00 EUR (BGB 288)",
        ),
    ],
)
def test_fees_say_what_they_are_a_part_of(fields, line):
    charge = Charge(**{"id": "f-1", "kind": ChargeKind.FEE, "currency": "EUR", **fields})
    assert charge_line(charge, "de") == line


def test_a_language_without_words_is_told_in_english():
    assert charge_line(Charge(id="f", kind=ChargeKind.FEE, amount=100, currency="EUR"), "nl") == "fee: 1,00 EUR"
