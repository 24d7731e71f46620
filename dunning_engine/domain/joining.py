"""What happened to levels that go along in the letter of another one: an event, and what a letter says of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ActionKey
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True)
class LevelJoined:
    """A level of another receivable goes along in the action `into`; `words` say what it would have been alone.

    Where every receivable climbs its own ladder (`lead: each`), what falls due together goes out together. The level
    keeps a delivery of its own, which follows that of its carrier, so that its ladder climbs as if it were sent alone.
    """

    action_id: str
    key: ActionKey
    words: str
    certified: bool
    planned_at: Instant
    into: str
    invoice: str = ""
