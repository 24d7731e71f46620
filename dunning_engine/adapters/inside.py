"""The host's own tables, where they lie in the engine's database: a hand-over that commits with its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dunning_engine.ports.adapter import Capability, Outcome, Retry, Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dunning_engine.domain.parties import Channel
    from dunning_engine.ports.adapter import Message

RETRY_SECONDS: Final = 3_600


class Inside:
    """Hands over by a function of the host that writes through the transaction's own connection.

    A queue of outgoing mail, a task list or a ledger in the engine's database is filled exactly once, without a sync for
    each action: nothing leaves before the commit, and nothing of it is there without its receipt. `write` gets the message
    and SQLAlchemy's connection, and returns nothing, or an outcome. What it wrote stays with `Sent` and `Bounced` alone;
    where it raises or answers anything else, it is taken back and tried again later, and given up in the end. It must not
    commit, roll back or close, and nothing in it should wait.
    """

    capability: Final = Capability.DEDUPE

    def __init__(
        self, name: str, handles: Iterable[Channel | str], write: Callable[[Message, Any], Outcome | None]
    ) -> None:
        self.name, self.handles = name, frozenset(handles)
        self._write = write

    def __repr__(self) -> str:
        return f"<Inside {self.name}>"

    def deliver_inside(self, message: Message, connection: Any) -> Outcome:
        said = self._write(message, connection)
        return Sent() if said is None else said

    def deliver(self, message: Message, *, seconds: float) -> Outcome:  # noqa: ARG002 - it is the wrong question
        return Retry(RETRY_SECONDS, f"configuration: {self.name} writes inside the engine's database: use `dispatch`")
