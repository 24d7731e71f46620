"""Adapters that ask before the point of no return, called by somebody who has nothing to say to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.ports.adapter import Outcome, Withheld

if TYPE_CHECKING:
    from dunning_engine.ports.adapter import AsksLast, Message


def unasked(adapter: AsksLast, message: Message, seconds: float) -> Outcome:
    """What an adapter says of a message that may go whenever it comes to that."""
    outcome = adapter.deliver_asking(message, seconds=seconds, may_go=_always)
    assert not isinstance(outcome, Withheld)  # it always may
    return outcome


def _always() -> bool:
    return True
