"""The desk as activities of a worker: all but one are local, have no effect, and may be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio import activity

from dunning_engine.integrations.temporal.commands import Answer, Armed, Command, Handing, Outcome, Reading
from dunning_engine.integrations.temporal.image import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dunning_engine.integrations.temporal.desk import Desk


class DeskActivities:
    """What workflows ask of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def all(self) -> list[Callable[..., Any]]:
        """Every activity, for a worker."""
        return [self.tell, self.look, self.receive, self.keep, self.deliver]

    @activity.defn(name="tell")
    def tell(self, image: Image, now: Reading, command: Command) -> Answer:
        """What a command changes."""
        return self._desk.tell(image, now, command)

    @activity.defn(name="look")
    def look(self, image: Image, now: Reading) -> Answer:
        """What is due now, and at most one action to hand over."""
        return self._desk.look(image, now)

    @activity.defn(name="receive")
    def receive(self, image: Image, now: Reading, armed: Armed, outcome: Outcome) -> Answer:
        """What a receipt changes."""
        return self._desk.receive(image, now, armed, outcome)

    @activity.defn(name="keep")
    def keep(self, image: Image, now: Reading) -> Answer:
        """Snapshots for the next run."""
        return self._desk.keep(image, now)

    @activity.defn(name="deliver")
    def deliver(self, given: Handing) -> Outcome:
        """Hand one action over."""
        return self._desk.deliver(given)
