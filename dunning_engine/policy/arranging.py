"""What a file says of holds, disputes, promises and plans, compiled; and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dunning_engine.domain.arrangements import Resume
from dunning_engine.kernel.diagnostics import Diagnostic
from dunning_engine.policy.arranged import NONE, Arrangements, DisputeRules, HoldTerms, PlanRules, PromiseRules
from dunning_engine.policy.document_arrangements import HoldsDocument
from dunning_engine.policy.model import Pause
from dunning_engine.policy.reading import Reading, warning

if TYPE_CHECKING:
    from dunning_engine.policy.document import PolicyDocument
    from dunning_engine.policy.document_arrangements import PromisesDocument


def arrangements(document: PolicyDocument) -> Arrangements:
    """The compiled rules; what a file does not speak of is the one value that says nothing."""
    holds = {key: HoldTerms.of(terms) for key in HoldsDocument.model_fields if (terms := getattr(document.holds, key))}
    plans = document.plans
    found = Arrangements(
        holds,
        DisputeRules(document.disputes.answer_within),
        _promises(document.promises),
        PlanRules(plans.grace, plans.broken_after, plans.then, plans.offer),
    )
    return NONE if found == NONE else found


def _promises(document: PromisesDocument) -> PromiseRules:
    most_open = [limit.open for limit in document.at_most if limit.open is not None]
    most_broken = [limit.broken for limit in document.at_most if limit.broken is not None]
    return PromiseRules(document.tolerance, min(most_open, default=None), min(most_broken, default=None), document.then)


# What is wrong with it ------------------------------------------------------------------------------------------------


def contrary_terms(reading: Reading) -> Iterator[Diagnostic]:
    """Two words on one reason to wait that cannot both be so."""
    for key in HoldsDocument.model_fields:
        seen: set[type] = set()
        for at, term in enumerate(getattr(reading.draft.holds, key)):
            if type(term) in seen:
                said = "where the ladder goes on" if isinstance(term, Resume) else "whether the clock runs"
                place = reading.source.place(("holds", key, at))
                yield Diagnostic("DUN345", f"an earlier word says already {said}", place)
            seen.add(type(term))


def repeated_limits(reading: Reading) -> Iterator[Diagnostic]:
    """Two most numbers of promises of one kind."""
    limits = reading.draft.promises.at_most
    kinds = [limit.open is None for limit in limits]
    for at, limit in enumerate(limits):
        if kinds[at] in kinds[:at]:
            word = "broken" if limit.open is None else "open"
            place = reading.source.place(("promises", "at_most", at))
            yield Diagnostic("DUN346", f"a most of {word} promises stands in the list already", place)


def never_waited_for(reading: Reading) -> Iterator[Diagnostic]:
    """Words on promises, plans and hardship that say nothing, because the case never waits for these."""
    wanted = (
        (Pause.PROMISE_OPEN, (("promises", "at_most"), ("holds", "promise"))),
        (Pause.PLAN_ON_TRACK, (("holds", "plan"),)),
        (Pause.HARDSHIP, (("holds", "hardship"),)),
    )
    for pause, paths in wanted:
        for path in paths:
            written = reading.source.node(path) is not None and path not in reading.reported
            if written and pause not in reading.draft.pause_while and ("pause_while",) not in reading.reported:
                message = f'this says nothing while "{pause.value}" does not stand in pause_while: add it there'
                yield warning("DUN347", message, reading.source.place(path))


CHECKS = (contrary_terms, repeated_limits, never_waited_for)
