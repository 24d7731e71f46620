"""Phrases about holds, disputes, promises and payment plans."""

from __future__ import annotations

from functools import partial
from typing import Any

from dunning_engine.domain.arrangements import Clock, Resume
from dunning_engine.kernel.grammar import Form, Grammar, Slot
from dunning_engine.kernel.slots import COUNT
from dunning_engine.policy.arranged import HoldTerm, PlanBounds, PromiseLimit
from dunning_engine.policy.forms import LIMIT, STEP, form_of, single, words

_TERMS: dict[str, HoldTerm] = {member.value: member for member in (*Resume, *Clock)}

HOLD_TERM = words("what a hold does to the ladder", _TERMS)

PROMISE_LIMIT = Grammar(
    "a number of promises",
    (
        form_of("{open} open", PromiseLimit, open=COUNT),
        form_of("{broken} broken", PromiseLimit, broken=COUNT),
    ),
)

MISSED: Grammar[int] = Grammar(
    "a number of missed instalments",
    [
        Form(
            "{count} missed instalment[s]",
            slots={"count": COUNT},
            make=lambda count: count,
            take=lambda count: {"count": count},
        )
    ],
)

THEN = single("a step", STEP)


def _offer(pattern: str, every: str, **slots: Slot[Any]) -> Form[PlanBounds]:
    return form_of(pattern, partial(PlanBounds, every=every), **slots)


PLAN_OFFER = Grammar(
    "an offer of a payment plan",
    (
        _offer("plan of up to {count} monthly instalment[s]", "month", count=COUNT),
        _offer("plan of up to {count} monthly instalment[s] of at least {least}", "month", count=COUNT, least=LIMIT),
        _offer("plan of up to {count} weekly instalment[s]", "week", count=COUNT),
        _offer("plan of up to {count} weekly instalment[s] of at least {least}", "week", count=COUNT, least=LIMIT),
    ),
)
