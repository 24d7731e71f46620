"""Exceptions for the host: yours to mend (`UsageError`), or somebody else's (`ForeignError`).

A policy author's mistake is never an exception but a `Diagnostic`, and what the law says is a `Verdict`.
`PolicyInvalid` only carries diagnostics across an API that has to stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.kernel.diagnostics import Diagnostic


class DunningError(Exception):
    """Whatever this library raises on purpose."""


class UsageError(DunningError):
    """The host called something in a way that cannot work; the message says what to call instead."""


class NotFound(UsageError):
    """A case, policy or action was named that the store does not hold."""


class Conflict(DunningError):
    """Somebody else changed the same case first: load it again and decide again."""


class ForeignError(DunningError):
    """A server, file or database outside of this library failed; trying again later may help."""


class OnlyReadable(ForeignError):
    """The database, its file or its role, lets this process read and not write."""


class PolicyInvalid(UsageError):
    """A policy, mapping, rulebook or test file has mistakes; `diagnostics` lists all of them."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        self.diagnostics = diagnostics
        super().__init__("\n".join(str(d) for d in diagnostics))

    def __reduce__(self) -> tuple[type[PolicyInvalid], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)
