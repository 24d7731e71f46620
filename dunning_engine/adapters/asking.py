"""Adapters that ask before the point of no return, also where nobody is there to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dunning_engine.ports.adapter import Outcome, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable

    from dunning_engine.ports.adapter import Message


class Asking:
    """An adapter that needs no more than its `deliver_asking`."""

    __slots__ = ()

    if TYPE_CHECKING:

        def deliver_asking(
            self, message: Message, *, seconds: float, may_go: Callable[[], bool]
        ) -> Outcome | Withheld: ...

    def deliver(self, message: Message, *, seconds: float) -> Outcome:
        """Hand over a message that may go whenever it comes to that."""
        outcome = self.deliver_asking(message, seconds=seconds, may_go=_always)
        assert not isinstance(outcome, Withheld)  # it always may
        return outcome


def _always() -> bool:
    return True
