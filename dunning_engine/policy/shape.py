"""The shape of a file: every key and value that does not fit, located, and what is left when those are set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dunning_engine.kernel.diagnostics import Diagnostic, suggest
from dunning_engine.kernel.yamltext import Mapping, Node, Scalar, plain
from dunning_engine.policy import reserved
from dunning_engine.policy.document import KEYS, PolicyDocument, PolicyDraft, StepDocument
from dunning_engine.policy.routing_document import ROUTING_KEYS, RouteDocument, RoutingDocument, RoutingDraft
from dunning_engine.policy.source import Path, Source, is_empty
from dunning_engine.policy.values import Fault, Part, read


@dataclass(frozen=True, slots=True)
class Shape:
    """A file as far as it fits: `document` is None where something does not.

    `draft` and `source` hold what fits, and agree on paths; `reported` are the paths of what does not, so that nothing
    that follows from it is reported too.
    """

    draft: PolicyDraft
    document: PolicyDocument | None
    source: Source
    whole: Source
    reported: frozenset[Path]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class RoutingShape:
    """A routing file as far as it fits; see `Shape`."""

    draft: RoutingDraft
    document: RoutingDocument | None
    source: Source
    whole: Source
    reported: frozenset[Path]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class _FileKind:
    """What a kind of file is made of, and what it and the items of its list are called."""

    document: type[Part]
    draft: type[Part]
    keys: dict[tuple[str, ...], type[Part]]
    item: type[Part]
    name: str
    item_name: str
    items: str
    words: frozenset[str] = frozenset()
    item_words: frozenset[str] = frozenset()


_POLICY = _FileKind(
    PolicyDocument,
    PolicyDraft,
    KEYS,
    StepDocument,
    "policy",
    "step",
    "steps",
    reserved.POLICY_KEYS,
    reserved.STEP_KEYS,
)
_ROUTING = _FileKind(RoutingDocument, RoutingDraft, ROUTING_KEYS, RouteDocument, "routing", "route", "routes")


def shape(root: Node) -> Shape | Diagnostic:
    """A finding alone is for a file that has no keys at all."""
    fitted = _fitted(root, _POLICY)
    return fitted if isinstance(fitted, Diagnostic) else Shape(*fitted)


def routing_shape(root: Node) -> RoutingShape | Diagnostic:
    """As `shape`, for routing."""
    fitted = _fitted(root, _ROUTING)
    return fitted if isinstance(fitted, Diagnostic) else RoutingShape(*fitted)


def _fitted(root: Node, kind: _FileKind) -> tuple[Any, Any, Source, Source, frozenset[Path], Any] | Diagnostic:
    """The fields of a shape."""
    if not isinstance(root, Mapping):
        return Diagnostic("DUN203", f"{_called(kind)} is written as keys with values, not as {_kind(root)}", root.place)
    whole = Source(root)
    document = read(kind.document, plain(root))
    if isinstance(document, Part):
        return document, document, whole, whole, frozenset(), ()
    findings = _without_follow_ups([_Finding(whole, fault, kind) for fault in document])
    source = whole
    draft: Part | tuple[Fault, ...] = document
    while not isinstance(draft, Part):
        source = source.without([source.actual(fault.path) for fault in draft])
        draft = read(kind.draft, plain(source.root))
    reported = frozenset(path for finding in findings for path in finding.paths())
    return draft, None, source, whole, reported, tuple(finding.diagnostic() for finding in findings)


def _called(kind: _FileKind) -> str:
    return "a policy" if kind is _POLICY else kind.name


def _without_follow_ups(findings: Sequence[_Finding]) -> tuple[_Finding, ...]:
    """A key that is missing because its name has a typing error is one mistake, not two."""
    meant = {finding.meant for finding in findings}
    return tuple(finding for finding in findings if finding.fault.code != "DUN202" or finding.fault.path not in meant)


def _part_at(keys: dict[tuple[str, ...], type[Part]], path: Path) -> type[Part]:
    """The part at a path, where `*` stands for any number of an item and any name."""
    fits = (
        part
        for pattern, part in keys.items()
        if len(pattern) == len(path) and all(word in ("*", key) for word, key in zip(pattern, path, strict=True))
    )
    return next(fits, Part)


class _Finding:
    """A fault told to the author."""

    def __init__(self, source: Source, fault: Fault, kind: _FileKind) -> None:
        self.source = source
        self.fault = fault
        self.kind = kind
        self.name = str(fault.path[-1])
        self.part = _part_at(kind.keys, fault.path[:-1])

    @property
    def meant(self) -> Path | None:
        """The key that was probably meant by one that does not exist."""
        near = suggest(self.name, self.part.model_fields) if self.fault.code == "DUN201" else None
        return None if near is None else (*self.fault.path[:-1], near)

    def paths(self) -> Iterator[Path]:
        """What is reported with this mistake."""
        yield self.source.actual(self.fault.path)
        if self.meant is not None:
            yield self.meant

    def diagnostic(self) -> Diagnostic:
        node = self.source.node(self.fault.path)
        match self.fault.code:
            case "DUN201":
                return self._unknown_key()
            case "DUN202":
                return self._missing_key()
            case code if code == "DUN207" or (node is not None and is_empty(node)):
                return self._finding("DUN207", f"nothing is written for {self._subject()}")
            case "DUN203":
                return self._wrong_kind(node)
            case "DUN205":
                return self._split_phrase()
            case "DUN206":
                return self._finding("DUN206", _not_yet(self.fault.message))
            case code:
                return self._finding(code, self.fault.message)

    def _finding(self, code: str, message: str) -> Diagnostic:
        fault = self.fault
        place = self.source.stretch(fault.path, fault.start, fault.end) if fault.end else self.source.place(fault.path)
        return Diagnostic(code, message, place, suggestion=fault.suggestion, accepted=fault.accepted)

    def _subject(self) -> str:
        last = self.source.actual(self.fault.path)[-1]
        return "an item of the list" if isinstance(last, int) else f'"{last}"'

    def _unknown_key(self) -> Diagnostic:
        place = self.source.key(self.fault.path)
        kind = self.kind
        in_item, at_root = self.part is kind.item, self.part is kind.document
        if self.name in (kind.item_words if in_item else kind.words if at_root else ()):
            return Diagnostic("DUN206", _not_yet(self.name), place)
        keys = tuple(self.part.model_fields)
        if at_root and self.name in kind.item.model_fields:
            message = f'"{self.name}" belongs to a {kind.item_name}: move it below "{kind.items}"'
            return Diagnostic("DUN201", message, place, accepted=keys)
        if in_item and self.name in kind.document.model_fields:
            message = f'"{self.name}" is no key of a {kind.item_name}: it stands once in the file, not indented'
            return Diagnostic("DUN201", message, place, accepted=keys)
        message = f'there is no key "{self.name}" {f"in a {kind.item_name}" if in_item else "here"}'
        return Diagnostic("DUN201", message, place, suggestion=suggest(self.name, keys), accepted=keys)

    def _missing_key(self) -> Diagnostic:
        holder = f"this {self.kind.item_name}" if self.part is self.kind.item else f"the {self.kind.name}"
        return Diagnostic("DUN202", f'{holder} has no "{self.name}"', self.source.place(self.fault.path[:-1]))

    def _wrong_kind(self, node: Node | None) -> Diagnostic:
        got = "nothing" if node is None else _kind(node)
        return self._finding("DUN203", f"{self._subject()} takes {self.fault.message}, not {got}")

    def _split_phrase(self) -> Diagnostic:
        begun = self.fault.message
        if self.fault.suggestion is not None:
            return self._finding("DUN205", f'this phrase does not begin with "{begun}"')
        message = (
            f'an item cannot begin with "{begun}": a comma has cut it off from the phrase before it; '
            "write the phrase without a comma"
        )
        return self._finding("DUN205", message)


def _not_yet(word: str) -> str:
    return f'"{word}" is part of the language, but not there yet: remove it for now'


def _kind(node: Node) -> str:
    match node:
        case Scalar():
            return "a text"
        case Mapping():
            return "keys with values"
        case _:
            return "a list"
