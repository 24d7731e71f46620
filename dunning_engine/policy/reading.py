"""A file as far as it fits, as the checks of its meaning see it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from dunning_engine.domain.statutes import NO_STATUTES, Statutes
from dunning_engine.domain.verbs import ASKED
from dunning_engine.kernel.calendar import BusinessCalendar
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity
from dunning_engine.kernel.yamltext import Mapping, Scalar
from dunning_engine.policy.document import PolicyDraft, StepActions, StepDraft
from dunning_engine.policy.model import Anchor, Choice, Condition
from dunning_engine.policy.shape import Shape
from dunning_engine.policy.source import Path, Source

ACTION_KEYS = tuple(do.value for do in ASKED)
"""The keys of a step that ask for actions, one for each verb."""

CONDITION_KEYS = ("only_if", "only_if_any", "unless")


class CalendarNames(Protocol):
    """The business calendars that exist; `ports.sources.CalendarSource` is one."""

    def calendar(self, name: str) -> BusinessCalendar | None:
        """The calendar, or None where the name means nothing."""

    def names(self) -> tuple[str, ...]:
        """Every name it knows, for "did you mean"."""


class Reading:
    """A file as far as it fits, as the checks see it."""

    def __init__(self, shape: Shape, calendars: CalendarNames, statutes: Statutes = NO_STATUTES) -> None:
        self.draft: PolicyDraft = shape.draft
        self.source: Source = shape.source
        self.calendars = calendars
        self.statutes = statutes
        self.reported = shape.reported
        self.steps: tuple[StepDraft, ...] = shape.draft.steps
        self.position: dict[str, int] = {}
        for number, step in enumerate(self.steps):
            if step.step is not None:
                self.position.setdefault(step.step, number)
        self.rumoured = frozenset(_texts(shape.whole, self.steps))

    def lacks(self, *path: str | int) -> bool:
        """Whether a key was not written at all, rather than written with a mistake."""
        return self.source.node(path) is None and path not in self.reported

    def anchors(self) -> Iterator[tuple[int, Anchor]]:
        """The anchor of each step that has one."""
        return ((number, step.when) for number, step in enumerate(self.steps) if step.when is not None)


def _texts(whole: Source, steps: Sequence[StepDraft]) -> Iterator[str]:
    """Everything written in steps whose name could not be read: one of the texts may be that name."""
    for number, step in enumerate(steps):
        node = whole.node(("steps", number))
        if step.step is None and isinstance(node, Mapping):
            yield from (value.text for _, value in node.entries if isinstance(value, Scalar))


def warning(code: str, message: str, place: Place) -> Diagnostic:
    return Diagnostic(code, message, place, Severity.WARNING)


def on(number: int, *rest: str | int) -> Path:
    return ("steps", number, *rest)


def choices_of(step: StepActions) -> Iterator[tuple[str, int, Choice]]:
    """The actions of a step, each with its key and its position there; in the order of the verbs."""
    for key in ACTION_KEYS:
        for at, choice in enumerate(getattr(step, key)):
            yield key, at, choice


def does(step: StepActions) -> bool:
    """Whether a step asks for any action."""
    return next(choices_of(step), None) is not None


def conditions_of(number: int, step: StepDraft) -> Iterator[tuple[Path, Condition]]:
    for key, conditions in zip(CONDITION_KEYS, (step.only_if, step.only_if_any, step.unless), strict=True):
        for at, condition in enumerate(conditions):
            yield on(number, key, at), condition
