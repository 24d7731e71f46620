"""Templates in Liquid: what they may use, and every mistake in them before a debtor could read it.

Template authors are trusted with words, not with the machine: no files, no clock, no arithmetic, no ranges, and limits
on loops, memory and output. A template sees nothing but a dictionary of strings and counts, so that there is nothing
to call. Text that debtors wrote is a value and is never read as Liquid.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dunning_engine.domain.actions import ActionSpec
from dunning_engine.domain.parties import Channel
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity, in_order, source_lines, suggest

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment
    from liquid.ast import Node
    from liquid.expression import Expression
    from liquid.static_analysis import TemplateAnalysis

    from dunning_engine.policy.model import Policy, Step

CODES: Mapping[str, str] = MappingProxyType({
    "DUN501": "No folder of templates",
    "DUN502": "A template that is not there",
    "DUN503": "A template that cannot be read",
    "DUN504": "A mistake in the template language",
    "DUN505": "A variable that does not exist",
    "DUN506": "A tag, filter or range that templates cannot use",
    "DUN507": "A deadline in a step that has none",
    "DUN508": "An ultimatum that does not say what has to be said",
    "DUN509": "An e-mail without a subject",
    "DUN510": "A long SMS",
    "DUN511": "A template that cannot be filled in",
    "DUN512": "No words for the consequence in this language",
})  # fmt: skip

VARIABLES: Mapping[str, str] = MappingProxyType({
    "debtor.name": "name of the debtor, or its id where no name is known",
    "debtor.id": "your identity of the debtor, such as the customer number",
    "creditor.name": "your name",
    "creditor.email": "your e-mail address",
    "creditor.phone": "your phone number",
    "creditor.address": "your postal address, one line each",
    "case.id": "the case, as a reference in correspondence",
    "case.balance": "undisputed open principal of the case, due or not",
    "case.overdue": "the part of it that is overdue",
    "invoice.number": "number of the invoice that leads the case",
    "invoice.amount": "its original amount",
    "invoice.open": "what is still open of it",
    "invoice.issued": "its date of issue",
    "invoice.due": "its due date",
    "invoice.days_overdue": "days since its due date, a number; 0 until then",
    "invoices": "all invoices that this action is about: {% for item in invoices %}{{ item.number }}{% endfor %}",
    "step.name": "name of the policy's step",
    "step.occurrence": "how many times the step has come, a number: 1 the first time",
    "action.date": "day on which this goes out",
    "deadline.date": "last day to pay; only in a step with a deadline, like the next two",
    "deadline.amount": "amount to be paid by then",
    "deadline.consequence": "what the policy does next, in words",
})  # fmt: skip
"""Every variable, and what it stands for. The fields of an element of `invoices` are those of `invoice`."""

COUNTS = frozenset({"invoice.days_overdue", "step.occurrence"})
"""Variables that are whole numbers, so that templates can compare them."""

DEADLINE = ("deadline.date", "deadline.amount", "deadline.consequence")
"""What the text of an ultimatum has to state."""

TAGS = ("assign", "capture", "case", "comment", "echo", "for", "if", "raw", "unless")
INNER_TAGS = ("break", "continue", "else", "elsif", "when")
FILTERS = (
    "append", "capitalize", "default", "downcase", "first", "join", "last", "lstrip", "map", "prepend", "remove",
    "rstrip", "size", "strip", "strip_newlines", "truncate", "upcase",
)  # fmt: skip
"""What cannot multiply the size of a text (`replace`, `split`), read the clock (`date`) or calculate."""

LIQUID_LIMITS: Final = {
    "block_nesting_limit": 12,
    "context_depth_limit": 12,
    "loop_iteration_limit": 10_000,
    "local_namespace_limit": 64_000,
    "output_stream_limit": 200_000,
}
TEMPLATE_MAX = 64_000
"""Bytes of a template file."""

SEGMENTS = 3
"""Parts of a long SMS that are still fine: each is paid for."""

PlaceOf: TypeAlias = "Callable[[str, str], Place]"
"""Where a policy file asks for an action: by step name and the action's words."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_WORD = re.compile(r"[^\s{}%|,:]+")
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_ESCAPED = frozenset("^{}\\[~]|€\f")


# Compiling ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Template:
    """A template file without mistakes of its own, ready to be filled in."""

    path: Path
    language: str | None
    text: str
    bound: BoundTemplate
    deadline: tuple[Place, ...] = ()
    """Where it speaks of a deadline."""

    def fill(self, values: Mapping[str, Any]) -> str:
        return self.bound.render(values)


Found: TypeAlias = "Template | tuple[Diagnostic, ...]"


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Liquid with what is dangerous taken out; built at first use, because the library takes time to import."""
    from liquid import Environment, StrictUndefined

    hardened = type("HardenedEnvironment", (Environment,), dict(LIQUID_LIMITS))
    env: Environment = hardened(undefined=StrictUndefined, strict_filters=True, autoescape=False)
    keep = {*TAGS, *INNER_TAGS, *(name for name in env.tags if not name.isidentifier() or name in _PSEUDO)}
    env.tags = {name: tag for name, tag in env.tags.items() if name in keep}
    env.filters = {name: env.filters[name] for name in FILTERS}
    return env


_PSEUDO = ("content", "output", "illegal", "expression", "doc")
"""Names under which Liquid files the parts of a template that are no tags."""


def candidates(folder: Path, channel: Channel, name: str, language: str | None) -> Iterator[tuple[Path, str | None]]:
    """The files that may hold a template, the closest language first: `de-AT`, `de`, none."""
    if not _NAME.fullmatch(name):
        return
    tag = language if language is not None and _LANGUAGE.fullmatch(language) else None
    while tag:
        yield folder / channel.value / f"{name}.{tag}.liquid", tag
        tag = tag.rpartition("-")[0]
    yield folder / channel.value / f"{name}.liquid", None


def load(path: Path, folder: Path, language: str | None = None) -> Found:
    """A template of a folder, or everything that is wrong with it."""
    text = _text(path, folder)
    return text if isinstance(text, tuple) else parse(text, path, language)


def parse(text: str, path: Path, language: str | None = None) -> Found:
    """A template from its text, or everything that is wrong with it."""
    from liquid.exceptions import LiquidError

    source = _Source(str(path), text.removeprefix("\ufeff"))
    try:
        bound = environment().from_string(source.text, path=path)
        analysis = bound.analyze(include_partials=False)
        findings = [*_parts(analysis, source), *_ranges(bound.nodes, source), *_variables(bound, analysis, source)]
        literal = _literal(bound.nodes)
    except LiquidError as error:
        return (_syntax(error, source),)
    except RecursionError:
        return (source.finding("DUN504", "nested too deeply", 0, 1),)
    if path.parent.name == Channel.SMS.value and (segments := sms_segments(literal)) > SEGMENTS:
        message = f"its words alone are {segments} SMS, before any name or amount is filled in: keep it to {SEGMENTS}"
        findings.append(source.finding("DUN510", message, 0, 1, severity=Severity.WARNING))
    deadline = tuple(source.place(*_extent(v, source)) for v in analysis.globals.get("deadline", ()))
    if any(finding.severity is Severity.ERROR for finding in findings):
        return in_order(findings)
    return Template(path, language, source.text, bound, deadline)
