"""The phrases of actions: one grammar for each verb, and how fallbacks are written.

A verb is described in `domain.verbs`; `document.StepActions` has a key for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.parties import Channel
from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.grammar import Form, Grammar, Misfit, Slot
from dunning_engine.kernel.spans import SPAN_SLOT
from dunning_engine.policy.forms import STEP, form_of, like
from dunning_engine.policy.model import Choice


class Choices:
    """One action and what to do where it cannot be done: `certified letter a or else letter a or else email a`."""

    _OR_ELSE = re.compile(r"(?:^|\s+)or\s+else(?=\s|$)\s*")

    def __init__(self, one: Grammar[ActionSpec]) -> None:
        self.one = one
        self.title = one.title
        self.regex = f"(?:{one.regex})(?: or else (?:{one.regex}))*"

    def parse(self, text: str) -> Choice | Misfit:
        specs: list[ActionSpec] = []
        start = 0
        for end, following in [*((m.start(), m.end()) for m in self._OR_ELSE.finditer(text)), (len(text), 0)]:
            value = self.one.parse(text[start:end])
            if isinstance(value, Misfit):
                return _moved(value, text, start, end)
            specs.append(value)
            start = following
        return tuple(specs)

    def show(self, choice: Choice) -> str:
        return " or else ".join(self.one.show(replace(spec, slot="")) for spec in choice)

    def examples(self) -> tuple[str, ...]:
        single = self.one.examples()
        return (*single, f"{single[-1]} or else {single[0]}") if len(single) > 1 else single


def _moved(misfit: Misfit, text: str, start: int, end: int) -> Misfit:
    """The misfit of one part of a text, as a misfit of the text."""
    moved = replace(misfit, start=misfit.start + start, end=misfit.end + start)
    if text[moved.start : moved.end] == "or":
        better = f"{text[: moved.end]} else{text[moved.end :]}"
        return replace(moved, message='the fallback of an action begins with "or else"', suggestion=better, accepted=())
    if misfit.suggestion is None:
        return moved
    return replace(moved, suggestion=text[:start] + misfit.suggestion + text[end:])


# One grammar per verb -------------------------------------------------------------------------------------------------


def _sends(
    words: str, channel: Channel, *, certified: bool = False, invoice: bool = False
) -> Iterator[Form[ActionSpec]]:
    """A message to the debtor, and the same one to somebody else."""
    make = partial(ActionSpec, Do.SEND, channel=channel, certified=certified, with_invoice=invoice)
    pattern = f"{words} {{name}}{' with invoice' if invoice else ''}"
    yield form_of(pattern, make, name=like("reminder"))
    yield form_of(f"{pattern} to {{to}}", make, name=like("reminder"), to=like("manager"))


_SEND = Grammar(
    "a message",
    (
        *_sends("email", Channel.EMAIL),
        *_sends("email", Channel.EMAIL, invoice=True),
        *_sends("sms", Channel.SMS),
        *_sends("push", Channel.PUSH),
        *_sends("portal", Channel.PORTAL),
        *_sends("letter", Channel.LETTER),
        *_sends("letter", Channel.LETTER, invoice=True),
        *_sends("certified letter", Channel.LETTER, certified=True),
        *_sends("certified letter", Channel.LETTER, certified=True, invoice=True),
    ),
)

_BY = (("email", Channel.EMAIL, False), ("letter", Channel.LETTER, False), ("certified letter", Channel.LETTER, True))
"""The ways on which a proposal can be answered, and their words."""


def _proposes(topic: str, words: str, channel: Channel, *, certified: bool) -> Form[ActionSpec]:
    make = partial(ActionSpec, Do.PROPOSE, channel=channel, certified=certified, topic=topic)
    return form_of(f"{topic} by {words} {{name}}", make, name=like(f"{topic}-proposal"))


def _after_notice(words: str, do: Do, **slots: Slot[Any]) -> Iterator[Form[ActionSpec]]:
    """A phrase with the step that has to have given notice, and how long ago."""
    make = partial(ActionSpec, do) if "name" in slots else partial(ActionSpec, do, words.rpartition(" ")[2])
    notice = replace(STEP, example="notice")
    yield form_of(words, make, **slots)
    yield form_of(f"{words} after {{after}}", make, after=notice, **slots)
    yield form_of(f"{words} after {{after}} and {{wait}}", make, after=notice, wait=SPAN_SLOT, **slots)


def _fixed(words: str, do: Do) -> Form[ActionSpec]:
    return form_of(words, partial(ActionSpec, do, words))


SEND = Choices(_SEND)
CALL = Choices(
    Grammar(
        "a call script",
        [
            form_of("{name}", partial(ActionSpec, Do.CALL, channel=Channel.CALL), name=like("reminder-script")),
            form_of(
                "{name} to {to}",
                partial(ActionSpec, Do.CALL, channel=Channel.CALL),
                name=like("reminder-script"),
                to=like("owner"),
            ),
        ],
    )
)
TOPICS = ("mediation", "arbitration")
PROPOSE = Choices(
    Grammar(
        "a proposal",
        [
            _proposes(topic, words, channel, certified=certified)
            for topic in TOPICS
            for words, channel, certified in _BY
        ],
    )
)
RETRY = Choices(Grammar("a retry", [_fixed("payment", Do.RETRY)]))
RESTRICT = Choices(Grammar("a restriction", _after_notice("service", Do.RESTRICT)))
RESTORE = Choices(Grammar("a restoration", [_fixed("service", Do.RESTORE)]))
NOTIFY = Choices(
    Grammar("a notice to staff", [form_of("staff {name}", partial(ActionSpec, Do.NOTIFY), name=like("collections"))])
)
REPORT = Choices(Grammar("a report", _after_notice("to bureau {name}", Do.REPORT, name=like("experian"))))
BUNDLES = ("small claim", "court order", "file for law firm")
PREPARE = Choices(
    Grammar("a bundle", [form_of(topic, partial(ActionSpec, Do.PREPARE, "bundle", topic=topic)) for topic in BUNDLES])
)
RECALL = Choices(
    Grammar("a recall", [form_of("agency {name}", partial(ActionSpec, Do.RECALL), name=like("acme-recovery"))])
)
WRITE_OFF = Choices(Grammar("a write-off", [_fixed("balance", Do.WRITE_OFF)]))
HOST = Choices(
    Grammar(
        "an action of the host", [form_of("{name}", partial(ActionSpec, Do.HOST), name=like("cancel-subscription"))]
    )
)
HAND_OFF = Choices(
    Grammar("a hand-off", [form_of("agency {name}", partial(ActionSpec, Do.HAND_OFF), name=like("acme-recovery"))])
)
