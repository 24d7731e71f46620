"""Template files in hardened Liquid: found, read, compiled, and every mistake that a file has by itself.

Template authors are trusted with words, not with the machine: no files, no clock, no arithmetic, no ranges, and limits
on loops, memory and output. A template sees nothing but a dictionary of strings and counts, so that there is nothing
to call. Text that debtors wrote is a value and is never read as Liquid.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from dunning_engine.domain.parties import Channel
from dunning_engine.engine.variable_names import ITEM_FIELDS, VARIABLES
from dunning_engine.kernel.diagnostics import Diagnostic, Place, Severity, in_order, source_lines, suggest

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment
    from liquid.ast import Node
    from liquid.exceptions import LiquidError
    from liquid.expression import Expression
    from liquid.static_analysis import TemplateAnalysis, Variable

TAGS = ("assign", "capture", "case", "comment", "echo", "for", "if", "raw", "unless")
FILTERS = (
    "append", "capitalize", "default", "downcase", "first", "join", "last", "lstrip", "map", "prepend", "remove",
    "rstrip", "size", "strip", "strip_newlines", "truncate", "upcase",
)  # fmt: skip
"""What cannot multiply the size of a text (as `replace` and `split` can), read the clock (`date`) or calculate."""

LIQUID_LIMITS: Final = MappingProxyType({
    "block_nesting_limit": 12,
    "context_depth_limit": 12,
    "loop_iteration_limit": 10_000,
    "local_namespace_limit": 64_000,
    "output_stream_limit": 200_000,
})  # fmt: skip
TEMPLATE_MAX = 32_000
"""Bytes of a template file."""

MARKUP_MAX = 500
"""Characters between `{{` and `}}`. Liquid takes quadratic time to read what is longer, or never closed."""

VERBATIM_MAX = 20
"""Blocks of `raw` and `doc`, for the same reason."""

SEGMENTS = 3
"""Parts of a long SMS that are still fine: each is paid for."""

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    root: tuple(name.partition(".")[2] for name in VARIABLES if name.startswith(f"{root}."))
    for root in dict.fromkeys(name.partition(".")[0] for name in VARIABLES)
})  # fmt: skip
_LISTS = frozenset({*ITEM_FIELDS, "enclosures"})
_TEXTS = frozenset({"obligations"})
"""Variables that are a text and not a group of them."""

_ELEMENTS = ("first", "last")
_LIST_WORDS = (*_ELEMENTS, "size")
_FORLOOP = ("first", "index", "index0", "last", "length", "parentloop", "rindex", "rindex0")
_NOT_TAGS = ("#", "content", "doc", "illegal", "output")
"""Names under which Liquid files the parts of a template that are no tags."""

_INNER_TAGS = ("break", "continue", "else", "elsif", "when")
_BLOCKS = ("capture", "case", "comment", "for", "if", "raw", "unless")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_OPENING = re.compile(r"\{\{|\{%-?\s*(?P<verbatim>raw|doc)?")
_MARKUP = re.compile(r"\{\{.*?\}\}|\{%-?\s*(?P<tag>\w*).*?%\}", re.DOTALL)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_WORD = re.compile(r"[^\s{}%|,:]+")
_PLAINLY = MappingProxyType({
    "unexpected liquid parsing error": "this is too deep or too long to be understood",
    "missing or unexpected path segment": "a name is missing here",
    "expected a primitive expression, found end of expression": "a value is missing here",
    "expected word, found end of expression": "a name is missing here",
    "expected end of expression, found word": "one word too many: texts stand in quotes, filters behind a |",
})  # fmt: skip
_UNORDERED = re.compile(r"'.+' (and '.+' )?(are|is) not supported between")
_UNALIKE = (
    "a text and a number cannot be compared, and amounts are texts: compare in the policy, "
    "as in only_if: [overdue amount at least 5.00]"
)
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Characters of 7 bits in an SMS (3GPP TS 23.038)."""

_GSM_ESCAPED = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Template:
    """A file that can be filled in; `findings` are warnings, and of a draft also errors.

    `deadline` is where it speaks of a deadline, `creditor` where it writes out what it did not ask for first. A draft
    with ranges is not `fillable`: it would not end.
    """

    file: str
    language: str | None
    text: str
    bound: BoundTemplate
    deadline: tuple[tuple[str, Place], ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    fillable: bool = True
    creditor: tuple[tuple[str, Place], ...] = ()

    def fill(self, values: Mapping[str, Any]) -> str:
        return self.bound.render(values)

    def trouble(self, error: Exception) -> Diagnostic:
        """What went wrong while it was filled in."""
        source = _Source(self.file, self.text)
        message = str(getattr(error, "message", None) or "a value that does not fit")
        if _UNORDERED.match(message):
            message = _UNALIKE
        return source.finding("DUN511", f"cannot be filled in: {message}", *_extent(error, source))


Found: TypeAlias = "Template | tuple[Diagnostic, ...]"


@lru_cache(maxsize=2)
def environment(*, lenient: bool = False) -> Environment:
    """Liquid with what is dangerous taken out; built at first use, because the library takes time to import.

    A lenient one reads past variables and filters that do not exist.
    """
    from liquid import Environment, StrictUndefined, Undefined

    hardened = type("HardenedEnvironment", (Environment,), dict(LIQUID_LIMITS))
    undefined = Undefined if lenient else StrictUndefined
    env: Environment = hardened(undefined=undefined, strict_filters=not lenient, autoescape=False)
    env.tags = {name: tag for name, tag in env.tags.items() if name in (*TAGS, *_INNER_TAGS, *_NOT_TAGS)}
    env.filters = {name: env.filters[name] for name in FILTERS}
    return env


def candidates(folder: Path, channel: Channel, name: str, language: str | None) -> Iterator[tuple[Path, str | None]]:
    """The files that may hold a template, the closest language first: `de-AT`, `de`, none."""
    if not _NAME.fullmatch(name):
        return
    tag = language if language is not None and _LANGUAGE.fullmatch(language) else ""
    while tag:
        yield folder / channel.value / f"{name}.{tag}.liquid", tag
        tag = tag.rpartition("-")[0]
    yield folder / channel.value / f"{name}.liquid", None


def variants(folder: Path, channel: Channel, name: str) -> dict[str | None, Path]:
    """The files of a template by language, the one for everybody else under `None`."""
    files = sorted((folder / channel.value).glob("*.liquid"))
    found: dict[str | None, Path] = {}
    for path in files:
        stem, _, language = path.stem.partition(".")
        if stem == name and (not language or _LANGUAGE.fullmatch(language)):
            found[language or None] = path
    return found


def load(path: Path, folder: Path, language: str | None = None, *, draft: bool = False) -> Found:
    """A template of a folder, or everything that is wrong with it; with `draft` also one that has errors, if it can be."""
    try:
        if not path.resolve(strict=True).is_relative_to(folder.resolve()) or not path.is_file():
            return _unreadable(path, "it is not a file inside the folder of templates")
        data = path.read_bytes()
        if len(data) > TEMPLATE_MAX:
            return _unreadable(path, f"it is larger than {TEMPLATE_MAX:,} bytes")
        return parse(data.decode("utf-8"), str(path), language, draft=draft)
    except UnicodeDecodeError:
        return _unreadable(path, "it is not UTF-8 text")
    except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link that leads to itself
        return _unreadable(path, f"{error}")


def _unreadable(path: Path, why: str) -> tuple[Diagnostic, ...]:
    return (Diagnostic("DUN503", f"this template cannot be read: {why}", Place(str(path), 1, 1, 1)),)


def parse(text: str, file: str, language: str | None = None, *, draft: bool = False) -> Found:
    """A template from its text, or everything that is wrong with it.

    A draft is read past names that do not exist, so that one mistake does not hide the next.
    """
    from liquid.exceptions import LiquidError

    source = _Source(file, text.removeprefix("\ufeff"))
    if unclosed := _unclosed(source):
        return (unclosed,)
    try:
        bound = environment().from_string(source.text)
        analysis = bound.analyze(include_partials=False)
        nodes = tuple(_walked(bound.nodes, bound))
        ranges = list(_ranges(nodes, source))
        errors = [*ranges, *_filters(analysis, source), *_variables(nodes, analysis, source)]
    except LiquidError as error:
        return (_syntax(error, source),)
    if errors and not draft:
        return in_order(errors)
    if errors:
        bound = environment(lenient=True).from_string(source.text)
    wrong = {error.place for error in errors}
    spoken = ((str(v), source.place(*_named(v, source))) for v in analysis.globals.get("deadline", ()))
    deadline = tuple((word, place) for word, place in spoken if place not in wrong)
    findings = (*errors, *_long(nodes, source))
    return Template(file, language, source.text, bound, deadline, findings, not ranges, _unguarded(analysis, source))


def _unguarded(analysis: TemplateAnalysis, source: _Source) -> tuple[tuple[str, Place], ...]:
    """Where a fact of the creditor is written out; one that a tag asks about first may be missing."""
    uses = [(str(v), v.span.index) for v in analysis.globals.get("creditor", ())]
    asked = {word for word, at in uses if source.text.rfind("{%", 0, at) > source.text.rfind("{{", 0, at)}
    return tuple((word, source.place(at, len(word))) for word, at in uses if word not in asked)


# Findings of one file -------------------------------------------------------------------------------------------------


class _Source:
    __slots__ = ("_starts", "file", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts = [0, *(line_break.end() for line_break in _LINE_BREAK.finditer(text))]

    def place(self, start: int, length: int) -> Place:
        line = bisect_right(self._starts, start)
        column = start - self._starts[line - 1] + 1
        return Place(self.file, line, column, column + max(1, length))

    def finding(
        self, code: str, message: str, start: int, length: int, *, known: Iterable[str] = (), word: str = ""
    ) -> Diagnostic:
        accepted = tuple(known)
        severity = Severity.WARNING if code == "DUN510" else Severity.ERROR
        return Diagnostic(code, message, self.place(start, length), severity, _meant(word, accepted), accepted)


@lru_cache(maxsize=256)
def _meant(word: str, accepted: tuple[str, ...]) -> str | None:
    return suggest(word, accepted)


def _unclosed(source: _Source) -> Diagnostic | None:
    end = verbatim = 0
    while opening := _OPENING.search(source.text, end):
        closer = "}}" if opening[0] == "{{" else "%}"
        end = source.text.find(closer, opening.end(), opening.end() + MARKUP_MAX) + 2
        if end < 2:
            message = f'this is not closed by "{closer}" within {MARKUP_MAX} characters'
            return source.finding("DUN504", message, opening.start(), 2)
        verbatim += opening["verbatim"] is not None
        if verbatim > VERBATIM_MAX:
            message = f"more than {VERBATIM_MAX} blocks are raw or doc"
            return source.finding("DUN504", message, opening.start(), len(opening[0]))
    return None


def _syntax(error: LiquidError, source: _Source) -> Diagnostic:
    start, length = _extent(error, source)
    message = str(error.message)
    token = error.token
    if token is not None and token.kind == "tag" and message.startswith("unexpected tag"):
        tag = token.value
        if tag not in (*_INNER_TAGS, *(f"end{block}" for block in _BLOCKS)):
            return source.finding("DUN506", f'"{tag}" is not a tag here', start, length, known=TAGS, word=tag)
    message = "this block is never closed" if message.startswith("expected tag end") else _PLAINLY.get(message, message)
    return source.finding("DUN504", message, start, length)


def _extent(error: Exception, source: _Source) -> tuple[int, int]:
    """Where an error of Liquid happened. Some come without position: then the first piece that fails alone."""
    token = getattr(error, "token", None)
    if token is not None and 0 <= token.start_index < len(source.text) and token.source == source.text:
        found = _WORD.match(source.text, token.start_index)
        return token.start_index, len(found[0]) if found else 2
    open_blocks: list[re.Match[str]] = []
    for piece in _MARKUP.finditer(source.text):
        tag = piece["tag"] or ""
        if tag in _BLOCKS:
            open_blocks.append(piece)
        elif open_blocks and tag == f"end{open_blocks[-1]['tag']}":
            open_blocks.pop()
        if _alone(piece[0]) == error.args:
            return piece.start(), len(source_lines(piece[0])[0])
    if open_blocks:
        return open_blocks[-1].start(), len(source_lines(open_blocks[-1][0])[0])
    return 0, 1


def _alone(piece: str) -> tuple[object, ...]:
    """How Liquid refuses a piece of markup by itself, blocks that are merely open excepted."""
    from liquid.exceptions import LiquidError

    try:
        environment().from_string(piece)
    except LiquidError as error:
        return () if str(error.message).startswith("expected tag end") else error.args
    return ()


def _filters(analysis: TemplateAnalysis, source: _Source) -> Iterator[Diagnostic]:
    for name, spans in analysis.filters.items():
        if name not in FILTERS:
            for span in spans:
                message = f'"{name}" is not a filter here'
                yield source.finding("DUN506", message, span.index, len(name), known=FILTERS, word=name)


def _walked(nodes: Iterable[Node], bound: BoundTemplate) -> Iterator[Node]:
    from liquid import RenderContext

    context = RenderContext(bound)
    rest = list(nodes)
    while rest:
        node = rest.pop()
        yield node
        rest += node.children(context, include_partials=False)


def _inside(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _inside(child)


def _ranges(nodes: Iterable[Node], source: _Source) -> Iterator[Diagnostic]:
    """Ranges are refused: `(1..999999999)` is short to write and long to list."""
    from liquid.builtin.expressions.primitive import RangeLiteral

    for node in nodes:
        for expression in (inner for outer in node.expressions() for inner in _inside(outer)):
            if isinstance(expression, RangeLiteral):
                yield source.finding("DUN506", "ranges cannot be used here", max(0, expression.token.start_index), 1)


def _variables(nodes: Iterable[Node], analysis: TemplateAnalysis, source: _Source) -> Iterator[Diagnostic]:
    loops = _loops(nodes)
    free = {v.span.index for variables in analysis.globals.values() for v in variables}
    for variable in (v for variables in analysis.variables.values() for v in variables):
        root = str(variable.segments[0])
        if variable.span.index in free:
            yield from _path(variable, _FIELDS, source)
        elif root == "forloop":
            yield from _path(variable, {"forloop": _FORLOOP}, source)
        elif (fields := ITEM_FIELDS.get(loops.get(root, ""))) is not None:
            yield from _path(variable, {root: fields}, source, whole=True)
    for name, variables in analysis.locals.items():
        if name in _FIELDS:
            for variable in variables:
                message = f'"{name}" already has a meaning: choose another name'
                yield source.finding("DUN505", message, *_named(variable, source))


def _loops(nodes: Iterable[Node]) -> dict[str, str]:
    """What each loop variable runs over."""
    from liquid.builtin.expressions import LoopExpression

    found: dict[str, str] = {}
    for node in nodes:
        for expression in node.expressions():
            if isinstance(expression, LoopExpression):
                name, over = str(expression.identifier), str(expression.iterable)
                found[name] = over if found.get(name, over) == over else ""
    return found


def _path(
    variable: Variable, known: Mapping[str, tuple[str, ...]], source: _Source, *, whole: bool = False
) -> Iterator[Diagnostic]:
    """A dotted name against what exists; `whole` where the root may stand alone."""
    root, *rest = variable.segments
    fields = known.get(root) if isinstance(root, str) else None
    if fields is None:
        choices = [f"{name}.{field}" for name, of in known.items() for field in of] + [
            n for n, of in known.items() if not of
        ]
        yield _unknown(variable, choices, source)
        return
    prefix = str(root)
    if root in _LISTS:
        fields, whole = _LIST_WORDS, True
        if root in ITEM_FIELDS and rest and (rest[0] in _ELEMENTS or isinstance(rest[0], int)):
            prefix = f"{root}.{rest[0]}" if isinstance(rest[0], str) else f"{root}[{rest[0]}]"
            fields, rest = ITEM_FIELDS[str(root)], rest[1:]
    if root in _TEXTS:
        fields, whole = (), True
    choices = [f"{prefix}.{field}" for field in fields]
    if not rest and not whole:
        message = f'"{variable}" is a group: name one of its fields'
        yield source.finding("DUN505", message, *_named(variable, source), known=choices)
    elif rest and (rest[0] not in fields or rest[1:] not in ([], ["size"])):
        yield _unknown(variable, choices, source)


def _unknown(variable: Variable, known: Iterable[str], source: _Source) -> Diagnostic:
    start, length = _named(variable, source)
    word = str(variable) if isinstance(variable.segments[0], str) else source.text[start : start + length]
    message = f'"{word if len(word) <= 60 else word[:59] + "…"}" does not exist'
    return source.finding("DUN505", message, start, length, known=known, word=word)


def _named(variable: Variable, source: _Source) -> tuple[int, int]:
    found = _WORD.match(source.text, variable.span.index)
    return max(0, variable.span.index), min(len(str(variable)), len(found[0])) if found else 1


def _long(nodes: Iterable[Node], source: _Source) -> Iterator[Diagnostic]:
    from liquid.builtin.content import ContentNode

    words = "".join(node.text for node in nodes if isinstance(node, ContentNode)).strip()
    if Path(source.file).parent.name == Channel.SMS.value and (count := sms_segments(words)) > SEGMENTS:
        message = f"{count} SMS before anything is filled in: more than {SEGMENTS} cost a lot and are read by few"
        yield source.finding("DUN510", message, 0, 1)


def sms_segments(text: str) -> int:
    """Parts in which an SMS travels: 160 characters of 7 bits (153 in each of several), or 70 (67) of others."""
    if all(c in _GSM or c in _GSM_ESCAPED for c in text):
        units, single, part = len(text) + sum(c in _GSM_ESCAPED for c in text), 160, 153
    else:
        units, single, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if units <= single else -(-units // part)
