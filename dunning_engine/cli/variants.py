"""The variants of experiments side by side, as people and programs read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from dunning_engine.cli.screen import columns, room
from dunning_engine.reports.variants import VariantResult, variant_results

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case

HEAD = ("variant", "policy", "cases", "paid", "share", "days to pay", "contacts")


def variant_table(cases: Iterable[tuple[Case, str]]) -> list[str]:
    """Lines of a table, with its head."""
    return columns(HEAD, [_row(result) for result in variant_results(cases)], room=room(), whole=range(2, 7))


def _row(result: VariantResult) -> tuple[str, ...]:
    counts = str(result.cases), str(result.paid), result.share, result.days, str(result.contacts)
    return (result.variant or "-", result.policy, *counts)
