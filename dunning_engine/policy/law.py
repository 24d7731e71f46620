"""Whether the rulebooks that a policy names exist and can bind it, and which of its own limits they leave without work.

What rulebooks say is another floor's matter: whoever compiles a policy hands over their limits by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dunning_engine.domain.limits import Hours, Limit, never_binds
from dunning_engine.domain.parties import Channel, Collector, PartyKind
from dunning_engine.kernel.diagnostics import Diagnostic, Severity, suggest
from dunning_engine.policy.document import PolicyDraft
from dunning_engine.policy.model import Condition, Test
from dunning_engine.policy.reading import warning
from dunning_engine.policy.shape import Shape
from dunning_engine.policy.source import Path

BookLimits = Mapping[str, Sequence[Limit]]
"""The limits of each rulebook."""

THIRD_PARTY_ONLY = {"us/reg-f": "us/reg-f-limits"}
"""Rulebooks that bind only those who collect from consumers for others, and the one with the same limits by choice."""


def law(shape: Shape, rulebooks: Sequence[str], limits: BookLimits) -> Iterator[Diagnostic]:
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
    yield from _idle(shape, limits)
    yield from _at_night(shape, limits)


def _heard(draft: PolicyDraft, limits: BookLimits) -> Iterator[tuple[str, Limit]]:
    """The limits that bind every contact of a policy, with the names of their rulebooks."""
    consumers = Condition(Test.DEBTOR_KIND, PartyKind.CONSUMER.value) in draft.applies_to
    bound = consumers and draft.collector is Collector.THIRD_PARTY
    for name in draft.law:
        if bound or name not in THIRD_PARTY_ONLY:
            yield from ((name, limit) for limit in limits.get(name, ()))


def _own(draft: PolicyDraft) -> Iterator[tuple[Path, Limit]]:
    if draft.quiet_hours is not None:
        yield ("quiet_hours",), draft.quiet_hours.open_hours
    yield from ((("contact_limits", at), limit) for at, limit in enumerate(draft.contact_limits))


def _idle(shape: Shape, limits: BookLimits) -> Iterator[Diagnostic]:
    """Limits of the policy that a rulebook's stricter one always forestalls."""
    for path, own in _own(shape.draft):
        if book := next((name for name, limit in _heard(shape.draft, limits) if never_binds(own, limit)), None):
            yield warning("DUN403", f"this never binds: {book} is stricter", shape.source.place(path))


def _at_night(shape: Shape, limits: BookLimits) -> Iterator[Diagnostic]:
    """A policy that nothing keeps from the debtor's night."""
    draft = shape.draft
    at_once = {
        spec.channel
        for step in draft.steps
        for choice in (*step.send, *step.call)
        for spec in choice
        if spec.channel is not None and spec.channel.reaches_at_once
    }
    written = draft.quiet_hours is not None or ("quiet_hours",) in shape.reported
    if at_once and not written and not any(isinstance(limit, Hours) for _, limit in _heard(draft, limits)):
        message = (
            f"no quiet hours are named: {_listed(at_once)} that had to wait may go out at midnight; "
            "write quiet_hours: 20:00 to 09:00 or your own"
        )
        yield Diagnostic("DUN404", message, shape.source.place(("policy",)), Severity.NOTE)


def _listed(channels: set[Channel]) -> str:
    words = {Channel.EMAIL: "an email", Channel.SMS: "an sms", Channel.CALL: "a call"}
    return " or ".join(word for channel, word in words.items() if channel in channels)
