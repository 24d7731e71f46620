"""What texts have to say that announce more than a letter: a restriction, a report to a bureau, a proposal to settle."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from dunning_engine.domain.verbs import Do
from dunning_engine.kernel.diagnostics import Diagnostic, Place

if TYPE_CHECKING:
    from dunning_engine.domain.actions import ActionSpec
    from dunning_engine.engine.template_files import Template
    from dunning_engine.kernel.spans import Span
    from dunning_engine.policy.model import Policy, Step


class _Part(NamedTuple):
    """One thing that a text has to say, in words, and the variables any of which says it."""

    words: str
    variables: tuple[str, ...]


_DEBT: Final = _Part("which debt it is about", ("invoice.number", "invoices.number"))
_AMOUNT: Final = _Part(
    "the amount", ("action.amount", "deadline.amount", "case.overdue", "case.balance", "invoice.open", "invoices.open")
)
_DATE: Final = _Part("the date", ("deadline.date",))
_ANSWER: Final = _Part(
    "how to pay or answer", ("creditor.payment_methods", "creditor.email", "creditor.phone", "creditor.address")
)


class Announcement(NamedTuple):
    """What a step announces: the code of what its text lacks, and how long the announced thing waits at least."""

    code: str
    noun: str
    wait: Span | None = None


def announced(policy: Policy, step: Step, spec: ActionSpec) -> tuple[Announcement, ...]:
    """What the text of an action announces; each kind once."""
    if spec.do is Do.PROPOSE:
        return (Announcement("DUN518", f"proposes {spec.topic}"),)
    found: dict[str, Announcement] = {}
    for later in (one for other in policy.steps for choice in other.actions for one in choice):
        if later.after == step.name:
            code, noun = _NOTICE_OF[later.do]
            found.setdefault(code, Announcement(code, f"gives notice of {noun}", later.wait))
    return tuple(found.values())


_NOTICE_OF: Final = {
    Do.RESTRICT: ("DUN516", "a restriction"),
    Do.REPORT: ("DUN517", "a report to a bureau"),
}


def unsaid(
    template: Template, step: Step, announcement: Announcement, text: str, meant: Collection[str | None]
) -> Iterator[Diagnostic]:
    """What a text does not say of what it announces; a step with a deadline is asked for date and amount as one."""
    said = text.casefold()
    parts = (_DEBT, _ANSWER) if step.deadline is not None else (_DEBT, _AMOUNT, _DATE, _ANSWER)
    lacking = [part for part in parts if not _says(part, said, meant)]
    if _DATE in lacking and _names(announcement.wait, _MARKER.sub("", text)):
        lacking.remove(_DATE)
    if lacking:
        message = f"step {step.name} {announcement.noun}, and this text does not say {_joined(lacking)}"
        if _DATE in lacking:
            message += _no_date(announcement.wait)
        accepted = tuple(part.variables[0] for part in lacking)
        yield Diagnostic(announcement.code, message, Place(template.file, 1, 1, 2), accepted=accepted)


_MARKER: Final = re.compile("‹[^›]*›")


def _says(part: _Part, said: str, meant: Collection[str | None]) -> bool:
    return any(f"‹{name}›" in said or name in meant for name in part.variables)


def _names(wait: Span | None, words: str) -> bool:
    """Whether a text says the time that something waits, in whatever language: by its number."""
    return wait is not None and re.search(rf"(?<![0-9]){wait.count}(?![0-9])", words) is not None


def _no_date(wait: Span | None) -> str:
    how = "give the step a deadline and write {{ deadline.date }}"
    return f": {how}" if wait is None else f": write how long it waits ({wait}), or {how}"


def _joined(parts: list[_Part]) -> str:
    words = [part.words for part in parts]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
