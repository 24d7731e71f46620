"""What a rehearsal shows: breaches, dead ends, steps that were kept from running, actions that were put off at once."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.decision.conditions import objection
from dunning_engine.decision.progress import IN_FLIGHT, UNDER_WAY
from dunning_engine.decision.revisions import skipped_steps
from dunning_engine.decision.standing import Standing, stand
from dunning_engine.domain.case import CaseStatus
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.policy.model import AnchorKind, Step
from dunning_engine.testing.exploring import hangs_on

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ProposedAction
    from dunning_engine.testing.rehearsal import Rehearsal


IN_TIME: Final = 3600
"""Seconds after its instant up to which an action was looked at in time."""


class Kind(Enum):
    """What is wrong; the value is how findings are headed."""

    BREACH = "breach"
    DEAD_END = "dead end"
    NEVER_RUNS = "never runs"
    ALWAYS_DEFERRED = "always deferred"


class Sighting(NamedTuple):
    """Something that one rehearsal shows. `subject` is a monitor, a step or a rule; `about` what it is about."""

    kind: Kind
    subject: str
    about: str
    words: str

    @property
    def key(self) -> tuple[Kind, str, str]:
        """What makes two sightings the same."""
        return self.kind, self.subject, self.about


def sightings(stage: Rehearsal) -> Iterator[Sighting]:
    """Everything that a rehearsal shows; steps kept from running and deferrals are no fault by themselves."""
    for breach in stage.breaches:
        yield Sighting(Kind.BREACH, breach.monitor, breach.invariants, breach.words)
    yield from dead_end(stage)
    for step in stage.policy.steps:
        cause = kept_from(stage, step)
        if cause:
            yield Sighting(Kind.NEVER_RUNS, step.name, cause, cause)
    for action, rules in first_verdicts(stage):
        for rule in rules:
            yield Sighting(Kind.ALWAYS_DEFERRED, rule, f"{action.step}: {action.spec.words}", "")


# Dead ends ------------------------------------------------------------------------------------------------------------


def dead_end(stage: Rehearsal) -> Iterator[Sighting]:
    """A step that nothing will bring any more, although money is overdue and nothing that somebody said holds it."""
    standing = stand(stage.case, stage.policy, stage.now)
    if stage.wake is not None or stage.outbox or not _should_go_on(stage, standing):
        return
    found = _hanging(stage, standing)
    if found is not None:
        step, on, why = found
        words = f"nothing brings the step {step.name} any more while money is overdue: {why}"
        yield Sighting(Kind.DEAD_END, step.name, on, words)


def _should_go_on(stage: Rehearsal, standing: Standing) -> bool:
    return (
        stage.case.status in (CaseStatus.OVERDUE, CaseStatus.PLACED)
        and standing.overdue > 0
        and not standing.settled
        and not standing.holds
        and not any(d.state in IN_FLIGHT for d in stage.case.deliveries.values() if standing.counts(d, stage.case))
    )


def _hanging(stage: Rehearsal, standing: Standing) -> tuple[Step, str, str] | None:
    """The first step that was neither tried nor left out on purpose, what it hangs on, and why that failed."""
    policy, tried = stage.policy, _tried(stage, standing)
    begun = max((policy.index[name] for name, d in tried if d.state in UNDER_WAY), default=-1)
    names = {name for name, _ in tried} | {*skipped_steps(stage.case, policy, standing.run, standing.anew)}
    meant: set[str] = {name for name, delivery in tried if delivery.state is DeliveryState.REFUSED}
    for step in policy.steps[begun + 1 :]:
        if step.name in names:
            continue
        chosen = step.when.kind in _BY_FACTS or step.when.before_or_on_due
        if chosen or meant & set(hangs_on(step, policy)) or objection(step, stage.case, standing):
            meant.add(step.name)
            continue
        return step, *_what_failed(stage, step, tried, policy.steps[begun].name if begun >= 0 else "")
    return None


_BY_FACTS = frozenset({AnchorKind.AFTER_RESUME, AnchorKind.FAILED_PAYMENTS, AnchorKind.BALANCE_REACHES})


def _tried(stage: Rehearsal, standing: Standing) -> list[tuple[str, Delivery]]:
    return [
        (d.key.step, d)
        for d in stage.case.deliveries.values()
        if standing.counts(d, stage.case) and d.key.step in stage.policy.index
    ]


def _what_failed(stage: Rehearsal, step: Step, tried: list[tuple[str, Delivery]], last: str) -> tuple[str, str]:
    """What this step hangs on, in short and in words: an earlier one that failed, or what the ladder waits for."""
    notes = stage.decisions[-1].why
    unproven = any("proof" in note.words or "requires" in note.words for note in notes)
    failed = _FAILED | {DeliveryState.SENT} if unproven else _FAILED
    for name in (*hangs_on(step, stage.policy), last):
        known = [delivery for other, delivery in tried if other == name]
        if known and known[-1].state in failed:
            return f"{name} {known[-1].state.value}", _became(known[-1])
    waits = [note for note in notes if note.words.startswith(_WAITS)]
    about = waits or [note for note in notes if note.about == f"step {step.name}"]
    if not about:
        return "", "nothing is said about it"
    return about[0].about, f"{about[0].about}: {about[0].words}"


_WAITS: Final = "the ladder waits here"
_FAILED: Final = frozenset({DeliveryState.BLOCKED, DeliveryState.BOUNCED})
"""States of an action from which a step that hangs on it gets nothing; `sent` is one where proof is needed."""


def _became(delivery: Delivery) -> str:
    """What became of an action on which something hangs."""
    what = f"{delivery.words} (step {delivery.key.step})"
    match delivery.state:
        case DeliveryState.BLOCKED:
            return f"{what} is blocked by {', '.join(delivery.rules)}"
        case DeliveryState.BOUNCED:
            return f"{what} came back"
        case DeliveryState.SENT:
            return f"{what} was sent, and the proof that it arrived does not come"
        case other:
            return f"{what} is {other.value}"


# Steps that did not run, actions that were put off ---------------------------------------------------------------------


def kept_from(stage: Rehearsal, step: Step) -> str:
    """What kept a step from running, the last word on it; empty where it ran, or the case never came so far."""
    if any(handed.action.step == step.name for handed in stage.handed):
        return ""
    for decision in reversed(stage.decisions):
        for blocked in decision.blocked:
            if blocked.action.step == step.name:
                return f"it is blocked by {', '.join(reason.rule for reason in blocked.reasons)}"
        for deferred in decision.deferred:
            if deferred.action.step == step.name:
                return f"it is put off by {', '.join(reason.rule for reason in deferred.reasons)}"
        for note in decision.why:
            if note.about == f"step {step.name}" and note.words.startswith(("passed over", "the ladder", "skipped")):
                return note.words.removeprefix("passed over: ")
    return ""


def first_verdicts(stage: Rehearsal) -> Iterator[tuple[ProposedAction, tuple[str, ...]]]:
    """Each action that was seen when it came due, with the rules that put it off at once; none where it could go out.

    Who looks late, or after a hold, finds limits that have run out meanwhile; that says nothing about the policy.
    """
    if stage.case.marks or stage.case.promises:
        return
    seen: set[str] = set()
    for decision in stage.decisions:
        verdicts: list[tuple[ProposedAction, tuple[str, ...]]] = [(c.action.action, ()) for c in decision.cleared]
        verdicts += [(d.action, tuple(reason.rule for reason in d.reasons)) for d in decision.deferred]
        for action, rules in verdicts:
            if action.id not in seen:
                seen.add(action.id)
                if decision.at - action.planned_at < IN_TIME:
                    yield action, rules
