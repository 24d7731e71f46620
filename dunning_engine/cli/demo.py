"""`dunning demo`: the days of a portfolio, from one instant at which something happens to the next, as a timer would."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from dunning_engine.cli.running import items_of, settle
from dunning_engine.cli.screen import note, progress
from dunning_engine.cli.summary import print_summary
from dunning_engine.domain.approval_events import ApprovalRequested
from dunning_engine.domain.deliveries import DeliveryState
from dunning_engine.engine.bringing_in import Item, bring_in
from dunning_engine.engine.clocks import FixedClock
from dunning_engine.engine.config import load_config
from dunning_engine.engine.installation import open_engine, policies_of
from dunning_engine.kernel.calendar import DAY_SECONDS, day_start
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dunning_engine.engine.engine import DunningEngine
    from dunning_engine.kernel.calendar import Instant

APPROVER: Final = "the demonstration"

_Due: TypeAlias = "tuple[Instant, Item]"


@dataclass(slots=True)
class _Desk:
    """The people who answer questions for approval, some time after they were asked, or asked anew."""

    engine: DunningEngine
    patience: int
    asked: dict[str, tuple[Instant, str]] = field(default_factory=dict)
    """By action: when they answer, and the case."""

    def take_over(self) -> None:
        """What was asked in an earlier run."""
        for case in self.engine.cases():
            for delivery in case.deliveries.values():
                if delivery.state is DeliveryState.AWAITING:
                    self.ask(delivery.id, delivery.changed_at, case.id)

    def ask(self, action_id: str, at: Instant, case_id: str) -> None:
        """A question; one that comes again is thought about again."""
        self.asked[action_id] = (at + self.patience, case_id)

    def answer(self, now: Instant) -> None:
        for action_id in [action_id for action_id, (due, *_) in self.asked.items() if due <= now]:
            _, case_id = self.asked.pop(action_id)
            delivery = self.engine.case(case_id).deliveries[action_id]
            if delivery.state is DeliveryState.AWAITING and (delivery.until is None or now < delivery.until):
                for role in delivery.awaits:
                    by = APPROVER if len(delivery.awaits) == 1 else f"{APPROVER} as {role}"
                    self.engine.approve(case_id, action_id, by=by, role=role)


def demo(config_file: Path, start: date | None, days: int | None) -> None:
    """Play the days, then tell what they brought."""
    config = load_config(config_file)
    first = start or (config.demo.start if config.demo else None)
    if first is None:
        raise UsageError(f"{config_file} has no [demo] table: say by --from on which day to begin")
    count = days or (config.demo.days if config.demo else 120)
    items, _left_out = items_of(config)
    opened = min(day_start(first.toordinal(), policy.zone) for policy in policies_of(config))
    clock = FixedClock(opened)
    with open_engine(config, clock) as engine, progress() as bar:
        desk = _Desk(engine, (config.demo.approval_days if config.demo else 0) * DAY_SECONDS)
        desk.take_over()
        task = bar.add_task("", total=count)
        for now in _play(engine, clock, desk, _agenda(items, first), day_start(first.toordinal() + count, "UTC")):
            day = (now - opened) // DAY_SECONDS
            bar.update(task, completed=day, description=f"{first + timedelta(day):%a %d %b %Y}")
        bar.stop()
        print_summary(engine, config, config_file, first, first + timedelta(count - 1))


def _agenda(items: list[Item], first: date) -> list[_Due]:
    """When each item comes in: as it happened, but not before the first day has begun in the zone of its policy."""
    dues = [(max(item.at, day_start(first.toordinal(), item.plan.policy.zone)), item) for item in items]
    return sorted(dues, key=itemgetter(0))


def _play(engine: DunningEngine, clock: FixedClock, desk: _Desk, agenda: list[_Due], end: Instant) -> Iterator[Instant]:
    """Every instant up to the end at which a fact, an answer or the engine has its turn, once that is taken."""
    while (now := _next(engine, desk, agenda)) is not None and now < end:
        clock.move_to(max(now, clock.now()))
        agenda = _turn(engine, desk, agenda)
        yield clock.now()


def _next(engine: DunningEngine, desk: _Desk, agenda: list[_Due]) -> Instant | None:
    times = [engine.next_look(), *(due for due, _ in agenda[:1]), *(due for due, *_ in desk.asked.values())]
    return min((at for at in times if at is not None), default=None)


def _turn(engine: DunningEngine, desk: _Desk, agenda: list[_Due]) -> list[_Due]:
    """What is due now; gives back what has not happened yet."""
    now = engine.clock.now()
    at = next((at for at, (due, _) in enumerate(agenda) if due > now), len(agenda))
    if at:
        note(*(f"refused: {why}" for why in bring_in(engine, [item for _, item in agenda[:at]]).refused))
    desk.answer(now)
    for decision in settle(engine).decisions:
        for event in decision.events:
            if isinstance(event, ApprovalRequested):
                desk.ask(event.action.id, now, decision.case_id)
    return agenda[at:]
