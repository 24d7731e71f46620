"""Standing orders: that nothing goes out to a debtor, under a policy, or at all, until somebody says otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.kernel.calendar import Instant


class Scope(Enum):
    """What an order is about."""

    DEBTOR = "debtor"
    POLICY = "policy"
    """Every version of it."""
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """A pause of many cases at once, also of those that are opened later; `name` is the debtor's or the policy's."""

    scope: Scope
    name: str
    by: str
    reason: str
    since: Instant
    until: Instant | None = None
    ended_by: str = ""
    ended_why: str = ""

    @property
    def subject(self) -> str:
        return self.scope.value if self.scope is Scope.EVERYTHING else f"{self.scope.value} {self.name}"

    @property
    def words(self) -> str:
        return f"on hold with {self.subject} (by {self.by}: {self.reason})"

    def binds(self, case: Case) -> bool:
        """Whether a case falls under it."""
        match self.scope:
            case Scope.DEBTOR:
                return self.name == case.debtor.id
            case Scope.POLICY:
                return self.name == case.policy.name
            case _:
                return True
