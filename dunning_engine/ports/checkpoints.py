"""Named points between two operations on the database or with the outside: where tests let a process die.

In production nobody listens. A harness passes `DunningEngine.open(checkpoint=…)` a function that kills its process, or
raises what is no `Exception`, when its point comes.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeAlias


class Point(Enum):
    """Every point, in the order in which a fact, a decision and a hand-over pass them.

    Those that end in "written" stand before the commit, those in "committed" behind it.
    """

    RECORD_READ = "record: read"
    """The case is locked and the fact checked."""
    RECORD_RECEIVED = "record: received"
    """The identity of the outside event is in the inbox."""
    RECORD_WRITTEN = "record: written"
    RECORD_COMMITTED = "record: committed"

    ADVANCE_READ = "advance: read"
    """The cases of a batch are locked and read."""
    ADVANCE_DECIDED = "advance: decided"
    ADVANCE_WRITTEN = "advance: written"
    ADVANCE_COMMITTED = "advance: committed"

    CLAIMED = "dispatch: claimed"
    """An action is locked, with its case."""
    ADMITTED = "dispatch: admitted"
    """The gate was asked again."""
    RENDERED = "dispatch: rendered"
    ARM_RECORDED = "dispatch: arming recorded"
    """The case knows that the action is armed, its row does not yet."""
    ARM_WRITTEN = "dispatch: arming written"
    ARMED = "dispatch: armed"
    """Committed; the adapter has not been called yet."""
    LOOKED_UP = "dispatch: looked up"
    """The far side was asked whether it has the action."""
    HANDED_OVER = "dispatch: handed over"
    """The adapter came back; nothing of it is written yet."""
    RECEIPT_WRITTEN = "dispatch: receipt written"
    RECEIPT_COMMITTED = "dispatch: receipt committed"


Checkpoint: TypeAlias = Callable[[Point], None]
"""What is called at each point."""


def nobody(_point: Point) -> None:
    """Nobody listens."""
