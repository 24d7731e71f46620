"""Holds, disputes, promises and plans of a policy as plain English."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dunning_engine.domain.arrangements import Clock, Resume
from dunning_engine.policy.arranged import Arrangements, HoldTerms, PlanRules, PromiseRules
from dunning_engine.policy.model import Pause
from dunning_engine.policy.phrases_arrangements import PLAN_OFFER

_RESUMED = {
    Resume.CONTINUE: "the ladder goes on where it stood",
    Resume.RESTART: "the ladder is climbed again from its first step",
    Resume.BACK: "the ladder goes back one step",
}

_CLOCK = {Clock.STOPS: "the days of the wait do not count", Clock.RUNS: "the days of the wait count"}

_WAITS = {
    "dispute": "a dispute",
    "promise": "a promise to pay",
    "plan": "a payment plan",
    "manual": "a manual hold",
    "hardship": "hardship",
    "identity_theft": "a report of identity theft",
    "bankruptcy": "a bankruptcy",
    "deceased": "news of a death",
    "cease": "a request to cease",
    "attorney": "an attorney",
}


def waits_explained(arranged: Arrangements, pauses: Collection[Pause]) -> Iterator[str]:
    """What the policy says of reasons to wait, one sentence each, and what holds of those that it waits for."""
    for key, terms in arranged.holds.items():
        yield _hold(key, terms)
    if pauses:
        wait = "any other wait" if arranged.holds else "a wait"
        yield f"After {wait} {_RESUMED[Resume.CONTINUE]}, and {_CLOCK[Clock.STOPS]}."
    if arranged.disputes.answer_within is not None:
        yield f"A dispute is to be answered within {arranged.disputes.answer_within}."
    elif Pause.DISPUTED in pauses:
        yield "A dispute waits for its answer, however long that takes."
    yield from _promises(arranged.promises)
    yield from _plans(arranged.plans, told=Pause.PLAN_ON_TRACK in pauses)


def _hold(key: str, terms: HoldTerms) -> str:
    return f"After {_WAITS[key]} {_RESUMED[terms.resume]}, and {_CLOCK[terms.clock]}."


def _promises(rules: PromiseRules) -> Iterator[str]:
    if rules.tolerance is not None:
        yield f"A promise is kept when the money comes within {rules.tolerance} after its day."
    if rules.open is not None:
        yield f"A promise changes nothing while {rules.open} other{_plural(rules.open)} open."
    if rules.broken is not None:
        yield f"After {_broken(rules.broken)} no promise lets the case wait."
    if rules.then is not None:
        yield f"A broken promise leads to the step {rules.then}."


def _plural(count: int) -> str:
    return " is" if count == 1 else "s are"


def _broken(count: int) -> str:
    return "1 broken promise" if count == 1 else f"{count} broken promises"


def _plans(rules: PlanRules, *, told: bool) -> Iterator[str]:
    if rules.grace is not None:
        yield f"An instalment is in time up to {rules.grace} after its day."
    if rules.broken_after != 1:
        yield f"A payment plan is broken when {rules.broken_after} instalments are missed at once."
    elif told:
        yield "A payment plan is broken when an instalment is missed."
    if rules.offer is not None:
        yield f"Without approval we agree to a {PLAN_OFFER.show(rules.offer)}."
    if rules.then is not None:
        yield f"A broken plan leads to the step {rules.then}."
