"""What identified the debtor was erased from a case: the event that says so, and what it leaves on the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dunning_engine.domain.given import given_text
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Recorded


@dataclass(frozen=True, slots=True)
class Erased:
    """Personal data of every event up to this one is gone; `reason` says on whose wish, without naming the debtor."""

    by: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "by", given_text(self.by, "whoever erases says who they are", "pass by=…"))
        object.__setattr__(self, "reason", given_text(self.reason, "whoever erases says why", "pass reason=…"))


def check_not_erased(case: Case) -> None:
    """Refuse facts about a case of which nobody knows any more whose it was."""
    if case.erased_at is not None:
        raise UsageError(
            f"the personal data of case {case.id} was erased: open what is owed since under another case_id"
        )


def _erased(_case: Case, _event: Erased, recorded: Recorded) -> dict[str, Any]:
    return {"erased_at": recorded.at}


OF_ERASURE: Final[Mapping[type, Callable[[Case, Any, Recorded], dict[str, Any]]]] = {Erased: _erased}
