"""The shape of a file: every key and value that does not fit, located, and what is left when those are set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dunning_engine.kernel.diagnostics import Diagnostic, suggest
from dunning_engine.kernel.yamltext import Mapping, Node, Scalar, plain
from dunning_engine.policy import reserved
from dunning_engine.policy.document import PolicyDocument, PolicyDraft, StepDocument, part_at
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


def shape(root: Node) -> Shape | Diagnostic:
    """A finding alone is for a file that has no keys at all."""
    if not isinstance(root, Mapping):
        return Diagnostic("DUN203", f"a policy is written as keys with values, not as {_kind(root)}", root.place)
    whole = Source(root)
    document = read(PolicyDocument, plain(root))
    if isinstance(document, PolicyDocument):
        return Shape(document, document, whole, whole, frozenset(), ())
    findings = _without_follow_ups([_Finding(whole, fault) for fault in document])
    source = whole
    draft: PolicyDraft | tuple[Fault, ...] = document
    while not isinstance(draft, PolicyDraft):
        source = source.without([source.actual(fault.path) for fault in draft])
        draft = read(PolicyDraft, plain(source.root))
    reported = frozenset(path for finding in findings for path in finding.paths())
    return Shape(draft, None, source, whole, reported, tuple(finding.diagnostic() for finding in findings))


def _without_follow_ups(findings: Sequence[_Finding]) -> tuple[_Finding, ...]:
    """A key that is missing because its name has a typing error is one mistake, not two."""
    meant = {finding.meant for finding in findings}
    return tuple(finding for finding in findings if finding.fault.code != "DUN202" or finding.fault.path not in meant)


class _Finding:
    """A fault told to the author."""

    def __init__(self, source: Source, fault: Fault) -> None:
        self.source = source
        self.fault = fault
        self.name = str(fault.path[-1])
        self.part = part_at(fault.path[:-1])

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
        in_step, at_root = self.part is StepDocument, self.part is PolicyDocument
        if self.name in (reserved.STEP_KEYS if in_step else reserved.POLICY_KEYS if at_root else ()):
            return Diagnostic("DUN206", _not_yet(self.name), place)
        keys = tuple(self.part.model_fields)
        if at_root and self.name in StepDocument.model_fields:
            message = f'"{self.name}" belongs to a step: move it below "steps"'
            return Diagnostic("DUN201", message, place, accepted=keys)
        if in_step and self.name in PolicyDocument.model_fields:
            message = f'"{self.name}" is no key of a step: it stands once in the file, not indented'
            return Diagnostic("DUN201", message, place, accepted=keys)
        message = f'there is no key "{self.name}" {"in a step" if in_step else "here"}'
        return Diagnostic("DUN201", message, place, suggestion=suggest(self.name, keys), accepted=keys)

    def _missing_key(self) -> Diagnostic:
        holder = "this step" if self.part is StepDocument else "the policy"
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
