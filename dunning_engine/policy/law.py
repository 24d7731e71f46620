"""Whether the rulebooks that a policy names exist and can bind it; what they say is another floor's matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dunning_engine.domain.parties import Collector
from dunning_engine.kernel.diagnostics import Diagnostic, Severity, suggest
from dunning_engine.policy.shape import Shape

THIRD_PARTY_ONLY = {"us/reg-f": "us/reg-f-limits"}
"""Rulebooks that bind nobody who collects in their own name, and the one with the same limits by choice."""


def law(shape: Shape, rulebooks: Sequence[str]) -> Iterator[Diagnostic]:
    draft = shape.draft
    for at, name in enumerate(draft.law):
        place = shape.source.place(("law", at))
        if name not in rulebooks:
            message = f'there is no rulebook "{name}"'
            likely = suggest(name, rulebooks)
            yield Diagnostic("DUN401", message, place, suggestion=likely, accepted=tuple(rulebooks))
        elif (
            name in THIRD_PARTY_ONLY
            and draft.collector is Collector.FIRST_PARTY
            and ("collector",) not in shape.reported
        ):
            message = f"{name} binds only those who collect for others: under collector: first_party it has no effect"
            yield Diagnostic("DUN402", message, place, Severity.WARNING, suggestion=THIRD_PARTY_ONLY[name])
