"""What `decide` answers: events to record, actions by verdict, when to look again, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dunning_engine.kernel.calendar import iso

if TYPE_CHECKING:
    from dunning_engine.compliance.verdict import Blocked, Cleared, Deferred, Reason
    from dunning_engine.domain.actions import ClearedAction, ProposedAction
    from dunning_engine.domain.approval_events import ApprovalRequested
    from dunning_engine.domain.events import Event
    from dunning_engine.kernel.calendar import Instant


class Note(NamedTuple):
    """One step of the reasoning: what was looked at, what was found, and (where it matters) until when."""

    about: str
    words: str
    at: Instant | None = None


class Decision(NamedTuple):
    """What should happen to a case at an instant.

    `events` is what to record, in order; the verdicts are there for reading. `next_look` is the next instant at which
    something can change by time alone: `None` means only a new fact can.
    """

    case_id: str
    at: Instant
    zone: str
    events: tuple[Event, ...] = ()
    cleared: tuple[Cleared, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    waiting: tuple[ApprovalRequested, ...] = ()
    next_look: Instant | None = None
    why: tuple[Note, ...] = ()
    variant: str = ""
    """The variant of an experiment that the case belongs to, as in `sooner/control`."""

    def explain(self) -> str:
        """The reasoning in lines a person can read, times in the policy's zone."""
        lines = [f"{self.case_id} at {self.time(self.at)}"]
        lines += [f"  variant: {self.variant}"] if self.variant else []
        lines += [
            f"  {note.about}: {note.words}{f' ({self.time(note.at)})' if note.at is not None else ''}"
            for note in self.why
        ]
        for cleared in self.cleared:
            lines.append(f"  cleared: {cleared.action.action.spec.words} (step {cleared.action.action.step})")
        for deferred in self.deferred:
            lines.append(f"  deferred until {self.time(deferred.until)}: {deferred.action.spec.words}")
            lines += [f"    because {reason}" for reason in deferred.reasons]
        for blocked in self.blocked:
            lines.append(f"  blocked: {blocked.action.spec.words}")
            lines += [f"    because {reason}" for reason in blocked.reasons]
        lines += [
            f"  waiting: {request.action.spec.words} for the approval of {request.role}" for request in self.waiting
        ]
        lines.append(
            f"  next look: {self.time(self.next_look) if self.next_look is not None else 'when something new is known'}"
        )
        return "\n".join(lines)

    def time(self, instant: Instant) -> str:
        """An instant as a person reads it, in the policy's zone."""
        return local_time(instant, self.zone)


def local_time(instant: Instant, zone: str) -> str:
    """`2026-03-06 12:00 America/New_York`."""
    return f"{iso(instant, zone)[:16].replace('T', ' ')} {zone}"


@dataclass(frozen=True, slots=True)
class Armed:
    """The action may be handed over now."""

    action: ClearedAction


@dataclass(frozen=True, slots=True)
class Postponed:
    """The action is lawful again from `until` on."""

    action: ProposedAction
    until: Instant
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What the action rested on has changed: it is taken back and, where still wanted, decided anew.

    `reasons` are those of the rules, where they refuse it by now.
    """

    action: ProposedAction
    why: str
    reasons: tuple[Reason, ...] = ()


Admission = Armed | Postponed | Withdrawn
