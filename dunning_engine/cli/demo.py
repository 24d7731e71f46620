"""`dunning demo`: the days of a portfolio, hour by hour, as if a scheduler had started `dunning run` each time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dunning_engine.cli.running import items_of, settle
from dunning_engine.cli.screen import note, progress
from dunning_engine.cli.summary import print_summary
from dunning_engine.domain.case import DeliveryState
from dunning_engine.engine.bringing_in import Item, bring_in
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.config import load_config
from dunning_engine.engine.installation import open_engine
from dunning_engine.kernel.calendar import DAY_SECONDS, day_start
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.kernel.calendar import Instant

HOUR: Final = 3_600
APPROVER: Final = "the demonstration"


@dataclass(slots=True)
class _Desk:
    """The people who answer questions for approval, some days after they were asked."""

    engine: DunningEngine
    patience: int
    asked: list[tuple[Instant, str, str, str]] = field(default_factory=list)

    def take_over(self) -> None:
        """What was asked in an earlier run."""
        for case in self.engine.cases():
            policy = self.engine.policy_of(case.id)
            for delivery in case.deliveries.values():
                approval = policy.steps[policy.index[delivery.key.step]].approval
                if delivery.state is DeliveryState.AWAITING and approval is not None:
                    self.asked.append((delivery.changed_at + self.patience, case.id, delivery.id, approval.role))

    def answer(self, now: Instant) -> None:
        due = [question for question in self.asked if question[0] <= now]
        self.asked = [question for question in self.asked if question[0] > now]
        for _, case_id, action_id, role in due:
            delivery = self.engine.case(case_id).deliveries[action_id]
            if delivery.state is DeliveryState.AWAITING and (delivery.until is None or now < delivery.until):
                self.engine.approve(case_id, action_id, by=APPROVER, role=role)


def demo(config_file: Path, start: date | None, days: int | None) -> None:
    """Play the days, then tell what they brought."""
    config = load_config(config_file)
    first = start or (config.demo.start if config.demo else None)
    if first is None:
        raise UsageError(f"{config_file} has no [demo] table: say by --from on which day to begin")
    count = days or (config.demo.days if config.demo else 120)
    items, _left_out = items_of(config)
    opened = day_start(first.toordinal(), "UTC")
    clock = FixedClock(opened)
    with open_engine(config, clock) as engine, progress() as bar:
        desk = _Desk(engine, (config.demo.approval_days if config.demo else 0) * DAY_SECONDS)
        desk.take_over()
        task = bar.add_task("", total=count)
        for day in range(count):
            bar.update(task, description=f"{first + timedelta(day):%a %d %b %Y}")
            for hour in range(24):
                clock.move_to(opened + day * DAY_SECONDS + hour * HOUR)
                items = _hour(engine, desk, items)
            bar.advance(task)
        bar.stop()
        print_summary(engine, config, config_file, first, first + timedelta(count - 1))


def _hour(engine: DunningEngine, desk: _Desk, items: list[Item]) -> list[Item]:
    """One turn; gives back what has not happened yet."""
    now = engine.clock.now()
    at = next((at for at, item in enumerate(items) if item.at > now), len(items))
    if at:
        note(*(f"refused: {why}" for why in bring_in(engine, items[:at]).refused))
    desk.answer(now)
    for decision in settle(engine).decisions:
        for asked in decision.waiting:
            desk.asked.append((now + desk.patience, decision.case_id, asked.action.id, asked.role))
    return items[at:]
