"""The send journal of a fleet: the registry notes what leaves, before and after.

A server that was restored from a backup repeats what it has forgotten. Whatever it asks for a second time is found
here, and is answered by what came of it then.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dunning_engine.engine.gone_before import outcome_word
from dunning_engine.engine.watch import BEGUN, CERTAINTY, NOT_LEFT
from dunning_engine.kernel.calendar import iso
from dunning_engine.kernel.errors import DunningError
from dunning_engine.ports.adapter import Bounced, Retry, Sent, Uncertain
from dunning_engine.ports.guards import Left

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.integrations.temporal.commands import Handing
    from dunning_engine.ports.adapter import Message, Outcome
    from dunning_engine.ports.store import Store

AGAIN_SECONDS: Final = 60
"""How long to wait for a registry that is away."""

_log = logging.getLogger("dunning_engine")


class Sends:
    """What a fleet has handed over, by identity of the action."""

    def __init__(self, registry: Store) -> None:
        self._registry = registry

    def noted(self, given: Handing, message: Message, deliver: Callable[[Message], Outcome]) -> Outcome:
        """Hand a message over between two notes. Without the first nothing leaves; without the second there is doubt."""
        try:
            known, note = self._begun(given, message)
        except DunningError as error:
            return Retry(AGAIN_SECONDS, f"it could not be noted that this leaves: {error}")
        if known is not None:
            return _answered(known)
        outcome = deliver(message)
        try:
            with self._registry.transaction() as tx:
                tx.note_left([replace(note, outcome=max(note.outcome, outcome_word(outcome), key=_certainty))])
        except DunningError as error:
            _log.warning("what came of action %s is not noted: %s", given.key, error)
        return outcome

    def _begun(self, given: Handing, message: Message) -> tuple[Left | None, Left]:
        """What is known of this arming or a later one; and the note from before this hand-over."""
        note = Left(
            action_id=given.key,
            case_id=message.action.case_id,
            fence=given.fence,
            way=message.action.spec.way,
            at=given.at,
            outcome=BEGUN,
        )
        with self._registry.transaction() as tx:
            known = tx.left(note.action_id)
            if known is not None and known.fence >= given.fence and known.outcome != NOT_LEFT:
                return known, note
            before = NOT_LEFT if known is None else known.outcome
            tx.note_left([replace(note, outcome=max(BEGUN, before, key=_certainty))])
            return None, replace(note, outcome=before)


def _certainty(outcome: str) -> int:
    return CERTAINTY.index(outcome)


def _answered(known: Left) -> Outcome:
    """What came of handing over before."""
    told = f"handed over at {iso(known.at)}, says the registry: {known.outcome}"
    match known.outcome:
        case "sent" | "delivered":
            return Sent(told, delivered=known.outcome == "delivered")
        case "bounced":
            return Bounced(told)
        case _:
            return Uncertain(told)
