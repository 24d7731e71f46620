"""Ways to pay, as texts offer them."""

from __future__ import annotations

import pytest

from dunning_engine.domain.parties import Party
from dunning_engine.engine.paying import payment_methods

NAMES = {"invoice": "2026/17", "case": "C-1/USD"}


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ((), ""),
        (("Bank transfer to 021000021 1234567, reference {case}",), "Bank transfer to 021000021 1234567, reference C-1/USD"),
        (("Card: https://pay.example.com/{invoice}",), "Card: https://pay.example.com/2026%2F17"),
        (("PayPal", "Cheque by post"), "PayPal\nCheque by post"),
        (("one\nSubject: two",), "one Subject: two"),
    ],
)  # fmt: skip
def test_each_way_is_a_line(lines, text):
    """Numbers stand in it as they are, in an address of the web as such addresses are written."""
    assert payment_methods(Party.business("us", payment_methods=lines), NAMES) == text
