"""What an earlier action makes necessary, as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ActionKey, ActionSpec
    from dunning_engine.domain.charges import Charge


class Follow(NamedTuple):
    """An action that follows from another one, and why; `amount` in minor units where it is not the open principal."""

    spec: ActionSpec
    key: ActionKey
    why: str
    invoices: tuple[str, ...] | None = None
    amount: int | None = None
    charges: tuple[Charge, ...] = ()
