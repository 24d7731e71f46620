"""The store of an engine that was closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dunning_engine.ports.store import Transaction


class Closed:
    """Takes the place of a store that was let go of, so that nothing opens it again behind the host's back."""

    def __repr__(self) -> str:
        return "<closed>"

    def transaction(self, connection: Any = None, *, write: bool = True) -> AbstractContextManager[Transaction]:  # noqa: ARG002 - whoever asks
        """Refused."""
        self.refuse()

    def compact(self) -> None:
        """Refused."""
        self.refuse()

    def close(self) -> None:
        """It is closed."""

    def refuse(self) -> NoReturn:
        """Say what to do instead."""
        raise UsageError("this engine was closed: open it again with DunningEngine.open(...)")
