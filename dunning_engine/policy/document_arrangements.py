"""The parts of a policy file about holds, disputes, promises and payment plans."""

from __future__ import annotations

from typing import Annotated

from dunning_engine.kernel.spans import SPAN, Span
from dunning_engine.policy import phrases_arrangements as phrases
from dunning_engine.policy.arranged import HoldTerm, PlanBounds, PromiseLimit
from dunning_engine.policy.values import OneOrMany, Part, Phrase

HoldTermItem = Annotated[HoldTerm, Phrase(phrases.HOLD_TERM)]
PromiseLimitItem = Annotated[PromiseLimit, Phrase(phrases.PROMISE_LIMIT)]
Then = Annotated[str, Phrase(phrases.THEN, "The step to which the ladder goes on then, over those before it.")]


class HoldsDocument(Part):
    """What each reason to wait does to the ladder: where it goes on afterwards, and whether its clock runs."""

    dispute: Annotated[tuple[HoldTermItem, ...], OneOrMany("After a dispute.")] = ()
    promise: Annotated[tuple[HoldTermItem, ...], OneOrMany("After a promise to pay.")] = ()
    plan: Annotated[tuple[HoldTermItem, ...], OneOrMany("After a payment plan.")] = ()
    manual: Annotated[tuple[HoldTermItem, ...], OneOrMany("After a hold that a person placed.")] = ()
    hardship: Annotated[tuple[HoldTermItem, ...], OneOrMany("After hardship.")] = ()
    identity_theft: Annotated[tuple[HoldTermItem, ...], OneOrMany("After a report of identity theft.")] = ()
    bankruptcy: Annotated[tuple[HoldTermItem, ...], OneOrMany("After a bankruptcy.")] = ()
    deceased: Annotated[tuple[HoldTermItem, ...], OneOrMany("After news of a death that was wrong.")] = ()
    cease: Annotated[tuple[HoldTermItem, ...], OneOrMany("After a request to cease contact.")] = ()
    attorney: Annotated[tuple[HoldTermItem, ...], OneOrMany("After an attorney represented the debtor.")] = ()


class DisputesDocument(Part):
    """How disputes are dealt with."""

    answer_within: Annotated[Span, Phrase(SPAN, "How long we have to answer a dispute.")] | None = None


class PromisesDocument(Part):
    """How far promises to pay are trusted."""

    tolerance: (
        Annotated[Span, Phrase(SPAN, "For how long after the promised day payment still keeps the promise.")] | None
    ) = None
    at_most: Annotated[
        tuple[PromiseLimitItem, ...], OneOrMany("How many promises let the case wait: beyond these one more does not.")
    ] = ()
    then: Then | None = None


class PlansDocument(Part):
    """When a payment plan counts as broken."""

    grace: Annotated[Span, Phrase(SPAN, "For how long after its day an instalment is still in time.")] | None = None
    broken_after: Annotated[
        int, Phrase(phrases.MISSED, "How many instalments have to be missed at once to break the plan.")
    ] = 1
    then: Then | None = None
    offer: (
        Annotated[PlanBounds, Phrase(phrases.PLAN_OFFER, "Which plans may be agreed without anybody's approval.")]
        | None
    ) = None
