"""What people do to a ladder by hand, and what sets it back: events, the marks they leave on a case, and how they fold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dunning_engine.domain.given import given_text
from dunning_engine.kernel.errors import UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.deliveries import Change
    from dunning_engine.domain.events import Recorded
    from dunning_engine.kernel.calendar import Instant


class How(Enum):
    """How far down something sets a ladder."""

    RESTART = "restart"
    """To the bottom."""
    BACK = "back one step"
    """The latest step counts as not taken."""
    STEP = "to a step"
    """A named step, and all behind it, count as not taken."""
    AGE = "to an age"
    """Where the age of another receivable puts it."""
    NOTICE = "to a notice"
    """The notice of a named restriction counts as not given, where nothing behind it was taken but before that."""


@dataclass(frozen=True, slots=True)
class SetBack:
    """Something that set a ladder back at an instant.

    `cause` names it for ever, whatever becomes known later: it ends up in the identities of the actions that follow.
    `run` is the run of the ladder that is meant, any where empty; `step` and `occurrence` are for `How.STEP`.
    """

    at: Instant
    cause: str
    how: How
    why: str
    run: str = ""
    step: str = ""
    occurrence: int = 1
    by: str = ""


@dataclass(frozen=True, slots=True)
class Forcing:
    """A person's word that a step goes now; `cycle` names the run and revision of the ladder in which it does."""

    at: Instant
    cycle: str
    step: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """That a step was passed over; `by` is empty where the catch-up rule did it."""

    at: Instant
    cycle: str
    step: str
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class StepForced:
    """A person lets a step go now: its day and its conditions are set aside, the law is not."""

    cycle: str
    step: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        _signed(self, "forces a step")


@dataclass(frozen=True, slots=True)
class LadderRewound:
    """A person sets the ladder of a run back to a step, which is taken again with all behind it."""

    run: str
    step: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        _signed(self, "rewinds a ladder")


@dataclass(frozen=True, slots=True)
class NoticeCancelled:
    """A person takes back the latest notice: its step counts as not taken, and what it charged is not owed."""

    action_id: str
    by: str
    reason: str

    def __post_init__(self) -> None:
        _signed(self, "cancels a notice")


LadderEvent: TypeAlias = StepForced | LadderRewound | NoticeCancelled
"""What a person does to a ladder."""


def _signed(event: LadderEvent, what: str) -> None:
    by = given_text(event.by, f"whoever {what} says who they are", "pass by=…")
    reason = given_text(event.reason, f"whoever {what} says why", "pass reason=…")
    object.__setattr__(event, "by", by)
    object.__setattr__(event, "reason", reason)


def _forced(case: Case, event: StepForced, recorded: Recorded) -> Change:
    forcing = Forcing(recorded.at, event.cycle, event.step, event.by, event.reason)
    return {"forced": (*case.forced, forcing)}


def _rewound(case: Case, event: LadderRewound, recorded: Recorded) -> Change:
    words = f"rewound to {event.step} by {event.by}: {event.reason}"
    return _set_back(case, SetBack(recorded.at, str(recorded.seq), How.STEP, words, event.run, event.step, by=event.by))


def _notice_cancelled(case: Case, event: NoticeCancelled, recorded: Recorded) -> Change:
    """What it said of money is for the ledger; here its step is open again."""
    delivery = case.deliveries.get(event.action_id)
    if delivery is None:
        raise UsageError(f"case {case.id} has no action {event.action_id}")
    key = delivery.key
    words = f"{delivery.words} cancelled by {event.by}: {event.reason}"
    at, cause = recorded.at, str(recorded.seq)
    return _set_back(case, SetBack(at, cause, How.STEP, words, key.cycle, key.step, key.occurrence, event.by))


def _set_back(case: Case, mark: SetBack) -> Change:
    return {"set_backs": tuple(sorted((*case.set_backs, mark), key=lambda m: (m.at, int(m.cause))))}


OF_LADDERS: Final[Mapping[type, Callable[[Case, Any, Recorded], Change]]] = {
    StepForced: _forced,
    LadderRewound: _rewound,
    NoticeCancelled: _notice_cancelled,
}
