"""What each step of a policy brings: how often it was done, and what was paid before the next one had to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dunning_engine.domain.deliveries import DeliveryState

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy


@dataclass(slots=True)
class StepResult:
    """One step under one policy version; amounts in minor units of `currency`.

    `reached` counts runs of the ladder in which something of the step went out, `asked` what it asked for; `paid` and
    `settled` are the runs and sums of them that were settled before the next step went out, or by now after the last.
    """

    policy: str
    version: int
    step: str
    currency: str
    reached: int = 0
    asked: int = 0
    paid: int = 0
    settled: int = 0
    blocked: int = 0
    bounced: int = 0

    @property
    def share(self) -> float:
        """The share of runs that ended with this step."""
        return self.paid / self.reached if self.reached else 0.0


def step_results(cases: Iterable[tuple[Case, Policy]], now: Instant) -> list[StepResult]:
    """Results by policy version, currency and step, in the order of the files."""
    found: dict[tuple[str, int, str], dict[str, StepResult]] = {}
    for case, policy in cases:
        key = policy.name, policy.version, case.currency
        steps = found.setdefault(
            key, {s.name: StepResult(policy.name, policy.version, s.name, key[2]) for s in policy.steps}
        )
        _count(case, steps)
        for cycle in {delivery.key.cycle for delivery in case.deliveries.values()}:
            _follow(case, cycle, steps, now)
    return [result for key in sorted(found) for result in found[key].values()]


def _count(case: Case, steps: dict[str, StepResult]) -> None:
    for delivery in case.deliveries.values():
        if (result := steps.get(delivery.key.step)) is not None:
            result.blocked += delivery.state is DeliveryState.BLOCKED
            result.bounced += delivery.state is DeliveryState.BOUNCED


def _follow(case: Case, cycle: str, steps: dict[str, StepResult], now: Instant) -> None:
    stages = list(_stages(case, cycle))
    for number, (_at, step, invoices) in enumerate(stages):
        if (result := steps.get(step)) is None:
            continue
        until = stages[number + 1][0] if number + 1 < len(stages) else now
        owed = [receivable for receivable in case.receivables if receivable.number in invoices]
        result.reached += 1
        result.asked += sum(receivable.amount for receivable in owed)
        if owed and all(r.settled_at is not None and r.settled_at <= until for r in owed):
            result.paid += 1
            result.settled += sum(receivable.amount for receivable in owed)


def _stages(case: Case, cycle: str) -> Iterator[tuple[Instant, str, frozenset[str]]]:
    """When each step of a run first went out, and about which invoices."""
    first: dict[str, tuple[Instant, frozenset[str]]] = {}
    for delivery in case.deliveries.values():
        step, sent = delivery.key.step, delivery.armed_at
        if delivery.key.cycle == cycle and sent is not None:
            known = first.get(step)
            if known is None or sent < known[0]:
                first[step] = sent, frozenset(delivery.invoices)
    for step, (at, invoices) in sorted(first.items(), key=lambda item: (item[1][0], item[0])):
        yield at, step, invoices
