"""What a person may do to a ladder, checked and turned into events: skip a step, rewind, force a step, cancel a notice.

Who does it says their name and why. Nothing here goes past the law: a forced step is asked about by the gate as any
other, waits for its approval, and for a deadline that the debtor was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dunning_engine.decision.progress import UNDER_WAY
from dunning_engine.decision.schedule import Ladder
from dunning_engine.decision.standing import Standing, stand
from dunning_engine.domain.deliveries import Delivery, DeliveryState
from dunning_engine.domain.events import StepSkipped
from dunning_engine.domain.facts import News, StepNews
from dunning_engine.domain.given import given_text
from dunning_engine.domain.ladder_events import LadderRewound, NoticeCancelled, StepForced
from dunning_engine.domain.ledger_events import ChargeReversed
from dunning_engine.kernel.diagnostics import suggest
from dunning_engine.kernel.errors import NotFound, UsageError

if TYPE_CHECKING:
    from dunning_engine.domain.case import Case
    from dunning_engine.domain.events import Event
    from dunning_engine.domain.receivables import Receivable
    from dunning_engine.kernel.calendar import Instant
    from dunning_engine.policy.model import Policy, Step

_LEFT: Final = UNDER_WAY - {DeliveryState.CLEARED, DeliveryState.OMITTED}
"""States of an action that may have reached somebody."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A step of a case's ladder, and where the ladder stands."""

    case: Case
    policy: Policy
    standing: Standing
    ladder: Ladder
    step: Step
    lead: Receivable

    @property
    def index(self) -> int:
        return self.policy.index[self.step.name]

    @property
    def begun(self) -> bool:
        return self.ladder.progress.has_begun(self.step.name)

    @property
    def passed_by(self) -> str:
        """The later step that has begun; empty where none has."""
        begun = self.ladder.progress.begun
        return self.policy.steps[begun].name if begun > self.index else ""

    def counting(self) -> list[Delivery]:
        return [d for d in self.case.deliveries.values() if self.standing.counts(d, self.case)]


def steered(case: Case, policy: Policy, news: StepNews, *, by: str, reason: str, now: Instant) -> tuple[Event, ...]:
    """The events of what a person does to a ladder, as facts tell it; raises `UsageError` as the functions below do."""
    given = {"by": by, "reason": reason}
    match news.news:
        case News.SKIPPED:
            return (skip(case, policy, news.step, **given, now=now),)
        case News.REWOUND:
            return (rewind(case, policy, news.step, **given, now=now),)
        case News.FORCED:
            return (force(case, policy, news.step, **given, now=now),)
        case News.CANCELLED:
            return cancel_notice(case, policy, news.step, **given, now=now)
        case other:
            raise UsageError(f"{other.value} is no word of a person to a ladder")


def skip(case: Case, policy: Policy, step: str, *, by: str, reason: str, now: Instant) -> StepSkipped:
    """The event of a step that a person leaves out; of one that repeats, of the rest of its occurrences.

    Raises:
        UsageError: it has gone out, the ladder is past it, or it is skipped already.
    """
    by, reason = _signed(by, reason, "skips a step")
    place = _place(case, policy, step, now)
    if place.ladder.skipped(place.step) is not None:
        raise UsageError(f"step {step} of case {case.id} is skipped already")
    if place.passed_by:
        raise UsageError(f"step {step} is behind: {place.passed_by} has begun, so nothing of {step} comes any more")
    out = [d for d in place.counting() if d.key.step == step and d.state in _LEFT]
    if out and place.step.cadence is None:
        raise UsageError(f"step {step} has gone out: cancel its notice to take it back, or skip the step after it")
    return StepSkipped(place.standing.cycle, step, now, f"skipped by {by}: {reason}", by)


def rewind(case: Case, policy: Policy, step: str, *, by: str, reason: str, now: Instant) -> LadderRewound:
    """The event of a ladder that a person sets back to a step.

    Raises:
        UsageError: the ladder has not come to the step, or its time is over for good.
    """
    place = _place(case, policy, step, now)
    behind = [d for d in place.counting() if policy.index.get(d.key.step, -1) >= place.index]
    left_out = any(place.ladder.skipped(other) is not None for other in policy.steps[place.index :])
    if not behind and not left_out:
        raise UsageError(
            f"the ladder of case {case.id} has not come to step {step}: there is nothing to rewind; "
            f"force takes a step now, skip leaves it out"
        )
    if place.step.when.before_or_on_due and place.standing.today > place.lead.due:
        raise UsageError(f"step {step} is for the time up to the due date, which is over: rewind to a later step")
    return LadderRewound(place.standing.run, step, by, reason)


def force(case: Case, policy: Policy, step: str, *, by: str, reason: str, now: Instant) -> StepForced:
    """The event of a step that a person lets go now: its day and its conditions are set aside, nothing else is.

    Raises:
        UsageError: it has been taken or passed, the case waits, a stated deadline runs, or a required proof is missing.
    """
    place = _place(case, policy, step, now)
    standing, ladder = place.standing, place.ladder
    if standing.stopped or standing.paused:
        why = standing.stopped or " and ".join(standing.paused)
        raise UsageError(f"case {case.id} is {why}: nothing is forced past that; end it first")
    if place.begun:
        raise UsageError(f"step {step} has been taken: rewind to it to take it again")
    if ladder.skipped(place.step) is not None:
        raise UsageError(f"step {step} was skipped: rewind to it first")
    if place.passed_by:
        raise UsageError(f"{place.passed_by} stands behind {step} and has begun: rewind to {step} to take it")
    if ladder.forced(place.step, 1) is not None:
        raise UsageError(f"step {step} is forced already: case why says what it waits for")
    if ladder.timetable.bound_until(place.index) > now:
        raise UsageError(
            f"the debtor was given a deadline that is not over: {step} may come after it; cancel that notice first"
        )
    missing = ladder.missing(place.step)
    if missing is not None:
        raise UsageError(f"step {step} requires that {missing.step} is {missing.outcome}: nobody sets a proof aside")
    return StepForced(standing.cycle, step, by, reason)


def cancel_notice(
    case: Case, policy: Policy, what: str, *, by: str, reason: str, now: Instant
) -> tuple[NoticeCancelled | ChargeReversed, ...]:
    """The events of a notice that a person takes back, with the charges of its step; `what` is an action or a step.

    Of a step the latest notice is meant.

    Raises:
        UsageError: it has not gone out, is no notice, is not the latest of its run, or a charge of it is paid.
    """
    delivery = _notice(case, policy, what)
    place = _place(case, policy, delivery.key.step, now)
    standing = place.standing
    if delivery.id in standing.undone:
        raise UsageError(f"{delivery.words} no longer counts: {standing.anew[-1].why}")
    if not standing.counts(delivery, case):
        raise UsageError(f"{delivery.words} belongs to a run of the ladder that is over: its debt is settled")
    mine = place.index, delivery.key.occurrence
    for other in place.counting():
        theirs = policy.index.get(other.key.step, -1), other.key.occurrence
        if theirs > mine and other.state in UNDER_WAY:
            raise UsageError(
                f"{other.words} of step {other.key.step} came after {delivery.words} and stands: cancel that first"
            )
    charges = _charged(case, delivery)
    cancelled = NoticeCancelled(delivery.id, by, reason)
    return cancelled, *(ChargeReversed(charge, by, f"{delivery.words} was cancelled") for charge in charges)


def _charged(case: Case, delivery: Delivery) -> list[str]:
    """The charges that came with a notice; what is paid already is not taken back in passing."""
    key = delivery.key
    same = (key.cycle, key.step, key.occurrence)
    with_it = {d.id for d in case.deliveries.values() if (d.key.cycle, d.key.step, d.key.occurrence) == same}
    accounts = [a for a in case.charges if a.charge.action in with_it and not a.void]
    for account in accounts:
        if account.open < account.charge.amount - account.lapsed - account.written:
            raise UsageError(
                f"the charge {account.charge.id} of {delivery.words} is paid already: give the money back first, "
                f"or take the charge back alone with a ChargeReversed"
            )
    return [account.charge.id for account in accounts]


def _notice(case: Case, policy: Policy, what: str) -> Delivery:
    found = [d for d in case.deliveries.values() if what in (d.id, d.key.step)]
    if not found:
        if what in policy.index:
            raise UsageError(f"step {what} of case {case.id} has sent nothing: there is no notice to cancel")
        raise NotFound(f"case {case.id} has no action and no step {what!r}{_near(what, policy)}")
    out = [d for d in found if d.state in _LEFT]
    if not out:
        raise UsageError(
            f"{found[-1].words} is {found[-1].state.value} and has not gone out: skip its step to keep it back"
        )
    notices = [d for d in out if d.channel is not None]
    latest = max(notices or out, key=lambda d: (d.armed_at or 0, d.key.occurrence, d.id))
    if latest.channel is None:
        raise UsageError(f"{latest.words} is no notice to the debtor: only what was sent to them is cancelled")
    return latest


def _place(case: Case, policy: Policy, step: str, now: Instant) -> _Place:
    if step not in policy.index:
        raise NotFound(f"policy {policy.name} {policy.version} has no step {step!r}{_near(step, policy)}")
    standing = stand(case, policy, now)
    if standing.lead is None:
        raise UsageError(f"nothing is owed in case {case.id} that could be dunned: its ladder does not stand anywhere")
    ladder = Ladder(case, policy, standing, standing.lead)
    return _Place(case, policy, standing, ladder, policy.steps[policy.index[step]], standing.lead)


def _near(step: object, policy: Policy) -> str:
    near = suggest(str(step), policy.index)
    return f"; did you mean {near!r}?" if near else f"; it has {', '.join(policy.index)}"


def _signed(by: object, reason: object, what: str) -> tuple[str, str]:
    return (
        given_text(by, f"whoever {what} says who they are", "pass by=…"),
        given_text(reason, f"whoever {what} says why", "pass reason=…"),
    )
