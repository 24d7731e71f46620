"""The page on statutory money says what the packs say."""

from __future__ import annotations

import pytest
import statutory
from generated import DOCS

PAGE = (DOCS / "reference" / "statutory-money.md").read_text("utf-8")


@pytest.mark.parametrize(
    "table",
    [
        statutory.statutory_interest,
        statutory.statutory_starts,
        statutory.statutory_sums,
        statutory.reference_rates,
    ],
)
def test_a_table_of_the_page_is_up_to_date(table) -> None:
    assert table() in PAGE


def test_the_page_says_what_it_is_not_and_how_old_it_is() -> None:
    assert f"Not legal advice; state of {statutory.state_of()}" in PAGE
