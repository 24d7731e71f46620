"""Names that lead nowhere: steps that are not there, come later, or never end in the way that another one counts on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dunning_engine.kernel.diagnostics import Diagnostic, Place, suggest
from dunning_engine.kernel.grammar import Misfit
from dunning_engine.kernel.yamltext import Scalar
from dunning_engine.policy.document import StepDraft
from dunning_engine.policy.forms import RESERVED_NAMES
from dunning_engine.policy.model import AnchorKind, Test
from dunning_engine.policy.phrases import ANCHOR
from dunning_engine.policy.reading import Reading, choices_of, conditions_of, on
from dunning_engine.policy.source import Path


@dataclass(frozen=True, slots=True)
class Mention:
    """A step named by another step: in which value, and whether it may name the step it stands in."""

    name: str
    path: Path
    itself: bool = False
    later: bool = False


def reserved_names(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.step in RESERVED_NAMES:
            message = f'"{step.step}" cannot be the name of a step: it is a word of the language'
            yield Diagnostic("DUN303", message, reading.source.place(on(number, "step")))


def repeated_names(reading: Reading) -> Iterator[Diagnostic]:
    for number, step in enumerate(reading.steps):
        if step.step is not None and (first := reading.position[step.step]) != number:
            line = reading.source.place(on(first, "step")).line
            message = f'a step called "{step.step}" stands in line {line} already: give one of them another name'
            other = f"{step.step}-2"
            free = None if other in reading.position else other
            yield Diagnostic("DUN304", message, reading.source.place(on(number, "step")), suggestion=free)


def _mentions(number: int, step: StepDraft) -> Iterator[Mention]:
    if step.when is not None and step.when.step is not None:
        yield Mention(step.when.step, on(number, "when"))
    if step.cadence is not None and step.cadence.until is not None:
        yield Mention(step.cadence.until, on(number, "cadence"), later=True)
    for key, at, choice in choices_of(step):
        for spec in choice:
            if spec.after:
                yield Mention(spec.after, on(number, key, at))
    for at, proof in enumerate(step.requires):
        yield Mention(proof.step, on(number, "requires", at))
    for path, condition in conditions_of(number, step):
        if condition.test is Test.STEP_OUTCOME:
            yield Mention(condition.name, path, itself=step.cadence is not None)


def references(reading: Reading) -> Iterator[Diagnostic]:
    names = tuple(reading.position)
    for number, step in enumerate(reading.steps):
        for mention in _mentions(number, step):
            place = reading.source.word(mention.path, mention.name)
            if mention.name in reading.position:
                yield from _out_of_order(reading, number, mention, place)
            elif mention.name not in reading.rumoured:
                likely = _meant(reading, mention, names)
                yield Diagnostic(
                    "DUN301", f'there is no step "{mention.name}"', place, suggestion=likely, accepted=names
                )


def led_to(reading: Reading) -> Iterator[Diagnostic]:
    """The steps to which broken promises and plans lead."""
    for path, name in (
        (("promises", "then"), reading.draft.promises.then),
        (("plans", "then"), reading.draft.plans.then),
    ):
        if name is not None and name not in reading.position and name not in reading.rumoured:
            names = tuple(reading.position)
            yield Diagnostic(
                "DUN301",
                f'there is no step "{name}"',
                reading.source.place(path),
                suggestion=suggest(name, names),
                accepted=names,
            )


def _meant(reading: Reading, mention: Mention, names: tuple[str, ...]) -> str | None:
    """The step that was probably meant, or the phrase with the word that was taken for a step: `30 days after deu`."""
    node = reading.source.node(mention.path)
    text = node.text if isinstance(node, Scalar) and mention.path[-1] == "when" else ""
    anchors = {word: f" {word}".join(text.rsplit(f" {mention.name}", 1)) for word in sorted(RESERVED_NAMES)}
    anchors = {word: phrase for word, phrase in anchors.items() if not isinstance(ANCHOR.parse(phrase), Misfit)}
    likely = suggest(mention.name, (*names, *anchors))
    return None if likely is None else anchors.get(likely, likely)


def _out_of_order(reading: Reading, number: int, mention: Mention, place: Place) -> Iterator[Diagnostic]:
    named = reading.position[mention.name]
    if named == number and not mention.itself:
        yield Diagnostic("DUN302", f'the step "{mention.name}" refers to itself', place)
    elif named > number and not mention.later:
        message = f'"{mention.name}" comes later: a step can only refer to steps above it'
        yield Diagnostic("DUN302", message, place)
    elif named < number and mention.later:
        yield Diagnostic("DUN302", f'"{mention.name}" comes earlier: "until" names a step below this one', place)


def first_has_no_previous(reading: Reading) -> Iterator[Diagnostic]:
    first = reading.steps[0].when if reading.steps else None
    if first is not None and first.kind is AnchorKind.AFTER_PREVIOUS:
        message = "the first step has no previous one: count from the due date or from the issue date"
        yield Diagnostic("DUN302", message, reading.source.word(on(0, "when"), "previous"))


def expiry(reading: Reading) -> Iterator[Diagnostic]:
    for number, when in reading.anchors():
        above = reading.position.get(when.step or "", number)
        if (
            when.step
            and when.kind is AnchorKind.AFTER_EXPIRY
            and above < number
            and reading.lacks(*on(above, "deadline"))
        ):
            message = (
                f'"{when.step}" never expires: it has no deadline; write "deadline: 14 days", or your own, at that step'
            )
            yield Diagnostic("DUN305", message, reading.source.word(on(number, "when"), when.step))
