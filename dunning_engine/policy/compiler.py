"""From the text of a policy file to the frozen `Policy`, or to everything that is wrong with it.

Only a text that cannot be read to its end hides the findings of the stages after it: shape, meaning, law.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.limits import ClosedDays, Limit, quiet_days
from dunning_engine.domain.parties import OFFERED, Channel
from dunning_engine.domain.statutes import NO_STATUTES, Statutes
from dunning_engine.kernel import yamltext
from dunning_engine.kernel.calendar import EVERY_DAY
from dunning_engine.kernel.diagnostics import Diagnostic, Severity, in_order
from dunning_engine.kernel.ids import content_hash
from dunning_engine.kernel.yamltext import Mapping
from dunning_engine.policy.arranging import arrangements
from dunning_engine.policy.compiler_money import charges, fees, interest
from dunning_engine.policy.document import PolicyDocument, RollDocument, StepDocument
from dunning_engine.policy.law import BookLimits, about_books, law
from dunning_engine.policy.ledger import terms_of
from dunning_engine.policy.lint import lint
from dunning_engine.policy.meaning import meaning
from dunning_engine.policy.model import Choice, Policy, Roll, Step, Stop
from dunning_engine.policy.reading import ACTION_KEYS, CalendarNames, Reading
from dunning_engine.policy.segments import Segments, resolved
from dunning_engine.policy.shape import shape
from dunning_engine.policy.source import Source

__all__ = ["CalendarNames", "Compiled", "compile_policy"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """`policy` is None where some diagnostic is an error; warnings and notes leave it usable."""

    policy: Policy | None
    diagnostics: tuple[Diagnostic, ...]
    document: PolicyDocument | None


def compile_policy(
    text: str,
    *,
    file: str,
    calendars: CalendarNames,
    rulebooks: Sequence[str],
    limits: BookLimits = MappingProxyType({}),
    statutes: Statutes = NO_STATUTES,
) -> Compiled:
    """The policy that a text says; `file` and `limits`, those of the rulebooks, only matter to findings."""
    parsed = yamltext.parse(text, file=file)
    if parsed.node is None:
        return Compiled(None, parsed.diagnostics, None)
    shaped = shape(parsed.node)
    if isinstance(shaped, Diagnostic):
        return Compiled(None, _told(parsed.diagnostics, [shaped]), None)
    shapes = about_books(shaped, rulebooks)
    later = [*shapes, *meaning(shaped, calendars, statutes), *law(shaped, rulebooks, limits)]
    if shaped.document is not None and not any(finding.severity is Severity.ERROR for finding in later):
        later += lint(Reading(shaped, calendars, statutes), limits)
    findings = _told(parsed.diagnostics, later)
    document = shaped.document
    if document is None or any(finding.severity is Severity.ERROR for finding in findings):
        return Compiled(None, findings, document)
    return Compiled(_built(document, shaped.source, calendars, statutes), findings, document)


def _told(text: Sequence[Diagnostic], later: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """All findings, without those in a line whose text could not be read as it stands."""
    lines = {finding.place.line for finding in text}
    return in_order([*text, *(finding for finding in later if finding.place.line not in lines)])


# The policy -----------------------------------------------------------------------------------------------------------


def _built(document: PolicyDocument, source: Source, calendars: CalendarNames, statutes: Statutes) -> Policy:
    orders = [_order(source, number) for number in range(len(document.steps))]
    time = document.time
    return Policy(
        name=document.policy,
        version=document.version,
        title=document.title or document.policy,
        hash=content_hash(_canonical(document, orders)),
        collector=document.collector,
        regulated_as=document.regulated_as,
        law=document.law,
        applies_to=resolved(document.applies_to, document.segments),
        zone=time.zone,
        calendar=calendars.calendar(time.business_days) or EVERY_DAY,
        send_at=time.send_at,
        roll=time.roll.default,
        rolls=_rolls(time.roll),
        unit=document.unit,
        lead=document.lead,
        on_lead_paid=document.on_lead_paid,
        grace=document.grace,
        tolerance={money.currency: money.minor for money in document.tolerance},
        minimum={money.currency: money.minor for money in document.minimum},
        min_gap=document.min_gap,
        catch_up=document.catch_up,
        rules=tuple(_rules(document)),
        steps=tuple(_step(step, order, document.segments) for step, order in zip(document.steps, orders, strict=True)),
        pause_while=frozenset(document.pause_while),
        restore_when=frozenset(document.restore_when),
        stop_when=frozenset(document.stop_when) | {Stop.PAID},
        fees=fees(document),
        charges=charges(document),
        interest=interest(document, statutes),
        discounts=document.discount,
        arranged=arrangements(document),
        segments=document.segments,
        terms=terms_of(document),
    )


def _order(source: Source, number: int) -> tuple[str, ...]:
    """The keys under which a step asks for actions, in the order of the file."""
    node = source.node(("steps", number))
    entries = node.entries if isinstance(node, Mapping) else ()
    return tuple(name.text for name, _ in entries if name.text in ACTION_KEYS)


def _canonical(document: PolicyDocument, orders: Sequence[tuple[str, ...]]) -> dict[str, Any]:
    """The content of a file, whatever its layout; what is written out and what is left to a default are the same."""
    content = document.model_dump(mode="json", exclude_defaults=True)
    content["tolerance"] = sorted(content.get("tolerance", ()))
    if document.minimum:
        content["minimum"] = sorted(content["minimum"])
    content["orders"] = [list(order) for order in orders]
    return content


def _rolls(roll: RollDocument) -> dict[Channel, Roll]:
    by_channel = {channel: getattr(roll, channel.value) for channel in OFFERED}
    return {channel: word for channel, word in by_channel.items() if word is not None}


def _rules(document: PolicyDocument) -> Iterator[tuple[str, Limit]]:
    for number, limit in enumerate(document.contact_limits, 1):
        yield f"policy/contact-limit-{number}", limit
    if document.quiet_hours is not None:
        yield "policy/quiet-hours", document.quiet_hours.open_hours
    if document.quiet_days:
        yield "policy/quiet-days", quiet_days(document.quiet_days)
    if document.time.roll.default is not Roll.NONE and document.time.business_days != "none":
        yield "policy/business-days", ClosedDays(non_business=True)


def _step(step: StepDocument, order: Sequence[str], segments: Segments) -> Step:
    return Step(
        name=step.step,
        when=step.when,
        actions=tuple(_numbered(choice for key in order for choice in getattr(step, key))),
        cadence=step.cadence,
        deadline=step.deadline,
        approval=step.approval,
        only_if=resolved(step.only_if, segments),
        only_if_any=resolved(step.only_if_any, segments),
        unless=resolved(step.unless, segments),
        requires=step.requires,
        climb_on=step.climb_on,
        offers=step.offer,
        deemed=step.deemed_delivered,
        on_uncertain=step.on_uncertain,
    )


def _numbered(choices: Iterable[Choice]) -> Iterator[Choice]:
    """The same actions, each in a slot of its own: `email`, `sms`, `email#2`."""
    taken: Counter[str] = Counter()
    for choice in choices:
        yield tuple(replace(spec, slot=_slot(spec, taken)) for spec in choice)


def _slot(spec: ActionSpec, taken: Counter[str]) -> str:
    word = f"{'certified ' if spec.certified else ''}{spec.way}"
    taken[word] += 1
    return word if taken[word] == 1 else f"{word}#{taken[word]}"
