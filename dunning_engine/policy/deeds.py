"""What is wrong with actions: no notice, nothing to take back, parameters that do not fit, nobody who may hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dunning_engine.domain.addressing import ENTITLED
from dunning_engine.domain.parties import Channel, PartyKind
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.diagnostics import Diagnostic, suggest
from dunning_engine.policy.model import Test
from dunning_engine.policy.reading import Reading, choices_of, on, warning

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ActionSpec
    from dunning_engine.policy.source import Path

_NOTICE = (Do.RESTRICT, Do.REPORT)
"""Verbs of which the debtor has to hear before."""

_UNDOES = {Do.RESTORE: Do.RESTRICT, Do.RECALL: Do.HAND_OFF}


def _actions(reading: Reading) -> Iterator[tuple[int, Path, ActionSpec]]:
    for number, step in enumerate(reading.steps):
        for key, at, choice in choices_of(step):
            for spec in choice:
                yield number, on(number, key, at), spec


def notices(reading: Reading) -> Iterator[Diagnostic]:
    """A restriction or a report that nobody announced."""
    for number, path, spec in _actions(reading):
        if spec.do not in _NOTICE:
            continue
        if not spec.after and not reading.steps[number].requires:
            message = f'{spec.verb.noun} needs a notice before it: write "after" and the step that gives it'
            yield Diagnostic("DUN360", message, reading.source.place(path))
        elif spec.after in reading.position:
            told = reading.steps[reading.position[spec.after]]
            if not any(choice[0].reaches_debtor for _, _, choice in choices_of(told)):
                message = f"the step {spec.after} tells the debtor nothing: it gives no notice"
                yield Diagnostic("DUN361", message, reading.source.word(path, spec.after))


def undone(reading: Reading) -> Iterator[Diagnostic]:
    """What is taken back without having been done before."""
    done: set[tuple[Do, str]] = set()
    for _, path, spec in _actions(reading):
        before = _UNDOES.get(spec.do)
        if before is not None and (before, spec.name) not in done:
            message = f"no step above does what this takes back ({before.value} of {spec.name})"
            yield warning("DUN365", message, reading.source.place(path))
        done.add((spec.do, spec.name))


def host_actions(reading: Reading) -> Iterator[Diagnostic]:
    """Actions of the host that are not declared, or asked for with other parameters."""
    declared = {verb.name: verb for verb in reading.draft.actions}
    for _, path, spec in _actions(reading):
        if spec.do is not Do.HOST or ("actions",) in reading.reported:
            continue
        verb = declared.get(spec.name)
        if verb is None:
            near = suggest(spec.name, declared)
            message = f'"actions" declares no {spec.name}'
            place = reading.source.place(path)
            yield Diagnostic("DUN362", message, place, suggestion=near, accepted=tuple(declared))
        elif why := verb.misfit(spec):
            yield Diagnostic("DUN363", why, reading.source.place(path))


def deemed(reading: Reading) -> Iterator[Diagnostic]:
    """A delivery that is deemed where no letter is sent."""
    for number, step in enumerate(reading.steps):
        letters = any(spec.channel is Channel.LETTER for _, _, choice in choices_of(step) for spec in choice)
        if step.deemed_delivered is not None and not letters:
            message = "this step sends no letter: nothing of it is deemed delivered"
            yield Diagnostic("DUN355", message, reading.source.place(on(number, "deemed_delivered")))


def told_to_others(reading: Reading) -> Iterator[Diagnostic]:
    """What would tell somebody else of a private person's debt, in a policy that duns nobody but private persons."""
    kinds = {c.value for c in reading.draft.applies_to if c.test is Test.DEBTOR_KIND}
    if kinds != {PartyKind.CONSUMER.value}:
        return
    for _, path, spec in _actions(reading):
        if spec.to and spec.to not in ENTITLED:
            message = f"what a private person owes is not told to their {spec.to}: this is always blocked"
            yield warning("DUN366", message, reading.source.word(path, spec.to))


CHECKS = (notices, undone, host_actions, deemed, told_to_others)
