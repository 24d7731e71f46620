"""What the variants of experiments bring, side by side: how many cases, how many paid and after how long, how many contacts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dunning_engine.domain.case import CaseStatus
from dunning_engine.kernel.calendar import local_day

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case


@dataclass(frozen=True, slots=True)
class VariantResult:
    """The cases of one variant (or, without a variant, of one policy).

    `paid` are those with nothing open; `days` from due date to settlement in the mean over settled receivables, in tenths,
    `None` where nothing was settled.
    """

    variant: str
    policy: str
    cases: int
    paid: int
    tenths: int | None
    contacts: int

    @property
    def share(self) -> str:
        return f"{self.paid * 100 // self.cases} %"

    @property
    def days(self) -> str:
        """Days to pay, with one decimal."""
        if self.tenths is None:
            return ""
        sign, tenths = ("-", -self.tenths) if self.tenths < 0 else ("", self.tenths)
        return f"{sign}{tenths // 10}.{tenths % 10}"


def variant_results(cases: Iterable[tuple[Case, str]]) -> list[VariantResult]:
    """One result for each variant and policy; cases come with the zone in which their days are counted."""
    groups: dict[tuple[str, str], list[tuple[Case, str]]] = {}
    for case, zone in cases:
        groups.setdefault((case.variant, case.policy.name), []).append((case, zone))
    return [_result(*key, members) for key, members in sorted(groups.items())]


def _result(variant: str, policy: str, members: list[tuple[Case, str]]) -> VariantResult:
    late = [
        local_day(r.settled_at, zone) - r.due
        for case, zone in members
        for r in case.receivables
        if r.settled_at is not None
    ]
    return VariantResult(
        variant,
        policy,
        cases=len(members),
        paid=sum(_paid(case) for case, _ in members),
        tenths=sum(late) * 10 // len(late) if late else None,
        contacts=sum(
            delivery.channel is not None and delivery.sent_at is not None
            for case, _ in members
            for delivery in case.deliveries.values()
        ),
    )


def _paid(case: Case) -> bool:
    closed = case.status is CaseStatus.CLOSED and case.closed_as == "paid"
    return closed or (bool(case.receivables) and all(r.open <= 0 for r in case.receivables))
