"""What a store remembers of itself: how far it has come, and which send journal goes with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.kernel.calendar import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One row per tenant.

    `last` is the newest instant at which something was decided by a clock that can be wrong, `journal` the identity of
    the send journal and `checked` the place up to which both agree. Since `restored_at` nothing is armed. `trusted`
    counts how often an operator said that the clock is right; `zones` names the zone rules that next looks follow.
    """

    last: Instant | None = None
    epoch: int = 1
    journal: str = ""
    checked: int = 0
    restored_at: Instant | None = None
    why: str = ""
    trusted: int = 0
    zones: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """An action that left, or may have, while the store that is here now knew nothing of it.

    It is kept until the action comes up again, and is then taken for handed over. `outcome` is the adapter's answer in
    the journal; `begun` where it has none.
    """

    action_id: str
    case_id: str
    fence: int
    way: str
    at: Instant
    outcome: str
